# ruff: noqa: E501 - a test cell reads best on its own line
"""How much of an ordinary course runs apart from the students' code: nineteen of twenty test cells at least.

The cells are of the kinds that courses have, each for an answer of `SOLUTION`; beside them the whole courses that
are at hand. What falls back says why.
"""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from documented import copy_source
from learnflow_grading.trusted.calibrate import calibrated, passed
from learnflow_grading.trusted.files import files_in
from learnflow_grading.trusted.plan import NotebookRules, TeacherCell, kind_of, make_rules, teacher_cells
from learnflow_grading.trusted.session import Cell, Outcome, RunSettings, run
from local_sandboxes import LocalSandboxes

BASICS = Path(__file__).parents[3] / "notebooks" / "python-basics" / "source"
SHARE = 0.95

SETUP = "import math\nimport numpy as np\nimport pandas as pd\nSALES = pd.DataFrame({'city': ['A', 'B', 'A'], 'units': [1, 2, 3]})"
SOLUTION = '''
import collections, csv, dataclasses, datetime, enum, functools, json, random, re, sqlite3, time
from pathlib import Path
width, height = 3, 4
area = width * height
names = ["Ada", "Bo"]
prices = {"tea": 2.5, "cake": 3.0}
def square(x):
    """Return x squared."""
    return x * x
def mean(numbers):
    if not numbers:
        raise ValueError("no numbers")
    return sum(numbers) / len(numbers)
def circle(r): return math.pi * r ** 2
def solve(a, b, c):
    d = math.sqrt(b * b - 4 * a * c)
    return ((-b - d) / (2 * a), (-b + d) / (2 * a))
def fizzbuzz(n):
    return ["FizzBuzz" if i % 15 == 0 else "Fizz" if i % 3 == 0 else "Buzz" if i % 5 == 0 else i for i in range(1, n + 1)]
def is_prime(n): return n > 1 and all(n % d for d in range(2, int(n ** 0.5) + 1))
def factorial(n): return 1 if n < 2 else n * factorial(n - 1)
def fib():
    a, b = 0, 1
    while True:
        yield a
        a, b = b, a + b
def count_words(text): return dict(collections.Counter(text.lower().split()))
def vowels(text): return {c for c in text.lower() if c in "aeiou"}
def reverse_words(text): return " ".join(reversed(text.split()))
def flatten(rows): return [x for row in rows for x in row]
def transpose(m): return [list(row) for row in zip(*m)]
def remove_negatives(numbers):
    numbers[:] = [n for n in numbers if n >= 0]
def doubled(numbers): return [2 * n for n in numbers]
def greet(name, greeting="Hello"): print(f"{greeting}, {name}!")
def ask_age():
    age = int(input("Age? "))
    print("Next year:", age + 1)
    return age + 1
def roll(n): return [random.randint(1, 6) for _ in range(n)]
def noise(n): return np.random.normal(size=n)
def sample(rng, n): return rng.integers(0, 10, size=n)
def evens(n): return np.arange(0, n, 2)
def normalise(a): return (a - a.mean()) / a.std()
def identity(n): return np.eye(n)
def solve_system(a, b): return np.linalg.solve(a, b)
def masked(a): return np.where(a > 0, a, 0)
def total_by_city(df): return df.groupby("city")["units"].sum()
def with_price(df):
    df = df.copy()
    df["price"] = df["units"] * 2
    return df
def cleaned(df): return df.dropna().reset_index(drop=True)
def top(df, n): return df.sort_values("units", ascending=False).head(n)
def merged(a, b): return a.merge(b, on="k", how="left")
def monthly(s): return s.groupby(s.index.month).mean()
def save_scores(path, scores):
    with open(path, "w", newline="") as f:
        csv.writer(f).writerows(scores)
def load_config(path):
    with open(path) as f:
        return json.load(f)
def count_lines(path): return len(Path(path).read_text().splitlines())
def safe_int(text):
    try:
        return int(text)
    except ValueError:
        return None
def compose(f, g): return lambda x: f(g(x))
def make_counter():
    count = 0
    def step():
        nonlocal count
        count += 1
        return count
    return step
def logged(f):
    @functools.wraps(f)
    def wrapper(*args):
        wrapper.calls += 1
        return f(*args)
    wrapper.calls = 0
    return wrapper
def by_age(people): return sorted(people, key=lambda p: p["age"])
def apply_all(fs, x): return [f(x) for f in fs]
def notify(send, users):
    for user in users:
        send(user, "hi")
def phone(text): return re.findall(r"\\d{3}-\\d{4}", text)
def next_day(day): return day + datetime.timedelta(days=1)
def adults(conn): return conn.execute("select name from people where age > 17 order by name").fetchall()
def simulate(steps):
    time.sleep(0)
    return steps + 1
def plot_line(xs, ys):
    import matplotlib
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    fig, ax = plt.subplots()
    ax.plot(xs, ys)
    ax.set_title("Growth")
    return ax
async def later(x): return x
class InsufficientFunds(Exception):
    pass
class Account:
    """A bank account."""
    rate = 0.02
    def __init__(self, owner, balance=0):
        self.owner, self.balance, self.history = owner, balance, []
    def deposit(self, amount):
        if amount <= 0: raise ValueError("amount must be positive")
        self.balance += amount
        self.history.append(amount)
    def withdraw(self, amount):
        if amount > self.balance: raise InsufficientFunds(f"only {self.balance}")
        self.balance -= amount
    def __str__(self): return f"{self.owner}: {self.balance}"
    def __repr__(self): return f"Account({self.owner!r}, {self.balance})"
    @property
    def is_empty(self): return self.balance == 0
    @classmethod
    def from_text(cls, text):
        owner, balance = text.split(",")
        return cls(owner, int(balance))
class Savings(Account):
    def add_interest(self): self.deposit(self.balance * self.rate)
class Vector:
    def __init__(self, x, y): self.x, self.y = x, y
    def __add__(self, o): return Vector(self.x + o.x, self.y + o.y)
    def __eq__(self, o): return (self.x, self.y) == (o.x, o.y)
    def __abs__(self): return math.hypot(self.x, self.y)
class Deck:
    def __init__(self, cards): self._cards = list(cards)
    def __len__(self): return len(self._cards)
    def __getitem__(self, i): return self._cards[i]
    def __iter__(self): return iter(self._cards)
    def __contains__(self, c): return c in self._cards
class Timer:
    def __enter__(self):
        self.open = True
        return self
    def __exit__(self, *e): self.open = False
@dataclasses.dataclass
class Book:
    title: str
    pages: int = 100
Point = collections.namedtuple("Point", "x y")
class Level(enum.Enum):
    LOW = 1
    HIGH = 2
class Stack:
    def __init__(self): self.items = []
    def push(self, x): self.items.append(x)
    def pop(self):
        if not self.items: raise IndexError("empty stack")
        return self.items.pop()
class Node:
    def __init__(self, value, left=None, right=None): self.value, self.left, self.right = value, left, right
def depth(node): return 0 if node is None else 1 + max(depth(node.left), depth(node.right))
'''
APART = {
    "values": "assert area == 12, 'multiply width and height'",
    "a list": "assert names[0] == 'Ada' and len(names) == 2\nassert sorted(names) == ['Ada', 'Bo']",
    "a mapping": "assert prices['tea'] == 2.5\nassert set(prices) == {'tea', 'cake'}",
    "a name exists": "assert 'height' in globals(), 'define height'\nassert type(height) is int",
    "a table of cases": "for x, expected in [(2, 4), (-3, 9), (0, 0)]:\n    assert square(x) == expected, f'square({x})'",
    "documented": "assert square.__doc__ and 'squared' in square.__doc__\nassert square.__name__ == 'square' and callable(square)\nassert square(3) == 9",
    "near": "assert abs(circle(1) - math.pi) < 1e-9\nassert math.isclose(circle(2), 12.566, rel_tol=1e-3)",
    "near, with numpy": "assert np.isclose(mean([1, 2]), 1.5)\nassert round(mean([1, 2, 2]), 2) == 1.67",
    "an error": "try:\n    mean([])\nexcept ValueError as error:\n    assert 'no numbers' in str(error)\nelse:\n    raise AssertionError('mean([]) raises a ValueError')",
    "an error, with pytest": "import pytest\nwith pytest.raises(ValueError, match='no numbers'):\n    mean([])",
    "a pair": "a, b = solve(1, -3, 2)\nassert (a, b) == (1, 2)\nassert isinstance(solve(1, -3, 2), tuple)",
    "a sequence": "assert fizzbuzz(5) == [1, 2, 'Fizz', 4, 'Buzz']\nassert fizzbuzz(15)[-1] == 'FizzBuzz'",
    "yes and no": "assert is_prime(7)\nassert not is_prime(9)\nassert is_prime(2) is True",
    "random cases": "import random\nfor n in random.sample(range(2, 200), 20):\n    assert is_prime(n) == all(n % d for d in range(2, n)), n",
    "a recursion": "assert [factorial(n) for n in range(6)] == [1, 1, 2, 6, 24, 120]\nassert factorial(50) == math.factorial(50)",
    "how it is written": "import inspect\nassert 'factorial(' in inspect.getsource(factorial).split(':', 1)[1], 'use recursion'",
    "its parameters": "from inspect import signature\nassert list(signature(greet).parameters) == ['name', 'greeting']\nassert signature(greet).parameters['greeting'].default == 'Hello'",
    "its syntax": "import ast, inspect\ntree = ast.parse(inspect.getsource(is_prime))\nassert not any(isinstance(n, ast.While) for n in ast.walk(tree))\nassert is_prime(13)",
    "a generator": "from itertools import islice\nassert list(islice(fib(), 6)) == [0, 1, 1, 2, 3, 5]\ng = fib()\nassert next(g) == 0 and next(g) == 1",
    "words": "assert count_words('the cat the') == {'the': 2, 'cat': 1}\nassert count_words('A a')['a'] == 2",
    "a set": "assert vowels('Hello') == {'e', 'o'}\nassert vowels('xyz') == set()",
    "text": "assert reverse_words('one two three') == 'three two one'\nassert reverse_words('') == ''",
    "nested lists": "assert flatten([[1], [2, 3], []]) == [1, 2, 3]\nassert transpose([[1, 2], [3, 4]]) == [[1, 3], [2, 4]]",
    "in its place": "data = [1, -2, 3]\nassert remove_negatives(data) is None\nassert data == [1, 3]",
    "not in its place": "data = [1, 2]\nassert doubled(data) == [2, 4]\nassert data == [1, 2], 'do not change the list'",
    "printed": "import io\nfrom contextlib import redirect_stdout\nout = io.StringIO()\nwith redirect_stdout(out):\n    greet('Ada')\n    greet('Bo', greeting='Hi')\nassert out.getvalue() == 'Hello, Ada!\\nHi, Bo!\\n'",
    "printed, by sys": "import io, sys\nold, sys.stdout = sys.stdout, io.StringIO()\ntry:\n    greet('Eve')\n    said = sys.stdout.getvalue()\nfinally:\n    sys.stdout = old\nassert said.strip() == 'Hello, Eve!'",
    "asked": "from unittest.mock import patch\nwith patch('builtins.input', return_value='41'):\n    assert ask_age() == 42",
    "asked twice": "from unittest import mock\nwith mock.patch('builtins.input', side_effect=['1', '2']):\n    assert [ask_age(), ask_age()] == [2, 3]",
    "seeded": "import random\nrandom.seed(1)\nfirst = roll(5)\nrandom.seed(1)\nassert roll(5) == first\nassert all(1 <= n <= 6 for n in roll(100))",
    "seeded, with numpy": "np.random.seed(0)\nexpected = np.random.normal(size=4)\nnp.random.seed(0)\nnp.testing.assert_allclose(noise(4), expected)",
    "a generator of numbers": "a = sample(np.random.default_rng(3), 5)\nassert np.array_equal(a, np.random.default_rng(3).integers(0, 10, size=5))",
    "an array": "assert np.array_equal(evens(7), [0, 2, 4, 6])\nassert evens(7).shape == (4,) and evens(7).dtype.kind == 'i'",
    "arrays are near": "a = np.array([1.0, 2.0, 3.0])\nz = normalise(a)\nnp.testing.assert_almost_equal(z.mean(), 0)\nassert np.allclose(z.std(), 1)",
    "a matrix": "assert isinstance(identity(3), np.ndarray)\nassert identity(3).ndim == 2 and (identity(3) == np.eye(3)).all()",
    "linear algebra": "A = np.array([[2.0, 1.0], [1.0, 3.0]])\nb = np.array([3.0, 5.0])\nassert np.allclose(A @ solve_system(A, b), b)",
    "a mask": "a = np.array([-1, 2, -3])\nnp.testing.assert_array_equal(masked(a), [0, 2, 0])\nassert a[0] == -1",
    "a column": "totals = total_by_city(SALES)\nassert totals['A'] == 4 and totals.loc['B'] == 2\nassert isinstance(totals, pd.Series)",
    "a table": "from pandas.testing import assert_frame_equal\nassert_frame_equal(with_price(SALES), SALES.assign(price=[2, 4, 6]))\nassert 'price' not in SALES.columns",
    "missing values": "df = pd.DataFrame({'a': [1.0, None, 3.0]})\nassert len(cleaned(df)) == 2 and not cleaned(df).isna().any().any()\nassert list(cleaned(df).index) == [0, 1]",
    "rows in order": "assert top(SALES, 2)['units'].tolist() == [3, 2]\nassert list(top(SALES, 1).columns) == ['city', 'units']",
    "tables joined": "a, b = pd.DataFrame({'k': [1, 2]}), pd.DataFrame({'k': [1], 'v': ['x']})\nfound = merged(a, b)\nassert found.shape == (2, 2) and found['v'].isna().sum() == 1",
    "dates in a table": "s = pd.Series([1.0, 3.0, 5.0], index=pd.to_datetime(['2024-01-01', '2024-01-03', '2024-02-01']))\nassert monthly(s).to_dict() == {1: 2.0, 2: 5.0}",
    "a file written": "save_scores('scores.csv', [['Ada', 3], ['Bo', 4]])\nassert open('scores.csv').read().split() == ['Ada,3', 'Bo,4']",
    "a file read": "import json\nwith open('config.json', 'w') as f:\n    json.dump({'debug': True}, f)\nassert load_config('config.json') == {'debug': True}",
    "a path": "from pathlib import Path\nPath('poem.txt').write_text('a\\nb\\nc\\n')\nassert count_lines(Path('poem.txt')) == 3",
    "a file that is not there": "try:\n    load_config('nowhere.json')\n    assert False, 'it is not there'\nexcept FileNotFoundError:\n    pass",
    "nothing": "assert safe_int('12') == 12\nassert safe_int('x') is None",
    "functions of functions": "assert compose(lambda x: x + 1, lambda x: 2 * x)(5) == 11\nassert callable(compose(len, str))",
    "a closure": "one, two = make_counter(), make_counter()\nassert (one(), one(), two()) == (1, 2, 1)",
    "a decorator": "@logged\ndef add(a, b):\n    return a + b\nassert add(1, 2) == 3 and add(2, 2) == 4",
    "records in order": "people = [{'name': 'a', 'age': 30}, {'name': 'b', 'age': 20}]\nassert [p['name'] for p in by_age(people)] == ['b', 'a']",
    "functions in a list": "assert apply_all([abs, str, lambda x: x ** 2], -3) == [3, '-3', 9]",
    "a mock": "from unittest.mock import Mock\nsend = Mock()\nnotify(send, ['ada', 'bo'])\nassert send.call_count == 2\nsend.assert_called_with('bo', 'hi')",
    "a pattern": "assert phone('call 555-1234 or 555-9876') == ['555-1234', '555-9876']\nassert not phone('none')",
    "a date": "import datetime\nassert next_day(datetime.date(2024, 2, 28)) == datetime.date(2024, 2, 29)",
    "a database": "import sqlite3\nconn = sqlite3.connect(':memory:')\n_ = conn.execute('create table people (name text, age int)')\n_ = conn.executemany('insert into people values (?, ?)', [('b', 30), ('a', 18), ('c', 9)])\nassert [tuple(row) for row in adults(conn)] == [('a',), ('b',)]",
    "an object": "acc = Account('Ada', 10)\nassert acc.owner == 'Ada' and acc.balance == 10\nacc.deposit(5)\nassert acc.balance == 15 and acc.history == [5]",
    "an object's text": "assert str(Account('Ada', 3)) == 'Ada: 3'\nassert repr(Account('Bo')) == \"Account('Bo', 0)\"",
    "an error of one's own": "acc = Account('Ada', 1)\ntry:\n    acc.withdraw(5)\n    raise AssertionError('too much')\nexcept InsufficientFunds as error:\n    assert 'only 1' in str(error)\nassert issubclass(InsufficientFunds, Exception)",
    "wrong arguments": "import pytest\nfor amount in (0, -5):\n    with pytest.raises(ValueError):\n        Account('Ada').deposit(amount)",
    "a property": "assert Account('Ada').is_empty\nassert not Account('Ada', 1).is_empty\nassert hasattr(Account, 'deposit')",
    "another constructor": "acc = Account.from_text('Eve,7')\nassert isinstance(acc, Account) and acc.balance == 7",
    "inheritance": "s = Savings('Ada', 100)\nassert isinstance(s, Account) and issubclass(Savings, Account)\ns.add_interest()\nassert s.balance == 102 and Savings.rate == 0.02",
    "operators": "assert Vector(1, 2) + Vector(3, 4) == Vector(4, 6)\nassert Vector(1, 2) != Vector(2, 1)\nassert abs(Vector(3, 4)) == 5",
    "a container": "deck = Deck('abc')\nassert len(deck) == 3 and deck[0] == 'a' and 'b' in deck and 'z' not in deck\nassert list(deck) == ['a', 'b', 'c']",
    "a block": "timer = Timer()\nwith timer as t:\n    assert t.open\nassert timer.open is False",
    "a record": "assert Book('Emma') == Book('Emma', 100)\nassert Book('Emma', 3).pages == 3 and Book('a') != Book('b')",
    "a named tuple": "p = Point(1, 2)\nassert p.x == 1 and p == (1, 2)",
    "an enumeration": "assert Level.HIGH.value == 2 and Level['LOW'] is Level.LOW\nassert len(Level) == 2",
    "a stack": "s = Stack()\ns.push(1); s.push(2)\nassert s.pop() == 2 and s.items == [1]\ns.pop()\ntry:\n    s.pop()\nexcept IndexError:\n    pass\nelse:\n    assert False",
    "a tree": "tree = Node(1, Node(2, Node(3)), Node(4))\nassert depth(tree) == 3 and depth(None) == 0 and tree.left.value == 2",
    "unittest": "import io, unittest\nclass TestMean(unittest.TestCase):\n    def test_values(self):\n        self.assertAlmostEqual(mean([1, 2]), 1.5)\n    def test_empty(self):\n        self.assertRaises(ValueError, mean, [])\nrunner = unittest.TextTestRunner(io.StringIO())\nresult = unittest.main(argv=[''], exit=False, testRunner=runner)\nassert result.result.wasSuccessful()",
    "fast enough": "import time\nstart = time.perf_counter()\nassert is_prime(1_000_003)\nassert time.perf_counter() - start < 2, 'too slow'",
    "big numbers": "assert factorial(30) == 265252859812191058636308480000000\nassert len(str(factorial(200))) == 375",
    "points": "points = 0\nif square(3) == 9:\n    points += 0.5\nif mean([2]) == 2:\n    points += 0.5\npoints",
}
BESIDE = {
    "a plot": "ax = plot_line([1, 2], [3, 4])\nassert ax.get_title() == 'Growth' and len(ax.lines) == 1",
    "the library patched": "from unittest.mock import patch\nwith patch('time.sleep') as sleep:\n    assert simulate(3) == 4\nassert sleep.called",
    "asynchronous": "assert await later(3) == 3",
    "a class of the test's": "class Gold(Account):\n    rate = 0.1\nassert Gold('Ada', 1).balance == 1",
}
"""What these need of the student's interpreter no proxy has."""


