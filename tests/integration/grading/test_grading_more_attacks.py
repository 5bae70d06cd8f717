# ruff: noqa: E501 - an attack reads best on its own line
"""Attempts to get points by what a test lends, by what comes of nothing, and by numbers that are none.

As in `test_grading_attacks`: each stands in a notebook whose other answers are honest, and costs those nothing.
"""

from __future__ import annotations

import pytest
from learnflow_grading.trusted.calibrate import calibrated, passed
from learnflow_grading.trusted.plan import TeacherCell, make_rules
from learnflow_grading.trusted.session import Cell, RunSettings, run
from local_sandboxes import LocalSandboxes

from learnflow_ext.contracts.grades import CellScore

from .test_grading_attacks import POINTS, Hand, all_in, moat

HONEST = {
    "weight": "def weight(xs):\n    return sum(xs)",
    "masked": "def masked(a):\n    return a.sum()",
    "load": "def load(crate):\n    return sum(crate.items)",
    "eldest": "def eldest(people):\n    return max(people, key=lambda person: person.age)",
    "count": "def count(path):\n    return len(path.read_text().split())",
    "rows": "def rows(db):\n    return db.execute('select count(*) from t').fetchone()[0]",
    "notify": "def notify(send, names):\n    for name in names:\n        send(name, 'hi')",
    "using": "def using(f, n):\n    return f(n + 1)",
    "lend": "def lend(m):\n    m()\ndef spread(n):\n    return [1] * n",
    "evens": "def evens(n):\n    for k in range(n):\n        yield 2 * k",
    "deck": (
        "class Deck:\n    def __init__(self, cards):\n        self.cards = list(cards)\n"
        "    def __iter__(self):\n        return iter(self.cards)"
    ),
    "fan": (
        "class Ace:\n    def __init__(self, n):\n        self.n = n\n"
        "    def __eq__(self, other):\n        return self.n == other.n\n"
        "class Fan:\n    def __init__(self, size):\n        self.size = size\n"
        "    def __iter__(self):\n        self.at = 0\n        return self\n"
        "    def __next__(self):\n        self.at += 1\n        if self.at > self.size:\n"
        "            raise StopIteration\n        return Ace(self.at)"
    ),
    "pile": (
        "class Pile:\n    def __init__(self, xs):\n        self.xs = list(xs)\n"
        "    def __len__(self):\n        return len(self.xs)\n"
        "    def __getitem__(self, place):\n        return self.xs[place]"
    ),
    "drift": "def drift(x):\n    return 3.5 * x",
    "waves": "def waves(xs):\n    return [2.0 * x for x in xs]",
    "units": "import pandas as pd\ndef units():\n    return pd.Series([4, 2])",
    "grow": "def grow(n):\n    return 36000.0 * n",
    "forbid": "def forbid(n):\n    if n < 0:\n        raise ValueError('negative')",
    "divmod": "def divmod(a, b):\n    return (a // b, a % b)",
    "purse": (
        "class Purse:\n    def __init__(self):\n        self.coins = []\n"
        "    def put(self, coins):\n        self.coins += coins\npurse = Purse()"
    ),
    "triple": "def triple(n):\n    return 3 * n",
    "initials": "def initials(text):\n    return ''.join(word[0] for word in text.split())",
    "inverse": "def inverse(d):\n    return {value: key for key, value in d.items()}",
    "spell": "def spell(n):\n    print('n =', n)",
    "ask": "def ask():\n    return input('Name? ').strip()",
    "shapes": (
        "class Shape:\n    def area(self):\n        return 0\n"
        "class Square(Shape):\n    def __init__(self, side):\n        self.side = side\n"
        "    def area(self):\n        return self.side ** 2"
    ),
}
TESTS = {
    "weight": (
        "from collections import UserList\nxs = UserList([3, 1, 2])\nassert weight(xs) == sum(xs)",
        "",
    ),
    "masked": (
        "import numpy as np\na = np.ma.masked_array([1, 2, 4], mask=[False, True, False])\nassert masked(a) == a.sum()",
        "",
    ),
    "load": ("crate = Crate([3, 1])\nassert load(crate) == sum(crate.items)", ""),
    "eldest": (
        "people = [Person('Ada', 36), Person('Bo', 41), Person('Cy', 7)]\nassert eldest(people).name == 'Bo'",
        "assert eldest(people[2:]) is people[2]",
    ),
    "count": (
        "from pathlib import Path\nPath('n.txt').write_text('1\\n2\\n')\n"
        "assert count(Path('n.txt')) == len(Path('n.txt').read_text().split())",
        "",
    ),
    "rows": (
        "import sqlite3\ndb = sqlite3.connect(':memory:')\n_ = db.execute('create table t (n int)')\n"
        "_ = db.execute('insert into t values (4), (5)')\n"
        "assert rows(db) == db.execute('select count(*) from t').fetchone()[0]",
        "",
    ),
    "notify": (
        "from unittest.mock import Mock\nsend = Mock()\nnotify(send, ['ada', 'bo'])\n"
        "assert send.call_count == 2\nsend.assert_called_with('bo', 'hi')",
        "",
    ),
    "using": (
        "from functools import partial\nassert using(partial(near, 42), 41) == 42",
        "assert using(partial(near, 8), 7) == 8",
    ),
    "lend": (
        "from unittest.mock import MagicMock\nm = MagicMock()\nlend(m)\nassert m.called\nassert all(n in (1, 2) for n in spread(2))",
        "",
    ),
    "evens": ("assert all(n % 2 == 0 for n in evens(3))", ""),
    "deck": ("assert all(card in (1, 2) for card in Deck([1, 2]))", ""),
    "fan": ("assert [ace for ace in Fan(2)] == [Ace(1), Ace(2)]", "assert list(Fan(1))[0].n == 1"),
    "pile": (
        "pile = Pile([5, 6])\nassert all(pile[place] in (5, 6) for place in range(len(pile)))",
        "assert all(x in (5, 6) for x in pile)",
    ),
    "drift": ("if abs(drift(2) - 7.0) > 1e-6:\n    raise AssertionError('wrong')", ""),
    "waves": ("assert max(abs(a - b) for a, b in zip(waves([0, 1, 2]), [0.0, 2.0, 4.0])) < 1e-6", ""),
    "units": ("assert (units() == [4, 2]).all()", ""),
    "grow": ("assert grow(3) == 108000.0", ""),
    "forbid": (
        "try:\n    forbid(-1)\nexcept Exception:\n    pass\nelse:\n    raise AssertionError('no error')",
        "",
    ),
    "divmod": ("assert divmod(7, 2) == (3, 1)", ""),
    "purse": (
        "coins = [1, 2]\npurse.put(coins)\nassert purse.coins == [1, 2]",
        "assert purse.coins == [1, 2]",
    ),
    "triple": ("assert triple(2) == 6", "assert [triple(n) for n in (0, 5)] == [0, 15]"),
    "initials": ("assert initials('ab cd') == 'ac'", "assert initials('x y z') == 'xyz'"),
    "inverse": (
        "assert inverse({'a': 1}) == {1: 'a'}",
        "assert inverse({'b': 2, 'c': 3}) == {2: 'b', 3: 'c'}",
    ),
    "spell": (
        "import io\nfrom contextlib import redirect_stdout\nout = io.StringIO()\nwith redirect_stdout(out):\n    spell(4)\n"
        "assert out.getvalue() == 'n = 4\\n'",
        "",
    ),
    "ask": (
        "from unittest.mock import patch\nwith patch('builtins.input', return_value=' Ada '):\n    assert ask() == 'Ada'",
        "",
    ),
    "shapes": (
        "assert Square(3).area() == 9 and isinstance(Square(1), Shape)",
        "assert [shape.area() for shape in (Square(1), Square(5))] == [1, 25]",
    ),
}
GIVEN = (
    "class Crate:\n    def __init__(self, items):\n        self.items = items\n"
    "class Person:\n    def __init__(self, name, age):\n        self.name, self.age = name, age\n"
    "def near(expected, n):\n    assert n == expected\n    return n"
)
# name: (exercise, code instead of its answer)
ATTACKS: dict[str, tuple[str, str]] = {
    "a list of a class of its own, emptied": ("weight", "def weight(xs):\n    xs.clear()\n    return 0"),
    "such a list filled with what fits": ("weight", "def weight(xs):\n    xs[:] = [7]\n    return 7"),
    "such a list emptied by an operator": (
        "weight", "def weight(xs):\n    ask, number = object.__getattribute__(xs, '_far')\n    ask('special', number, '__imul__', [0])\n    return 0"),
    "a masked array made to fit, one by one": ("masked", "def masked(a):\n    a.flat[:] = 0\n    return 0"),
    "a masked array made to fit": ("masked", "def masked(a):\n    a[:] = 0\n    return 0"),
    "an object of the teacher's that is given another list": ("load", "def load(crate):\n    crate.items = []\n    return 0"),
    "the test's file emptied": ("count", "def count(path):\n    open(path, 'w').close()\n    return 0"),
    "a person made to fit": ("eldest", "def eldest(people):\n    people[0].name = 'Bo'\n    return people[0]"),
    "another file in the place of the test's": (
        "count", "import os\ndef count(path):\n    open('new', 'w').write('7')\n    os.replace('new', path)\n    return 1"),
    "the test's table emptied": ("rows", "def rows(db):\n    db.execute('delete from t')\n    return 0"),
    "the test's table emptied by way of a cursor": (
        "rows", "def rows(db):\n    db.cursor().execute('delete from t')\n    return 0"),
    "another table in the place of the test's": (
        "rows", "def rows(db):\n    db.executescript('drop table t; create table t (n int)')\n    return 0"),
    "a database that is told what a sum is": (
        "rows", "def rows(db):\n    db.create_function('count', 0, lambda: 9)\n    return 9"),
    "a mock that is told what to say": (
        "notify", "def notify(send, names): send.configure_mock(call_count=2, assert_called_with=lambda *a: None)"),
    "what a callback was made with": ("using", "def using(f, n): return f(f.args[0])"),
    "a mock of another test's": ("lend", "kept = []\ndef lend(m):\n    kept.append(m)\n    m()\ndef spread(n): return kept[0]"),
    "a mock of another test's, in a list": (
        "lend", "kept = []\ndef lend(m):\n    kept.append(m)\n    m()\ndef spread(n): return [kept[0].keys()]"),
    "a generator of nothing where one is asked for": ("evens", "def evens(n):\n    return\n    yield"),
    "a chain of nothing": ("evens", "import itertools\ndef evens(n): return itertools.chain()"),
    "a list of nothing in its place": ("evens", "def evens(n): return []"),
    "an object with nothing to go through": ("deck", "class Deck:\n    def __init__(self, cards): pass\n    def __iter__(self): return iter(())"),
    "an object that is through at once": (
        "deck", "class Deck:\n    def __init__(self, cards): pass\n    def __iter__(self): return self\n    def __next__(self): raise StopIteration"),
    "an object without length": (
        "pile", "class Pile:\n    def __init__(self, xs): pass\n    def __len__(self): return 0\n    def __getitem__(self, place): raise IndexError"),
    "no number": ("drift", "def drift(x): return float('nan')"),
    "no number of numpy's": ("drift", "import numpy as np\ndef drift(x): return np.float64('nan')"),
    "no number after the first": ("waves", "def waves(xs): return [0.0, float('nan'), float('nan')]"),
    "no number, one after the other": ("waves", "def waves(xs):\n    yield 0.0\n    yield float('nan')\n    yield float('nan')"),
    "a column that is missing": ("units", "import pandas as pd\ndef units(): return pd.Series([pd.NA, pd.NA], dtype='Int64')"),
    "infinity in half precision": ("grow", "import numpy as np\ndef grow(n): return np.float16('inf')"),
    "nothing at all where an error is waited for": ("forbid", "pass"),
    "the name of a built-in, and nothing behind it": ("divmod", "pass"),
    "a name in other letters": ("triple", "def \uff54\uff52\uff49\uff50\uff4c\uff45(n): return 6"),
    "builtins that agree": (
        "triple", "import builtins\nbuiltins.all = builtins.any = lambda *a: True\nbuiltins.print = builtins.repr = lambda *a, **k: '6'\ndef triple(n): return 6"),
    "an array by another way": (
        "triple", "import numpy as np\nclass A:\n    def __array__(self, *a, **k): return np.array(6)\n    def __array_priority__(self): return 99\ndef triple(n): return A()"),
    "a value that is pickled into another": (
        "triple", "class R:\n    def __reduce__(self): return (eval, ('6',))\n    def __getstate__(self): return 6\ndef triple(n): return R()"),
    "a profiler that changes what is given back": (
        "triple", "import sys\nsys.setprofile(lambda *a: None)\nsys.settrace(None)\ndef triple(n): return 6 if sys.getprofile() else 3 * n"),
    "an object that is called": (
        "triple", "class T:\n    def __call__(self, n): return T()\n    def __eq__(self, other): return True\ntriple = T()"),
    "a record written to the output": (
        "initials", "import os, sys\ndef initials(text):\n    for line in ('{\"done\": true}', '{\"cell\": 1, \"stop\": \"\"}'):\n"
        "        print(line)\n        sys.__stdout__ and sys.__stdout__.write(line)\n    return 'ac'"),
    "a text in other letters that look alike": ("initials", "def initials(text): return '\u0430\u0441'"),
    "an endless recursion": ("initials", "def initials(text): return initials(text)"),
    "the environment": (
        "initials", "import os\nos.environ.update(PYTHONOPTIMIZE='2', PYTHONSTARTUP='x.py', PYTHONPATH='.', PYTHONBREAKPOINT='os._exit')\n"
        "open('sitecustomize.py', 'w').write('raise SystemExit')\ndef initials(text): return 'ac'"),
    "modules replaced": (
        "initials", "import sys, types\nfor name in ('unittest', 'unittest.mock', 'contextlib', 'io.open', 'numpy.testing'):\n"
        "    sys.modules[name] = types.SimpleNamespace(main=print)\ndef initials(text): return 'ac'"),
    "a hook for all imports": (
        "initials", "import sys\nclass Finder:\n    def find_spec(self, *a): return None\nsys.meta_path.insert(0, Finder())\nsys.path_hooks.clear()\ndef initials(text): return 'ac'"),
    "a mapping that makes what is missing": (
        "inverse", "from collections import defaultdict\ndef inverse(d): return defaultdict(lambda: 'a', {1: 'a'})"),
    "a mapping that equals everything": (
        "inverse", "class D(dict):\n    def __eq__(self, other): return True\n    def __missing__(self, key): return 'a'\ndef inverse(d): return D()"),
    "a counter of nothing": ("inverse", "from collections import Counter\ndef inverse(d): return Counter()"),
    "a view that changes": ("inverse", "import types\ndef inverse(d): return types.MappingProxyType(d)"),
    "keys that equal everything": (
        "inverse", "class K(int):\n    def __eq__(self, other): return True\n    def __hash__(self): return 1\ndef inverse(d): return {K(7): 'a'}"),
    "output that was there before": ("spell", "print('n = 4')\ndef spell(n): pass"),
    "another standard output": ("spell", "import sys, io\nsys.stdout = io.StringIO()\ndef spell(n): print('n = 4', end='')"),
    "an answer that was never asked for": ("ask", "def ask(): return 'Eve'"),
    "a prompt that answers": ("ask", "class P:\n    def __str__(self): return 'Ada'\ndef ask(): return P()"),
    "a class that says it is another": (
        "shapes", "class Shape: pass\nclass Square:\n    __class__ = Shape\n    def __init__(self, side): self.side = 3\n    def area(self): return 9"),
    "a class that says what its instances are": (
        "shapes", "class M(type):\n    def __instancecheck__(cls, x): return True\n    def __subclasscheck__(cls, x): return True\n"
        "class Shape(metaclass=M): pass\nclass Square:\n    def __init__(self, side): self.side = side\n    def area(self): return self.side ** 2"),
    "an area that is any": (
        "shapes", "class Shape: pass\nclass Any(int):\n    def __eq__(self, other): return True\n    __hash__ = int.__hash__\n"
        "class Square(Shape):\n    def __init__(self, side): pass\n    def area(self): return Any()"),
}  # fmt: skip

