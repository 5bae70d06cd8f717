"""The words of hints from repairs: for each kind of slip an idea, a question, and examples on other data.

Nothing here knows an exercise. `{where}` is the function, `{line}` a line number, `{own}` the student's own
line.
"""

from __future__ import annotations

from dataclasses import dataclass

from learnflow_ext.exercises import slips


@dataclass(frozen=True)
class Words:
    """What is said about one kind of slip."""

    concept: str
    idea: str
    question: str
    examples: tuple[str, ...]
    """The like on other data; several, so that one can be taken that shares no value with the exercise."""


_TRACE = "Take a small input of your own and go through it with pencil and paper, one line at a time."

WORDS: dict[str, Words] = {
    slips.COMPARISON: Words(
        "comparisons at the edge",
        "`<` and `<=` differ in one case only: when both sides are equal. The same goes for `>` and `>=`.",
        "What should happen when the two values are exactly equal, and what does your line do then?",
        (
            "height = 140\nif height >= 140:\n    print('may ride')    # 140 itself counts",
            "marks = 'seventeen'\nif len(marks) <= len('seventeen'):\n"
            "    print('fits')    # equal length fits too",
        ),
    ),
    slips.EQUALITY: Words(
        "comparing for the right thing",
        "A comparison says whether two values are the same, different, or one inside the other. "
        "Both sides must be of "
        "the kind you mean: a text is never equal to a number.",
        "Which two values does it compare when your program comes here, and which two did you "
        "want to compare?",
        (
            "word = 'tea'\nprint('t' in word)     # a part of it\nprint(word == 't')     # all of it",
            "pair = ('north', 'wind')\nprint(pair[-1] == 'wind')   # one part, not the whole pair",
        ),
    ),
    slips.CONDITION: Words(
        "conditions",
        "An `if` runs its lines only when its condition is true. A condition that is too wide, "
        "too narrow or the wrong way "
        "round sends some inputs the wrong way.",
        "For which inputs is this condition true, and for which of them should it be?",
        (
            "weather = 'rain'\nif weather != 'sun':\n    print('take an umbrella')   # for anything but sun",
            "basket = []\nif not basket:\n    print('nothing bought')   # an empty list counts as false",
        ),
    ),
    slips.BOTH_OR_EITHER: Words(
        "and, or, not",
        "`and` needs every part to be true, `or` needs one of them. Each side is a whole "
        "question of its own.",
        "Must all parts of this condition hold, or is one enough? Think of an input for which "
        "only one of them holds.",
        (
            "sunny, warm = True, False\nprint(sunny and warm)   # both?\n"
            "print(sunny or warm)    # at least one?",
        ),
    ),
    slips.PLACE: Words(
        "positions",
        "Positions count from zero, and the last one is one less than the length.",
        "Which item does your index take, for the first round and for the last? Write both down.",
        (
            "letters = ['k', 'l', 'm']\nprint(letters[len(letters) - 1])   # the last one: m",
            "street = 'Elm Road'\nprint(street[-1])    # counted from the end: d",
        ),
    ),
    slips.LIMIT: Words(
        "where counting starts and ends",
        "`range` starts where you say (or at zero) and stops before its end; the end itself is "
        "never reached.",
        "Which is the first number your loop gets, which the last? Are these the ones you need?",
        (
            "for day in range(11, 14):\n    print(day)    # 11, 12, 13: the end stays out",
            "songs = ['intro', 'chorus']\nfor place in range(len(songs)):\n"
            "    print(songs[place])   # every one",
        ),
    ),
    slips.START: Words(
        "the value you start with",
        "A variable that collects a result needs a start that changes nothing: zero for a sum, "
        "an empty text or list "
        "for a collection, the first item for a largest one.",
        "What should the result be when there is nothing to go through at all? Does your start give that?",
        (
            "letters = ''\nfor word in ['ox', 'elk']:\n    letters = letters + word\n"
            "print(letters)    # oxelk",
        ),
    ),
    slips.VALUE: Words(
        "the value on this line",
        "A fixed value in a program is right only when it is right for every input.",
        "Where does the value on this line come from, and is it right for every input?",
        ("ticket = 'child'\nprice = 'half' if ticket == 'child' else 'full'\nprint(price)",),
    ),
    slips.SUM: Words(
        "the calculation",
        "Python works out `*`, `/`, `//` and `%` before `+` and `-`. `/` gives a decimal "
        "number, `//` a whole one, "
        "`%` what is left over.",
        "Work this line out by hand for one input. Which part gives something else than you expected?",
        ("eggs = 17\nprint(eggs // 6, 'boxes', eggs % 6, 'left')",),
    ),
    slips.RETURN: Words(
        "what a function gives back",
        "`return` hands one value to whoever called. The value must be right in kind and in content.",
        "What does the caller get from this line, for a simple input? What should it get?",
        ("def shout(word):\n    loud = word.upper()\n    return loud      # the new text, not the old one",),
    ),
    slips.WHEN: Words(
        "when a function returns",
        "`return` ends the function at once. Inside a loop it ends the loop too, in the very "
        "round in which it is reached.",
        "In which round does your function come to this `return`? Has it seen everything by "
        "then that it needs to know?",
        (
            "def has_blank(line):\n    for letter in line:\n        if letter == ' ':\n"
            "            return True"
            "\n    return False        # only after all letters",
        ),
    ),
    slips.MISSING_RETURN: Words(
        "giving something back on every way through",
        "A function that comes to its end without `return` gives back `None`.",
        "Is there an input for which your function comes to its end without a `return`? What "
        "should it give back then?",
        (
            "def smaller(a, b):\n    if a < b:\n        return a\n"
            "    return b          # the way without the if",
        ),
    ),
    slips.PRINTED: Words(
        "print and return",
        "`print` shows a value on the screen; `return` gives it to the program that called. "
        "Tests see what is returned.",
        "What does the caller of your function get to work with?",
        ("def greeting(name):\n    return 'Hi ' + name\n\nprint(greeting('Mo'))",),
    ),
    slips.CASE: Words(
        "a case of its own",
        "Some inputs need a line of their own: an empty list, a missing item, the first or last "
        "of something, equal values.",
        "Which inputs have you tried? Try an empty one, one with a single item, and one where nothing fits.",
        (
            "def first_word(text):\n    if text == '':\n        return 'nothing to read'\n"
            "    return text.split()[0]",
        ),
    ),
    slips.EXTRA: Words(
        "a step too many",
        "Each line should have a reason. A line that is right in one case may spoil another.",
        "What would happen without this line? For which inputs does it do harm?",
        ("names = ['Mo', 'Li']\nnames.sort()        # enough\nprint(names)",),
    ),
    slips.UPDATE: Words(
        "changing a value step by step",
        "`=` forgets what a variable held before; `+=` adds to it. Where the line stands decides "
        "how often it happens.",
        "What is in this variable after the first round of the loop, and what after the second?",
        ("path = ''\nfor step in ['up', 'left']:\n    path += step + ' '\nprint(path)",),
    ),
    slips.NAME: Words(
        "which variable is which",
        "Similar names are easily mixed up: the whole list and one item, the position and what stands there.",
        "What does each name on this line stand for at that moment? Say it in a sentence of your own.",
        ("colours = ['red', 'blue']\nfor colour in colours:\n    print(colour)      # one of them, not all",),
    ),
    slips.CALL: Words(
        "calling functions and methods",
        "A call needs the right function, and its values in the right order. Some methods "
        "change a list and give back "
        "`None`; others give back something new.",
        "What does the call on this line get, and what does it give back?",
        (
            "tags = ['b', 'a']\nin_order = sorted(tags)    # a new list; tags.sort() gives "
            "None\nprint(in_order)",
        ),
    ),
    slips.LOOP: Words(
        "what a loop goes through",
        "`for` takes the items of one thing in turn. It may go through the items themselves, or "
        "through their positions.",
        "What does your loop get in each round: an item, a position, or something else? Print it to see.",
        (
            "pets = ['cat', 'dog']\nfor pet in pets:\n    print(pet)               # items\n"
            "for place in range(len(pets)):\n    print(place)             # positions",
        ),
    ),
    slips.REPEAT: Words(
        "how long a loop runs",
        "`while` looks at its condition before each round. Something in its body must bring the end nearer.",
        "When does the condition become false? What changes in each round so that it does?",
        ("queue = ['Al', 'Bo']\nwhile queue:\n    print(queue.pop())     # shorter each time",),
    ),
    slips.MISSING_STEP: Words(
        "a step that is missing",
        "A plan in words helps: what must be known, in which order, before the result can be given?",
        "Say in your own words what must happen after this line. Which of it does your program do?",
        (
            "tea = 'cold water'\ntea = tea.replace('cold', 'hot')    # first this\n"
            "print(tea)         # then that",
        ),
    ),
    slips.MISSING_PART: Words(
        "a function that is not there yet",
        "The exercise asks for a function by its name. Until there is a `def` with that name, "
        "nothing can call it.",
        "Which functions does the exercise ask for, and which of them does your program define?",
        ("def half(word):\n    return word[: len(word) // 2]",),
    ),
    slips.STEP: Words(
        "this step",
        "Up to here your program does what it should. This is the step after which the result "
        "is no longer right.",
        "What should be true after this step? Print the variables here and compare.",
        ("word = 'plan'\nprint('before', word)\nword = word + '!'\nprint('after', word)",),
    ),
    slips.SYNTAX: Words(
        "writing it so that Python can read it",
        "Python reads the whole program before it runs any of it. One missing sign, and nothing runs.",
        "Compare this line with a similar one that works: the colon, the brackets, the quotes, "
        "the spaces in front.",
        ("if 'tea':\n    print('yes')     # a colon, and four spaces on the next line",),
    ),
}

CHECK = _TRACE
SOLVED = "Your program passes all the tests of this exercise. Well done."
LESS = (
    "Your program does not pass all tests yet. I could not prove what is wrong with it, so I "
    "only say what helps to find out.",
    "Look first at the lines that run in every case, and at the last line before the result is given back.",
    "What should your program give for the smallest input you can think of? Run it with that, and compare.",
    "Print your variables in every round, with a word beside each:\n\n```python\n"
    "for word in ['on', 'off']:\n    print('word is', word)\n```",
)

SUSPECTED = (
    "Your program does not pass all tests yet. I could not prove what is wrong with it. By what runs when a "
    "test fails, I can only say where I would begin.",
    "Look first at line {line}: {own}\n\n{why} It may be this line, or what comes just before it. {check}",
    "Line {line}: {own}\n\nWhat should be true once this line has run, and what is true? Print the variables "
    "just after it, for an input of your own, and compare.",
)
"""The first three steps where a line is only suspected; the fourth is that of `LESS`."""
ONLY_IN_FAILING = "It runs in every test that fails and in none that passes."
MOST_IN_FAILING = "It goes with the tests that fail more closely than most other lines do."
CHANGE_HELPS = "Of the small changes that I tried, one of this line makes more tests pass."
