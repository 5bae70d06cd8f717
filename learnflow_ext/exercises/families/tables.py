"""Files with columns: sums of one, rows that fit, two columns, groups, and a table that is written again."""

from __future__ import annotations

from random import Random

from learnflow_ext.exercises.families.makers import CONTENT, MADE, asks
from learnflow_ext.exercises.families.making import Family, Task, by_level

_TABLES = (
    ("orders", "the orders of a kitchen", "dish", ("soup", "rice", "tart", "stew")),
    ("trips", "the trips of a bus", "town", ("Bern", "Genoa", "Lyon", "Graz")),
    ("sales", "the sales of a stall", "fruit", ("plums", "figs", "pears", "limes")),
    ("loans", "the loans of a library", "kind", ("novel", "comic", "atlas", "guide")),
    ("visits", "the visits to a zoo", "house", ("bears", "birds", "apes", "fish")),
)


def _cells(text: str) -> list[list[str]]:
    return [line.split(";") for line in text.split("\n")[1:] if line]


def _rows(random: Random, every: tuple[str, ...], count: int, most: int) -> str:
    return "".join(
        f"{random.choice(every)};{random.randint(0, most)};{random.randint(1, 9)}\n" for _ in range(count)
    )


def _sum(random: Random) -> Task:
    name, what, first, every = random.choice(_TABLES)
    k = random.randint(2, 9)
    told, code, value = random.choice(
        [
            (f"the sum of the column `count`, plus {k}", f"result + {k}", lambda n: k + n),
            (f"{k} times the sum of the column `count`", f"result * {k}", lambda n: sum([n] * k)),
            (f"{100 * k} less the sum of the column `count`", f"{100 * k} - result", lambda n: -n + 100 * k),
        ]
    )
    head = f"{first};count;price\n"
    return Task(
        title=f"One column of {name}",
        story=f"""
        A text file has {what} as a table. Its first line names the columns, `{first};count;price`, and each
        line below it has such a row, for instance `{every[0]};12;3`. Complete `{name}`. It gets the name of
        the file and returns {told}.

        *`next(file)` takes one line out of the file, so that the loop begins with the one below it.* The
        function `made` writes files for the checks.
        """,
        before=MADE,
        function=name,
        parameters="name",
        doc="Return what is asked for of the column `count`.",
        body=f"""
        result = 0
        with open(name, encoding="utf-8") as file:
            next(file)
            for line in file:
                result += int(line.split(";")[1])
        return {code}
        """,
        answer=lambda text: value(sum(int(row[1]) for row in _cells(text))),
        call=asks(name, f"{name}.txt"),
        shown=[(f"{head}{every[0]};12;3\n{every[1]};5;8\n",), (f"{head}{every[2]};7;1\n",)],
        edges=[
            ((head,), "There may be no row."),
            ((f"{head}{every[3]};0;9\n",), "0 is a number."),
            (
                (f"{head}{every[0]};4;2\n{every[0]};4;2",),
                "Rows may be the same, and the last line without an end.",
            ),
        ],
        more=[(head + _rows(random, every, count, 30),) for count in (2, 3, 4, 5)],
    )


def _fitting(random: Random) -> Task:
    name, what, first, every = random.choice(_TABLES)
    least, k = random.randint(4, 20), random.randint(2, 8)
    told, test, fits = random.choice(
        [
            (f"a count of at least {least}", f"int(count) >= {least}", lambda c, p: not c < least),
            (f"a price above {k}", f"int(price) > {k}", lambda c, p: p >= k + 1),
            (
                f"a count above {least} **and** a price of at most {k}",
                f"int(count) > {least} and int(price) <= {k}",
                lambda c, p: not (c <= least or p >= k + 1),
            ),
        ]
    )
    head = f"{first};count;price\n"

    def answer(text: str) -> list[str]:
        return [f"{a}*{c}" for a, b, c in _cells(text) if fits(int(b), int(c))]

    near = [(b, c) for b in (least - 1, least, least + 1) for c in (k, k + 1)]
    return Task(
        title=f"Some rows of {name}",
        story=f"""
        A text file has {what} as a table: the first line is `{first};count;price`, and each line below it a
        row such as `{every[0]};12;3`. Complete `{name}`. It gets the name of the file. Of all rows with
        {told} it returns a list of texts, in their order: what stands in the first column, a `*`, and the
        price, such as `{every[0]}*3`.

        *`line.strip().split(";")` gives the three texts of a row; `int` makes numbers of them.* The
        function `made` writes files for the checks.
        """,
        before=MADE,
        function=name,
        parameters="name",
        doc="Return texts for the rows that fit.",
        body=f"""
        result = []
        with open(name, encoding="utf-8") as file:
            next(file)
            for line in file:
                what, count, price = line.strip().split(";")
                if {test}:
                    result.append(what + "*" + price)
        return result
        """,
        answer=answer,
        call=asks(name, f"{name}.txt"),
        shown=[(f"{head}{every[0]};{least + 9};1\n{every[1]};1;9\n",), (f"{head}{every[2]};{least};{k}\n",)],
        edges=[
            ((head,), "There may be no row."),
            ((head + "".join(f"{every[0]};{b};{c}\n" for b, c in near),), "Look closely at the limits."),
            (
                (f"{head}{every[3]};{least + 1};{k}\n{every[1]};{least + 2};{k + 1}",),
                "The last line may have no end.",
            ),
        ],
        more=[(head + _rows(random, every, count, 2 * least),) for count in (3, 4, 5, 6, 7)],
    )


