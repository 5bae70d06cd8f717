"""Files that are counted: votes, words, initials, rows of numbers, and one file against another."""

from __future__ import annotations

from collections import Counter
from random import Random

from learnflow_ext.exercises.families.makers import MADE, asks
from learnflow_ext.exercises.families.making import Family, Task, by_level

_VOTES = (
    ("pets", "which pet somebody wants for the class", ("cat", "dog", "fish", "frog")),
    ("trips", "where somebody wants to go", ("sea", "lake", "zoo", "moon")),
    ("colours", "in which colour a wall should be painted", ("red", "blue", "green", "grey")),
    ("soups", "which soup somebody had for lunch", ("leek", "bean", "corn", "pea")),
    ("sports", "which sport somebody likes best", ("golf", "judo", "chess", "polo")),
    ("seats", "where in a train somebody sits", ("aisle", "window", "floor", "bar")),
)


def _lines(words: list[str]) -> str:
    return "".join(f"{word}\n" for word in words)


def _poll(random: Random) -> Task:
    name, what, every = random.choice(_VOTES)
    k, one = random.randint(2, 9), random.choice(every)
    told, code, value = random.choice(
        [
            (f"how many lines say `{one}`, times {k}", f"count * {k}", lambda n: sum([k] * n)),
            (f"how many lines say `{one}`, and {k} more", f"count + {k}", lambda n: k + n),
            (f"{10 * k} less how many lines say `{one}`", f"{10 * k} - count", lambda n: -n + 10 * k),
        ]
    )

    def votes(count: int) -> tuple[str]:
        return (_lines([random.choice((*every, one)) for _ in range(count)]),)

    return Task(
        title=f"Votes for {one}",
        story=f"""
        In a text file stands, line by line, {what}: one word in each line. Complete `{name}`. It gets the
        name of the file and returns {told}. A line with a longer word, such as `{one}s`, does not count.

        The function `made` is there already: the checks use it to write a file first.
        """,
        before=MADE,
        function=name,
        parameters="name",
        doc=f"Return what is asked for of the lines that say {one}.",
        body=f"""
        count = 0
        with open(name, encoding="utf-8") as file:
            for line in file:
                if line.strip() == "{one}":
                    count += 1
        return {code}
        """,
        answer=lambda text: value(len([line for line in text.split("\n") if line == one])),
        call=asks(name, f"{name}.txt"),
        shown=[(_lines([one, every[0], one]),), (_lines([every[1]]),)],
        edges=[
            (("",), "The file may be empty."),
            ((_lines([f"{one}s", one, f"a{one}"]),), "A longer word is another word."),
            ((f"{one}\n{one}",), "The last line may have no end of its own."),
            ((_lines([one] * 5),), "All lines may say the same."),
        ],
        more=[votes(count) for count in (4, 6, 8, 11)],
    )


def _table(random: Random) -> Task:
    name, what, every = random.choice(_VOTES)
    k = random.randint(2, 4)
    told, keep, value = random.choice(
        [
            (f"those that stand there at least {k} times", f"table[word] >= {k}", lambda n: n > k - 1),
            (f"those that stand there fewer than {k} times", f"table[word] < {k}", lambda n: n <= k - 1),
        ]
    )

    def answer(text: str) -> dict[str, int]:
        return {word: n for word, n in Counter(text.split()).items() if value(n)}

    def votes(count: int) -> tuple[str]:
        return (_lines([random.choice(every) for _ in range(count)]),)

    a, b, c, d = every
    return Task(
        title=f"A table of {name}",
        story=f"""
        A poll was written into a text file: each line has one word, which says {what}. Empty lines may stand
        between them. Complete `{name}`. It gets the name of the file. It returns a dictionary with the words
        and how often each stands in the file, but with {told} only.

        *Count all words in a dictionary first. `dictionary.get(word, 0)` is 0 where a word is new.* The
        function `made` writes files for the checks.
        """,
        before=MADE,
        function=name,
        parameters="name",
        doc="Return some of the words with how often they stand in the file.",
        body=f"""
        table = {{}}
        with open(name, encoding="utf-8") as file:
            for line in file:
                word = line.strip()
                if word:
                    table[word] = table.get(word, 0) + 1
        return {{word: table[word] for word in table if {keep}}}
        """,
        answer=answer,
        call=asks(name, f"{name}.txt"),
        shown=[(_lines([a, b, a, a, b, a, c]),), (_lines([d] * k),)],
        edges=[
            (("",), "The file may be empty."),
            ((_lines([a] * k + [b] * (k - 1)),), f"Look closely at {k} times."),
            ((f"{c}\n\n{c}\n\n{c}\n\n\n{c}\n",), "Empty lines are no words."),
            ((f"{d}\n{d}\n{b}\n{d}\n{d}",), "The last line may have no end of its own."),
        ],
        more=[votes(count) for count in (5, 8, 9, 12)],
    )


