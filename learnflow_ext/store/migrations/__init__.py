"""Alembic's scripts; they travel in the wheel and run in-process."""