def _named(random: Random) -> Task:
    name, what, first, every = random.choice(_TABLES)
    none, k = random.randint(1, 9), random.randint(2, 6)
    told, code, value = random.choice(
        [
            ("the sum of the numbers in it", "result += int(row[place])", lambda ns: sum(ns)),
            (
                "the largest number in it",
                "result = max(result, int(row[place]))",
                lambda ns: sorted([0, *ns])[-1],
            ),
            (
                f"how many numbers in it are above {k}",
                f"if int(row[place]) > {k}:\n                result += 1",
                lambda ns: sum(n >= k + 1 for n in ns),
            ),
        ]
    )
    heads = [f"{first};count;price", f"price;{first};count", f"{first};price;stock;count"]

    def answer(text: str, column: str) -> object:
        names = text.split("\n")[0].split(";")
        if column not in names:
            return -none
        return value([int(row[names.index(column)]) for row in _cells(text)])

    def table(count: int) -> str:
        head = random.choice(heads)
        lines = [
            ";".join(
                random.choice(every) if cell == first else str(random.randint(0, 20))
                for cell in head.split(";")
            )
            for _ in range(count)
        ]
        return "\n".join([head, *lines, ""])

    return Task(
        title=f"A column by its name: {name}",
        story=f"""
        A text file has {what} as a table with `;` between the columns. The first line names them, but they
        may stand in any order, and there may be more of them. Complete `{name}`. It gets the name of the
        file and the name of a column that holds whole numbers from 0 on, and returns {told}. If there is no
        column of that name, it returns {-none}. Without rows the result is 0.

        *Where does the name stand in the list of names? Lists have `index`.* The function `made` writes
        files for the checks.
        """,
        before=MADE,
        function=name,
        parameters="name, column",
        doc=f"Return what is asked for of the column, {-none} if there is none.",
        body=f"""
        result = 0
        with open(name, encoding="utf-8") as file:
            names = next(file).strip().split(";")
            if column not in names:
                return {-none}
            place = names.index(column)
            for line in file:
                row = line.strip().split(";")
                {code}
        return result
        """
        if "if" not in code
        else f"""
        result = 0
        with open(name, encoding="utf-8") as file:
            names = next(file).strip().split(";")
            if column not in names:
                return {-none}
            place = names.index(column)
            for line in file:
                row = line.strip().split(";")
                if int(row[place]) > {k}:
                    result += 1
        return result
        """,
        answer=answer,
        call=asks(name, f"{name}.txt"),
        shown=[(f"{heads[0]}\n{every[0]};12;3\n", "price"), (f"{heads[1]}\n3;{every[1]};12\n", "weight")],
        edges=[
            ((f"{heads[0]}\n", "count"), "There may be no row."),
            (
                (f"{heads[2]}\n{every[0]};1;2;30\n{every[1]};1;2;4\n", "count"),
                "The last column may be asked for.",
            ),
            (
                (f"{heads[1]}\n{k};{every[2]};{k + 1}\n{k + 1};{every[2]};{k}\n", "price"),
                "Look closely at the numbers.",
            ),
            ((f"{heads[0]}\n{every[0]};12;3\n", "pric"), "A part of a name is another name."),
        ],
        more=[
            (table(count), random.choice(["count", "price", "count", "stock"])) for count in (2, 3, 4, 5, 6)
        ],
    )


