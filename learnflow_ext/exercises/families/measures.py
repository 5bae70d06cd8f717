"""Measures: lengths, weights and money, turned into one another with whole numbers, and written as texts."""

from __future__ import annotations

from random import Random

from learnflow_ext.exercises.families.making import Family, Task, by_level

_UNITS = (
    ("metres", "centimetres", 100, "a ribbon"),
    ("kilometres", "metres", 1000, "a hike"),
    ("kilograms", "grams", 1000, "a parcel"),
    ("litres", "millilitres", 1000, "a soup"),
    ("dozens", "pieces", 12, "a basket of eggs"),
    ("minutes", "seconds", 60, "a song"),
)
_PAIRS = (
    ("the two ends of a plank", "length", "millimetres"),
    ("a thermometer in the morning and in the evening", "degree", "degrees"),
    ("two judges", "score", "points"),
    ("two scales", "weight", "grams"),
    ("two clocks", "time", "seconds"),
)
_PRICES = (
    ("cheese", "grams"),
    ("cloth", "centimetres"),
    ("olive oil", "millilitres"),
    ("nuts", "grams"),
    ("wire", "centimetres"),
)
_PANS = (
    ("pancakes", "eggs", "cups of milk"),
    ("rolls", "spoons of yeast", "cups of flour"),
    ("waffles", "eggs", "spoons of sugar"),
    ("dumplings", "onions", "cups of quark"),
    ("muffins", "eggs", "bananas"),
)
_PARTS = {3: "third", 4: "quarter", 5: "fifth"}


def _small(random: Random) -> Task:
    big, small, size, what = random.choice(_UNITS)
    k = random.randint(2, 30)
    told, code, value = random.choice(
        [
            (
                f"how many {small} that is altogether, plus {k}",
                f"{big} * {size} + {small} + {k}",
                lambda a, b: k + b + size * a,
            ),
            (
                f"how many {small} are left when {k} {small} of it are cut off",
                f"{big} * {size} + {small} - {k}",
                lambda a, b: sum([size] * a, b) - k,
            ),
            (
                f"how many {small} {k} of them have together",
                f"({big} * {size} + {small}) * {k}",
                lambda a, b: size * k * a + k * b,
            ),
        ]
    )
    rows = [(random.randint(1, 12), random.randint(1, size - 1)) for _ in range(6)]
    return Task(
        title=f"{big.capitalize()} and {small}",
        story=f"""
        How much is {what}? That is said with two numbers: first the {big}, then the {small} that come on
        top. One of the {big} is {size} {small}. Complete `in_{small}`. It gets both numbers and returns
        {told}.
        """,
        function=f"in_{small}",
        parameters=f"{big}, {small}",
        doc=f"Return the number of {small} that is asked for.",
        body=f"return {code}",
        answer=value,
        shown=[(1, 20), (3, 5)],
        edges=[((k, 0), f"0 {small} should work as well."), ((0, k), f"0 {big} should work as well.")],
        more=rows,
    )


def _split(random: Random) -> Task:
    big, small, size, what = random.choice(_UNITS)
    sign = random.choice([" and ", ", ", " + ", " / "])
    k = random.randint(2, 60)
    told, begin, before = random.choice(
        [
            ("", "", lambda n: n),
            (f" First {k} {small} are added.", f"{small} = {small} + {k}\n", lambda n: k + n),
            (
                f" First the number is multiplied by {k}.",
                f"{small} = {small} * {k}\n",
                lambda n: sum([n] * k),
            ),
        ]
    )

    def answer(number: int) -> str:
        many, rest = divmod(before(number), size)
        return sign.join([f"{many} {big}", f"{rest} {small}"])

    return Task(
        title=f"Writing {small} as {big}",
        story=f"""
        Large numbers of {small} are hard to read. One of the {big} is {size} {small}. Complete `written`.
        It gets a number of {small}, how much {what} is, and returns a text such as
        `2 {big}{sign}5 {small}`: as many full {big} as there are, and the {small} that are left.{told}

        *`//` says how often a number fits into another, and `%` what is left over. `f"{{n // 7}} weeks"`
        puts a number into a text.*
        """,
        function="written",
        parameters=small,
        doc=f"Return a text with {big} and {small}.",
        body=f"""{begin}return f"{{{small} // {size}}} {big}{sign}{{{small} % {size}}} {small}"\n""",
        answer=answer,
        shown=[(2 * size + 5,), (size - 1,)],
        edges=[
            ((0,), "0 should work as well."),
            ((size,), "It may come out even."),
            ((size + 1,), "Look closely at what is left over."),
            ((size * size - 1,), "Large numbers should work as well."),
        ],
        more=[(random.randint(1, 9 * size),) for _ in range(7)],
    )


