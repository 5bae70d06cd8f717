"""What stands above a function so that checks can see errors: their names, and what they say."""

from __future__ import annotations

from collections.abc import Callable

OUTCOME = '''
def outcome(function, *values):
    """Return what the function gives for these values, or the name of the error it raises."""
    try:
        return function(*values)
    except Exception as error:
        return type(error).__name__
'''
SAID = '''
def said(function, *values):
    """Return what the function gives for these values, or the name and the message of the error it raises."""
    try:
        return function(*values)
    except Exception as error:
        return type(error).__name__ + ": " + str(error)
'''
MESSAGE = '''
def message(function, *values):
    """Return what the function gives for these values, or the message of its ValueError."""
    try:
        return function(*values)
    except ValueError as error:
        return str(error)
'''
WATCHED = '''
def watched(function, value):
    """Call the function with an empty log and the value. Return what came of it, and the log afterwards."""
    log = []
    try:
        result = function(log, value)
    except Exception as error:
        result = type(error).__name__
    return [result, log]
'''
CAUSES = '''
def causes(function, *values):
    """Return what the function gives, or the names of the error it raises, of that one's cause, and so on."""
    try:
        return function(*values)
    except Exception as error:
        names = []
        while error is not None:
            names.append(type(error).__name__)
            error = error.__cause__
        return names
'''


def asks(helper: str, function: str) -> Callable[..., str]:
    """How a check calls `function` by `helper`, one of the above: see `Task.call`."""
    return lambda *values: f"{helper}({function}, {', '.join(map(repr, values))})"
