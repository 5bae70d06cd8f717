"""Errors on their way: let through, translated, noted and raised again, told apart by words, with a cause."""

from __future__ import annotations

from random import Random
from typing import Any

from learnflow_ext.exercises.families.making import Family, Task, by_level
from learnflow_ext.exercises.families.origins import DESKS, caused
from learnflow_ext.exercises.families.outcomes import OUTCOME, SAID, WATCHED, asks


def _through(random: Random) -> Task:
    desk, what, things, _ = random.choice(DESKS)
    most, each = random.randint(12, 40), random.randint(2, 9)
    k, instead = random.randint(2, 30), random.randint(1, 40)
    # However many are ordered, some time is left.
    whole = most * each + k
    caught, passed = random.sample(["TimeoutError", "ValueError", "LookupError", "RuntimeError"], 2)
    told, code, value = random.choice(
        [
            (f"{k} more than that", f"{desk}(number) + {k}", lambda n: k + n),
            (f"{k} times as much", f"{desk}(number) * {k}", lambda n: sum([n] * k)),
            (
                f"how many of {whole} minutes are left after that",
                f"{whole} - {desk}(number)",
                lambda n: -n + whole,
            ),
        ]
    )

    def answer(number: int) -> Any:
        if number < 1:
            return passed
        return value(sum([each] * number)) if number < most + 1 else -instead

    return Task(
        title=f"One error for you: {things}",
        story=f"""
        The function `{desk}` is there already. It says how many minutes {what} needs for a number of
        {things}. For more than {most} of them it raises a `{caught}`, and for a number below 1 a `{passed}`.
        Complete `ordered`. It asks `{desk}`, and returns {told}. A `{caught}` is for you: then return
        {-instead}. A `{passed}` is **not**: whoever called `ordered` has made a mistake and should hear of
        it, so the error has to come through.

        *An `except` catches the errors it names, and no others.* The checks use `outcome`, above, which
        gives the name of an error.
        """,
        before=f'''
def {desk}(number):
    """Return how many minutes so many {things} take, or raise an error."""
    if number < 1:
        raise {passed}("too few {things}")
    if number > {most}:
        raise {caught}("too many {things}")
    return number * {each}

{OUTCOME}''',
        function="ordered",
        parameters="number",
        doc=f"Return what is asked for, {-instead} for a {caught}.",
        body=f"try:\n    return {code}\nexcept {caught}:\n    return {-instead}",
        answer=answer,
        call=asks("outcome", "ordered"),
        shown=[(3,), (most + 5,), (0,)],
        edges=[
            ((most,), "Look closely at the last number that is not too many."),
            ((most + 1,), "Look closely at the first number that is too many."),
            ((-4,), f"A {passed} is not for you to catch."),
            ((1,), "1 should work as well."),
        ],
        more=[(random.randint(2, most + 9),) for _ in range(5)],
    )


