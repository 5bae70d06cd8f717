"""Libraries for time: clock times, days of the week, days between, working days, and plans that overlap."""

from __future__ import annotations

from random import Random

from learnflow_ext.exercises.families.making import Family, Task, by_level

_TRIPS = (
    ("ride", "a train", "leaves", "arrives"),
    ("shift", "somebody's shift", "begins", "ends"),
    ("concert", "a concert", "begins", "ends"),
    ("flight", "a flight", "takes off", "lands"),
    ("lesson", "a lesson", "starts", "stops"),
    ("walk", "a walk", "starts", "is over"),
)
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_LENGTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def _number(text: str) -> int:
    """Days since the first of January of year 0, which is no leap year here; for dates after 2000."""
    year, month, day = (int(part) for part in text.split("-"))
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    before = year - 1
    days = 365 * before + before // 4 - before // 100 + before // 400
    return days + sum(_LENGTHS[: month - 1]) + (leap and month > 2) + day


def _weekday(text: str) -> int:
    """0 for a Monday."""
    return (_number(text) - 1) % 7


def _day(random: Random) -> str:
    return f"{random.randint(2021, 2031)}-{random.randint(1, 12):02}-{random.randint(1, 28):02}"


def _minutes(random: Random) -> Task:
    name, what, start, end = random.choice(_TRIPS)
    k, pause = random.randint(2, 9), random.randint(3, 14)
    told, code, value = random.choice(
        [
            (
                f"how many minutes there are between the two, without a pause of {pause} minutes",
                f"minutes - {pause}",
                lambda n: -pause + n,
            ),
            (
                f"how many minutes there are between the two, {k} times",
                f"minutes * {k}",
                lambda n: sum([n] * k),
            ),
            (
                f"how many full quarters of an hour there are between the two, and {k} more",
                f"minutes // 15 + {k}",
                lambda n: k + (n - n % 15) // 15,
            ),
        ]
    )

    def clock(text: str) -> int:
        return int(text[:2]) * 60 + int(text[3:])

    def pair() -> tuple[str, str]:
        # At least a quarter of an hour, which is longer than any pause.
        first, last = (15 * quarter for quarter in sorted(random.sample(range(24 * 4), 2)))
        more = random.randint(0, 14)
        return _text(first + more), _text(last + random.randint(more, 14))

    return Task(
        title=f"How long is a {name}?",
        story=f"""
        Two texts such as `"08:05"` say when {what} {start} and {end}, later on the same day. Complete
        `{name}`. It gets both texts, the earlier one first, and returns {told}.

        *`datetime.strptime(text, "%H:%M")` reads such a text, and the difference of two has
        `total_seconds()`.*
        """,
        before="from datetime import datetime",
        function=name,
        parameters="start, end",
        doc="Return what is asked for of the time between start and end.",
        body=f"""
        first = datetime.strptime(start, "%H:%M")
        last = datetime.strptime(end, "%H:%M")
        minutes = int((last - first).total_seconds() // 60)
        return {code}
        """,
        answer=lambda one, two: value(clock(two) - clock(one)),
        shown=[("08:05", "09:00"), ("10:30", "10:59")],
        edges=[
            (("00:00", "23:59"), "It may last the whole day."),
            (("12:00", "12:15"), "It may last just a quarter of an hour."),
            (("09:59", "11:01"), "Hours and minutes both count."),
        ],
        more=[pair() for _ in range(7)],
    )


def _weekdays(random: Random) -> Task:
    name, what, _, _ = random.choice(_TRIPS)
    cheap, dear, usual = random.sample(range(5, 40), 3)
    free = random.randrange(5)
    late = random.choice([(5, "on Saturdays and Sundays", ">= 5"), (4, "from Fridays to Sundays", ">= 4")])

    def answer(day: str) -> int:
        at = _weekday(day)
        if at > late[0] - 1:
            return dear
        return cheap if at == min(free, late[0] - 1) else usual

    special = min(free, late[0] - 1)
    return Task(
        title=f"The price of {what}",
        story=f"""
        What {what} costs depends on the day of the week: {dear} euros {late[1]}, {cheap} euros on
        {_DAYS[special]}s, and {usual} euros on every other day. Complete `{name}_price`. It gets a date as
        a text such as `"2026-03-14"` and returns the price.

        *`date.fromisoformat(text)` reads such a text, and its `weekday()` is 0 for a Monday.*
        """,
        before="from datetime import date",
        function=f"{name}_price",
        parameters="day",
        doc="Return the price on that day.",
        body=f"""
        number = date.fromisoformat(day).weekday()
        if number {late[2]}:
            return {dear}
        if number == {special}:
            return {cheap}
        return {usual}
        """,
        answer=answer,
        shown=[("2026-03-14",), ("2026-03-11",)],
        edges=[
            (("2028-02-29",), "The last day of February exists in some years."),
            *(
                (f"2026-06-{at + 1:02}",) and ((f"2026-06-{at + 1:02}",), f"Look closely at {_DAYS[at]}s.")
                for at in range(7)
            ),
        ],
        more=[(_day(random),) for _ in range(4)],
    )