def _ask(random: Random) -> Task:
    name, what, every = random.choice(_VOTES)
    k, none = random.randint(2, 9), random.randint(1, 9)
    a, b, c, d = every

    def rows(count: int) -> str:
        return _lines([f"{random.choice(every)}:{random.randint(0, 20)}" for _ in range(count)])

    told, start, code, value = random.choice(
        [
            ("the sum of its numbers", "0", "found + number", lambda ns: sum(ns)),
            ("its largest number", "0", "max(found, number)", lambda ns: max([0, *ns])),
            (
                f"how many of its numbers are above {k}",
                "0",
                f"found + (number > {k})",
                lambda ns: sum(n >= k + 1 for n in ns),
            ),
        ]
    )

    def answer(text: str, word: str) -> int:
        numbers = [int(line[len(word) + 1 :]) for line in text.split() if line.startswith(f"{word}:")]
        return value(numbers) if numbers else -none

    return Task(
        title=f"Numbers of one word: {name}",
        story=f"""
        Each line of a text file has a word, a colon and a whole number, such as `{a}:12`. The words say
        {what}. Complete `{name}`. It gets the name of the file and a word, and returns {told}. If no line
        has that word before its colon, it returns {-none}.

        *`line.split(":")` cuts a line into two texts.* The function `made` writes files for the checks.
        """,
        before=MADE,
        function=name,
        parameters="name, word",
        doc=f"Return what is asked for of the word's numbers, {-none} without any.",
        body=f"""
        found, there = {start}, False
        with open(name, encoding="utf-8") as file:
            for line in file:
                key, text = line.split(":")
                number = int(text)
                if key == word:
                    found, there = {code}, True
        if not there:
            return {-none}
        return found
        """,
        answer=answer,
        call=asks(name, f"{name}.txt"),
        shown=[(f"{a}:4\n{b}:9\n{a}:7\n", a), (f"{c}:3\n", d)],
        edges=[
            ((f"{b}:0\n", b), "0 is a number."),
            ((f"{b}s:8\n{b}:2\n", b), "A longer word is another word."),
            (("", a), "The file may be empty."),
            ((f"{c}:5\n{c}:{k}\n{c}:{k + 1}", c), "Look closely at all of its numbers."),
            ((f"{c}:{k + 3}\n{c}:1\n", c), "The largest number may come first."),
        ],
        more=[(rows(count), random.choice(every)) for count in (4, 6, 8, 9, 12)],
    )


def _grid(random: Random) -> Task:
    random.choice(_VOTES)
    place = random.choice(["a hall", "a field", "a car park", "a cinema"])
    name = place.removeprefix("a ").replace(" ", "_")
    k, low = random.randint(2, 6), random.randint(4, 12)
    told, code, value = random.choice(
        [
            (
                "the number of the row with the largest sum, from 1; of several the first; 0 "
                f"where every sum is below {low}",
                f"if sum(row) >= {low} and (not best or sum(row) > best):\n            best, "
                "result = sum(row), place",
                lambda rows: next(
                    (
                        at
                        for at, row in enumerate(rows, 1)
                        if sum(row) == max(map(sum, rows)) and sum(row) > low - 1
                    ),
                    0,
                ),
            ),
            (
                f"how many rows have a number above {low} in them, times {k}",
                f"if max(row) > {low}:\n            result += {k}",
                lambda rows: k * sum(any(n >= low + 1 for n in row) for row in rows),
            ),
            (
                f"the sum of the last numbers of all rows that have more than {k} numbers",
                f"if len(row) > {k}:\n            result += row[-1]",
                lambda rows: sum(row[len(row) - 1] for row in rows if not len(row) <= k),
            ),
        ]
    )

    def row(size: int) -> str:
        return " ".join(str(random.randint(0, low + 4)) for _ in range(size)) + "\n"

    def answer(text: str) -> object:
        return value([list(map(int, line.split())) for line in text.split("\n") if line.split()])

    return Task(
        title=f"Rows of numbers from {place}",
        story=f"""
        A text file describes {place}: each line is a row of whole numbers with spaces between them. Rows
        may be of different length, and lines with nothing but spaces are passed over and are no rows.
        Complete `{name}`. It gets the name of the file and returns {told}. An empty file gives 0.

        *`line.split()` makes a list of texts; `int` makes numbers of them.* The function `made` writes
        files for the checks.
        """,
        before=MADE,
        function=name,
        parameters="name",
        doc="Return what is asked for of the rows.",
        body=f"""
    result, best, place = 0, 0, 0
    with open(name, encoding="utf-8") as file:
        for line in file:
            row = [int(text) for text in line.split()]
            if not row:
                continue
            place += 1
            {code.replace(chr(10), chr(10) + "    ")}
    return result
    """
        if "best" in code
        else f"""
    result = 0
    with open(name, encoding="utf-8") as file:
        for line in file:
            row = [int(text) for text in line.split()]
            if not row:
                continue
            {code.replace(chr(10), chr(10) + "    ")}
    return result
    """,
        answer=answer,
        call=asks(name, f"{name}.txt"),
        shown=[(f"1 {low + 1}\n3 0 2\n",), (f"{low}\n",)],
        edges=[
            (("",), "The file may be empty."),
            ((f"{low - 1}\n",), "Look closely at the limit."),
            ((f"1\n{low}\n",), "Look closely at the limit."),
            ((f"2 1\n   \n{low + 2} 5 0 4 1 1 3\n\n1\n",), "Lines without numbers are no rows."),
            (
                (f"{low} 2\n2 {low}\n{low + 3}",),
                "Several rows may be alike, and the last line without an end.",
            ),
            (
                (" ".join(["3"] * k) + "\n" + " ".join(["4"] * (k + 1)) + "\n",),
                f"Look closely at {k} numbers.",
            ),
        ],
        more=[("".join(row(random.randint(1, k + 3)) for _ in range(count)),) for count in (3, 4, 5, 6, 7)],
    )


