# ruff: noqa: E501
"""What crosses between a student's code and the tests: each line here passes with the solution, apart from it."""

from __future__ import annotations

import pytest
from learnflow_grading.trusted.calibrate import calibrated, passed
from learnflow_grading.trusted.plan import NotebookRules, TeacherCell, make_rules
from learnflow_grading.trusted.session import Cell, Outcome, RunSettings, run
from local_sandboxes import LocalSandboxes

SETUP = "import math, io, random, enum, collections, dataclasses, datetime, decimal, fractions\nimport numpy as np\nimport pandas as pd\nBASE = [1, 2, 3]"
SOLUTION = '''
def same(x):
    """Gives back what it gets."""
    return x
def double(numbers: list, factor=2, *rest, flag: bool = False, **more) -> list:
    return [n * factor for n in numbers]
def push(items):
    items.append(99)
    return items
def fill(table, array, mapping, bag, data):
    table.loc[0, "a"] = 50
    array[0] = 7
    mapping["k"] = 1
    bag.add(5)
    data.extend(b"!")
def count_up(n):
    got = 0
    for i in range(n):
        step = yield got
        got += 1 if step is None else step
def apply(f, xs): return [f(x) for x in xs]
def boom(kind): raise kind("bad")
class Oops(ValueError):
    def __init__(self, code): super().__init__(f"code {code}"); self.code = code
def oops(): raise Oops(7)
class Point:
    kind = "point"
    def __init__(self, x, y=0): self.x, self.y = x, y
    def __add__(self, o): return Point(self.x + o.x, self.y + o.y)
    def __mul__(self, k): return Point(self.x * k, self.y * k)
    def __eq__(self, o): return isinstance(o, Point) and (self.x, self.y) == (o.x, o.y)
    def __lt__(self, o): return self.x < o.x
    def __hash__(self): return hash((self.x, self.y))
    def __len__(self): return 2
    def __iter__(self): return iter((self.x, self.y))
    def __getitem__(self, i): return (self.x, self.y)[i]
    def __setitem__(self, i, v): self.x = v
    def __contains__(self, v): return v in (self.x, self.y)
    def __bool__(self): return bool(self.x or self.y)
    def __abs__(self): return (self.x ** 2 + self.y ** 2) ** 0.5
    def __call__(self, z): return self.x + z
    def __enter__(self): return self
    def __exit__(self, *e): self.x = -1
    def __repr__(self): return f"Point({self.x}, {self.y})"
    def moved(self, by): return Point(self.x + by, self.y)
    @property
    def size(self): return self.x + self.y
    @classmethod
    def origin(cls): return cls(0, 0)
    @staticmethod
    def dim(): return 2
class Deep(Point):
    def depth(self): return 3
@dataclasses.dataclass(order=True)
class Card:
    rank: int
    suit: str = "x"
Pair = collections.namedtuple("Pair", "a b")
class Color(enum.Enum):
    RED = 1
    BLUE = 2
def mixed(c): return Color.BLUE if c is Color.RED else Color.RED
class Total(dict):
    pass
total = 0
def tick():
    global total
    total += 1
def greet():
    name = input("Who? ")
    print("Hi", name)
def dice(): return random.randint(1, 10**9)
def save():
    with open("out.txt", "w") as f: f.write("saved")
def load():
    with open("in.txt") as f: return f.read()
def adder(n): return lambda x: x + n
def views(d): return d.keys(), d.values(), d.items()
def pairs(items): return [(item, next(items)) for item in items]
def amount(items): return sum(1 for _ in items)
def peek(thing): return thing.name + "!" + str(len(thing))
BASE.append(4)
'''
TESTS = {
    "numbers": "for v in (0, -1, 2**200, -2**70, 1.5, -0.0, 1e308, 3+4j, True, None, ...): assert same(v) == v and type(same(v)) is type(v)\nassert math.isnan(same(float('nan'))) and same(float('-inf')) == float('-inf')",
    "text and bytes": "for v in ('', 'gr\\u00fc\\u00df \\ud83d', b'\\x00\\xff', bytearray(b'ab')): assert same(v) == v and type(same(v)) is type(v)",
    "containers": "for v in ([], [1, [2]], (1, (2,)), {1, 2}, frozenset({3}), {'a': {1: [2]}}, {(1, 2): 3}, range(1, 9, 2), slice(1, None)): assert same(v) == v and type(same(v)) is type(v)\na = []\na.append(a)\nb = same(a)\nassert b is a",
    "library values": "for v in (collections.Counter('aab'), collections.OrderedDict(a=1), collections.deque([1], 3), collections.defaultdict(int, a=1), decimal.Decimal('1.10'), fractions.Fraction(1, 3), datetime.date(2024, 2, 29), datetime.datetime(2024, 1, 2, 3, 4), datetime.time(1), datetime.timedelta(1, 2, 3), int, list): assert same(v) == v and type(same(v)) is type(v)",
    "aliases and changes": "xs = [1]\nassert push(xs) is xs and xs == [1, 99]\nt = pd.DataFrame({'a': [1, 2]})\nar = np.zeros(2)\nm, s, d = {}, set(), bytearray(b'x')\nfill(t, ar, m, s, d)\nassert t.a.tolist() == [50, 2] and ar[0] == 7 and m == {'k': 1} and s == {5} and d == b'x!'",
    "arrays": "for v in (np.arange(6).reshape(2, 3), np.array(['a', 'bc']), np.array([1, None, 'x'], dtype=object), np.array(['2024-01-01'], dtype='M8[D]')): np.testing.assert_array_equal(same(v), v)\nassert type(same(np.float64(1.5))) is np.float64 and same(np.int8(3)) == 3",
    "tables": "t = pd.DataFrame({'n': [1, 2], 's': ['a', None], 'd': pd.to_datetime(['2024-01-01', '2024-02-01']), 'b': [True, False]}, index=['x', 'y'])\npd.testing.assert_frame_equal(same(t), t)\npd.testing.assert_series_equal(same(t.n), t.n)\ng = t.set_index(['s', 'n'])\nassert same(g).shape == g.shape\npd.testing.assert_index_equal(same(t.index), t.index)",
    "signature": "import inspect\nassert list(inspect.signature(double).parameters) == ['numbers', 'factor', 'rest', 'flag', 'more']\nassert double.__name__ == 'double' and same.__doc__ == 'Gives back what it gets.'\nassert double.__annotations__['return'] is list\nassert 'return x' in inspect.getsource(same)\nassert callable(double) and double([1], factor=3) == [3]",
    "generators": "assert list(count_up(3)) == [0, 1, 2]\ng = count_up(3)\nassert next(g) == 0 and g.send(5) == 5\nassert list(map(same, [1])) == [1]",
    "long iterators": "assert pairs(iter(range(3000))) == [(n, n + 1) for n in range(0, 3000, 2)]\nassert amount(iter(range(210_000))) == 210_000\ng = (str(n) for n in range(5000))\nassert len(pairs(map(next, [g] * 1200))) == 600 and next(g) == '1200'",
    "callbacks": "assert apply(lambda x: x + 1, [1, 2]) == [2, 3]\nseen = []\napply(seen.append, [1])\nassert seen == [1]\ntry:\n    apply(lambda x: 1 / x, [0])\nexcept ZeroDivisionError:\n    pass\nelse:\n    assert False\nassert apply(adder(2), [1]) == [3]",
    "the test's own objects": "class Thing:\n    name = 'n'\n    def __len__(self): return 4\nassert peek(Thing()) == 'n!4'",
    "exceptions": "for kind in (ValueError, KeyError, ZeroDivisionError, SystemExit):\n    try:\n        boom(kind)\n    except kind as e:\n        assert e.args == ('bad',)\n    else:\n        assert False\ntry:\n    oops()\nexcept Oops as e:\n    assert str(e) == 'code 7' and e.code == 7 and isinstance(e, ValueError)\ntry:\n    double(1, 2, nothing=1)\nexcept TypeError:\n    pass",
    "objects": "p = Point(1, 2)\nassert p + Point(3, 4) == Point(4, 6) and p * 3 == Point(3, 6) and p < Point(2) and p != Point(9)\nassert len(p) == 2 and list(p) == [1, 2] and p[1] == 2 and 2 in p and 5 not in p and bool(p) and not Point(0)\nassert abs(Point(3, 4)) == 5 and p(10) == 11 and repr(p) == 'Point(1, 2)' and str(p) == 'Point(1, 2)' and f'{p}' == 'Point(1, 2)'\np[0] = 8\nassert p.x == 8\np.y = 9\nassert p.size == 17 and p.moved(1).x == 9 and Point.origin() == Point(0, 0) and Point.dim() == 2 and Point.kind == 'point'\nwith p as q:\n    pass\nassert p.x == -1 and q.x == -1\nassert isinstance(p, Point) and type(p) is Point and hasattr(p, 'x') and not hasattr(p, 'zz')\nassert len({Point(1), Point(1)}) == 1\ndel p.y",
    "inheritance": "d = Deep(1, 2)\nassert isinstance(d, Point) and issubclass(Deep, Point) and d.depth() == 3 and d + d == Point(2, 4)",
    "dataclasses, tuples, enumerations": "assert Card(1) == Card(1, 'x') and Card(1) < Card(2) and Card(3).rank == 3\nassert Pair(1, 2) == (1, 2) and Pair(1, 2).a == 1\nassert mixed(Color.RED) is Color.BLUE and Color.RED.value == 1\nassert Total(a=1) == {'a': 1}",
    "variables": "before = total\ntick()\nassert total == before + 1\nassert 'total' in globals()\nassert BASE == [1, 2, 3, 4]",
    "input and output": "from unittest.mock import patch\nfrom contextlib import redirect_stdout\nshown = io.StringIO()\nwith patch('builtins.input', return_value='Ada'), redirect_stdout(shown):\n    greet()\nassert shown.getvalue() == 'Hi Ada\\n'",
    "seeds": "random.seed(3)\nexpected = random.randint(1, 10**9)\nrandom.seed(3)\nassert dice() == expected",
    "files": "save()\nassert open('out.txt').read() == 'saved'\nwith open('in.txt', 'w') as f:\n    _ = f.write('read me')\nassert load() == 'read me'",
    "views": "k, v, i = views({'a': 1})\nassert list(k) == ['a'] and list(v) == [1] and dict(i) == {'a': 1} and k == {'a': 0}.keys()",
    "unittest": "import unittest\nclass T(unittest.TestCase):\n    def test_it(self):\n        self.assertEqual(double([2]), [4])\n        with self.assertRaises(Oops):\n            oops()\nr = unittest.main(argv=['x'], exit=False)\nassert r.result.wasSuccessful() and r.result.testsRun == 1",
    "replaced": "old = same\nsame = lambda x: 5\nassert push([]) == [99]\nsame = old",
    "a score": "0.5",
}  # fmt: skip
FALLBACKS = {
    "subclass": "class Mine(Point):\n    pass\nassert Mine(1).x == 1",
    "code": "assert double.__code__.co_argcount == 2",
    "replaced inside": "def swap():\n    global same\n    kept, same = same, len\n    assert push([]) == [99]\n    same = kept\nswap()",
    "evaluated": "assert eval(same('1')) == 1",
    "shell": "assert get_ipython() is not None",
    "asynchronous": "async def go():\n    return same(1)\nawait go()",
    "equals plain data": "class_ = Point\nassert (Point(1, 2) == Point(1, 2)) and (Point(1) * 2 - 0 if hasattr(Point, '__sub__') else True)\nassert Point(1, 2).__class__.__mro__[1].__subclasses__ is not None",
}