def _translated(random: Random) -> Task:
    _, what, things, kinds = random.choice(DESKS)
    error = random.choice(["DeskError", "RequestError", "CounterError", "ShopError"])
    k = random.randint(2, 9)
    sign, no = random.choice([": ", " = ", " - "]), random.choice(["unknown", "nobody knows", "not here"])
    told, code, value = random.choice(
        [
            (
                f"its price times that number, plus {k}",
                f"price * number + {k}",
                lambda p, n: k + sum([p] * n),
            ),
            (
                f"its price times that number, less {k}",
                f"price * number - {k}",
                lambda p, n: sum([p] * n) - k,
            ),
            (
                f"its price with {k} added, times that number",
                f"(price + {k}) * number",
                lambda p, n: n * p + n * k,
            ),
        ]
    )
    prices = {kind: random.randint(5, 40) for kind in kinds}
    one, other, third = kinds

    def answer(prices: dict[str, int], kind: str, text: Any) -> Any:
        if kind not in prices:
            return f"{error}: {no}{sign}{kind}"
        if not isinstance(text, str):
            return "TypeError: that is no text"
        return value(prices[kind], int(text)) if text.strip().isdigit() else f"{error}: no number{sign}{text}"

    return Task(
        title=f"Only one error to know: `{error}`",
        story=f"""
        At the counter of {what} people ask for {things}. They should not need to know that there is a
        dictionary behind it, and need only one error, `{error}`; its class stands above. Complete `asked`.
        It gets a dictionary of prices, a kind, and how many are wanted, as a text. First it looks up the
        price. If that raises a `KeyError`, it raises a `{error}` instead, with a message such as
        `{no}{sign}{one}`. Then it makes a number of the text with `number_of`, above. If that raises a
        `ValueError`, it raises a `{error}` with a message such as `no number{sign}ten`. Any other error
        comes through as it is. For a kind with a price it returns {told}.

        *Two `try`, one for each step.* The checks use `said`, which gives name and message of an error.
        """,
        before=f'''
class {error}(Exception):
    pass


def number_of(text):
    """Return the number in a text; ValueError where there is none, TypeError for what is no text."""
    if not isinstance(text, str):
        raise TypeError("that is no text")
    return int(text)

{SAID}''',
        function="asked",
        parameters="prices, kind, text",
        doc=f"Return what is asked for, or raise a {error}.",
        body=f"""
        try:
            price = prices[kind]
        except KeyError:
            raise {error}("{no}{sign}" + kind)
        try:
            number = number_of(text)
        except ValueError:
            raise {error}("no number{sign}" + text)
        return {code}
        """,
        answer=answer,
        call=asks("said", "asked"),
        shown=[(prices, one, "3"), ({one: 4}, other, "2"), ({one: 4}, one, "many")],
        edges=[
            (({}, third, "x"), "The price is looked up first."),
            ((prices, third, ""), "An empty text is no number."),
            ((prices, other, None), "What is no text is a `TypeError`, which is not for you."),
            ((prices, other, "0"), "0 is a number."),
            (({other: 0}, other, " 7 "), "A price may be 0, and there may be spaces around a number."),
        ],
        more=[(prices, kind, str(random.randint(1, 12))) for kind in kinds],
    )


def _noted(random: Random) -> Task:
    desk, what, things, _ = random.choice(DESKS)
    each, k = random.randint(2, 6), random.randint(2, 20)
    small, none, large = random.choice(
        [
            ("ValueError", "TypeError", "OverflowError"),
            ("LookupError", "TypeError", "ValueError"),
            ("RuntimeError", "TypeError", "TimeoutError"),
        ]
    )
    most, word = random.randint(15, 40), random.choice(["left out", "skipped", "passed over"])
    told, start, end = random.choice(
        [
            (f"the sum of all minutes, and {k} more", 0, f"total + {k}"),
            (f"the sum of all minutes, but it begins at {k} and not at 0", k, "total"),
            (f"{k} times the sum of all minutes", 0, f"total * {k}"),
        ]
    )

    def answer(numbers: list[Any]) -> list[Any]:
        log: list[str] = []
        minutes = []
        for number in numbers:
            if number is None or number > most:
                kind = none if number is None else large
                return [kind, [*log, kind]]
            if number <= 0:
                log.append(word)
            else:
                minutes.append(number * each)
        whole = sum(minutes)
        return [whole * k if "*" in end else whole + k, log]

    return Task(
        title=f"Noted, and raised again: {things}",
        story=f"""
        `{desk}(number)` is there already: it says how many minutes {what} needs for a number of {things}, or
        raises an error. Complete `day`. It gets a log (a list of texts) and a list of numbers, asks `{desk}`
        for one after the other, and returns {told}. A `{small}` is no trouble: `{word}` is put at the end of
        the log, and the next number follows. For **any other** error its name is put there, such as
        `{large}`, and then the same error is **raised again**, so that everybody hears of it.

        *`raise`, with nothing behind it, raises the error again that was caught. `type(error).__name__` is
        its name.* The checks use `watched`, above, and see the result and the log.
        """,
        before=f'''
def {desk}(number):
    """Return how many minutes so many {things} take, or raise an error."""
    if not isinstance(number, int):
        raise {none}("that is no number")
    if number < 1:
        raise {small}("too few {things}")
    if number > {most}:
        raise {large}("too many {things}")
    return number * {each}

{WATCHED}''',
        function="day",
        parameters="log, numbers",
        doc="Return what is asked for of the minutes; note errors, and raise them again but for one kind.",
        body=f"""
        total = {start}
        for number in numbers:
            try:
                total += {desk}(number)
            except {small}:
                log.append("{word}")
            except Exception as error:
                log.append(type(error).__name__)
                raise
        return {end}
        """,
        answer=answer,
        call=asks("watched", "day"),
        shown=[([2, 0, 5],), ([3, most + 4, 0],)],
        edges=[
            (([],), "There may be nothing to do."),
            (([0, -3, 0],), "It may be that nothing goes well."),
            (([most, 1],), "Look closely at the limits."),
            (([0, 4, None, 6],), "After an error that is raised again nothing follows."),
            (([most + 1],), "Look closely at the limits."),
        ],
        more=[([random.randint(-2, most + 1) for _ in range(size)],) for size in (2, 3, 4, 5, 6)],
    )


