"""Grades for a learning platform: LTI's Assignment and Grade Services, version 2.0."""