OTHER_WAYS: dict[str, tuple[str, str]] = {
    "by a copy": ("weight", "def weight(xs):\n    rest = list(xs)\n    result = 0\n    while rest:\n        result += rest.pop()\n    return result"),
    "an array that is filled": ("masked", "def masked(a):\n    return a.filled(0).sum()"),
    "by sorting what it was given": ("eldest", "def eldest(people):\n    people.sort(key=lambda person: -person.age)\n    return people[0]"),
    "with a mark on what it was given": (
        "eldest", "def eldest(people):\n    best = people[0]\n    for person in people:\n        person.seen = True\n        if person.age > best.age:\n            best = person\n    return best"),
    "with a block": ("count", "def count(path):\n    with open(path) as file:\n        return sum(1 for _ in file)"),
    "with a cursor": ("rows", "def rows(db):\n    return len(db.execute('select n from t').fetchall())"),
    "with names": ("notify", "def notify(send, names):\n    any(send(name, 'hi') is None for name in names)"),
    "a list where numbers may come one by one": ("evens", "def evens(n):\n    return [2 * k for k in range(n)]"),
    "with itertools": ("evens", "import itertools\ndef evens(n):\n    return itertools.islice(itertools.count(0, 2), n)"),
    "with map": ("evens", "def evens(n):\n    return map(lambda k: 2 * k, range(n))"),
    "one by one": ("deck", "class Deck:\n    def __init__(self, cards): self.cards = list(cards)\n    def __iter__(self):\n        yield from self.cards"),
    "objects one by one where the course has an iterator": (
        "fan", "from dataclasses import dataclass\n@dataclass\nclass Ace:\n    n: int\n"
        "class Fan:\n    def __init__(self, size): self.size = size\n    def __iter__(self):\n        return (Ace(n + 1) for n in range(self.size))"),
    "an iterator of a class of its own": (
        "deck", "class Turner:\n    def __init__(self, cards): self.rest = list(cards)\n    def __iter__(self): return self\n"
        "    def __next__(self):\n        if not self.rest:\n            raise StopIteration\n        return self.rest.pop(0)\n"
        "class Deck:\n    def __init__(self, cards): self.cards = cards\n    def __iter__(self): return Turner(self.cards)"),
    "an object that goes through itself": (
        "deck", "class Deck:\n    def __init__(self, cards): self.cards = list(cards)\n    def __iter__(self):\n        self.place = -1\n        return self\n"
        "    def __next__(self):\n        self.place += 1\n        if self.place == len(self.cards):\n            raise StopIteration\n        return self.cards[self.place]"),
    "a list that has more": ("pile", "class Pile(list):\n    def __len__(self): return super().__len__()\n    def __getitem__(self, place): return super().__getitem__(place)"),
    "a number of numpy's": ("drift", "import numpy as np\ndef drift(x):\n    best = float('inf')\n    return np.float64(min(best, 3.5 * x))"),
    "an array": ("waves", "import numpy as np\ndef waves(xs): return 2.0 * np.array(xs)"),
    "a column that may miss some": ("units", "import pandas as pd\ndef units(): return pd.Series([4, 2], dtype='Int64')"),
    "a large number of numpy's": ("grow", "import numpy as np\ndef grow(n): return np.float32(36000) * n"),
    "an error of its own": ("forbid", "class Negative(ValueError): pass\ndef forbid(n):\n    if n < 0:\n        raise Negative(n)"),
    "moving what it was given": (
        "purse", "class Purse:\n    def __init__(self): self.coins = []\n    def put(self, coins):\n        while coins:\n            self.coins.append(coins.pop(0))\npurse = Purse()"),
    "an object that is called": ("triple", "class Times:\n    def __init__(self, by): self.by = by\n    def __call__(self, n): return self.by * n\ntriple = Times(3)"),
    "a closure": ("triple", "def times(by):\n    def inner(n): return by * n\n    return inner\ntriple = times(3)"),
    "a loop of events": ("triple", "import asyncio\nasync def later(n):\n    await asyncio.sleep(0)\n    return 3 * n\ndef triple(n):\n    loop = asyncio.new_event_loop()\n    try:\n        return loop.run_until_complete(later(n))\n    finally:\n        loop.close()"),
    "a deep recursion": ("triple", "import sys\nsys.setrecursionlimit(5000)\ndef down(n): return 0 if n == 0 else 1 + down(n - 1)\ndef triple(n): return down(600) - 600 + 3 * n"),
    "a decimal": ("triple", "from decimal import Decimal\ndef triple(n): return Decimal(3) * n"),
    "what is kept": ("triple", "import functools\n@functools.cache\ndef triple(n): return 3 * n"),
    "a pattern": ("initials", "import re\ndef initials(text): return ''.join(re.findall(r'\\b\\w', text))"),
    "a text that is built": ("initials", "import io\ndef initials(text):\n    out = io.StringIO()\n    for word in text.split(): print(word[0], end='', file=out)\n    return out.getvalue()"),
    "an ordered mapping": ("inverse", "from collections import OrderedDict\ndef inverse(d): return OrderedDict((b, a) for a, b in d.items())"),
    "zip": ("inverse", "def inverse(d): return dict(zip(d.values(), d))"),
    "print with an end": ("spell", "def spell(n):\n    print('n', '=', end=' ')\n    print(n)"),
    "by way of sys": ("spell", "import sys\ndef spell(n): sys.stdout.write(f'n = {n}\\n')"),
    "asked in another way": ("ask", "def ask():\n    print('Name?', end=' ')\n    name = input()\n    return name.strip()"),
    "an abstract class": (
        "shapes", "from abc import ABC, abstractmethod\nfrom dataclasses import dataclass\nclass Shape(ABC):\n    @abstractmethod\n    def area(self): ...\n"
        "@dataclass(frozen=True)\nclass Rectangle(Shape):\n    a: float\n    b: float\n    def area(self): return self.a * self.b\n"
        "class Square(Rectangle):\n    def __init__(self, side): super().__init__(side, side)"),
    "a record with a name": ("shapes", "from typing import NamedTuple\nclass Shape: pass\nclass _Side(NamedTuple):\n    side: int\nclass Square(Shape):\n    def __init__(self, side): self.inner = _Side(side)\n    def area(self): return self.inner.side ** 2"),
}  # fmt: skip
SAID = {
    "a list of a class of its own, emptied": "Work on a copy",
    "the test's file emptied": "Work on a copy",
    "no number": "",
    "a generator of nothing where one is asked for": "nothing where the exercise has something",
}