def _between(random: Random) -> Task:
    name, thing = random.choice(
        [
            ("loan", "a book was lent"),
            ("rent", "a bicycle was rented"),
            ("stay", "a guest stayed"),
            ("parking", "a car was parked"),
        ]
    )
    free, fee, most = random.randint(2, 9), random.randint(2, 9), random.randint(20, 60)
    rule, code, value = random.choice(
        [
            (
                f"The first {free} days cost nothing, and each day after them {fee} euros, but all "
                f"of it never more than {most} euros",
                f"min({most}, max(0, days - {free}) * {fee})",
                lambda n: sorted([0, (n - free) * fee, most])[1],
            ),
            (
                f"Each full week costs {most} euros, and each day beyond full weeks {fee} euros",
                f"days // 7 * {most} + days % 7 * {fee}",
                lambda n: (n - n % 7) // 7 * most + n % 7 * fee,
            ),
            (
                f"Each day costs {fee} euros; with more than {most} days, {free} euros are taken "
                "off all of it together",
                f"days * {fee} - {free} if days > {most} else days * {fee}",
                lambda n: sum([fee] * n) - (free if n >= most + 1 else 0),
            ),
        ]
    )

    def pair(days: int) -> tuple[str, str]:
        month = random.randint(1, 12)
        start = f"{random.randint(2022, 2030)}-{month:02}-{random.randint(1, 28):02}"
        return start, _later(start, days)

    weeks = [free, free + 1, 7, 13, most, most + 1]
    return Task(
        title=f"From day to day: {name}",
        story=f"""
        Two texts such as `"2026-02-27"` say from which day to which day {thing}. The number of days is the
        difference of both dates, so from one day to the next it is 1. {rule}. Complete `{name}`: it gets both
        texts and returns what is to be paid. If the second day lies **before** the first, it returns -1.

        *`date.fromisoformat(text)` reads such a text, and the difference of two dates has `days`.*
        """,
        before="from datetime import date",
        function=name,
        parameters="start, end",
        doc="Return what is to be paid for the days between, -1 for a mistake.",
        body=f"""
        days = (date.fromisoformat(end) - date.fromisoformat(start)).days
        if days < 0:
            return -1
        return {code}
        """,
        answer=lambda one, two: value(_number(two) - _number(one)) if _number(two) >= _number(one) else -1,
        shown=[("2026-02-27", "2026-03-15"), ("2026-05-01", "2026-05-01")],
        edges=[
            (("2026-05-02", "2026-05-01"), "Look closely at days in the wrong order."),
            (("2026-12-31", "2027-01-01"), "A year may end between the two."),
            (("2028-02-28", "2028-03-01"), "February has one day more in some years."),
            *((pair(days), "Look closely at the limits of the rule.") for days in weeks),
        ],
        more=[pair(random.randint(2, 100)) for _ in range(5)],
    )


def _later(day: str, days: int) -> str:
    """The date so many days after `day`."""
    year, month, number = (int(part) for part in day.split("-"))
    for _ in range(days):
        number += 1
        leap = month == 2 and year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
        if number > _LENGTHS[month - 1] + leap:
            number, month = 1, month + 1
        if month > 12:
            month, year = 1, year + 1
    return f"{year}-{month:02}-{number:02}"


def _working(random: Random) -> Task:
    name, what = random.choice(
        [
            ("delivery", "A parcel arrives"),
            ("answer", "An office answers"),
            ("repair", "A bicycle is repaired"),
            ("laundry", "The laundry is done"),
        ]
    )
    closed = random.choice([(5, 6), (6,), (0, 6), (2, 6)])
    every = " and ".join(f"{_DAYS[at]}s" for at in sorted(closed))

    def answer(day: str, steps: int, holidays: list[str]) -> str:
        while steps > 0:
            day = _later(day, 1)
            steps -= not (_weekday(day) in closed or day in holidays)
        return day

    def task() -> tuple[str, int, list[str]]:
        start = _day(random)
        return (
            start,
            random.randint(1, 12),
            [_later(start, random.randint(1, 12)) for _ in range(random.randint(0, 3))],
        )

    return Task(
        title=f"Working days: {name}",
        story=f"""
        {what} after so many working days. Nobody works on {every}, nor on holidays. Complete `{name}`. It
        gets a date as a text such as `"2026-03-14"`, the number of working days, and a list of holidays,
        texts like the first. It returns the date of the last of these working days, as such a text. They
        are counted from the day **after** the first date; with 0 of them it is the first date itself.

        *Go on day by day with `timedelta(days=1)`. `str(...)` of a date is such a text.*
        """,
        before="from datetime import date, timedelta",
        function=name,
        parameters="start, steps, holidays",
        doc="Return the date after so many working days.",
        body=f"""
        day = date.fromisoformat(start)
        while steps > 0:
            day = day + timedelta(days=1)
            if day.weekday() not in {closed!r} and str(day) not in holidays:
                steps -= 1
        return str(day)
        """,
        answer=answer,
        shown=[("2026-03-12", 3, []), ("2026-12-23", 2, ["2026-12-25"])],
        edges=[
            (("2026-03-14", 0, []), "Without working days it is the first date itself."),
            (("2028-02-27", 4, []), "February has one day more in some years."),
            (("2026-12-30", 5, ["2027-01-01"]), "A year may end in between."),
            (
                ("2026-06-01", 7, ["2026-06-03", "2026-06-03", "2026-06-06", "2026-06-07"]),
                "A holiday may be a free day anyway.",
            ),
            (("2026-06-05", 1, []), "Look closely at the days when nobody works."),
            (("2026-06-01", 1, ["2026-06-01"]), "The first date itself may be a holiday."),
        ],
        more=[task() for _ in range(7)],
    )