async def graded(
    answer: str, tests: dict[str, str], *, seconds: float = 20, setup: str = SETUP
) -> tuple[NotebookRules, dict[str, Outcome]]:
    """The rules as the solution shows them, and the outcome of each test with `answer`."""
    source = [TeacherCell(setup, "setup"), TeacherCell(SOLUTION, "solution", "answer")]
    source += [TeacherCell(text, "test", name) for name, text in tests.items()]
    sandboxes = LocalSandboxes()
    rules = make_rules(source, tests, complete=True)
    rules = await calibrated(sandboxes, rules, source, {}, RunSettings(), None)
    fallback = frozenset(name for name, test in rules.tests.items() if test.fallback)
    cells = [
        Cell(n, answer if cell.kind == "solution" else cell.source, rules.tests.get(cell.name), cell.name)
        for n, cell in enumerate(source)
    ]
    ran = await run(
        sandboxes,
        cells,
        rules,
        RunSettings(cell_seconds=seconds),
        files={},
        student_files={},
        in_kernel=fallback,
    )
    return rules, {cell.name: ran.cells[cell.index] for cell in cells if cell.test}


@pytest.mark.timeout(240)
class TestCrossing:
    async def test_everything_a_course_uses_runs_apart(self) -> None:
        rules, outcomes = await graded(SOLUTION, TESTS)
        assert {name: test.fallback for name, test in rules.tests.items() if test.fallback} == {}
        assert rules.broken == ()
        assert {name: outcome.outputs for name, outcome in outcomes.items() if not passed(outcome)} == {}

    async def test_nothing_passes_without_an_answer(self) -> None:
        _, outcomes = await graded("pass", {n: t for n, t in TESTS.items() if n not in ("a score",)})
        assert [name for name, outcome in outcomes.items() if passed(outcome)] == []

    async def test_what_cannot_run_apart_is_found_and_said(self) -> None:
        rules, outcomes = await graded(SOLUTION, FALLBACKS | {"numbers": TESTS["numbers"]})
        assert {name for name, test in rules.tests.items() if not test.fallback} == {"numbers"}
        assert all(outcomes[name].provisional for name in FALLBACKS)
        assert passed(outcomes["code"]) and passed(outcomes["subclass"]) and passed(outcomes["numbers"])


