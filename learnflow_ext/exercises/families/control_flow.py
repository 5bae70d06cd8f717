"""Conditions and loops over numbers."""

from __future__ import annotations

from random import Random

from learnflow_ext.exercises.families.making import Family, Task


def _rates(random: Random, level: int) -> Task:
    place, what = random.choice(
        [("pool", "swim"), ("zoo", "visit"), ("museum", "tour"), ("cinema", "film"), ("castle", "tour")]
    )
    young, old = random.randint(6, 17), random.randint(60, 75)
    child, adult, senior = random.randint(2, 5), random.randint(9, 15), random.randint(6, 8)
    group, off = random.randint(4, 12), random.randint(2, 5)
    limits = [young - 1, young, young + 1, old - 1, old, old + 1, 0, 99]
    ages = [((age,), "Look closely at the ages on the border, and at both ends.") for age in limits]
    if level == 1:
        return Task(
            title=f"A ticket for the {place}",
            story=f"""
            A {what} costs {child} euros for everybody **younger than** {young}, and {adult} euros for all
            others. Complete `price`, so that it returns the price for an age.
            """,
            function="price",
            parameters="age",
            doc="Return the price for somebody of this age.",
            body=f"if age < {young}:\n    return {child}\nreturn {adult}",
            answer=lambda age: [adult, child][age < young],
            shown=[(young - 2,), (young + 20,)],
            edges=ages,
        )
    bands = [adult, child, senior]
    if level == 2:
        return Task(
            title=f"Three prices at the {place}",
            story=f"""
            A {what} costs {child} euros for everybody younger than {young}, {senior} euros from {old}
            years on (somebody of exactly {old} belongs to them), and {adult} euros for all others.
            Complete `price`.
            """,
            function="price",
            parameters="age",
            doc="Return the price for somebody of this age.",
            body=f"""
            if age < {young}:
                return {child}
            if age >= {old}:
                return {senior}
            return {adult}
            """,
            answer=lambda age: bands[(age < young) + 2 * (age > old - 1)],
            shown=[(young - 2,), (35,), (old + 4,)],
            edges=ages,
        )
    member = [
        ((age, flag), "Try every age with and without a card.") for age in limits for flag in (True, False)
    ]
    if level == 3:
        return Task(
            title=f"The {place} card",
            story=f"""
            A {what} is cheap, {child} euros, for everybody who is younger than {young} **or** at least
            {old}, and for whoever has a card. All others pay {adult} euros. Complete `price`. It gets the
            age, and `True` or `False` for the card.
            """,
            function="price",
            parameters="age, card",
            doc="Return the price for this age, with or without a card.",
            body=f"if age < {young} or age >= {old} or card:\n    return {child}\nreturn {adult}",
            answer=lambda age, card: child if card or not young <= age < old else adult,
            shown=[(30, True), (30, False), (young - 1, False)],
            edges=member,
        )
    groups = [
        ((age, people), "Look closely at the sizes of groups on the border, for all ages.")
        for age in limits
        for people in (1, group - 1, group, group + 3)
    ]
    if level == 4:
        return Task(
            title=f"Groups at the {place}",
            story=f"""
            Everybody younger than {young} pays {child} euros, all others pay {adult}. In a group of **at
            least** {group} people an adult (not a child) pays {off} euros less. Complete `price`. It gets
            an age, and how many people are in the group, and returns what this one person pays.
            """,
            function="price",
            parameters="age, people",
            doc="Return what somebody of this age pays in a group of so many.",
            body=f"""
            if age < {young}:
                return {child}
            if people >= {group}:
                return {adult - off}
            return {adult}
            """,
            answer=lambda age, people: child if age < young else adult - off * (people >= group),
            shown=[(young - 1, group), (30, group), (30, 1)],
            edges=groups,
        )
    return Task(
        title=f"All prices of the {place}",
        story=f"""
        Everybody younger than {young} pays {child} euros, everybody from {old} years on {senior}, all
        others {adult}. In a group of at least {group} people each person pays {off} euros less, but
        **nobody** pays less than {child - 1} euro{"s" * (child > 2)}. Complete `price`. It gets an age, and
        how many people are in the group.

        *Find the usual price first. Then take something off. Then look whether it is too low.*
        """,
        function="price",
        parameters="age, people",
        doc="Return what somebody of this age pays in a group of so many.",
        body=f"""
        if age < {young}:
            usual = {child}
        elif age >= {old}:
            usual = {senior}
        else:
            usual = {adult}
        if people >= {group}:
            usual -= {off}
        if usual < {child - 1}:
            return {child - 1}
        return usual
        """,
        answer=lambda age, people: max(
            child - 1, bands[(age < young) + 2 * (age >= old)] - (off if people >= group else 0)
        ),
        shown=[(young - 1, group), (30, group), (old + 1, 1)],
        edges=groups,
    )


_APART = ((2, 3), (2, 5), (2, 7), (3, 4), (3, 5), (3, 7), (4, 5), (4, 6), (4, 7), (5, 6), (5, 7), (6, 7))


