# ruff: noqa: E501 - an attack reads best on its own line
"""More attempts to get points without solving, each against the kind of test that it is made for.

Each stands in a notebook whose other answers are honest, and costs those nothing. Beside them stands the
notebook without any, which gets everything, and other honest ways to solve the same.
"""

from __future__ import annotations

import base64
import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path

import nbformat
import pytest
from learnflow_grading.autograde import Submission, grade
from learnflow_grading.course import Course, Limits
from learnflow_grading.release import release
from learnflow_grading.trusted.plan import TeacherCell, make_rules
from nbformat import v4 as nbf

from learnflow_ext.contracts.grades import CellScore, GradeRecord

from .conftest import checks, mark, notebook, solution, write_source

CARD = (
    "class Card:\n    def __init__(self, rank):\n        self.rank = rank\n"
    "    def __eq__(self, other):\n        return self.rank == other.rank\n"
)
HONEST = {
    "double": "def double(n):\n    return 2 * n",
    "refuse": "def refuse(n):\n    if n < 0:\n        raise ValueError('negative')\n    return n",
    "ramp": "import numpy as np\ndef ramp(n):\n    return np.arange(n)",
    "table": "import pandas as pd\ndef table():\n    return pd.DataFrame({'a': [1, 2]})",
    "point": (
        "class Point:\n    def __init__(self, x, y):\n        self.x, self.y = x, y\n"
        "    def __add__(self, other):\n        return Point(self.x + other.x, self.y + other.y)\n"
        "    def __eq__(self, other):\n        return (self.x, self.y) == (other.x, other.y)"
    ),
    "save": "def save():\n    with open('out.csv', 'w') as file:\n        file.write('1,2\\n')",
    "total": "def total(xs):\n    result = 0\n    for x in xs:\n        result += x\n    return result",
    "rank": "def rank(n):\n    return n % 3",
    "half": "def half(n):\n    return n / 2\ndef quarter(n):\n    return half(half(n))",
    "apply": "def apply(f, n):\n    return f(n)",
    "words": "def words(text):\n    return text.split()",
    "stats": "def stats(xs):\n    return (min(xs), max(xs))",
    "vec": (
        "class Vec:\n    def __init__(self, x):\n        self.x = x\n"
        "    def __sub__(self, other):\n        return Vec(self.x - other.x)\n"
        "    def __abs__(self):\n        return abs(self.x)"
    ),
    "average": "average = sum([1, 2, 3, 4]) / 4",
    "norm": "def norm(xs):\n    return sum(x * x for x in xs) ** 0.5",
    "halves": "def halves(xs):\n    return [x / 2 for x in xs]",
    "feed": "def feed(items):\n    return [2 * item for item in items]",
    "first": "def first(items):\n    return next(items)",
    "lines": "def lines(path):\n    return len(path.read_text().splitlines())",
    "cards": f"{CARD}def cards(n):\n    return [Card(rank) for rank in range(n)]",
    "shade": (
        "from enum import Enum\nclass Shade(Enum):\n    LIGHT = 1\n    DARK = 2\ndef darker(n):\n    return n + 1"
    ),
    "shelf": (
        "class Shelf:\n    def __init__(self):\n        self.books = []\n"
        "    def add(self, title):\n        self.books.append(title)\n"
        "    def __enter__(self):\n        self.books.clear()\n"
        "    def __exit__(self, *error):\n        pass"
    ),
    "tally": "def tally(xs):\n    return sum(xs)",
    "attach": "def attach(xs, x):\n    xs.append(x)\ndef heap(xs):\n    return sum(xs)",
    "stock": "def stock(xs):\n    return sum(xs)",
    "weigh": "def weigh(xs):\n    return sum(xs)",
    "lift": "lifted = True",
    "order": "def order(xs):\n    return sorted(xs)",
    "twice": "def twice(a):\n    return 2 * a",
    "share": "def share(words):\n    return {word: len(word) for word in words}",
    "groups": (
        "def groups(words):\n    found = {}\n    for word in words:\n"
        "        found.setdefault(word[0], []).append(word)\n    return found"
    ),
    "rows": "def rows(text):\n    return [line.split(',') for line in text.split()]",
    "letters": "def letters(text):\n    return set(text)",
    "roots": "def roots(xs):\n    return [x ** 0.5 for x in xs]",
    "level": "level = 5 / 2",
    "diary": "events = []\ndef record(text):\n    events.append(text)\nrecord('the first')",
    "menu": f"{CARD}menu = {{'half': lambda n: n / 2}}\nmakers = [lambda rank: Card(rank)]",
    "tank": "class Tank:\n    def __init__(self):\n        self.litres = 5.0",
    "pair": (
        "class Pair:\n    def __init__(self, x, y):\n        self.x, self.y = x, y\n"
        "    def __matmul__(self, other):\n        return self.x * other.x + self.y * other.y\n"
        "    def __getitem__(self, place):\n        return (self.x, self.y)[place]\n"
        "    def __call__(self, by):\n        return [by * self.x, by * self.y]"
    ),
    "cube": "def cube(n):\n    return n ** 3",
    "fault": "def fault(n):\n    raise ValueError('negative', n)",
    "hail": "def hail(name):\n    return 'Hello ' + name",
    "place": "def place(items, item):\n    return items.index(item)",
    "even": "def even(n):\n    return n % 2 == 0",
    "bag": "def bag(item, into=None):\n    return [*(into or []), item]",
}
TESTS = {
    "double": (
        "assert all(map(lambda case: double(case[0]) == case[1], [(1, 2), (5, 10)]))",
        "assert double(17) == 34",
    ),
    "refuse": (
        "try:\n    refuse(-1)\nexcept Exception:\n    pass\nelse:\n    raise AssertionError('no error')",
        "assert refuse(3) == 3",
    ),
    "ramp": (
        "import numpy as np\nassert np.allclose(ramp(3), [0, 1, 2])",
        "assert (ramp(4) == np.array([0, 1, 2, 3])).all()",
    ),
    "table": ("import pandas as pd\npd.testing.assert_frame_equal(table(), pd.DataFrame({'a': [1, 2]}))", ""),
    "point": ("assert Point(1, 2) + Point(3, 4) == Point(4, 6)", "assert (Point(1, 2) + Point(3, 4)).x == 4"),
    "save": (
        "import json\nsave()\nassert open('out.csv').read() == '1,2\\n'",
        "assert json.loads('[1]') == [1]",
    ),
    "total": ("import inspect\nassert 'for' in inspect.getsource(total)\nassert total([1, 2]) == 3", ""),
    "rank": ("points = 0\nfor n in (1, 2):\n    points += rank(n) == n\npoints", ""),
    "half": (
        "kept = half\ndel half\ntry:\n    quarter(4)\nexcept NameError:\n    pass\nelse:\n"
        "    raise AssertionError('quarter does not use half')\nfinally:\n    half = kept\nassert quarter(8) == 2",
        "",
    ),
    "apply": (
        "def check(n):\n    assert n == 41, 'expected 41'\n    return n + 1\nassert apply(check, 41) == 42",
        "assert apply(lambda n: n * n, 13) == 169",
    ),
    "words": ("assert words('a b') == ['a', 'b']", "assert words('c  d e') == ['c', 'd', 'e']"),
    "stats": ("assert abs(stats([3, 1, 2])[-1] - 3) < 1e-6", "assert abs(stats([5, 4])[-1] - 5) < 1e-6"),
    "vec": ("assert abs(Vec(3) - Vec(1)) == 2", "assert abs(Vec(7).x - 7) < 1e-6"),
    "average": ("assert abs(average - 2.5) < 1e-6", ""),
    "norm": (
        "import numpy as np\nassert np.allclose(norm([3, 4]), 5)",
        "assert np.isclose(norm([6, 8]), 10)",
    ),
    "halves": ("assert all(abs(a - b) < 1e-6 for a, b in zip(halves([1, 2]), [0.5, 1]))", ""),
    "feed": ("assert feed(n for n in (1, 2)) == [2, 4]", "assert feed(iter([5])) == [10]"),
    "first": ("assert first(n for n in (7, 8)) == 7", "assert first(n * n for n in (3, 4)) == 9"),
    "lines": (
        "from pathlib import Path\nPath('lines.txt').write_text('a\\nb\\n')\nassert lines(Path('lines.txt')) == 2",
        "",
    ),
    "cards": ("assert len(list(cards(3))) == 3", "assert [card.rank for card in cards(2)] == [0, 1]"),
    "shade": ("assert darker(3) == 4", "assert darker(7) == 8 and Shade.DARK.value == 2"),
    "shelf": (
        "shelf = Shelf()\nshelf.add('A')\nshelf.add('B')\nassert len(shelf.books) == 2",
        "with shelf:\n    shelf.add('C')\nassert len(shelf.books) == 1",
    ),
    "tally": (
        "xs = [3, 1, 2]\nassert tally(xs) == sum(xs)",
        "ys = list(range(9))\nassert tally(ys) == sum(ys)",
    ),
    "attach": (
        "xs = [1]\nattach(xs, 2)\nassert xs == [1, 2]\nxs = [3, 1, 2]\nassert heap(xs) == sum(xs)",
        "",
    ),
    "stock": ("assert stock(CRATES) == 6", "assert check_stock(lambda rows: stock(rows[0]))"),
    "weigh": ("assert isinstance(weigh(BOXES), int)", ""),
    "lift": ("assert lifted and weigh(BOXES) == sum(BOXES)", ""),
    "order": ("xs = [3, 1, 2]\nassert order(xs) == sorted(xs)", ""),
    "twice": ("import numpy as np\na = np.array([1.0, 2.0])\nassert np.allclose(twice(a), 2 * a)", ""),
    "share": ("for word, n in share(['a', 'bc']).items():\n    assert n == {'a': 1, 'bc': 2}[word]", ""),
    "groups": (
        "assert groups(['ape', 'bee', 'ant'])['a'] == ['ape', 'ant']",
        "assert len(groups(['cat'])['c']) == 1",
    ),
    "rows": ("assert all(cell.isdigit() for row in rows('1,2 3') for cell in row)", ""),
    "letters": ("assert all(letter in 'abc' for letter in letters('abca'))", ""),
    "roots": (
        "import numpy as np\nassert all(np.allclose(a, b) for a, b in zip(roots([4, 9]), [2, 3]))",
        "",
    ),
    "level": ("import numpy as np\nassert np.allclose(level, 2.5)", ""),
    "diary": ("record('a')\nassert events[-1] == 'a'", ""),
    "menu": (
        "import numpy as np\nassert np.allclose(menu['half'](5), 2.5)\nassert makers[0](3).rank == 3",
        "",
    ),
    "tank": ("import numpy as np\nassert np.allclose(Tank().litres, 5)", ""),
    "pair": (
        "import numpy as np\nassert np.allclose(Pair(1, 2) @ Pair(3, 4), 11)\nassert np.allclose(Pair(5, 6)[1], 6)",
        "assert all(n in (10, 12) for n in Pair(5, 6)(2))",
    ),
    "cube": (
        "import io, unittest\nclass T(unittest.TestCase):\n    def test_it(self):\n        self.assertEqual(cube(2), 8)\n"
        "run = unittest.main(argv=['x'], exit=False, testRunner=unittest.TextTestRunner(io.StringIO()))\nassert run.result.wasSuccessful()",
        "",
    ),
    "fault": (
        "try:\n    fault(-1)\nexcept ValueError as error:\n    assert error.args == ('negative', -1)\n"
        "else:\n    raise AssertionError('no error')",
        "",
    ),
    "hail": ("assert hail('Ada') == 'Hello Ada'", "assert len(hail('Bo')) == 8"),
    "place": (
        "assert [10, 20, 30][place([10, 20, 30], 30)] == 30",
        "assert 'abc'[place(list('abc'), 'b')] == 'b'",
    ),
    "even": ("assert even(2)\nassert not even(3)", ""),
    "bag": ("assert bag(1) == [1]\nassert bag(2) == [2]", "assert bag(3, [1]) == [1, 3]"),
}
GIVEN = (
    "import numpy as np\nCRATES = [3, 1, 2]\nBOXES = [2, 3]\nROWS = {'a': [[4, 5]]}\n"
    "def check_stock(count):\n    return count(ROWS['a']) == 9"
)
POINTS = 2.0
LIAR = "class Vec:\n    def __sub__(self, o): return self\n    def __abs__(self): return 0.0\n"
"""Bears the name of a class that the teacher declares, and its operators."""