def _plans(random: Random) -> Task:
    name, place = random.choice(
        [
            ("room", "a music room"),
            ("court", "a tennis court"),
            ("oven", "a baker's oven"),
            ("van", "a van that a club shares"),
        ]
    )
    least = random.choice([15, 20, 30, 45])

    def clock(text: str) -> int:
        return int(text.split(":")[0]) * 60 + int(text.split(":")[1])

    def answer(plans: list[tuple[str, str]]) -> list[object]:
        rows = sorted((clock(a), clock(b)) for a, b in plans)
        free, until, clashes = 0, rows[0][1] if rows else 0, 0
        for start, end in rows[1:]:
            clashes += start < until
            free += start - until if start - until >= least else 0
            until = max(until, end)
        return [clashes, free]

    def plan(count: int, longest: int) -> tuple[list[tuple[str, str]]]:
        starts = [random.randint(8 * 60, 20 * 60) // 5 * 5 for _ in range(count)]
        ends = [start + random.randint(1, longest) * 5 for start in starts]
        return ([(_text(a), _text(b)) for a, b in zip(starts, ends, strict=True)],)

    return Task(
        title=f"Who has the {name} when?",
        story=f"""
        Many people want to use {place} on one day. Complete `{name}`. It gets a list of pairs of texts such
        as `("08:30", "09:15")`: from when to when somebody has it. The pairs are in no order. Sorted by
        their beginning (and then by their end), each pair but the first is compared with **all** before it:
        it clashes if it begins before the latest end of those. The function returns a list of two numbers:
        how many pairs clash, and how many minutes {place} is free between pairs, where a gap of less than
        {least} minutes does not count. Before the first and after the last pair nothing is counted.

        *`datetime.strptime(text, "%H:%M")` reads such a text, and times can be compared and sorted.*
        """,
        before="from datetime import datetime, timedelta",
        function=name,
        parameters="plans",
        doc="Return how many plans clash, and the free minutes between them.",
        body=f"""
        rows = []
        for start, end in plans:
            rows.append((datetime.strptime(start, "%H:%M"), datetime.strptime(end, "%H:%M")))
        rows.sort()
        clashes, free, latest = 0, timedelta(0), None
        for start, end in rows:
            if latest is None:
                latest = end
                continue
            if start < latest:
                clashes += 1
            elif start - latest >= timedelta(minutes={least}):
                free += start - latest
            latest = max(latest, end)
        return [clashes, int(free.total_seconds() // 60)]
        """,
        answer=answer,
        shown=[([("10:00", "11:00"), ("08:30", "09:15")],), ([("09:00", "10:00")],)],
        edges=[
            (([],), "It may be that nobody wants it."),
            (([("09:00", "10:00"), ("10:00", "10:30")],), "Who begins when the other ends does not clash."),
            (
                ([("09:00", "10:00"), (_text(600 + least), "12:00")],),
                f"A gap of exactly {least} minutes counts.",
            ),
            (
                ([("09:00", "10:00"), (_text(599 + least), "12:00")],),
                f"A gap of less than {least} minutes does not count.",
            ),
            (
                ([("09:00", "15:00"), ("10:00", "11:00"), ("12:00", "12:30"), ("16:00", "17:00")],),
                "The latest end may be of an earlier pair.",
            ),
            (([("09:00", "10:00"), ("09:00", "10:00")],), "Two pairs may be the same."),
        ],
        more=[plan(3, 20), plan(4, 12), plan(5, 10), plan(6, 30), plan(4, 6), plan(7, 9)],
    )


def _text(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


CLOCKS = Family("timetable", "libraries", by_level(_minutes, _weekdays, _between, _working, _plans))