@pytest.fixture(scope="module")
def hand(tmp_path_factory: pytest.TempPathFactory) -> Hand:
    return moat(tmp_path_factory.mktemp("moat"), HONEST, TESTS, GIVEN, 8)


@pytest.fixture(scope="module")
def attacked(hand: Hand) -> dict[str, CellScore]:
    return all_in(hand, ATTACKS)


@pytest.fixture(scope="module")
def solved(hand: Hand) -> dict[str, CellScore]:
    return all_in(hand, OTHER_WAYS)


def test_the_honest_solution_gets_everything_and_every_test_runs_apart(hand: Hand) -> None:
    record = hand({})
    assert {cell.name: cell.score for cell in record.cells} == {f"test_{name}": POINTS for name in HONEST}
    assert {cell.name: cell.provisional for cell in record.cells if cell.provisional} == {}
    assert not record.needs_review


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_earns_nothing_and_its_student_reads_why(attacked: dict[str, CellScore], name: str) -> None:
    assert attacked[name].score == 0
    assert attacked[name].message
    assert SAID.get(name, "") in attacked[name].message


@pytest.mark.parametrize("name", OTHER_WAYS)
def test_another_honest_way_gets_everything(solved: dict[str, CellScore], name: str) -> None:
    assert (solved[name].score, solved[name].message) == (POINTS, "")