# name: (exercise, code instead of its answer)
ATTACKS: dict[str, tuple[str, str]] = {
    "the end of a loop instead of a value": ("double", "def double(n): raise StopIteration"),
    "the end of an asynchronous loop": ("double", "def double(n): raise StopAsyncIteration"),
    "an exception that is one by another name": ("double", "class StopIteration(StopIteration): pass\ndef double(n): raise StopIteration"),
    "an endless loop where an error is waited for": (
        "refuse", "def refuse(n):\n    while n < 0: n = n - 1\n    return n"),
    "something unheard-of where an error is waited for": (
        "refuse", "class Odd: pass\ndef refuse(n): return Odd() if n < 0 else n"),
    "a giant where an error is waited for": ("refuse", "def refuse(n): return [0] * 10 ** 7 if n < 0 else n"),
    "an error without a plain kind": (
        "refuse", "class E(BaseException):\n    def __str__(self): raise SystemExit\ndef refuse(n):\n    raise E"),
    "an empty array that agrees with everything": ("ramp", "import numpy as np\ndef ramp(n): return np.empty((0, n))"),
    "an array without rows": ("ramp", "import numpy as np\ndef ramp(n): return np.zeros((0, 1))"),
    "an array of what is no number": ("ramp", "import numpy as np\ndef ramp(n): return np.full(n, np.nan)"),
    "an array with a ufunc of its own": (
        "ramp", "import numpy as np\nclass A(np.ndarray):\n    def __array_ufunc__(self, *a, **k): return np.True_\n"
        "    def all(self): return True\ndef ramp(n): return np.zeros(n).view(A)"),
    "an object array of liars": (
        "ramp", "import numpy as np\nclass L:\n    def __eq__(self, o): return True\n    def __sub__(self, o): return 0\n"
        "    def __float__(self): return 0.0\ndef ramp(n):\n    a = np.empty(n, dtype=object)\n    a[:] = [L()] * n\n    return a"),
    "an array of dates": ("ramp", "import numpy as np\ndef ramp(n): return np.array(['NaT'] * n, dtype='M8[s]')"),
    "numpy patched": ("ramp", "import numpy as np\nnp.allclose = lambda *a, **k: True\nnp.array_equal = np.allclose\ndef ramp(n): return np.zeros(n)"),
    "pandas patched": (
        "table", "import pandas as pd\npd.testing.assert_frame_equal = lambda *a, **k: None\ndef table(): return pd.DataFrame({'a': [0]})"),
    "an empty table": ("table", "import pandas as pd\ndef table(): return pd.DataFrame()"),
    "a table that equals everything": (
        "table", "import pandas as pd\nclass T(pd.DataFrame):\n    def equals(self, o): return True\n    def __eq__(self, o): return True\n"
        "def table(): return T({'a': [9, 9]})"),
    "a table of liars": (
        "table", "import pandas as pd\nclass L:\n    def __eq__(self, o): return True\n    __hash__ = None\n"
        "def table(): return pd.DataFrame({'a': [L(), L()]})"),
    "a constant for a class": ("point", "Point = lambda x, y: 0"),
    "a class that makes numbers": ("point", "class Point:\n    def __new__(cls, x, y): return 0"),
    "a class of another's objects": (
        "point", "class Other:\n    x = 4\n    def __eq__(self, o): return True\n    def __add__(self, o): return self\n"
        "class Point:\n    def __new__(cls, x, y): return Other()"),
    "a class that is its own base": (
        "point", "class M(type):\n    def mro(cls): return [cls, object]\nclass Point(metaclass=M):\n    def __init__(self, x, y): pass\n"
        "    def __eq__(self, o): return True\n    def __add__(self, o): return 5"),
    "a module beside the file that the test reads": (
        "save", "def save():\n    for name in ('json.py', 'csv.py', 'sitecustomize.py'):\n"
        "        open(name, 'w').write('raise SystemExit')\n    open('out.csv', 'w').write('2')"),
    "a link for the file": ("save", "import os\ndef save():\n    if not os.path.lexists('out.csv'): os.symlink('/etc/hostname', 'out.csv')"),
    "a folder for the file": ("save", "import os\ndef save(): os.makedirs('out.csv', exist_ok=True)"),
    "a hidden file beside it": (
        "save", "import os\ndef save():\n    os.makedirs('.config/matplotlib', exist_ok=True)\n    open('.config/matplotlib/matplotlibrc', 'w').write('x')"),
    "a text that another function stands behind": (
        "total", "def total(xs):\n    result = 0\n    for x in xs: result += x\n    return result\ntotal = sum"),
    "a text in a docstring alone": ("total", "def total(xs): return 'for'"),
    "a number of points for a value": ("rank", "def rank(n): return 100"),
    "a True that is more": ("rank", "class B(int):\n    def __eq__(self, o): return 5\ndef rank(n): return B(7)"),
    "an error made up for a missing name": ("half", "def half(n): return n / 2\ndef quarter(n): raise NameError('half')"),
    "a function of its own instead": ("half", "def half(n): return n / 2\ndef quarter(n): return n / 4"),
    "what a callback says against it": (
        "apply", "import re\ndef apply(f, n):\n    try: f(0)\n    except AssertionError as e:\n"
        "        return int(re.search(r'[0-9]+', str(e.args)).group()) + 1\n    return 0"),
    "the callback itself": ("apply", "def apply(f, n): return f"),
    "what the callback is made of": ("apply", "def apply(f, n): return f.__globals__"),
    "a list that lies": (
        "words", "class W(list):\n    def __eq__(self, o): return True\n    def __len__(self): return 2\ndef words(text): return W()"),
    "a function that knows the tests it saw": (
        "words", "def words(text): return ['a', 'b'] if text == 'a b' else []"),
    "an object that acts when it is deleted": (
        "words", "class D:\n    def __del__(self):\n        import os; print('4 points', file=__import__('sys').__stdout__)\n"
        "    def __eq__(self, o): return True\ndef words(text): return [D()]"),
    "a signal that comes later": (
        "words", "import signal\nsignal.signal(signal.SIGUSR1, lambda *a: None)\ndef words(text):\n    signal.raise_signal(signal.SIGUSR1)\n    return []"),
    "an import hook": (
        "words", "import builtins\nreal = builtins.__import__\nbuiltins.__import__ = lambda n, *a, **k: real(n, *a, **k)\ndef words(text): return None"),
    "other local settings": (
        "words", "import os, time, locale, random\nos.environ['TZ'] = 'X'; time.tzset(); random.seed = lambda *a: None\ndef words(text): return {}"),
    "a file of the package's own": (
        "words", "import sys\nfor n in list(sys.modules):\n    if n.startswith('learnflow'): sys.modules[n].__dict__.setdefault('passed', True)\ndef words(text): return ()"),
    "a liar in a queue": ("stats", f"{LIAR}from collections import deque\ndef stats(xs): return deque([Vec()])"),
    "a liar behind five thousand numbers": ("stats", f"{LIAR}def stats(xs): return [0] * 5000 + [Vec()]"),
    "a liar that is counted": ("stats", f"{LIAR}from collections import Counter\ndef stats(xs): return Counter({{-1: Vec()}})"),
    "a liar in an array": (
        "stats", f"{LIAR}import numpy as np\ndef stats(xs):\n    a = np.empty(1, dtype=object)\n    a[0] = Vec()\n    return a"),
    "a liar in a column": ("stats", f"{LIAR}import pandas as pd\ndef stats(xs): return pd.Series([Vec()], index=[-1])"),
    "a liar in a list": ("stats", f"{LIAR}def stats(xs): return [[Vec()]][0]"),
    "a liar for an attribute": (
        "vec", f"{LIAR}Inner = Vec\nclass Vec:\n    def __init__(self, x): self.x = Inner()\n    def __sub__(self, o): return self\n"
        "    def __abs__(self): return 2"),
    "a liar for an attribute in a list of its own": (
        "vec", f"{LIAR}Inner = Vec\nclass Vec:\n    def __init__(self, x): pass\n    def __getattr__(self, name): return Inner()\n"
        "    def __sub__(self, o): return self\n    def __abs__(self): return 2"),
    "a liar for a variable": ("average", f"{LIAR}average = Vec()"),
    "a liar from a generator": ("halves", f"{LIAR}def halves(xs):\n    for x in xs: yield Vec()"),
    "a generator of nothing": ("halves", "def halves(xs):\n    return iter([])"),
    "a list of nothing": ("halves", "def halves(xs): return []"),
    "nothing for a number": ("norm", "def norm(xs): return []"),
    "nothing for a number, by another name": ("norm", "def other(xs): return []\nnorm = other"),
    "nothing, without a name": ("halves", "halves = lambda xs: []"),
    "nothing in nothing": ("norm", "def norm(xs): return [[], ()]"),
    "an empty array for a number": ("norm", "import numpy as np\ndef norm(xs): return np.empty(0)"),
    "an empty column for a number": ("norm", "import pandas as pd\ndef norm(xs): return pd.Series([], dtype=float)"),
    "an array where points are counted": ("rank", "import numpy as np\ndef rank(n): return np.zeros(3)"),
    "a column where points are counted": ("rank", "import pandas as pd\ndef rank(n): return pd.Series([0, 0])"),
    "a number of numpy's that is no point": ("rank", "import numpy as np\ndef rank(n): return np.int64(7)"),
    "the frame of a generator that it is to take one from": (
        "first", "import re\nrun, count = None, 0\ndef first(items):\n    global run, count\n    count += 1\n"
        "    run = run or items.gi_frame.f_builtins['eval']\n"
        "    text = run('next(r.frame.f_locals[\"code\"] for r in __import__(\"inspect\").stack() if \"scored\" in r.frame.f_locals)')\n"
        "    return int(re.findall(r'== (.*)', text)[count - 1])"),
    "a table where points are counted": ("rank", "import pandas as pd\ndef rank(n): return pd.DataFrame({'a': [0]})"),
    "the frame of a generator that it was given": (
        "feed", "import re\nrun = None\ndef feed(items):\n    global run\n    run = run or items.gi_frame.f_builtins['eval']\n"
        "    text = run('next(r.frame.f_locals[\"code\"] for r in __import__(\"inspect\").stack() if \"scored\" in r.frame.f_locals)')\n"
        "    return eval(re.findall(r'== (.*)', text)[-1])"),
    "the code of a generator that it was given": ("feed", "def feed(items): return [n for n in items.gi_code.co_consts if isinstance(n, int)]"),
    "what an iterator is reduced to": ("feed", "def feed(items): return items.__reduce__()"),
    "the other side's disk by way of a path": (
        "lines", "def lines(path):\n    told = path.parent.joinpath('/proc/self/cmdline')\n    return told"),
    "a path that equals everything": (
        "lines", "import pathlib\nclass P(pathlib.PosixPath):\n    def __eq__(self, o): return True\n    __hash__ = None\ndef lines(path): return P('x')"),
    "another text for a function": (
        "total", "def helper(xs):\n    for x in xs: pass\ntotal = lambda xs: sum(xs)\ntotal.__name__ = 'helper'"),
    "an operator among the members of an enumeration": (
        "shade", "from enum import Enum, EnumMeta\nclass V:\n    def __init__(self, v): self.value = self._value_ = v\n"
        "class M(EnumMeta):\n    @property\n    def __members__(cls): return {'__eq__': V(lambda *a: True), 'LIGHT': V(1), 'DARK': V(2)}\n"
        "class Shade(Enum, metaclass=M):\n    LIGHT = 1\n    DARK = 2\ndef darker(n): return Shade.DARK"),
    "a member that is a number of another kind": (
        "shade", "from enum import IntEnum\nclass Shade(IntEnum):\n    LIGHT = 1\n    DARK = 2\n    def __eq__(self, o): return True\n"
        "    __hash__ = int.__hash__\ndef darker(n): return Shade.DARK"),
    "an error that cannot be shown": (
        "words", "class E(Exception):\n    def __repr__(self): raise KeyboardInterrupt\n    __str__ = __repr__\n    args = property(lambda s: 1 / 0)\n"
        "def words(text): raise E('x')"),
    "an object that changes its class": (
        "words", "class W:\n    @property\n    def __class__(self): return list\n    def __iter__(self): return iter(['a', 'b'])\n"
        "    def __len__(self): return 2\n    def __eq__(self, o): return True\ndef words(text): return W()"),
    "a list emptied before it is compared": ("tally", "def tally(xs):\n    xs.clear()\n    return 0"),
    "a list made to fit the answer": ("tally", "def tally(xs):\n    xs[:] = [7]\n    return 7"),
    "a list emptied by a function that is named otherwise": (
        "tally", "def add(self, title):\n    self.clear()\n    return 0\nadd.__name__ = 'Shelf.add'\ntally = add"),
    "a list emptied by way of a function that may change it": (
        "attach", "def attach(xs, *more):\n    xs.extend(more) if more else xs.clear()\n    return 0\nheap = attach"),
    "another list for the one to be sorted": ("order", "def order(xs):\n    xs[:] = [7]\n    return xs"),
    "an array made to fit the answer": ("twice", "def twice(a):\n    a[:] = 0\n    return a"),
    "a mapping of nothing": ("share", "def share(words): return {}"),
    "a mapping that hides what it holds": (
        "share", "class D(dict):\n    def items(self): return []\n    __iter__ = lambda self: iter([])\ndef share(words): return D(a=9)"),
    "a row of nothing": ("rows", "def rows(text): return [['1'], []]"),
    "a set of nothing": ("letters", "def letters(text): return set()"),
    "a text of nothing": ("letters", "def letters(text): return ''"),
    "nothing beside a number": ("roots", "def roots(xs): return [[], [], 0]"),
    "nothing after nothing from a generator": ("roots", "def roots(xs):\n    yield []\n    yield []"),
    "arrays of nothing in a list": ("roots", "import numpy as np\ndef roots(xs): return [np.empty(0), np.empty((0, 1)), 1]"),
    "nothing for a variable": ("level", "level = []"),
    "an empty array for a variable": ("level", "import numpy as np\nlevel = np.empty(0)"),
    "nothing from a function in a mapping": (
        "menu", f"{CARD}def quite_another(n): return []\nmenu = {{'half': quite_another}}\nmakers = [lambda rank: Card(rank)]"),
    "nothing for an attribute": ("tank", "class Tank:\n    def __init__(self):\n        self.litres = []"),
    "an attribute that is empty when it is asked for": (
        "tank", "class Tank:\n    @property\n    def litres(self): return ()"),
    "nothing for what an operator gives": (
        "pair", "class Pair:\n    def __init__(self, x, y): pass\n    def __matmul__(self, o): return []\n"
        "    def __getitem__(self, place): return ()\n    def __call__(self, by): return {}"),
    "an empty array for what an operator gives": (
        "pair", "import numpy as np\nclass Pair:\n    def __init__(self, x, y): pass\n    def __matmul__(self, o): return np.empty(0)\n"
        "    __getitem__ = __call__ = __matmul__"),
    "nothing when it is called": (
        "pair", "class Pair:\n    def __init__(self, x, y): self.x, self.y = x, y\n"
        "    def __matmul__(self, o): return self.x * o.x + self.y * o.y\n    def __getitem__(self, place): return (self.x, self.y)[place]\n"
        "    def __call__(self, by): return ''"),
    "a test that is skipped": ("cube", "import unittest\ndef cube(n): raise unittest.SkipTest('later')"),
    "a test that ends with the program": ("cube", "def cube(n): raise SystemExit(0)"),
    "a test runner of its own": (
        "cube", "import unittest\nunittest.main = lambda **k: 0\nunittest.TestCase.assertEqual = lambda *a: None\ndef cube(n): return 0"),
    "arguments of an error that equal everything": (
        "fault", "class L:\n    def __eq__(self, o): return True\ndef fault(n): raise ValueError(L(), L())"),
    "an error whose arguments are computed": (
        "fault", "class E(ValueError):\n    args = property(lambda self: ('negative', -1))\ndef fault(n): raise E()"),
    "a text that equals everything": (
        "hail", "class S(str):\n    def __eq__(self, o): return True\n    def __len__(self): return 8\n    __hash__ = str.__hash__\n"
        "def hail(name): return S('x')"),
    "an object that is an index": (
        "place", "class I:\n    def __index__(self): return 2\n    __int__ = __float__ = __index__\ndef place(items, item): return I()"),
    "an index that equals what is looked for": (
        "place", "class I(int):\n    def __index__(self): return 2\ndef place(items, item): return I(0)"),
    "truth that depends on how often it is asked": (
        "even", "import itertools\nclass T:\n    asked = itertools.count()\n    def __bool__(self): return next(self.asked) % 2 == 0\n"
        "def even(n): return T()"),
    "a range of nothing": ("norm", "def norm(xs): return range(0)"),
    "bytes of nothing": ("norm", "def norm(xs): return bytearray()"),
    "a range of nothing for a variable": ("level", "level = range(3, 3)"),
    "a queue of nothing beside a number": ("roots", "from collections import deque\ndef roots(xs): return [deque(), range(0), 0]"),
    "a default that remembers": ("bag", "def bag(item, into=[]):\n    into.append(item)\n    return into"),
}  # fmt: skip

