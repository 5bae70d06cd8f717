"""What ruff's findings mean to a beginner: a small set of its rules, in our own words.

Ruff's own messages speak to engineers and often name the repair. So nothing of them is shown but a name of
the student's, where a rule is about one.
"""

from __future__ import annotations

import msgspec


class LintRule(msgspec.Struct, frozen=True, kw_only=True):
    """One rule of ruff. `why` and `question` are Markdown; `{name}` is the name that the finding is about,
    and
    `{count}` the number that ruff counted."""

    kind: str
    """As `Remark.kind`: what our own checks see as well has the same one, and is said once."""
    why: str
    question: str
    weight: int
    slip: bool = False
    name: str = r"`(\w+)`"
    """Where the name stands in ruff's message; used only where `why` or `question` has one."""
    only_in_blocks: bool = False
    """At the left edge of a cell the line may be there for the notebook to show."""


def _rule(kind: str, weight: int, why: str, question: str, **more: object) -> LintRule:
    return LintRule(kind=kind, weight=weight, why=why, question=question, **more)  # type: ignore[arg-type]  # fields are spelt out below


_OR_TRUE = _rule(
    "always-true",
    94,
    "a part of this condition is the same every time, so the answer is settled before anything is looked at.",
    "Read it aloud word by word, with all that each part compares. Is that what you mean?",
    slip=True,
)
_SAYS_TRUE_ALREADY = _rule(
    "needless-bool",
    42,
    "this chooses between `True` and `False`, and the condition is one of the two already.",
    "What do you see when you print the condition alone?",
)
_TURNED_ROUND = _rule(
    "turned-round",
    33,
    "the `not` turns round a question that Python can also ask directly.",
    "How would you ask it without *not* in front?",
)
_TWO_ON_A_LINE = _rule(
    "two-on-a-line",
    30,
    "two statements share this line, and the second is easily missed.",
    "Is there a reason to keep them together?",
)
_PLAIN_NONE = _rule(
    "compared-to-none",
    45,
    "`None` is one single thing, and `==` asks whether two things look alike.",
    "Which word of Python asks *is this that very thing*?",
)