def _against(random: Random) -> Task:
    name, what, every = random.choice(_VOTES)
    k = random.randint(2, 5)
    names = ("ada", "ben", "cleo", "dan", "eve", "finn", "gil")

    def ballot(count: int) -> str:
        return _lines([f"{random.choice(names)} {random.choice((*every, 'none'))}" for _ in range(count)])

    order, reverse = random.choice(
        [("in the order of the alphabet", "sorted"), ("the last of the alphabet first", "reversed")]
    )

    def answer(ballots: str, allowed: str) -> list[tuple[str, int]]:
        last = {line.split()[0]: line.split()[1] for line in ballots.split("\n") if line}
        counts = Counter(word for word in last.values() if word in allowed.split())
        rows = [(word, n * k) for word, n in counts.items()]
        return sorted(rows, reverse=reverse == "reversed")

    back = ", reverse=True" if reverse == "reversed" else ""
    a, b, c, d = every
    return Task(
        title=f"Valid votes: {name}",
        story=f"""
        There are two text files. In `ballots` each line has a name and a word, which says {what}. Whoever
        stands there more than once has changed their mind: their **last** line counts. In `allowed` each
        line has one of the words that may be chosen; other words do not count at all. Complete `{name}`. It
        gets the names of both files. It returns a list of pairs, of a word and its points, {order}. Each
        valid vote is worth {k} points, and a word without any is left out.

        *What is kept in a dictionary under a name, is replaced by what comes later.* The function `made`
        writes files for the checks.
        """,
        before=MADE,
        function=name,
        parameters="ballots, allowed",
        doc="Return the allowed words with their points, as pairs.",
        body=f"""
        with open(allowed, encoding="utf-8") as file:
            words = [line.strip() for line in file]
        last = {{}}
        with open(ballots, encoding="utf-8") as file:
            for line in file:
                person, word = line.split()
                last[person] = word
        table = {{}}
        for word in last.values():
            if word in words:
                table[word] = table.get(word, 0) + {k}
        return sorted(table.items(){back})
        """,
        answer=answer,
        call=lambda ballots, allowed: f"{name}(made('b.txt', {ballots!r}), made('a.txt', {allowed!r}))",
        shown=[(f"ada {a}\nben {b}\neve {a}\n", _lines([a, b])), (f"ada {c}\nada {d}\n", _lines([c, d]))],
        edges=[
            (("", _lines([a])), "There may be no votes."),
            ((f"ada {a}\nben {b}\n", ""), "It may be that nothing is allowed."),
            (
                (f"ada {a}\nben {b}\nada {d}\n", _lines([a, b])),
                "Who changes to a word that is not allowed has no vote.",
            ),
            ((f"ada {a}s\nben {a}\n", _lines([a, b])), "A longer word is another word."),
            ((f"ada {a}\nada {b}\nada {a}", _lines([b, a])), "Only the last line of somebody counts."),
        ],
        more=[
            (ballot(count), _lines(random.sample(every, size)))
            for count, size in ((4, 3), (6, 2), (8, 4), (10, 3), (12, 4))
        ],
    )


BALLOTS = Family("ballot", "files", by_level(_poll, _table, _ask, _grid, _against))