def _words(random: Random) -> Task:
    desk, what, things, _ = random.choice(DESKS)
    error = random.choice(["ConnectionError", "RuntimeError", "TimeoutError", "BlockingIOError"])
    word, others = random.choice([("busy", ("asleep", "gone")), ("later", ("broken", "shut"))])
    each, k, most = random.randint(2, 6), random.randint(2, 9), random.randint(20, 45)
    told, code, value = random.choice(
        [
            (f"those minutes times {k}", f"minutes * {k}", lambda n: sum([n] * k)),
            (f"those minutes and {k} more", f"minutes + {k}", lambda n: k + n),
        ]
    )

    def answer(number: int, state: str) -> Any:
        head, *rest = state.split()
        if head == "open":
            return each * number
        if head == word and int(rest[0]) < most + 1:
            return -value(int(rest[0]))
        return f"{error}: {state}"

    return Task(
        title=f"What the error says: {what}",
        story=f"""
        `{desk}(number, state)` is there already: it says how many minutes {what} needs for so many {things}.
        If it is not open, it raises a `{error}`, and only the **message** says why: `{word} 15` means that
        one has to wait 15 minutes; others are words such as `{others[0]}` and `{others[1]}`. Complete
        `patient`. It gets the same two values, asks `{desk}` once, and returns what that returns. If it hears
        `{word}` and a wait of at most {most} minutes, it returns {told}, as a negative number. For a longer
        wait, and for every other message, the same error is raised again.

        *`str(error)` is the message, and `split()` its words. `raise` alone raises the error again.* The
        checks use `said`, above, which gives name and message of an error.
        """,
        before=f'''
def {desk}(number, state):
    """Return how many minutes so many {things} take, or raise a {error} that says why not."""
    if state != "open":
        raise {error}(state)
    return number * {each}

{SAID}''',
        function="patient",
        parameters="number, state",
        doc="Return the minutes, or the wait as a negative number, or raise the error again.",
        body=f"""
        try:
            return {desk}(number, state)
        except {error} as error:
            words = str(error).split()
            if words[0] != "{word}":
                raise
            minutes = int(words[1])
            if minutes > {most}:
                raise
            return -({code})
        """,
        answer=answer,
        call=asks("said", "patient"),
        shown=[(3, "open"), (3, f"{word} 15"), (3, others[0])],
        edges=[
            ((4, f"{word} {most}"), "Look closely at the longest wait."),
            ((4, f"{word} {most + 1}"), "Look closely at the longest wait."),
            ((2, others[1]), "Another message is not for you."),
            ((2, "out of ink"), "A message may have several words."),
            ((2, "a 15 minute walk away"), "A message may have several words."),
            ((0, f"{word} 0"), "There may be nothing to wait for."),
        ],
        more=[
            (random.randint(1, 30), random.choice(["open", f"{word} {random.randint(1, 60)}"]))
            for _ in range(6)
        ],
    )


RELAYS = Family("relay", "errors", by_level(_through, _translated, _noted, _words, caused))
