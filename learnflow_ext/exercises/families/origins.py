"""An error with the cause it had: the hardest task of the family in `relays`."""

from __future__ import annotations

from random import Random
from typing import Any

from learnflow_ext.exercises.families.making import Task
from learnflow_ext.exercises.families.outcomes import CAUSES, asks

DESKS = (
    ("kitchen", "a restaurant's kitchen", "dishes", ("soup", "salad", "cake")),
    ("depot", "a bicycle rental", "bicycles", ("tandem", "racer", "tricycle")),
    ("copyshop", "a copy shop", "posters", ("red", "blue", "green")),
    ("archive", "a newspaper's archive", "pages", ("sports", "weather", "politics")),
    ("bakery", "a bakery", "loaves", ("rye", "oat", "wheat")),
    ("costumes", "a theatre's wardrobe", "costumes", ("witch", "pirate", "king")),
)


def caused(random: Random) -> Task:
    """One error is raised from another."""
    desk, what, things, kinds = random.choice(DESKS)
    one, two = random.choice([("Unknown", "Unreadable"), ("NoSuchThing", "NoSense"), ("Missing", "Garbled")])
    most, k = random.randint(3, 5), random.randint(2, 9)
    minutes = {kind: random.randint(2, 9) for kind in kinds}
    a, b, c = kinds

    def answer(lines: list[str]) -> Any:
        whole, done = 0, 0
        for line in lines:
            count, kind = line.split()
            if not count.isdigit():
                return [two, "ValueError"]
            if kind not in minutes:
                return [one, "KeyError"]
            if done == most:
                return ["RuntimeError"]
            whole, done = whole + int(count) * minutes[kind], done + 1
        return whole + done * k

    return Task(
        title=f"The cause of an error: {things}",
        story=f"""
        For {what} there is a list of texts such as `2 {a}`: how many, and which. `{desk}(line)` is there
        already. It returns how many minutes one such text takes, or raises a `ValueError` if the first word
        is no number, or a `KeyError` for a kind that does not exist. Complete `evening`. It gets the list,
        asks `{desk}` for one text after the other, and returns the sum of the minutes, and {k} more for each
        text. A `ValueError` becomes an error `{two}`, a `KeyError` an error `{one}`, raised **from** the
        error that was its cause. When {most} texts went well and one more goes well too, that is too much: a
        `RuntimeError`, without a cause. The first error ends the work.

        *`raise {one}(line) from error` keeps `error` as the cause.* The checks use `causes`, above, which
        gives the names of an error and of its causes.
        """,
        before=f'''
class {one}(Exception):
    pass


class {two}(Exception):
    pass


def {desk}(line):
    """Return how many minutes such a text takes, or raise a ValueError or a KeyError."""
    count, kind = line.split()
    return int(count) * {minutes!r}[kind]

{CAUSES}''',
        function="evening",
        parameters="lines",
        doc="Return what is asked for of the minutes, or raise an error with its cause.",
        body=f"""
        total = 0
        done = 0
        for line in lines:
            try:
                total += {desk}(line)
            except ValueError as error:
                raise {two}(line) from error
            except KeyError as error:
                raise {one}(line) from error
            if done == {most}:
                raise RuntimeError("That is too much.")
            done += 1
        return total + done * {k}
        """,
        answer=answer,
        call=asks("causes", "evening"),
        shown=[([f"2 {a}", f"1 {b}"],), ([f"x {a}"],), ([f"1 {b}", "3 ufos"],)],
        edges=[
            (([],), "There may be nothing to do."),
            (([f"1 {c}"] * most,), f"{most} texts are not too many."),
            (([f"1 {c}"] * (most + 1),), "One more is too many."),
            (([f"1 {c}"] * most + ["1 ufos"],), "An error that has a cause comes first."),
            (([f"0 {a}", f"two {c}", "1 ufos"],), "The first error ends the work."),
            ((["many ufos"],), "What is no number comes before what does not exist."),
        ],
        more=[
            ([f"{random.randint(1, 9)} {random.choice(kinds)}" for _ in range(size)],)
            for size in (2, 3, 3, 4)
        ],
    )
