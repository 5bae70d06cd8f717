"""Exercises that are proved by running them, and hints made from repairs that are proved the same way."""