def _counting(random: Random, level: int) -> Task:
    # Neither divides the other: else one of the two conditions would never matter.
    step, other = random.sample(random.choice(_APART), 2)
    start = random.randint(1, 9)
    thing = random.choice(["stairs", "houses", "pages", "seats", "lockers", "stamps"])
    tops = [(each,) for each in [0, 1, 2, step, step + 1, step * other, *random.sample(range(8, 60), 6)]]
    edges = [(each, "Look at the first and the last number, and at 0 and 1.") for each in tops]
    if level == 1:
        return Task(
            title=f"Adding up {thing}",
            story=f"""
            The {thing} are numbered from 1 to `last`. Complete `total`, so that it returns the sum of
            {start} and all these numbers: {start} + 1 + 2 + ... up to `last`, with `last` itself.

            *Use a loop, and mind where `range` stops.*
            """,
            function="total",
            parameters="last",
            doc=f"Return {start} and all numbers from 1 to last together.",
            body=f"result = {start}\nfor number in range(1, last + 1):\n    result += number\nreturn result",
            answer=lambda last: start + last * (last + 1) // 2,
            shown=[(1,), (4,)],
            edges=edges,
        )
    if level == 2:
        return Task(
            title=f"Every few {thing}",
            story=f"""
            The {thing} are numbered from 1 to `last`. Complete `how_many`, so that it returns how many of
            these numbers can be divided by {step} without a remainder.
            """,
            function="how_many",
            parameters="last",
            doc=f"Return how many numbers from 1 to last {step} divides.",
            body=f"""
            count = 0
            for number in range(1, last + 1):
                if number % {step} == 0:
                    count += 1
            return count
            """,
            answer=lambda last: last // step,
            shown=[(step,), (3 * step + 1,)],
            # One more number, and there would be one more to count.
            edges=[((2 * step - 1,), "Look at the first and the last number, and at 0 and 1."), *edges],
        )
    spans = [(random.randint(1, 30), random.randint(20, 60)) for _ in range(7)]
    if level == 3:
        return Task(
            title=f"Some {thing}, but not all",
            story=f"""
            The {thing} are numbered. Complete `total`. It gets the first and the last number of a row,
            and returns the sum of all numbers from `first` to `last`, with both of them, that {step}
            divides without a remainder and {other} does **not**.
            """,
            function="total",
            parameters="first, last",
            doc=f"Return the sum of the numbers from first to last that {step} divides and {other} does not.",
            body=f"""
            result = 0
            for number in range(first, last + 1):
                if number % {step} == 0 and number % {other} != 0:
                    result += number
            return result
            """,
            answer=lambda first, last: sum(
                n for n in range(last + 1) if n >= first and n % step == 0 and n % other
            ),
            shown=[(1, step * 2), (1, step * other)],
            edges=[
                ((step, step), "A row of a single number should work as well."),
                (
                    (step * (other + 1), step * (2 * other + 1)),
                    "The first and the last number belong to the row.",
                ),
                ((step + 1, step * other), "What lies before the first number does not count."),
                ((1, step - 1), "What comes after the last number does not count."),
                ((9, 8), "A row without numbers has the sum 0."),
                ((1, 3 * step * other), "Long rows should work as well."),
            ],
            more=spans,
        )
    if level == 4:
        return Task(
            title=f"Calling the {thing}",
            story=f"""
            The {thing} from 1 to `last` are called one after the other, as a list. A number that {step}
            divides is called `"hop"`, one that {other} divides `"hey"`, one that both divide `"hop hey"`,
            and all others by the number itself. Complete `calls`.
            """,
            function="calls",
            parameters="last",
            doc="Return the list of what is called for 1 up to last.",
            body=f"""
            called = []
            for number in range(1, last + 1):
                if number % {step} == 0 and number % {other} == 0:
                    called.append("hop hey")
                elif number % {step} == 0:
                    called.append("hop")
                elif number % {other} == 0:
                    called.append("hey")
                else:
                    called.append(number)
            return called
            """,
            answer=lambda last: [
                " ".join(["hop"] * (n % step == 0) + ["hey"] * (n % other == 0)) or n
                for n in range(1, last + 1)
            ],
            shown=[(max(step, other),)],
            edges=[*edges, ((2 * step * other,), edges[0][1])],
        )
    return Task(
        title=f"Choosing two of the {thing}",
        story=f"""
        One of the {thing} is chosen in the north, with a number from 1 to `north`, and one in the south,
        with a number from 1 to `south`. Complete `choices`. It returns in how many ways that is possible
        if {step + 1} has to divide the sum of both numbers without a remainder, and the two numbers must
        not be the same.

        *Put one loop inside another. How often does the inner one run?*
        """,
        function="choices",
        parameters="north, south",
        doc=f"Return how many choices have different numbers and a sum that {step + 1} divides.",
        body=f"""
        count = 0
        for first in range(1, north + 1):
            for second in range(1, south + 1):
                if (first + second) % {step + 1} == 0 and first != second:
                    count += 1
        return count
        """,
        answer=lambda north, south: sum(
            not (a - b == 0 or (a + b) % (step + 1)) for b in range(1, south + 1) for a in range(1, north + 1)
        ),
        shown=[(2, step + 1), (step + 1, step + 2)],
        edges=[
            ((0, 5), "Without any in the north there is no choice."),
            ((5, 0), "Without any in the south there is no choice."),
            ((1, step), "The last number counts as well."),
            ((step, 1), "The last number counts as well."),
            ((2 * step + 2, 2 * step + 2), "The two numbers must not be the same."),
        ],
        more=[(a % 12, b % 15) for a, b in spans],
    )


FAMILIES = (Family("rates", "control_flow", _rates), Family("counting", "control_flow", _counting))
