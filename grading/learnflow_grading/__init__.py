"""Grading with nbgrader on the service side: release, autograde, feedback."""
