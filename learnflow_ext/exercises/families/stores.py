"""Errors around a store: what is not there, what does not fit, clean-up in any case, errors with reasons."""

from __future__ import annotations

from random import Random
from typing import Any

from learnflow_ext.exercises.families.errands import SHOPS, taken
from learnflow_ext.exercises.families.making import Family, Task, by_level
from learnflow_ext.exercises.families.outcomes import OUTCOME, SAID, asks


def _filled(random: Random, things: tuple[str, ...], most: int) -> dict[str, int]:
    return {thing: random.randint(0, most) for thing in random.sample(things, 3)}


def _one(random: Random) -> Task:
    name, what, unit, things = random.choice(SHOPS)
    none, k = random.randint(1, 30), random.randint(2, 9)
    told, code, value = random.choice(
        [
            (f"{k} more than that", f"store[thing] + {k}", lambda n: k + n),
            (f"{k} times as many", f"store[thing] * {k}", lambda n: sum([n] * k)),
            (f"{k} fewer than that", f"store[thing] - {k}", lambda n: -k + n),
        ]
    )
    a, b, c, _ = things
    return Task(
        title=f"Is it in the {name}?",
        story=f"""
        A dictionary says how many {unit} of everything {what} has. Complete `{name}`. It gets the
        dictionary and the name of a thing. It looks up how many there are, and returns {told}. If the thing
        is not in the dictionary, it returns {-none}.

        *`store[thing]` raises a `KeyError` for a thing that is not there. Catch it.*
        """,
        function=name,
        parameters="store, thing",
        doc=f"Return what is asked for of the thing, {-none} if it is not there.",
        body=f"""
        try:
            return {code}
        except KeyError:
            return {-none}
        """,
        answer=lambda store, thing: value(store[thing]) if thing in store else -none,
        shown=[({a: 12, b: 3}, a), ({a: 12}, c)],
        edges=[
            (({}, a), "The dictionary may be empty."),
            (({b: 0}, b), "0 is a number, and the thing is there."),
            (({a: 7}, a[:-1]), "A part of a name is another name."),
        ],
        more=[(_filled(random, things, 40), random.choice(things)) for _ in range(6)],
    )


def _take(random: Random) -> Task:
    name, what, unit, things = random.choice(SHOPS)
    most, k = random.randint(10, 30), random.randint(2, 6)
    error = random.choice(["ValueError", "RuntimeError"])
    a, b, c, d = things

    def answer(store: dict[str, int], thing: str, count: int) -> Any:
        if thing not in store:
            return "KeyError"
        if not 0 < count < most + 1 or store[thing] - count < k:
            return error
        return store[thing] - count

    return Task(
        title=f"Taking {unit} out",
        story=f"""
        A dictionary says how many {unit} of everything {what} has. Complete `{name}`. It gets the
        dictionary, the name of a thing, and how many are wanted. If the thing is not there, it raises a
        `KeyError`. If less than 1 or more than {most} are wanted, or fewer than {k} would be left, it
        raises a `{error}`. Otherwise it **changes the dictionary**, and returns how many are left. With an
        error the dictionary stays as it was.

        *Look for all errors before you change anything.* The checks use `outcome` to see which error came,
        and look at the dictionary afterwards.
        """,
        before=OUTCOME,
        function=name,
        parameters="store, thing, count",
        doc="Take some out, and return how many are left; raise an error if that cannot be.",
        body=f"""
        left = store[thing] - count
        if count < 1 or count > {most} or left < {k}:
            raise {error}("That cannot be taken.")
        store[thing] = left
        return left
        """,
        answer=lambda store, thing, count: [
            answer(store, thing, count),
            {**store, thing: answer(store, thing, count)}
            if isinstance(answer(store, thing, count), int)
            else store,
        ],
        call=lambda store, thing, count: (
            f"(lambda s: [outcome({name}, s, {thing!r}, {count!r}), s])({store!r})"
        ),
        shown=[({a: 50, b: 40}, a, 5), ({a: 50}, c, 5)],
        edges=[
            (({a: k + 3}, a, 3), "Look closely at how many must be left."),
            (({a: k + 3}, a, 4), "Look closely at how many must be left."),
            (({b: 99}, b, most), "Look closely at the most that may be taken."),
            (({b: 99}, b, most + 1), "Look closely at the most that may be taken."),
            (({b: 99}, b, 0), "Nothing cannot be taken."),
            (({b: 99}, b, 1), "A single one may be taken."),
            (({b: 99}, d, 0), "A thing that is not there is a `KeyError`, however many are wanted."),
        ],
        more=[
            (
                {thing: random.randint(0, 60) for thing in things},
                random.choice(things),
                random.randint(1, most),
            )
            for _ in range(4)
        ],
    )