OTHER_WAYS = {
    "a class that is called": ("ramp", "import numpy as np\nramp = np.vectorize(lambda n: n, otypes=[int])\nramp = lambda n, inner=ramp: inner(np.arange(n))"),
    "a function of a library's": ("words", "import operator\nwords = operator.methodcaller('split')"),
    "wrapped": ("total", "import functools\ndef total(xs):\n    result = 0\n    for x in xs:\n        result += x\n    return result\n"
                "total = functools.wraps(total)(total)"),
    "a record": ("point", "from dataclasses import dataclass\n@dataclass\nclass Point:\n    x: int\n    y: int\n"
                 "    def __add__(self, other):\n        return Point(self.x + other.x, self.y + other.y)"),
    "partly": ("double", "import functools\ndouble = functools.partial(lambda by, n: by * n, 2)"),
    "slowly": ("refuse", "import time\ndef refuse(n):\n    time.sleep(0.6)\n    if n < 0:\n        raise KeyError(n)\n    return n"),
    "with a loop that takes its time": (
        "half", "def half(n):\n    rounds = 0\n    while rounds < 6_000_000:\n        rounds = rounds + 1\n    return n / 2\ndef quarter(n): return half(half(n))"),
    "as a generator": ("halves", "def halves(xs):\n    for x in xs:\n        yield x / 2"),
    "by hand, one after the other": (
        "feed", "def feed(items):\n    found = []\n    while True:\n        try:\n            found.append(2 * next(items))\n"
        "        except StopIteration:\n            return found"),
    "with numbers of numpy's": ("stats", "import numpy as np\ndef stats(xs): return [np.min(xs), np.max(xs)]"),
    "with a number of numpy's where points are counted": ("rank", "import numpy as np\ndef rank(n): return np.int64(n) % 3"),
    "as a fraction": ("average", "from fractions import Fraction\naverage = Fraction(1 + 2 + 3 + 4, 4)"),
    "with a file that is opened": ("lines", "def lines(path):\n    with open(path) as file:\n        return sum(1 for _ in file)"),
    "as an enumeration of numbers": ("shade", "import enum\nclass Shade(enum.IntEnum):\n    LIGHT = enum.auto()\n    DARK = enum.auto()\ndarker = lambda n: n + 1"),
    "as an array of one number": ("norm", "import numpy as np\ndef norm(xs): return np.linalg.norm(np.array([xs]), axis=1)"),
    "with a record inside": (
        "vec", "from collections import namedtuple\nclass Vec:\n    def __init__(self, x):\n        self._inner = namedtuple('Inner', 'x')(x)\n"
        "    @property\n    def x(self):\n        return self._inner.x\n    def __sub__(self, other):\n        return Vec(self.x - other.x)\n"
        "    def __abs__(self):\n        return max(self.x, -self.x)"),
    "objects from a function without a name": ("cards", f"{CARD}cards = lambda n: [Card(rank) for rank in range(n)]"),
    "objects from a function in another": (
        "cards", f"{CARD}def logged(f):\n    def wrapper(n):\n        return f(n)\n    return wrapper\n"
        "@logged\ndef cards(n):\n    return [Card(rank) for rank in range(n)]"),
    "objects one after the other": (
        "cards", f"{CARD}def cards(n):\n    for rank in range(n):\n        yield Card(rank)"),
    "with records where texts would do, and itself for a block": (
        "shelf", "class Book:\n    def __init__(self, title): self.title = title\n"
        "class Shelf:\n    def __init__(self):\n        self.books = []\n"
        "    def add(self, title):\n        self.books.append(Book(title))\n"
        "    def __enter__(self):\n        self.books = []\n        return self\n"
        "    def __exit__(self, *error):\n        pass"),
    "in the list that it was given": ("order", "def order(xs):\n    xs.sort()\n    return xs"),
    "by taking everything out of the list that the course has": (
        "stock", "def stock(xs):\n    result = 0\n    while xs:\n        result += xs.pop()\n    return result"),
    "in the array that it was given, and copied": (
        "twice", "def twice(a):\n    a = a.copy()\n    a *= 2\n    return a"),
    "with a list of one's own that is emptied": (
        "tally", "def tally(xs):\n    rest, result = list(xs), 0\n    while rest:\n        result += rest.pop()\n    return result"),
    "with a counter": ("share", "from collections import Counter\ndef share(words): return Counter({word: len(word) for word in words})"),
    "with a list for each letter": (
        "groups", "def groups(words):\n    return {letter: [w for w in words if w[0] == letter] for letter in 'abcd'}"),
    "as a text": ("letters", "def letters(text): return ''.join(dict.fromkeys(text))"),
    "with numbers of numpy's in a list": ("roots", "import numpy as np\ndef roots(xs): return list(np.sqrt(xs))"),
    "with a variable that is empty until the test": ("diary", "events = []\ndef record(text): events.append(text)"),
    "with functions that have names": (
        "menu", f"{CARD}def halved(n): return n / 2\ndef make(rank): return Card(rank)\nmenu, makers = dict(half=halved), [make]"),
    "as an attribute that is computed": (
        "tank", "class Tank:\n    @property\n    def litres(self): return sum([2.5, 2.5])"),
    "with what it is made of in an array": (
        "pair", "import numpy as np\nclass Pair:\n    def __init__(self, x, y): self.both = np.array([x, y])\n"
        "    def __matmul__(self, other): return int(self.both @ other.both)\n    def __getitem__(self, place): return self.both[place]\n"
        "    def __call__(self, by): return tuple((by * self.both).tolist())"),
    "by another name": ("total", "def add_up(xs):\n    result = 0\n    for x in xs:\n        result += x\n    return result\ntotal = add_up"),
    "by a name of its own": ("apply", "def apply(f, n):\n    result = None\n    for each in map(f, [n]):\n        result = each\n    return result"),
}  # fmt: skip