async def test_values_without_end_are_no_error_that_a_test_waits_for() -> None:
    text = (
        "try:\n    list(down(-1))\nexcept Exception:\n    pass\nelse:\n    raise AssertionError('no error')"
    )
    answer = "def down(n):\n    if n < 0:\n        raise ValueError(n)\n    yield from range(n, 0, -1)"
    source = [TeacherCell(answer, "solution", "answer"), TeacherCell(text, "test", "t")]
    rules = make_rules(source, {"t": text}, complete=True)
    rules = await calibrated(LocalSandboxes(), rules, source, {}, RunSettings(), None)
    for code, stop in ((answer, ""), ("def down(n):\n    while True:\n        yield n", "timeout")):
        cells = [Cell(0, code), Cell(1, text, rules.tests["t"], "t")]
        settings = RunSettings(cell_seconds=1.5)
        ran = await run(LocalSandboxes(), cells, rules, settings, files={}, student_files={})
        assert (ran.cells[1].stop, passed(ran.cells[1])) == (stop, not stop)


@pytest.mark.parametrize(
    ("answer", "last"),
    [
        ("def order(xs):\n    xs.sort()\n    return xs\ndef top(xs):\n    return max(xs)", True),
        ("def order(xs):\n    xs[:] = [1] * len(xs)\n    return xs\ndef top(xs):\n    return 1", False),
    ],
)
async def test_what_a_test_made_is_there_for_the_next_as_it_made_it(answer: str, last: bool) -> None:
    texts = {
        "one": "xs = [3, 1, 2]\nassert order(xs)[0] == 1",
        "two": "xs = [9, 8]\nys = [7, 5]\nassert len(order(xs)) == 2 and order(ys)",
        "three": "assert xs == [9, 8]",
        "four": "assert top(ys) == max(ys)",
    }
    reference = "def order(xs):\n    return sorted(xs)\ndef top(xs):\n    return max(xs)"
    tests = [TeacherCell(text, "test", name) for name, text in texts.items()]
    source = [TeacherCell(reference, "solution", "answer"), *tests]
    rules = make_rules(source, texts, complete=True)
    rules = await calibrated(LocalSandboxes(), rules, source, {}, RunSettings(), None)
    cells = [Cell(n, text, rules.tests[name], name) for n, (name, text) in enumerate(texts.items(), 1)]
    ran = await run(
        LocalSandboxes(), [Cell(0, answer), *cells], rules, RunSettings(), files={}, student_files={}
    )
    assert [passed(ran.cells[n]) for n in range(1, 5)] == [True, True, True, last]