RULES: dict[str, LintRule] = {
    "B005": _rule(
        "strip-letters",
        61,
        "`strip` takes single letters off the ends, in any order, not a whole word.",
        "What does it make of a text that begins with these letters in another order?",
        slip=True,
    ),
    "B006": _rule(
        "shared-default",
        93,
        "a default value is made once, when Python reads the `def`, and all calls share it.",
        "What does the second call find in it, when the first has put something there?",
        slip=True,
    ),
    "B015": _rule(
        "comparison-thrown-away",
        90,
        "this line compares two values, and then does nothing with the answer.",
        "Do you want to compare here, or to give a name a new value?",
        slip=True,
        only_in_blocks=True,
    ),
    "B016": _rule(
        "raised-no-error",
        84,
        "`raise` wants an error, and this is a plain value.",
        "Which kind of error should the caller see?",
        slip=True,
    ),
    "B018": _rule(
        "value-thrown-away",
        71,
        "this line works out a value, and then does nothing with it.",
        "Where should the value go?",
        slip=True,
        only_in_blocks=True,
    ),
    "B020": _rule(
        "loop-hides-items",
        91,
        "the loop's name is also the name of what it walks through, so after the first round that is lost.",
        "What does {name} stand for after the loop?",
        slip=True,
    ),
    "B023": _rule(
        "late-look",
        72,
        "the function made in this loop looks at {name} only when it is called, and by then the loop has "
        "moved on.",
        "Which value do you expect it to see?",
        slip=True,
    ),
    "B033": _rule(
        "twice-in-a-set",
        50,
        "the same value stands twice in this set, and a set keeps it once.",
        "Which of the two should be another value?",
        slip=True,
    ),
    "B909": _rule(
        "changed-while-walked",
        96,
        "this line changes the very collection that the loop walks through, so items may be passed over.",
        "After an item is gone, what moves to its place?",
        slip=True,
    ),
    "C901": _rule(
        "many-ways",
        56,
        "there are {count} different ways through {name}: more than anybody can go through in the head.",
        "Which part of it has a job of its own that you could give a name?",
    ),
    "E701": _TWO_ON_A_LINE,
    "E702": _TWO_ON_A_LINE,
    "E703": _rule(
        "semicolon", 20, "the `;` at the end does nothing in Python.", "Does the line need it to be read?"
    ),
    "E711": _PLAIN_NONE,
    "E712": _rule(
        "compared-to-true",
        40,
        "what stands before the comparison is already true or false by itself.",
        "What does the line mean if you read it aloud without the comparison?",
    ),
    "E713": _TURNED_ROUND,
    "E714": _TURNED_ROUND,
    "E721": _rule(
        "compared-types",
        34,
        "two types are compared as if they were values.",
        "Which function asks whether something is of a type?",
    ),
    "E722": _rule(
        "bare-except",
        80,
        "`except:` without a kind hides every error, misspelt names as well.",
        "Which error do you expect here?",
    ),
    "E741": _rule(
        "unclear-name",
        52,
        "{name} looks like a one or a zero in many fonts.",
        "What would you call it when you explain the code to a friend?",
    ),
    "ERA001": _rule(
        "code-in-comment",
        26,
        "this comment looks like code that was switched off.",
        "Will you need it again, or can it go?",
    ),
    "F541": _rule(
        "empty-f-string",
        65,
        "this text has an `f` in front, and no value is put into it between `{{` and `}}`.",
        "Did you mean to show a value here?",
        slip=True,
    ),
    "F601": _rule(
        "key-twice",
        81,
        "the same key stands twice in this dictionary, and only the later value is kept.",
        "Which of the two did you mean?",
        slip=True,
    ),
    "F631": _OR_TRUE,
    "F632": _rule(
        "is-with-value",
        88,
        "`is` asks whether two names stand for the very same object, and here it meets a plain value.",
        "Do you want the same object, or an equal value?",
        slip=True,
    ),
    "F633": _rule(
        "old-print",
        86,
        "`print >>` is from an older Python, and prints nothing today.",
        "Where should the text go?",
        slip=True,
    ),
    "F634": _OR_TRUE,
    "F811": _rule(
        "made-twice",
        63,
        "{name} is made a second time here, and what it was before was never used.",
        "Are both needed? Then how will you tell them apart?",
        slip=True,
    ),
    "PLC0206": _rule(
        "key-then-value",
        39,
        "the loop walks through the keys, and fetches each value by its key again.",
        "Can a dictionary hand out both at once?",
    ),
    "PLR0124": _rule(
        "same-on-both-sides",
        89,
        "both sides of this comparison are the same, so the answer is always the same too.",
        "Which two things do you want to compare?",
        slip=True,
    ),
    "PLR0133": _rule(
        "fixed-on-both-sides",
        85,
        "both sides of this comparison are fixed values, so the answer never changes.",
        "Which value should it look at instead?",
        slip=True,
    ),
    "PLR0916": _rule(
        "many-conditions",
        46,
        "{count} questions are tied together with `and` and `or` in one condition.",
        "Which of them belong together, and what would you call that in a word?",
    ),
    "PLR0913": _rule(
        "many-arguments",
        35,
        "who calls this function must remember a long row of values in the right order.",
        "Which of them belong together?",
    ),
    "PLR1702": _rule(
        "deep-nesting",
        57,
        "this stands very deep: to read it one must keep many conditions in mind at once.",
        "Which inner part could be a function with a name of its own?",
    ),
    "PLR1704": _rule(
        "argument-overwritten",
        66,
        "{name} is what the caller handed in, and gets another value here.",
        "Will you need the caller's value again further down?",
        slip=True,
    ),
    "PLR1711": _rule(
        "needless-return",
        24,
        "a function ends by itself after its last line, without this `return`.",
        "What changes when the line is gone?",
    ),
    "PLR1714": _rule(
        "asked-in-a-row",
        38,
        "the same value is compared again and again in this line.",
        "Could you ask once whether it is one of several?",
    ),
    "PLR5501": _rule(
        "if-in-else",
        37,
        "an `if` stands all alone in an `else`, and each such pair pushes the code further right.",
        "Which single word of Python says both?",
    ),
    "PLW0120": _rule(
        "else-of-a-loop",
        68,
        "this `else` belongs to the loop, and runs each time, as nothing breaks out of the loop.",
        "Which `if` did you mean it for?",
        slip=True,
    ),
    "PLW0127": _rule(
        "given-to-itself",
        88,
        "{name} gets the value here that it has already.",
        "Which other name did you mean on one of the sides?",
        slip=True,
    ),
    "PLW0133": _rule(
        "error-never-raised",
        84,
        "an error is made here, and never raised, so nobody notices.",
        "Which word lets an error happen?",
        slip=True,
    ),
    "PLW0603": _rule(
        "global",
        48,
        "with `global` this function changes {name} for the whole program, and callers cannot see that.",
        "Could the function get the value handed in, and give the new one back?",
    ),
    "PLW0711": _rule(
        "or-between-errors",
        83,
        "`or` picks one of the two errors, so the other is not caught.",
        "How do you write several things as one?",
        slip=True,
    ),
    "PLW2901": _rule(
        "loop-name-overwritten",
        31,
        "the loop gives {name} a value in each round, and this line gives it another.",
        "Which of the two values should the rest of the round see?",
        name=r"variable `(\w+)`",
    ),
    "RET503": _rule(
        "sometimes-nothing",
        47,
        "on some ways through the function something is given back, on others nothing: then it is `None`.",
        "What should the caller get in the other cases?",
    ),
    "S102": _rule(
        "runs-text",
        64,
        "this runs any text as a program, whatever stands in it.",
        "Who decides what the text says?",
    ),
    "S307": _rule(
        "runs-text",
        64,
        "`eval` runs any text as code, whatever stands in it.",
        "Who decides what the text says?",
    ),
    "SIM102": _rule(
        "if-in-if",
        36,
        "an `if` stands all alone in another `if`: something happens only where both hold.",
        "Which word joins two conditions?",
    ),
    "SIM103": _SAYS_TRUE_ALREADY,
    "SIM113": _rule(
        "counted-by-hand",
        40,
        "{name} counts the rounds by hand.",
        "Does Python know a loop that counts by itself?",
        name=r"index variable `(\w+)`",
    ),
    "SIM115": _rule(
        "file-left-open",
        58,
        "this file stays open when a line after it fails.",
        "Which word of Python closes a file in any case?",
    ),
    "SIM201": _TURNED_ROUND,
    "SIM202": _TURNED_ROUND,
    "SIM208": _TURNED_ROUND,
    "SIM210": _SAYS_TRUE_ALREADY,
    "SIM211": _SAYS_TRUE_ALREADY,
    "SIM220": _OR_TRUE,
    "SIM221": _OR_TRUE,
    "SIM222": _OR_TRUE,
    "SIM223": _OR_TRUE,
}
"""By ruff's code. What is about layout alone, or about what professionals argue over, is not in it; nor is
what in a notebook another cell may use (unused imports, unknown names)."""
