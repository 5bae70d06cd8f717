"""Values, calculating, and text: no conditions and no loops are needed."""

from __future__ import annotations

from random import Random

from learnflow_ext.exercises.families.making import Family, Task


def _shop(random: Random, level: int) -> Task:
    thing, plural = random.choice(
        [
            ("ticket", "tickets"),
            ("book", "books"),
            ("pizza", "pizzas"),
            ("plant", "plants"),
            ("lamp", "lamps"),
        ]
    )
    fee, box, percent = random.randint(2, 19), random.randint(3, 12), random.randrange(5, 60, 5)
    numbers = [random.randint(1, 60) for _ in range(8)]
    pairs = tuple(zip(numbers[:4], numbers[4:], strict=True))
    nothing = ((0, numbers[0]), f"No {plural} at all should work as well.")
    if level == 1:
        return Task(
            title=f"Paying for {plural}",
            story=f"""
            Some {plural} are bought. Each costs the same, and sending them costs {fee} euros more,
            however many they are. Complete `cost_of`, so that it returns how many euros that is together.
            """,
            function="cost_of",
            parameters=f"{plural}, price",
            doc=f"Return the cost of all {plural} with the {fee} euros for sending them.",
            body=f"return {plural} * price + {fee}",
            answer=lambda count, price: fee + price * count,
            shown=[(2, 10), (5, 3)],
            edges=[nothing],
            more=pairs,
        )
    if level == 2:
        return Task(
            title=f"Boxes of {plural}",
            story=f"""
            {box} {plural} fit into a box, and only full boxes are sent. Complete `left_over`, so that it
            returns how many {plural} stay behind when as many boxes as possible have been filled.

            *Which sign gives the remainder of a division?*
            """,
            function="left_over",
            parameters=plural,
            doc=f"Return how many {plural} are left when boxes of {box} have been filled.",
            body=f"return {plural} % {box}",
            answer=lambda count: count - count // box * box,
            shown=[(box + 2,), (3 * box,)],
            edges=[((box - 1,), "Too few for one box: all of them stay."), ((0,), nothing[1])],
            more=[(each,) for each in numbers],
        )
    if level == 3:
        return Task(
            title=f"Enough boxes for all {plural}",
            story=f"""
            All {plural} must be packed, and {box} of them fit into a box. The last box may stay partly
            empty. Every box costs {fee} euros. Complete `box_cost`, so that it returns what the boxes
            cost together.

            *How many boxes are full? When is one more needed? There is a way without `if`.*
            """,
            function="box_cost",
            parameters=plural,
            doc=f"Return the cost of enough boxes of {box}, each for {fee} euros.",
            body=f"boxes = ({plural} + {box - 1}) // {box}\nreturn boxes * {fee}",
            answer=lambda count: -(-count // box) * fee,
            shown=[(box + 1,), (2 * box,)],
            edges=[
                ((0,), "Nothing to pack needs no box."),
                ((1,), f"A single {thing} needs a box as well."),
                ((box,), "A box that is just full is enough."),
                ((box - 1,), "A box that is not full has to be paid as well."),
            ],
            more=[(each,) for each in numbers],
        )
    if level == 4:
        return Task(
            title=f"A sale of {plural}",
            story=f"""
            In a sale everything is {percent} % cheaper. Prices are whole numbers of cents, and parts of a
            cent are not paid. Complete `sale_price`. It gets the number of {plural} and the price of one
            in cents, and returns the cents to pay for all of them. Only the whole sum is made cheaper and
            cut to full cents, not each price.
            """,
            function="sale_price",
            parameters=f"{plural}, cents",
            doc=f"Return the cents to pay for all {plural} together, {percent} % less than usual.",
            body=f"usual = {plural} * cents\nreturn usual * {100 - percent} // 100",
            answer=lambda count, cents: (count * cents * 100 - count * cents * percent) // 100,
            shown=[(1, 200), (3, 45)],
            edges=[((0, 99), nothing[1]), ((1, 1), "Parts of a cent are not paid.")],
            more=[(a, 7 * b + 1) for a, b in pairs],
        )
    return Task(
        title=f"A receipt for {plural}",
        story=f"""
        Complete `receipt`. It gets a number of {plural} and the price of one in cents. It returns a text
        with the number, the sum in euros with two digits after the point, and the sum with {fee} cents
        more for the bag, as in the examples.

        *`f"{{number:02d}}"` writes a whole number with at least two digits.*
        """,
        function="receipt",
        parameters=f"{plural}, cents",
        doc="Return a line such as the examples show.",
        body=f"""
        total = {plural} * cents
        paid = total + {fee}
        first = f"{{{plural}}} {plural}: {{total // 100}}.{{total % 100:02d}}"
        second = f"with bag {{paid // 100}}.{{paid % 100:02d}}"
        return first + ", " + second
        """,
        answer=lambda count, cents: (
            f"{count} {plural}: {count * cents / 100:.2f}, with bag {(count * cents + fee) / 100:.2f}"
        ),
        shown=[(2, 150), (3, 35)],
        edges=[((0, 120), nothing[1]), ((1, 5), "Less than ten cents need a zero in front.")],
        more=[(a, 9 * b + 1) for a, b in pairs],
    )


_UNITS = (("weeks", "days", 7), ("days", "hours", 24), ("hours", "minutes", 60), ("years", "months", 12))


def _clock(random: Random, level: int) -> Task:
    big, small, size = random.choice(_UNITS)
    extra = random.randint(3, 55)
    event = random.choice(["film", "train ride", "match", "concert", "lesson", "hike"])
    numbers = [(random.randint(2, 90),) for _ in range(6)]
    times = [(random.randint(0, 23), random.randint(0, 59)) for _ in range(8)]
    none = f"0 {big} should work as well."
    if level == 1:
        pause = random.randint(2, 9)
        return Task(
            title=f"From {big} to {small}",
            story=f"""
            A plan lasts some {big}, and then {pause} more {small}. One of the {big} has {size} {small}.
            Complete `{small}_in`, so that it returns how many {small} the plan lasts.
            """,
            function=f"{small}_in",
            parameters=big,
            doc=f"Return how many {small} the {big} are, with {pause} {small} more.",
            body=f"return {big} * {size} + {pause}",
            answer=lambda count: sum([size] * count) + pause,
            shown=[(1,), (3,)],
            edges=[((0,), none)],
            more=numbers,
        )
    if level == 2:
        return Task(
            title=f"Full {big}",
            story=f"""
            Some {small} have gone by, and {extra} more are still to come. One of the {big} has {size}
            {small}. Complete `full_{big}`, so that it returns how many **full** {big} that is together.
            What is left over does not count.
            """,
            function=f"full_{big}",
            parameters=small,
            doc=f"Return how many full {big} the {small} and {extra} more are.",
            body=f"return ({small} + {extra}) // {size}",
            answer=lambda count: int((count + extra - (count + extra) % size) / size),
            shown=[(size,), (5 * size,)],
            edges=[
                ((0,), f"0 {small} should work as well."),
                ((size * 7 - extra,), "It may come out even."),
                ((size * 7 - extra - 1,), "What is nearly full does not count."),
            ],
            more=[(3 * each,) for (each,) in numbers],
        )
    if level == 3:
        return Task(
            title=f"How long is the {event}?",
            story=f"""
            A {event} begins and ends on the same day, and {extra} minutes of it are a break. Complete
            `minutes_without_break`. It gets the hour and the minute of the beginning, then those of the
            end, and returns how many minutes are left without the break.

            *How many minutes after midnight is each of the two?*
            """,
            function="minutes_without_break",
            parameters="hour, minute, end_hour, end_minute",
            doc=f"Return the minutes from beginning to end, without {extra} of them.",
            body=f"""
            begin = hour * 60 + minute
            end = end_hour * 60 + end_minute
            return end - begin - {extra}
            """,
            answer=lambda h, m, eh, em: (eh - h) * 60 + (em - m) - extra,
            shown=[(10, 0, 12, 0), (8, 30, 10, 15)],
            edges=[((9, 50, 11, 10), "The minute of the end may be smaller than that of the beginning.")],
            more=[(h // 2, m, h // 2 + 2 + m % 5, extra) for h, m in times],
        )
    long = random.randint(70, 400)
    if level == 4:
        return Task(
            title=f"When is the {event} over?",
            story=f"""
            A {event} lasts {long} minutes, and it may go on past midnight. Complete `end_hour`. It gets
            the hour (0 to 23) and the minute at which the {event} begins, and returns the hour the clock
            shows at the end, also 0 to 23.
            """,
            function="end_hour",
            parameters="hour, minute",
            doc=f"Return the hour of the clock {long} minutes later.",
            body=f"later = hour * 60 + minute + {long}\nreturn later // 60 % 24",
            answer=lambda h, m: (h * 60 + m + long) % 1440 // 60,
            shown=[(10, 0), (9, 45)],
            edges=[
                ((23, 59), "After 23 o'clock comes 0."),
                ((0, 0), "Midnight should work as well."),
                ((12, -long % 60), "The end may be on the full hour."),
                ((12, (-long - 1) % 60), "A minute before the full hour is still the hour before."),
            ],
            more=times,
        )
    return Task(
        title=f"The clock after the {event}",
        story=f"""
        A {event} lasts {long} minutes, and it may go on past midnight. Complete `clock_after`. It gets
        the hour and the minute at which the {event} begins, and returns what a digital clock shows at the
        end: two digits for the hour, a colon, and two digits for the minute.

        *`f"{{number:02d}}"` writes a whole number with at least two digits.*
        """,
        function="clock_after",
        parameters="hour, minute",
        doc=f"Return the clock's text {long} minutes later.",
        body=f"""
        later = hour * 60 + minute + {long}
        return f"{{later // 60 % 24:02d}}:{{later % 60:02d}}"
        """,
        answer=lambda h, m: ":".join(str(each).zfill(2) for each in divmod((h * 60 + m + long) % 1440, 60)),
        shown=[(10, 0), (20, 40)],
        edges=[
            ((23, 59), "After 23 o'clock comes 0."),
            ((0, 0), "Midnight should work as well."),
            ((12, -long % 60), "The end may be on the full hour."),
        ],
        more=times,
    )


_WORDS = ("lemon", "garden", "pencil", "winter", "rocket", "island", "market", "silver", "planet", "button")


def _badge(random: Random, level: int) -> Task:
    words = random.sample(_WORDS, 8)
    sign, cut = random.choice("*-+=~#"), random.randint(2, 4)
    place, tail = random.choice(["club", "library", "school", "museum", "gym"]), random.randint(2, 3)
    singles = [(each,) for each in words[2:]]
    pairs = tuple(zip(words[2:5], words[5:8], strict=True))
    if level == 1:
        greeting = random.choice(["Welcome to the", "See you at the", "Thank you from the", "News of the"])
        return Task(
            title=f"A note from the {place}",
            story=f"""
            Complete `note`. It gets a name and returns a line such as `{greeting} {place}, Ada!`, with
            that name in it. Check every sign: spaces and commas count.
            """,
            function="note",
            parameters="name",
            doc="Return the line with the name in it.",
            body=f'return f"{greeting} {place}, {{name}}!"',
            answer=lambda name: " ".join([greeting, place + ",", name + "!"]),
            shown=[("Ada",), ("Boris",)],
            edges=[(("Mia Lou",), "A name may have a space in it.")],
            more=[(each.title(),) for (each,) in singles],
        )
    if level == 2:
        return Task(
            title=f"A label for the {place}",
            story=f"""
            Complete `label`. It gets a word and a number, and returns a text: the sign `{sign}` {cut}
            times, then the word in capital letters, then a space, then the number plus one.
            """,
            function="label",
            parameters="word, number",
            doc=f"Return a text such as the examples show, beginning with {cut} signs.",
            body=f"""return "{sign}" * {cut} + word.upper() + " " + str(number + 1)""",
            answer=lambda word, number: f"{sign * cut}{word.upper()} {1 + number}",
            shown=[(words[0], 1), (words[1], 9)],
            edges=[(("", 0), "An empty word should work as well.")],
            more=[(each, 3 * at) for at, (each,) in enumerate(singles)],
        )
    if level == 3:
        return Task(
            title=f"A password for the {place}",
            story=f"""
            Complete `password`. It gets a word and returns a new text: the first {cut} letters of the
            word, then `{sign}`, then its last {tail + 1} letters in capitals. A short word simply gives
            what it has.
            """,
            function="password",
            parameters="word",
            doc=f"Return {cut} letters from the beginning, and {tail + 1} from the end in capitals.",
            body=f"""return word[:{cut}] + "{sign}" + word[-{tail + 1}:].upper()""",
            answer=lambda word: (
                "".join(word[at] for at in range(min(cut, len(word))))
                + sign
                + word[max(0, len(word) - tail - 1) :].upper()
            ),
            shown=[(words[0],), (words[1],)],
            edges=[(("a",), "A word of one letter should work as well."), (("",), "So should an empty one.")],
            more=singles,
        )
    if level == 4:
        return Task(
            title=f"A code for the {place}",
            story=f"""
            Complete `code`. It gets two words and returns: the first word without its first {tail}
            letters, then `{sign}`, then the second word backwards, then the number of letters of both
            words together.

            *A slice can go backwards too: `word[::-1]`.*
            """,
            function="code",
            parameters="first, second",
            doc="Return the code made of both words.",
            body=f"""
            letters = len(first) + len(second)
            return first[{tail}:] + "{sign}" + second[::-1] + str(letters)
            """,
            answer=lambda first, second: (
                first.removeprefix(first[:tail]) + sign + "".join(reversed(second)) + str(len(first + second))
            ),
            shown=[(words[0], words[1]), ("sun", "moon")],
            edges=[(("", "ab"), "An empty word should work as well.")],
            more=pairs,
        )
    width = random.randint(12, 20)
    return Task(
        title=f"A sign for the {place}",
        story=f"""
        Complete `line`. It gets two words and returns a line that is exactly {width} signs long: the
        first word with a capital letter in front, enough `{sign}` between them, and the last {cut}
        letters of the second word at the end. You may count on the words being short enough.

        *How many signs are needed? Work that out first and give it a name.*
        """,
        function="line",
        parameters="first, second",
        doc=f"Return a line of {width} signs with both words.",
        body=f"""
        end = second[-{cut}:]
        missing = {width} - len(first) - len(end)
        return first.capitalize() + "{sign}" * missing + end
        """,
        answer=lambda first, second: (
            first.capitalize().ljust(width - len(second[-cut:]), sign) + second[-cut:]
        ),
        shown=[(words[0], words[1]), ("sun", "moon")],
        edges=[(("", "abcdef"), "An empty word should work as well."), (("a", "b"), "Short words too.")],
        more=pairs,
    )


FAMILIES = (
    Family("shop", "basics", _shop),
    Family("clock", "basics", _clock),
    Family("badge", "basics", _badge),
)
