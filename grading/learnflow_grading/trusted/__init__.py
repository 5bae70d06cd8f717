"""Trusted tests: student code in one process, tests and their expected values in another.

`agent` runs student cells and answers questions about values. `supervisor` runs test cells; names that
students define stand for proxies there. Both ends speak `wire`. `plan` decides, from the teacher's text
alone, what is a test; `session` drives one submission; `execute` is the preprocessor that nbgrader sees.
"""