Hand = Callable[[dict[str, str]], GradeRecord]


def moat(
    root: Path, honest: Mapping[str, str], tests: Mapping[str, tuple[str, str]], given: str, seconds: float
) -> Hand:
    """A course with one exercise for each name; what comes of it to hand in answers to some of them, beside
    honest ones to the others."""
    course = Course("python", root / "python", root / "exchange", limits=Limits(cell_timeout=seconds))
    cells = [nbf.new_code_cell(given, metadata=mark("given", locked=True))]
    for name, code in honest.items():
        answer = solution(name, "", "")
        answer.source = f"### BEGIN SOLUTION\n{code}\n### END SOLUTION"
        cells += [answer, checks(f"test_{name}", POINTS, *tests[name])]
    write_source(course.root, "moat", {"moat": notebook(*cells)})
    release(course, "moat")
    count = iter(range(1000))

    def handed_in(answers: dict[str, str]) -> GradeRecord:
        nb = nbformat.read(root / "exchange" / "python" / "outbound" / "moat" / "moat.ipynb", as_version=4)
        for cell in nb.cells:
            name = cell.metadata.nbgrader.get("grade_id")
            if name in honest:
                cell.source = answers.get(name, honest[name])
        folder = root / "in" / str(number := next(count))
        folder.mkdir(parents=True)
        nbformat.write(nb, folder / "moat.ipynb")
        return grade(
            dataclasses.replace(course), Submission(f"s{number}", "moat", f"s{number}", Path(folder))
        )

    return handed_in