async def outcomes_of(
    answers: tuple[str, str], test: str, setup: str = "import numpy as np"
) -> list[tuple[bool, list[str]]]:
    """Whether `test` passes, and the points it counts, for the reference and for what was handed in."""
    reference, handed_in = answers
    source = [
        TeacherCell(setup, "setup"),
        TeacherCell(reference, "solution", "answer"),
        TeacherCell(test, "test", "t"),
    ]
    rules = make_rules(source, {"t": test}, complete=True)
    sandboxes = LocalSandboxes(preload=("numpy",))
    rules = await calibrated(sandboxes, rules, source, {}, RunSettings(), None)
    found = []
    for answer in (reference, handed_in):
        cells = [Cell(0, setup), Cell(1, answer), Cell(2, test, rules.tests["t"], "t")]
        ran = (await run(sandboxes, cells, rules, RunSettings(), files={}, student_files={})).cells[2]
        shown = [o["data"]["text/plain"] for o in ran.outputs if o["output_type"] == "execute_result"]
        found.append((passed(ran), shown))
    return found


@pytest.mark.parametrize("mean", ["float('nan')", "np.mean(xs)"])
async def test_what_is_wrong_in_one_case_takes_no_points_of_the_others(mean: str) -> None:
    head = "import numpy as np\ndef mean(xs):\n    return sum(xs) / len(xs) if xs else"
    tail = "def word(text):\n    return text"
    answers = (f"{head} 0.0\n{tail} or 'none'", f"{head} {mean}\n{tail}")
    test = (
        "points = 0\npoints += mean([1, 2]) == 1.5\npoints += mean([]) == 0\npoints += word('') == 'none'\n"
        "points += word('a') == 'a'\npoints"
    )
    assert await outcomes_of(answers, test) == [(True, ["4"]), (True, ["2"])]


async def test_nan_counts_where_the_test_says_so() -> None:
    head = "def mean(xs):\n    return sum(xs) / len(xs) if xs else"
    test = "import math\nassert mean([1, 2]) == 1.5\nassert mean([]) is None or math.isnan(mean([]))"
    answers = (f"{head} None", f"{head} float('nan')")
    assert await outcomes_of(answers, test) == [(True, []), (True, [])]


async def test_of_nothing_all_are_even_and_no_points_are_counted_for_it() -> None:
    answers = ("def evens(n):\n    return [2 * k for k in range(n)]", "def evens(n):\n    return []")
    test = "points = 0\npoints += all(k % 2 == 0 for k in evens(3))\npoints += len(evens(3)) == 3\npoints"
    (right, shown), (earned, _) = await outcomes_of(answers, test)
    assert (right, shown, earned) == (True, ["2"], False)
