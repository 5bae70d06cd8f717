"""What is true of each kind of error: its idea, a question that leads on, and how people call it."""

from __future__ import annotations

import re

# By exception. Each leads to the place, none says what to write.
QUESTIONS = {
    "NameError": (
        "Where in your notebook did this name first get a value, and is it spelt exactly like that there?"
    ),
    "UnboundLocalError": (
        "Which line inside the function gives this name its first value, and has it run by then?"
    ),
    "TypeError": "What kind of value stands on each side here, and do these two kinds go together?",
    "ValueError": (
        "Which value arrives here, and would you, as a person, be able to do with it what the line asks?"
    ),
    "IndexError": "How many items are there at that moment, and which numbers do their places have?",
    "KeyError": "Which keys does it have at that moment, letter by letter?",
    "AttributeError": "What kind of value stands before the dot, and what can that kind of value do?",
    "ZeroDivisionError": (
        "Which name below the division line is 0 at that moment, and how did it get to be 0?"
    ),
    "SyntaxError": (
        "When you go through this line and the one above it sign by sign, where would a careful reader stop?"
    ),
    "IndentationError": "How many spaces stand before this line, and which line above does it belong to?",
    "TabError": "Which lines begin with tabs and which with spaces?",
    "AssertionError": (
        "What did the check expect, and what does your code give when you print it for that input?"
    ),
    "NotImplementedError": (
        "Which line is still the placeholder, and what should your own code do in its place?"
    ),
    "RecursionError": "For which input should the function stop calling itself, and does it ever get there?",
    "KeyboardInterrupt": (
        "What does the loop's comparison look at, and which line inside the loop changes it?"
    ),
    "ModuleNotFoundError": "How is that module's name spelt, letter by letter, and does this course use it?",
    "ImportError": "Does that module really have something with exactly this name?",
    "FileNotFoundError": "In which folder does Python look for the file, and what is it called there?",
    "EOFError": "How often does your program ask for input, and how often was there some?",
}
# A SyntaxError has many causes, so the cause picks the question.
_SYNTAX_QUESTIONS = (
    ("colon", "Which other lines in your notebook open a block, and which sign do they all end with?"),
    ("quot", "Where does the text begin, where should it end, and is it the same sign at both ends?"),
    ("bracket", "When you count them, how many brackets open in this line, and how many close?"),
    ("parenthes", "When you count them, how many brackets open in this line, and how many close?"),
    ("comma", "How do you tell Python where one value ends and the next begins?"),
    ("=", "Does this line ask whether two values are equal, or does it give a name a value?"),
)
_ANY_QUESTION = "If you print the names of this line just before it, which one surprises you?"

CONCEPTS = {
    "NameError": "names",
    "UnboundLocalError": "names",
    "TypeError": "types",
    "ValueError": "type conversion",
    "IndexError": "indexing",
    "ZeroDivisionError": "division",
    "SyntaxError": "syntax",
    "IndentationError": "indentation",
    "TabError": "indentation",
    "KeyboardInterrupt": "endless loops",
    "NotImplementedError": "functions",
    "AttributeError": "types",
}
"""Exception to the idea behind it."""

_GENERAL = {
    "NameError": (
        "Python meets a name that has no value yet. Names get their value with `=`, in a line that runs "
        "earlier."
    ),
    "TypeError": (
        "Something is done with a kind of value that cannot do it. Numbers, texts and lists each have "
        "their own."
    ),
    "ValueError": "The kind of value is right, but nothing can be done with this particular one.",
    "IndexError": "A list or text is asked for a place that it does not have. Places count from 0.",
    "KeyError": "A dictionary is asked for a key that it does not have.",
    "AttributeError": "A value is asked for something, after the dot, that its kind does not have.",
    "ZeroDivisionError": "A division by 0 has no result, so Python stops.",
    "SyntaxError": (
        "Python could not read the code, so nothing of it ran. Often a sign is missing: a bracket, quote "
        "or colon."
    ),
    "IndentationError": (
        "The spaces at the beginning of a line say what it belongs to, and here they do not fit."
    ),
    "AssertionError": "A check compared what your code gives with what it should give, and they differ.",
    "NotImplementedError": (
        "The line `raise NotImplementedError()` is the placeholder of an exercise. Your own code should "
        "stand in its place, and the line itself should go."
    ),
    "KeyboardInterrupt": "The cell was stopped by hand, usually because a loop did not end.",
}
_NAMED = re.compile(
    "|".join(rf"\b{re.sub(r'(?<!^)(?=[A-Z])', '[ _-]?', name)}" for name in _GENERAL), re.IGNORECASE
)


def question(name: str, cause: str) -> str:
    """What leads on from here, for an exception of this name; `cause` is the diagnosis's, empty for none."""
    if name == "SyntaxError":
        said = cause.lower()
        fitting = (question for word, question in _SYNTAX_QUESTIONS if word in said)
        return next(fitting, QUESTIONS[name])
    return QUESTIONS.get(name, _ANY_QUESTION)


def general(name: str) -> str:
    """What is true of every error of this kind."""
    return _GENERAL.get(name, "Python met something it could not do, and stopped there.")


def named_error(text: str) -> str:
    """The kind of error that a message speaks of ("it says nameerror"); empty without one we know."""
    found = _NAMED.search(text)
    if found is None:
        return ""
    wanted = re.sub(r"\W|_", "", found.group(0)).lower()
    return next(name for name in _GENERAL if name.lower() == wanted)