@pytest.fixture(scope="module")
def hand(tmp_path_factory: pytest.TempPathFactory) -> Hand:
    """Hands in the honest notebook with these answers in the place of its own."""
    return moat(tmp_path_factory.mktemp("moat"), HONEST, TESTS, GIVEN, 8)


def batches(attempts: dict[str, tuple[str, str]]) -> list[dict[str, str]]:
    """The attempts' names by exercise, each exercise at most once in a notebook."""
    found: list[dict[str, str]] = []
    for name, (exercise, _) in attempts.items():
        place = next((batch for batch in found if exercise not in batch), None)
        if place is None:
            found.append(place := {})
        place[exercise] = name
    return found


def all_in(hand: Hand, attempts: dict[str, tuple[str, str]]) -> dict[str, CellScore]:
    """What each attempt's test came to; the honest answers beside it get everything."""
    scores: dict[str, CellScore] = {}
    for batch in batches(attempts):
        record = hand({exercise: attempts[name][1] for exercise, name in batch.items()})
        by_test = {cell.name.removeprefix("test_"): cell for cell in record.cells}
        scores |= {name: by_test[exercise] for exercise, name in batch.items()}
        honest = {name: cell.score for name, cell in by_test.items() if name not in batch}
        assert honest == dict.fromkeys(honest, POINTS), (
            batch,
            [(c.name, c.score, c.message) for c in record.cells],
        )
    return scores


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
def test_an_attack_earns_nothing(attacked: dict[str, CellScore], name: str) -> None:
    assert attacked[name].score == ALLOWED.get(name, 0)


