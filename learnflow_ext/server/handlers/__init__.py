"""Endpoints of the student's server: thin, one resource a module."""