TESTS = APART | BESIDE
SOURCE = [
    TeacherCell(SETUP, "setup"),
    TeacherCell(SOLUTION, "solution", "answer"),
    *(TeacherCell(text, "test", name) for name, text in TESTS.items()),
]
SETTINGS = RunSettings(cell_seconds=20)
_rules: list[NotebookRules] = []


async def tried(answer: str) -> tuple[NotebookRules, dict[str, Outcome]]:
    """The rules as the solution shows them, and what each test comes to with `answer`."""
    sandboxes = LocalSandboxes(preload=("numpy", "pandas"))
    if not _rules:
        rules = make_rules(SOURCE, TESTS, complete=True)
        _rules.append(await calibrated(sandboxes, rules, SOURCE, {}, SETTINGS, None))
    (rules,) = _rules
    cells = [
        Cell(n, answer if cell.kind == "solution" else cell.source, rules.tests.get(cell.name), cell.name)
        for n, cell in enumerate(SOURCE)
    ]
    beside = frozenset(name for name, test in rules.tests.items() if test.fallback)
    ran = await run(sandboxes, cells, rules, SETTINGS, files={}, student_files={}, in_kernel=beside)
    return rules, {cell.name: ran.cells[cell.index] for cell in cells if cell.test}


@pytest.mark.timeout(240)
class TestOrdinaryCells:
    async def test_nineteen_of_twenty_run_apart_and_the_others_say_why(self) -> None:
        rules, outcomes = await tried(SOLUTION)
        assert {name: outcome.outputs for name, outcome in outcomes.items() if not passed(outcome)} == {}
        why = {name: test.fallback for name, test in rules.tests.items() if test.fallback}
        assert set(why) <= set(BESIDE)
        assert len(rules.tests) - len(why) >= SHARE * len(rules.tests)
        assert "asynchronous" in why["asynchronous"]
        assert "subclass of a student's class" in why["a class of the test's"]
        assert all("only beside its code" in why[name] for name in ("a plot", "the library patched"))

    async def test_none_of_them_passes_without_an_answer(self) -> None:
        _, outcomes = await tried("pass")
        assert [name for name, outcome in outcomes.items() if passed(outcome)] == []


@pytest.mark.timeout(240)
async def test_of_the_courses_at_hand_nearly_every_test_runs_apart(tmp_path: Path) -> None:
    copy_source(tmp_path)
    found: dict[str, str] = {}
    for path in sorted([*BASICS.glob("*/*.ipynb"), *tmp_path.glob("source/*/*.ipynb")]):  # noqa: ASYNC240
        nb = nbformat.read(path, as_version=4)
        tests = {
            cell.metadata["nbgrader"]["grade_id"]: cell.source
            for cell in nb.cells
            if cell.cell_type == "code" and kind_of(cell.metadata) == "test"
        }
        cells, files = teacher_cells(nb.cells), files_in(path.parent)
        rules = make_rules(cells, tests, complete=True)
        if tests:
            rules = await calibrated(LocalSandboxes(), rules, cells, files, RunSettings(), None)
        assert rules.slow == {}
        found |= {f"{path.stem}, {name}": test.fallback for name, test in rules.tests.items()}
    why = {name: reason for name, reason in found.items() if reason}
    assert len(found) > 30
    assert len(found) - len(why) >= SHARE * len(found), why
