"""What a call does to a list that it is handed: a task of the family in `parts`."""

from __future__ import annotations

from random import Random

from learnflow_ext.exercises.families.making import Task

_NOTES = (
    ("shopping", "a shopping list"),
    ("guests", "a list of guests"),
    ("errands", "a list of errands"),
    ("songs", "a list of songs"),
    ("tools", "a list of tools"),
)
_WORDS = ("tea", "rope", "lamp", "drum", "kite", "soap", "bell", "plum")


def changes(random: Random) -> Task:
    """The list is changed, or another one given back."""
    name, what = random.choice(_NOTES)
    most = random.randint(3, 5)
    told, lines, answer = random.choice(
        [
            (
                "puts the word at the end of the list **itself**, unless it is in there already or the "
                f"list has {most} words or more. "
                "It returns how many words the list has then",
                [
                    f"if word not in {name} and len({name}) < {most}:",
                    f"    {name}.append(word)",
                    f"return len({name})",
                ],
                lambda row, word: [*row, word] if row.count(word) == 0 and not len(row) >= most else row,
            ),
            (
                "puts the word at the beginning of the list **itself**, and takes words away at its end "
                "as long as it has "
                f"more than {most}. It returns how many words the list has then",
                [
                    f"{name}.insert(0, word)",
                    f"while len({name}) > {most}:",
                    f"    {name}.pop()",
                    f"return len({name})",
                ],
                lambda row, word: [word, *row][:most],
            ),
            (
                "takes the word out of the list **itself**, as often as it is in there, and puts it at "
                "the end once. It returns how "
                "many words the list has then",
                [
                    f"while word in {name}:",
                    f"    {name}.remove(word)",
                    f"{name}.append(word)",
                    f"return len({name})",
                ],
                lambda row, word: [*(each for each in row if each != word), word],
            ),
        ]
    )

    def both(row: list[str], word: str) -> tuple[int, list[str]]:
        after = answer(row, word)
        return len(after), after

    rows = [(random.choices(_WORDS, k=random.randint(2, 7)), random.choice(_WORDS)) for _ in range(8)]
    distinct = [(random.sample(_WORDS, count), random.choice(_WORDS)) for count in range(1, 8)]
    return Task(
        title=f"A word more for {what}",
        story=f"""
        A list that is handed to a function is not copied: what the function does to it, everybody sees.
        Complete `note`. It gets {what} and a word. It {told}.

        The function `seen` is there already. It calls `note`, and returns two things: what `note` gave
        back, and the list afterwards.
        """,
        before='''
def seen(words, word):
    """Return what note gives back, and the list after it."""
    result = note(words, word)
    return result, words
''',
        function="note",
        parameters=f"{name}, word",
        doc="Change the list itself, and return how many words it has.",
        body="\n".join(lines),
        answer=both,
        call=lambda row, word: f"seen({row!r}, {word!r})",
        shown=[(["tea", "rope"], "lamp"), (["tea", "soap"], "tea")],
        edges=[
            (([], "kite"), "The list may be empty."),
            ((list(_WORDS[:most]), "bell"), "Look closely at how long the list may be."),
            ((list(_WORDS[: most - 1]), "bell"), "Look closely at how long the list may be."),
            ((list(_WORDS[: most + 1]), "bell"), "Look closely at how long the list may be."),
            ((["bell", "tea", "bell", "bell"], "bell"), "The word may be in the list several times."),
        ],
        more=[*distinct, *rows],
    )