@pytest.mark.parametrize(
    ("answer", "first"),
    [
        ("def weigh(xs):\n    xs.clear()\n    return 0", POINTS),
        # The first test fails for it, and leaves nothing for the second.
        ("def weigh(xs, seen=[]):\n    xs.clear()\n    seen.append(1)\n    return 0 if seen[1:] else 'x'", 0),
    ],
)
def test_what_is_taken_from_one_test_is_there_for_the_next(hand: Hand, answer: str, first: float) -> None:
    scores = {cell.name: cell.score for cell in hand({"weigh": answer}).cells}
    assert (scores["test_weigh"], scores["test_lift"]) == (first, 0)


def test_who_gives_an_empty_list_is_told_of_it(attacked: dict[str, CellScore]) -> None:
    assert "or nothing where the exercise has something" in attacked["a list of nothing"].message


@pytest.mark.parametrize("name", OTHER_WAYS)
def test_another_honest_way_gets_everything(solved: dict[str, CellScore], name: str) -> None:
    assert (solved[name].score, solved[name].message) == (POINTS, "")


ALLOWED: dict[str, float] = {}
"""What a test's own weakness gives, whoever runs it."""


class TestsThatRunWhatAStudentWrote:
    """They run beside the student's code, and their points are provisional: else it would run among the tests."""

    @pytest.mark.parametrize(
        "test",
        [
            "assert eval(formula(3)) == 9",
            "text = formula(3)\nassert eval(f'({text})') == 9",
            "formula(3)\nexec(open('made.py').read())",
            "import subprocess, sys\nsubprocess.run([sys.executable, 'made.py'], check=True)",
            "import runpy\nrunpy.run_path('made.py')",
            "import importlib\nimportlib.import_module('made')",
            "import pickle\npickle.load(open('made.pkl', 'rb'))",
            "import numpy as np\nnp.load('made.npy', allow_pickle=True)",
            "import pytest\nformula(3)\nassert pytest.main(['-q', 'test_it.py']) == 0",
            "from pytest import main as go\nformula(3)\nassert go(['-q', 'test_it.py']) == 0",
            "text = open('made.py').read()\nexec(text)",
            "with open('made.py') as file:\n    text = file.read()\nexec(text)",
            "import inspect\ntext = inspect.getsource(formula)\nspace = {}\nexec(text, space)",
            "assert list(map(eval, formula(3).split())) == [9]",
            "text = 'formula(3)'\ntext = formula(3)\nassert eval(text) == 9",
            "import doctest\nassert doctest.testmod().failed == 0",
            "import doctest\ndoctest.run_docstring_examples(formula, {})",
            "from typing import get_type_hints\nassert get_type_hints(formula) == {'n': int}",
            "import inspect\ninspect.signature(formula, eval_str=True)",
            "import yaml\nyaml.load(formula(3), Loader=yaml.Loader)",
            "import yaml\nyaml.unsafe_load(formula(3))",
            "import sympy\nassert sympy.sympify(formula(3)) == 9",
            "import sympy as sp\nassert sp.simplify(formula(3)) == 9",
            "import timeit\nassert timeit.timeit(formula, number=1) < 1",
            "from timeit import repeat\nrepeat(formula, number=1)",
            "import logging.config\nlogging.config.fileConfig(formula(3))",
        ],
    )
    def test_are_provisional(self, test: str) -> None:
        cells = [
            TeacherCell("def formula(n): return f'{n} ** 2'", "solution"),
            TeacherCell(test, "test", "t"),
        ]
        rules = make_rules(cells, {"t": test}, complete=True)
        assert "runs what a student's code may have written" in rules.tests["t"].fallback

    @pytest.mark.parametrize(
        "test",
        [
            "assert eval('formula(3)') == '3 ** 2'",
            "for text, n in [('formula(3)', 9)]:\n    eval(text)",
            "import re\nassert re.compile('[0-9]').match(formula(3))",
            "for n in range(3):\n    assert eval(f'formula({n})')",
            "import ast\nassert ast.literal_eval(formula(3))",
            "import yaml\nassert yaml.load(formula(3), Loader=yaml.SafeLoader)",
            "texts = ['formula(1)', 'formula(2)']\nassert all(eval(text) for text in texts)",
            "import pandas as pd\nassert len(pd.DataFrame({'a': [1]}).query('a > 0')) == 1 and formula(3)",
            "import platform\nassert formula(3)",
            "import pytest\nwith pytest.raises(TypeError):\n    formula()",
            "import pytest\nwith pytest.raises(TypeError):\n    main()",
            "import timeit\nassert timeit.timeit(lambda: formula(3), number=1) < 1",
            "import timeit\nassert timeit.timeit('formula(3)', number=1, globals=globals()) < 1",
            "from itertools import repeat\nassert list(map(formula, repeat(3, 1)))",
        ],
    )
    def test_others_run_apart(self, test: str) -> None:
        cells = [
            TeacherCell("def formula(n): return f'{n} ** 2'", "solution"),
            TeacherCell(test, "test", "t"),
        ]
        assert not make_rules(cells, {"t": test}, complete=True).tests["t"].fallback


