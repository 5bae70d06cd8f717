"""The tutor's agents: each analyses first (pure, fast), then phrases what it found. Nothing here does I/O but
reading a course folder once, and nothing runs a student's code."""