def _finally(random: Random) -> Task:
    name, what, unit, _ = random.choice(SHOPS)
    limit, k = random.randint(4, 12), random.randint(2, 6)
    instead = random.choice([-1, 0, -9])

    def work(number: int) -> int:
        return number * k if number < limit else -1

    def answer(numbers: list[Any]) -> list[Any]:
        log, total = [], 0
        for number in numbers:
            log.append("open")
            if isinstance(number, int) and number < limit:
                total += work(number)
            else:
                total += instead
                log.append("late" if isinstance(number, int) else "odd")
            log.append("shut")
        return [total, log]

    return Task(
        title=f"Opened and shut: {name}",
        story=f"""
        {what[0].upper() + what[1:]} is opened before something is counted, and shut afterwards, **whatever
        happens**. `count(number)` is there already: it returns a number of {unit}, raises a `ValueError`
        where it is too late for that, and a `TypeError` for what is no number. Complete `{name}`. It gets a
        list. For each element it writes `open` into a log, and calls `count` with it: the result is added
        to a sum. For a `ValueError` {instead} is added instead and `late` written into the log, for a
        `TypeError` {instead} as well and `odd` written. Then, in any case, it writes `shut`. It returns a
        list of two: the sum, and the log, which is a list of texts.

        *What stands below `finally` is done in any case.*
        """,
        before=f'''
def count(number):
    """Return a number, or raise a ValueError or a TypeError."""
    if number >= {limit}:
        raise ValueError("It is too late for that.")
    return number * {k}
''',
        function=name,
        parameters="rows",
        doc="Return the sum and the log.",
        body=f"""
        total, log = 0, []
        for each in rows:
            log.append("open")
            try:
                total += count(each)
            except ValueError:
                total += {instead}
                log.append("late")
            except TypeError:
                total += {instead}
                log.append("odd")
            finally:
                log.append("shut")
        return [total, log]
        """,
        answer=answer,
        shown=[([2, limit],), (["two", 3],)],
        edges=[
            (([],), "There may be nothing to count."),
            (([limit - 1, limit, limit + 1],), "Look closely at where it is too late."),
            (([None, 0],), "After an error it goes on."),
            (([-3],), "A number may be below 0."),
        ],
        more=[
            ([random.choice([1, 2, 3, limit - 1, limit + 2, "x", None]) for _ in range(count)],)
            for count in (3, 4, 5, 6)
        ],
    )


def _reasons(random: Random) -> Task:
    name, what, unit, things = random.choice(SHOPS)
    low, high = random.randint(1, 9), random.randint(30, 90)
    a, b, c, d = things
    k = random.randint(2, 5)
    told, code, value = random.choice(
        [
            ("their sum", "result += number", lambda ns: sum(ns)),
            (f"{k} points for each of them", f"result += {k}", lambda ns: k * len(ns)),
            ("the largest of them", "result = max(result, number)", lambda ns: sorted([0, *ns])[-1]),
        ]
    )

    def answer(lines: list[str]) -> Any:
        numbers = []
        for place, line in enumerate(lines, 1):
            parts = line.split("=")
            if len(parts) != 2:
                return f"ValueError: line {place}: no number"
            if not parts[1].strip().isdigit():
                return f"ValueError: line {place}: {parts[1].strip()}"
            number = int(parts[1])
            if not low - 1 < number < high + 1:
                return f"OverflowError: line {place}: {number}"
            numbers.append(number)
        return value(numbers)

    good = [f"{a}={low}", f"{b} = {high}", f"{c}={low + 3}", f"{d}={high - 2}"]
    bad = [f"{a}", f"{b}=many", f"{c}={high + 1}", f"{d}={low - 1}", f"{a}=1=2", f"{b}="]
    return Task(
        title=f"What is wrong in which line of {what}?",
        story=f"""
        A list of texts says what {what} has, such as `{a}=12`: a name, `=` and a whole number of {unit},
        from 0 on, with or without spaces around it. Complete `{name}`. It returns {told}, of all numbers,
        and 0 for an empty list. At the **first** line that is wrong it raises an error instead, whose
        message begins with `line`, the number of the line, from 1, and a colon: a `ValueError` with
        `no number` behind it where there is not exactly one `=`, such as `line 2: no number`; a
        `ValueError` with what stands behind the `=`, without spaces around it, if that is no whole number;
        an `OverflowError` with the number if it is below {low} or above {high}.

        *Catch the error that `int` raises, and raise one with a better message.* The checks use the
        function `said`, which gives name and message of the error.
        """,
        before=SAID,
        function=name,
        parameters="lines",
        doc="Return what is asked for, or raise an error that says where and what.",
        body=f"""
        result = 0
        for place, line in enumerate(lines, 1):
            parts = line.split("=")
            if len(parts) != 2:
                raise ValueError(f"line {{place}}: no number")
            text = parts[1].strip()
            try:
                number = int(text)
            except ValueError:
                raise ValueError(f"line {{place}}: {{text}}")
            if number < {low} or number > {high}:
                raise OverflowError(f"line {{place}}: {{number}}")
            {code}
        return result
        """,
        answer=answer,
        call=asks("said", name),
        shown=[([good[0], good[2]],), ([good[1], bad[0]],)],
        edges=[
            (([],), "The list may be empty."),
            (([good[0], good[1]],), "Look closely at the limits."),
            (([good[2], bad[2]],), "Look closely above the limits."),
            (([bad[3], bad[2]],), "The first wrong line counts."),
            (([good[3], good[2], bad[1]],), "A text may stand where a number should."),
            (([bad[4]],), "There may be more than one `=`."),
            (([good[1], bad[5]],), "It may be that nothing stands behind the `=`."),
        ],
        more=[
            (random.sample(good, 3),),
            ([good[3], good[1], good[2], good[0]],),
            ([good[0], random.choice(bad), bad[1]],),
            ([good[2]],),
        ],
    )


STORES = Family("store", "errors", by_level(_one, _take, _finally, _reasons, taken))