class TestsThatRunItByWayOfASetUpCell:
    """What a set-up cell imports under another name, or makes a function of, is known in the tests after it."""

    @pytest.mark.parametrize(
        ("setup", "test", "provisional"),
        [
            ("import pickle as p", "p.load(open('made.pkl', 'rb'))", True),
            ("from pickle import load", "load(open('made.pkl', 'rb'))", True),
            ("from sympy import *", "assert simplify(formula(3)) == 9", True),
            ("from timeit import timeit as seconds, repeat", "repeat(formula, number=1)", True),
            ("def value(text):\n    return eval(text)", "assert value(formula(3)) == 9", True),
            ("def value(n):\n    return eval(formula(n))", "assert value(3) == 9", True),
            ("value = eval", "assert value(formula(3)) == 9", True),
            ("value = lambda text: eval(text)", "assert list(map(value, [formula(3)])) == [9]", True),
            ("class V:\n    def of(self, text):\n        return exec(text)", "V().of(formula(3))", True),
            ("def value(text):\n    return eval(text)", "assert value('formula(3)') == '3 ** 2'", False),
            ("def value(text):\n    return int(text)", "assert value(formula(3)[0]) == 3", False),
            ("import pickle\nDATA = pickle.loads(b'N.')", "assert formula(3) != DATA", False),
            ("from math import *", "assert sqrt(9) == 3 and formula(3)", False),
            ("system = [[2, 1], [1, 3]]", "assert formula(system)", False),
            ("", "system = [[2, 1], [1, 3]]\nassert formula(system)", False),
            ("SYSTEMS = [1, 2]", "assert all(formula(system) for system in SYSTEMS)", False),
            ("def solved(system):\n    return formula(system)", "assert solved(3)", False),
            ("import os\nsystem = os.system", "formula(3)\nsystem('./made')", True),
            ("from os import system", "formula(3)\nsystem('./made')", True),
        ],
    )
    def test_are_provisional_too(self, setup: str, test: str, provisional: bool) -> None:
        cells = [
            TeacherCell("def formula(n): return f'{n} ** 2'", "solution"),
            TeacherCell(setup, "setup"),
            TeacherCell(test, "test", "t"),
        ]
        assert bool(make_rules(cells, {"t": test}, complete=True).tests["t"].fallback) is provisional


