"""Errors of one family, told apart: the hardest task of the family in `doors`."""

from __future__ import annotations

from random import Random

from learnflow_ext.exercises.families.making import Task


def lineage(random: Random) -> Task:
    """Two kinds of one error, each with a price."""
    name, what = random.choice(
        [
            ("vault", "a vault"),
            ("robot", "a robot"),
            ("station", "a space station"),
            ("greenhouse", "a greenhouse"),
        ]
    )
    base, one, two = random.choice(
        [("Trouble", "Blocked", "Empty"), ("Alarm", "Closed", "Broken"), ("Stop", "Jammed", "Tired")]
    )
    cost, fine, k = random.randint(2, 6), random.randint(7, 20), random.randint(2, 5)

    def answer(orders: list[object]) -> list[object]:
        done, points, log = 0, 0, []
        for order in orders:
            if not isinstance(order, int):
                log.append("TypeError")
                break
            if order < 0:
                points -= fine
                log.append(one)
            elif order % k == 0:
                points -= cost * order
                log.append(two)
            else:
                done += 1
                points += order
        return [done, points, log]

    def orders(count: int) -> tuple[list[object]]:
        return (
            [
                random.choice(
                    [
                        random.randint(1, 15),
                        random.randint(1, 15),
                        -random.randint(1, 9),
                        k * random.randint(0, 4),
                    ]
                )
                for _ in range(count)
            ],
        )

    return Task(
        title=f"The errors of {what}",
        story=f"""
        The function `work` of {what} is there already, with three errors of its own: `{one}` and `{two}`
        are both kinds of `{base}`. `work(order)` returns a number of points, or raises one of them; an
        error `{two}` has a `cost`. Complete `{name}`. It gets a list of orders, and calls `work` for one
        after the other. It keeps count: how many went well, and the sum of points. For an error `{one}`
        {fine} points are taken off, for an error `{two}` {cost} times its `cost`. Of each error the name is
        kept in a list, and the next order follows. Any error that is **no** `{base}` ends the work: its
        name comes to the list, and no order follows. The function returns a list of these three: count,
        points, and the list of names.

        *Several `except` may follow one `try`, and `type(error).__name__` is an error's name.*
        """,
        before=f'''
class {base}(Exception):
    """Something that can go wrong here."""


class {one}({base}):
    """Nothing can be done."""


class {two}({base}):
    """It has a cost."""

    def __init__(self, cost):
        super().__init__(cost)
        self.cost = cost


def work(order):
    """Return the points of an order, or raise one of the errors above."""
    if order < 0:
        raise {one}(order)
    if order % {k} == 0:
        raise {two}(order)
    return order
''',
        function=name,
        parameters="orders",
        doc="Return how many went well, the points, and the names of the errors.",
        body=f"""
        done, points, names = 0, 0, []
        for order in orders:
            try:
                points += work(order)
                done += 1
            except {two} as error:
                points -= {cost} * error.cost
                names.append({two!r})
            except {base}:
                points -= {fine}
                names.append({one!r})
            except Exception as error:
                names.append(type(error).__name__)
                break
        return [done, points, names]
        """,
        answer=answer,
        shown=[([k + 1, -3],), ([2 * k, 2 * k + 1, "x", 1],)],
        edges=[
            (([],), "There may be no orders."),
            (([0],), "An error may cost nothing."),
            (([-1, -2, k + 1],), "After an error the next order follows."),
            ((["x", k + 1],), "After an error of another kind no order follows."),
            (([k, k + 1, 3 * k, 1 + 2 * k],), "An error's cost is looked up in the error."),
            (([None, -1],), "An error of another kind may come first."),
        ],
        more=[orders(count) for count in (3, 5, 6, 8)] + [([*orders(3)[0], "end", *orders(2)[0]],)],
    )