def _groups(random: Random) -> Task:
    name, what, first, every = random.choice(_TABLES)
    least, k = random.randint(10, 40), random.randint(2, 5)
    order, sort = random.choice(
        [
            (f"by {first}, in the order of the alphabet", lambda item: (item[0],)),
            (
                "by sum, the largest first, and of equal ones in the order of the alphabet",
                lambda item: (-item[1], item[0]),
            ),
        ]
    )
    key = "" if "alphabet" in order and "largest" not in order else ", key=lambda row: (-row[1], row[0])"
    head = f"{first};count;price\n"

    def answer(text: str) -> list[tuple[str, int]]:
        found: dict[str, int] = {}
        for a, b, c in _cells(text):
            found[a] = found.get(a, 0) + int(b) * int(c)
        return sorted([(a, n + k) for a, n in found.items() if n > least - 1], key=sort)

    a, b, c, d = every
    return Task(
        title=f"Sums by {first}: {name}",
        story=f"""
        A text file has {what} as a table: the first line is `{first};count;price`, and each line below it a
        row such as `{a};12;3`. A row is worth its count times its price. Complete `{name}`. It gets the
        name of the file, and adds up what the rows of each {first} are worth. It returns a list of pairs,
        of a {first} and its sum plus {k}, for those whose sum is at least {least} (before the {k} are
        added), sorted {order}.

        *Collect the sums in a dictionary. `sorted` can be told by what to sort.* The function `made` writes
        files for the checks.
        """,
        before=MADE,
        function=name,
        parameters="name",
        doc=f"Return pairs of {first} and sum.",
        body=f"""
        sums = {{}}
        with open(name, encoding="utf-8") as file:
            next(file)
            for line in file:
                what, count, price = line.strip().split(";")
                sums[what] = sums.get(what, 0) + int(count) * int(price)
        rows = [(what, sums[what] + {k}) for what in sums if sums[what] >= {least}]
        return sorted(rows{key})
        """,
        answer=answer,
        call=asks(name, f"{name}.txt"),
        shown=[(f"{head}{a};{least};2\n{b};1;1\n",), (f"{head}{c};{least};1\n",)],
        edges=[
            ((head,), "There may be no row."),
            ((f"{head}{d};{least - 1};1\n{b};{least};1\n",), "Look closely at the limit."),
            ((f"{head}{d};{least};1\n{a};{least};1\n{b};{least};1\n",), "Several sums may be the same."),
            ((f"{head}{d};{least - 1};1\n{a};{least};9\n{d};1;1",), f"A {first} may come more than once."),
            ((f"{head}{b};0;9\n{a};{least};3\n{c};{least};2\n",), "A count may be 0."),
        ],
        more=[(head + _rows(random, every, count, least),) for count in (3, 4, 5, 6, 7)],
    )


def _again(random: Random) -> Task:
    name, what, first, every = random.choice(_TABLES)
    k, most = random.randint(2, 5), random.randint(20, 60)
    head = f"{first};count;price"
    up = random.random() < 0.5
    change = f"{k} is added to" if up else f"{k} is taken off"
    rest = "" if up else ", which never falls below 0"
    code = f"int(price) + {k}" if up else f"max(0, int(price) - {k})"

    def answer(text: str, chosen: str) -> list[object]:
        total, lines = 0, [f"{head};sum"]
        for a, b, c in _cells(text):
            price = int(c)
            if a == chosen:
                price = price + k if up else sorted([0, price - k])[1]
            if int(b) * price < most + 1:
                lines.append(f"{a};{b};{price};{int(b) * price}")
                total += int(b) * price
        return [total, "\n".join([*lines, f"total;;;{total}", ""])]

    a, b, c, d = every
    return Task(
        title=f"The table of {name}, once more",
        story=f"""
        A text file has {what} as a table: the first line is `{head}`, and each line below it a row such as
        `{a};12;3`. Complete `{name}`. It gets the names of this file and of a new one, and a {first}. Into
        the new file it writes the table once more, with a further column `sum` in all lines, the first one
        too: count times price. In the rows of that {first}, {change} the price before{rest}. Rows whose sum
        is then above {most} are left out. Below all of them stands a last line `total;;;` with the sum of
        all sums that were written. The function returns this total.

        *Open both files in one `with`, and write line by line.* The functions `made` and `content` write
        and read files for the checks.
        """,
        before=MADE + CONTENT,
        function=name,
        parameters="old, new, chosen",
        doc="Write the table with a further column, and return the total.",
        body=f"""
        total = 0
        with open(old, encoding="utf-8") as file, open(new, "w", encoding="utf-8") as target:
            target.write(next(file).strip() + ";sum\\n")
            for line in file:
                what, count, price = line.strip().split(";")
                if what == chosen:
                    price = {code}
                result = int(count) * int(price)
                if result <= {most}:
                    target.write(what + ";" + count + ";" + str(price) + ";" + str(result) + "\\n")
                    total += result
            target.write("total;;;" + str(total) + "\\n")
        return total
        """,
        answer=answer,
        call=lambda text, chosen: (
            f"[{name}(made('old.txt', {text!r}), 'new.txt', {chosen!r}), content('new.txt')]"
        ),
        shown=[(f"{head}\n{a};2;5\n{b};3;4\n", a), (f"{head}\n{c};1;1\n", d)],
        edges=[
            ((f"{head}\n", a), "There may be no row."),
            ((f"{head}\n{b};1;{most}\n{c};1;{most + 1}\n", a), "Look closely at the limit."),
            (
                (f"{head}\n{b};1;{most - k}\n{b};1;{most - k + 1}\n{b};1;{most + k}\n", b),
                "Look closely at the limit of the new price.",
            ),
            ((f"{head}\n{d};7;1\n{d};0;9", d), "A price may be small, and the last line without an end."),
        ],
        more=[(f"{head}\n" + _rows(random, every, count, 8), random.choice(every)) for count in (3, 4, 5, 6)],
    )


TABLES = Family("table", "files", by_level(_sum, _fitting, _named, _groups, _again))