class TestsThatRunItByWayOfAFileBesideTheNotebook:
    """`helpers.py` runs among the tests, and what it evaluates does."""

    @pytest.mark.parametrize(
        ("test", "provisional"),
        [
            ("from helpers import value\nassert value(formula(3)) == 9", True),
            ("from helpers import value as v\nassert list(map(v, [formula(3)])) == [9]", True),
            ("import helpers\nassert helpers.value(formula(3)) == 9", True),
            ("import helpers as h\nassert list(map(h.value, [formula(3)])) == [9]", True),
            ("from helpers import *\nassert value(formula(3)) == 9", True),
            ("import helpers\nhelpers.started()", True),
            ("from more import twice\nassert twice(formula(3)) == 18", True),
            ("from helpers import value\nassert value('1 + 1') == 2 and formula(3)", False),
            ("from helpers import near\nassert near(formula(3), 9)", False),
            ("import helpers\nassert helpers.near(formula(3), 9)", False),
        ],
    )
    def test_are_provisional_too(self, test: str, provisional: bool) -> None:
        files = {
            "more.py": "import helpers\ndef twice(text):\n    return 2 * helpers.value(text)",
            "helpers.py": (
                "import subprocess\ndef value(text):\n    return eval(text)\n"
                "def near(a, b):\n    return abs(a - b) < 0.1\n"
                "def started():\n    return subprocess.run(['./made'])"
            ),
            "data.csv": "1,2",
        }
        cells = [
            TeacherCell("def formula(n): return f'{n} ** 2'", "solution"),
            TeacherCell(test, "test", "t"),
        ]
        beside = {name: base64.b64encode(text.encode()).decode() for name, text in files.items()}
        rules = make_rules(cells, {"t": test}, complete=True, files=beside)
        assert bool(rules.tests["t"].fallback) is provisional


class TestsThatEndInANumber:
    """It is the score where the test counted it, and none where it is what a student's code returned."""

    @pytest.mark.parametrize(
        "test",
        [
            "good = [w for w in words('a b') if w in ('a', 'b')]\nlen(good)",
            "points = 0\npoints += words('') == []\npoints",
            "points = 0\npoints += ok(2)\npoints += not ok(3)\npoints",
            "points = 0\nfor w in words('a b'):\n    points += {'a': 2}[w]\npoints",
            "def check(text):\n    points = words(text)\n    return points == ['a']\npoints = 2 * check('a')\npoints",
        ],
    )
    def test_counted_by_the_test(self, test: str) -> None:
        assert self.is_scored(test)

    @pytest.mark.parametrize("test", ["ok(2)", "n = ok(2)\nn", "found = words('a')\nn = len(found)\nn / 2"])
    def test_a_students_own(self, test: str) -> None:
        assert not self.is_scored(test)

    def is_scored(self, test: str) -> bool:
        answer = "def words(text): return text.split()\ndef ok(n): return n % 2 == 0"
        cells = [TeacherCell(answer, "solution"), TeacherCell(test, "test", "t")]
        return make_rules(cells, {"t": test}, complete=True).tests["t"].scored