LIGHT = "\n".join(line for line in SETUP.split("\n") if "numpy" not in line and "pandas" not in line)
"""Of what the solution uses, only what is loaded at once."""


@pytest.mark.timeout(240)
class TestNames:
    async def test_what_a_test_puts_its_own_in_the_place_of_costs_nothing(self) -> None:
        tests = {
            "used": "assert abs(total) < 9",
            "used in a function": "def look():\n    return total\nassert look() != 7",
            "beside a loop's own": "assert all(same(total) == total for total in (1, 2))",
            "replaced": "for total in (1, 2):\n    assert same(total) == total",
        }
        _, outcomes = await graded(SOLUTION + "\ntotal = Point(1)", tests, setup=LIGHT)
        assert [outcomes[name].stop for name in tests] == ["odd_value", "odd_value", "", ""]
        assert [passed(outcomes[name]) for name in tests] == [False, False, True, True]


@pytest.mark.timeout(240)
class TestLoops:
    async def test_a_loop_costs_its_time_once(self) -> None:
        answer = SOLUTION + "\ndef same(x):\n    while True: pass\n"
        tests = {
            "first": "assert same(1) == 1",
            "second": "assert same(2) == 2",
            "other": TESTS["generators"].split("\n")[0],
        }
        # On a busy machine the libraries alone take seconds: then no loop is ever defined, and the second passes.
        _, outcomes = await graded(answer, tests, seconds=4, setup=LIGHT)
        assert [outcomes[name].stop for name in tests] == ["timeout", "timeout", ""]
        assert passed(outcomes["other"])