def _middle(random: Random) -> Task:
    who, name, unit = random.choice(_PAIRS)
    weight, k = random.randint(2, 4), random.randint(2, 20)
    told, code, value = random.choice(
        [
            (
                f"the middle of both, in full {unit}: what is left over is dropped. Then {k} are added",
                f"(first + second) // 2 + {k}",
                lambda a, b: int((a + b - (a + b) % 2) / 2) + k,
            ),
            (
                f"the middle of both, where the first counts {weight} times: {weight} times the first "
                "and once the second, "
                f"divided by {weight + 1}. What is left over is dropped",
                f"(first * {weight} + second) // {weight + 1}",
                lambda a, b: (sum([a] * weight, b) - sum([a] * weight, b) % (weight + 1)) // (weight + 1),
            ),
            (
                f"how far both are apart, no matter which is larger, plus {k}",
                f"abs(first - second) + {k}",
                lambda a, b: max(a, b) - min(a, b) + k,
            ),
            (
                f"the larger of both, less a {_PARTS[weight + 1]} of the smaller (what is left over of it is "
                "dropped)",
                f"max(first, second) - min(first, second) // {weight + 1}",
                lambda a, b: sorted([a, b])[1] - int((min(a, b) - min(a, b) % (weight + 1)) / (weight + 1)),
            ),
        ]
    )
    rows = [(random.randint(1, 90), random.randint(1, 90)) for _ in range(9)]
    return Task(
        title=f"One {name} of two",
        story=f"""
        From {who} come two whole numbers, `first` and `second`, in {unit}, which should become one.
        Complete `one_of`. It returns {told}.

        *`abs(-3)` is 3, and `max(4, 9)` is 9. Round brackets say what is done first.*
        """,
        function="one_of",
        parameters="first, second",
        doc=f"Return one number for both, in {unit}.",
        body=f"return {code}",
        answer=value,
        shown=[(10, 20), (9, 4)],
        edges=[
            ((5, 5), "Both may be the same."),
            ((0, 7), "0 should work as well."),
            ((7, 0), "0 should work as well."),
        ],
        more=rows,
    )


def _price(random: Random) -> Task:
    what, unit = random.choice(_PRICES)
    pack, fee = random.choice([100, 250, 50]), random.randint(5, 40)
    told, code, value = random.choice(
        [
            (
                "Parts of a cent are always rounded **up** to a full one",
                f"(amount * cents + {pack - 1}) // {pack}",
                lambda a, c: -(-a * c // pack),
            ),
            (
                "Parts of a cent are rounded: half a cent and more up, less than that down",
                f"(amount * cents + {pack // 2}) // {pack}",
                lambda a, c: a * c // pack + (2 * (a * c % pack) >= pack),
            ),
            (
                "Parts of a cent are dropped",
                f"amount * cents // {pack}",
                lambda a, c: (a * c - a * c % pack) // pack,
            ),
        ]
    )
    half = pack // 2
    return Task(
        title=f"The price of some {what}",
        story=f"""
        The price of {what} is given in cents for {pack} {unit}. Somebody buys a certain amount of it, in
        {unit}. {told}, and {fee} cents come on top for the bag. Complete `to_pay`. It gets the amount and
        the price of {pack} {unit}, and returns the cents to pay.

        *Multiply first, and divide then. What has to be added before a division with `//`, so that it
        rounds in another way?*
        """,
        function="to_pay",
        parameters="amount, cents",
        doc=f"Return the cents to pay for so many {unit}.",
        body=f"price = {code}\nreturn price + {fee}",
        answer=lambda a, c: value(a, c) + fee,
        shown=[(pack, 80), (half, 75)],
        edges=[
            ((0, 99), "No amount at all should work as well."),
            ((1, 1), "Look closely at parts of a cent."),
            ((half, 1), "Look closely at half a cent."),
            ((half - 1, 1), "Look closely at less than half a cent."),
            ((half + 1, 1), "Look closely at more than half a cent."),
            ((pack - 1, 1), "Look closely at parts of a cent."),
            ((pack + 1, 1), "Look closely at parts of a cent."),
        ],
        more=[(random.randint(10, 900), random.randint(20, 300)) for _ in range(6)],
    )


def _recipe(random: Random) -> Task:
    what, one, other = random.choice(_PANS)
    size, first, second = random.randint(3, 6), random.randint(2, 5), random.randint(2, 7)
    mark = random.choice([": ", " need ", " = ", " -> "])
    joint = random.choice([" and ", ", ", " + "])
    up = random.random() < 0.5
    rounding = "a batch that is begun is made completely" if up else "only full batches are made"
    batches = f"(count + {size - 1}) // {size}" if up else f"count // {size}"

    def answer(count: int) -> str:
        many = -(-count // size) if up else int((count - count % size) / size)
        parts = [f"{many * first} {one}", f"{sum([second] * many)} {other}"]
        return f"{many * size} {what}{mark}" + joint.join(parts)

    return Task(
        title=f"A recipe for {what}",
        story=f"""
        One batch makes {size} {what}, and needs {first} {one} and {second} {other}. Somebody wants a
        certain number of {what}; {rounding}. Complete `recipe`. It gets the number that is wanted, and
        returns a text: how many {what} are really made, then `{mark}`, then what is needed for them, such
        as `{2 * size} {what}{mark}{2 * first} {one}{joint}{2 * second} {other}`.

        *How many batches are there? Work that out first, and give it a name.*
        """,
        function="recipe",
        parameters="count",
        doc="Return a line with what is made and needed.",
        body=f"""
        batches = {batches}
        made = batches * {size}
        return f"{{made}} {what}{mark}{{batches * {first}}} {one}{joint}{{batches * {second}}} {other}"
        """,
        answer=answer,
        shown=[(2 * size,), (2 * size + 1,)],
        edges=[
            ((0,), "0 should work as well."),
            ((1,), "Look closely at batches that are not full."),
            ((size,), "It may come out even."),
            ((size - 1,), "Look closely at batches that are not full."),
            ((size + 1,), "Look closely at batches that are not full."),
        ],
        more=[(number,) for number in random.sample(range(2, 60), 6)],
    )


MEASURES = Family("measure", "basics", by_level(_small, _split, _middle, _price, _recipe))
