"""The commonest slips of beginners, explained with their own names and values."""

from __future__ import annotations

import linecache
import sys
import time
import traceback
import warnings
from itertools import count

import pytest

from learnflow_ext.contracts.help import Diagnosis, Variable
from learnflow_ext.diagnosis import diagnose, diagnose_text

_numbers = count()


def live(source: str) -> Diagnosis:
    """Run a cell that fails, as a kernel does, and explain it."""
    name = f"<named {next(_numbers)}>"
    linecache.cache[name] = (len(source), None, source.splitlines(True), name)
    namespace: dict[str, object] = {"__name__": "__main__"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            exec(compile(source, name, "exec", dont_inherit=True), namespace)
        except BaseException as error:
            return diagnose(error, source, namespace=namespace, filename=name)
        finally:
            del linecache.cache[name]
    raise AssertionError("the cell did not fail")


def printed(source: str) -> tuple[str, str, str]:
    """Exception, message and traceback, as they stand in a message."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            exec(compile(source, "<cell>", "exec", dont_inherit=True), {"__name__": "__main__"})
    except BaseException as error:
        return type(error).__name__, str(error), "".join(traceback.format_exception(error))
    raise AssertionError("the cell did not fail")


# source, and what the cause must say: the student's own names and values, and what is the matter
SLIPS = [
    (
        "def f(n):\n    if n == 0:\n        return 1\n    f(n - 1) * n\nf(2)",
        ("`f(n - 1)` gives back `None`", "no `return`"),
    ),
    ("def fact(n):\n    return n * fact(n)\nfact(3)", ("`fact(n)`", "line 2", "very same value")),
    ("import numpy as np\na = np.zeros((2, 2))\na[2, 0]", ("`2`", "2 items", "from 0")),
    ("import numpy as np\na = np.zeros(2)\na.append(1)", ("`append`", "`np.append(array, value)`")),
    ("age = input\nage + 1", ("`age`", "line 1", "`input()`")),
    ("def size():\n    return 3\nsize + 1", ("`size`", "function itself", "`size()`")),
    ("word = 'ab'\nn = '3'\nword * n", ("`word` is `'ab'`", "`n` is `'3'`", "turn both into numbers")),
    ("half = 2.5\n[0] * half", ("`half` is `2.5`", "whole number")),
    ("import random\nprint(random.randint(1, '6'))", ("inside `random.randint()`", "`'6'` is a string")),
    (
        "def f():\n    count += 1\ncount = 0\nf()",
        ("two names `count`", "Line 2", "`f(...)`", "`return`", "`global count`"),
    ),
    ("age = '17'\nage > 18", ("`age` is `'17'`", "`int(...)`")),
    ("age = 5\nprint('I am ' + age)", ("`age` is `5`", "`str(...)`")),
    ("total = 0\nnew = '5'\ntotal + new", ("`total` is `0`", "`new` is `'5'`")),
    ("total = 0\nnew = '5'\ntotal += new", ("`total` is `0`", "`new` is `'5'`")),
    ("price = '5'\nprice / 2", ("`price` is `'5'`", "turned into one first")),
    ("scores = [1]\nscores + 3", ("`scores` is `[1]`", "`append`")),
    ("def add(a, b):\n    a + b\nx = add(1, 2)\nx + 1", ("`x` is `None`", "`return`")),
    ("nums = [3, 1]\nnums = nums.sort()\nnums[0]", ("`nums` is `None`", "`sort`")),
    ("nums = [3, 1].sort()\nfor n in nums:\n    pass", ("`nums` is `None`",)),
    ("word = None\nword.upper()", ("`word` is `None`",)),
    ("list = [1]\nlist('ab')", ("`list`", "comes with Python", "`[1]`")),
    ("area = 3\narea(4)", ("`area`", "`3`", "cannot be called")),
    ("x = 2\ny = 3(x + 1)", ("`3`", "operator such as `*`")),
    ("def f(): return 3\nf()()", ("`f()`", "second pair")),
    ("n = 5\nfor i in n:\n    pass", ("`n`", "`5`", "`range(n)`")),
    ("half = 10 / 2\nrange(half)", ("`half`", "5.0", "whole number")),
    ("range(10 / 2)", ("`10 / 2`", "`//`")),
    ("n = 2.0\n[0] * n", ("`n` is `2.0`", "whole number")),
    ("word = 'cat'\nword[0] = 'b'", ("`word`", "`'cat'`", "cannot be changed")),
    ("point = (1, 2)\npoint[0] = 5", ("`point`", "tuple")),
    ("items = [1, 2, 3]\nitems[3]", ("`items`", "3 items", "the last one is `2`")),
    ("items = [1, 2]\ni = 7\nitems[i]", ("`i` is `7`", "2 items")),
    ("word = 'hey'\nword[9]", ("`word`", "3 characters")),
    ("grid = [[1, 2], [3]]\ngrid[0][5]", ("`grid[0]` for the item with index `5`", "it has 2 items")),
    ("items = []\nitems[0]", ("`items` is empty",)),
    ("items = []\nitems[0] = 3", ("index `0` of `items`", "`append`")),
    ("ages = {'ann': 3}\nages['Ann']", ("Did you mean `'ann'`?", "`ages`")),
    ("ages = {'ann': 3}\nname = 'zoe'\nages[name]", ("`name` is `'zoe'`", "`'ann'`")),
    ("ages = {}\nages['x'] += 1", ("`ages`", "empty")),
    ("text = '3.5'\nint(text)", ("`text`", "`'3.5'`", "decimal point")),
    ("text = '12 apples'\nint(text)", ("`text`", "`'12 apples'`", "letters")),
    ("answer = ''\nint(answer)", ("`answer`", "empty")),
    ("price = '3,5'\nfloat(price)", ("`price`", "comma")),
    ("pair = [1, 2, 3]\na, b = pair", ("`pair` is `[1, 2, 3]`", "fewer names (2)")),
    ("pair = (1, 2)\na, b, c = pair", ("`pair` is `(1, 2)`", "more names (3)")),
    ("ages = {'ann': 3}\nfor name, age in ages:\n    pass", ("`ages`", "keys only")),
    ("total = 5\ncount = 0\ntotal / count", ("`count`", "equal to zero", "`count` is `0`")),
    ("n = 0\n10 % n", ("`n` is `0`",)),
    ("nums = [1, 2]\nnums.remove(5)", ("`5`", "`nums` is `[1, 2]`")),
    ("nums = [1, 2]\nk = 9\nnums.index(k)", ("`k` (which is `9`)", "`nums`")),
    ("number = 12345\nlen(number)", ("`number` is `12345`",)),
    ("n = 5\n3 in n", ("`n` is `5`", "nothing inside")),
    ("print['hi']", ("`print` is a function", "round brackets")),
    ("names = ['ada']\nnames['ada']", ("`names` is a list", "`'ada'`", "whole number")),
    ("names = ['ada']\ni = '0'\nnames[i]", ("`names` is a list", "`i` is `'0'`", "`int(...)`")),
    ("x = 3\nassert x > 5", ("`x > 5`", "`x` is `3`")),
    ("def fact(n):\n    return n * fact(n - 1)\nfact(3)", ("`fact`", "calling itself")),
    ("student = 1\nprint(studnet)", ("`student`",)),
    ("print(true)", ("`True`",)),
    ("Print('x')", ("`print`",)),
    ("print(hello)", ("`hello`", "quotes")),
    ("nums = [1]\nnums.append(1, 2)", ("takes exactly one value", "`nums` is `[1]`")),
    ("words = [1, 2]\n' '.join(words)", ("`join`", "`words` is `[1, 2]`")),
    ("count = 0\ndef more():\n    count += 1\nmore()", ("`count`",)),
]


@pytest.mark.parametrize(("source", "says"), SLIPS)
def test_the_cause_names_what_the_student_named(source: str, says: tuple[str, ...]) -> None:
    found = live(source)
    assert found.known
    for words in says:
        assert words in found.cause
    assert found.cause != found.message


def test_there_are_forty_and_more() -> None:
    assert len(SLIPS) >= 40


class TestNoWrongCause:
    """A cause is better left out than wrong."""

    def test_what_fails_inside_a_called_function_is_not_blamed_on_the_call(self) -> None:
        found = live("import math\nx = 10 / 2\nimport random\nrandom.choice([])")
        assert "`x`" not in found.cause
        source = "def half(n):\n    return [0] * n\ncode = 3\nhalf(10 / 2)"
        assert live(source).line == 2

    def test_two_divisions_in_a_line_known_by_text_only_name_neither(self) -> None:
        source = "a, b = 0, 1\nprint(1 / b, 1 / a)"
        assert "equal to zero: `a`" in live(source).cause
        from_text = diagnose_text(*printed(source)[:2], source, printed(source)[2])
        assert "`a`" not in from_text.cause
        assert "`b`" not in from_text.cause

    def test_a_name_is_not_likened_to_a_stranger(self) -> None:
        assert "help" not in live("print(hello)").cause

    def test_code_that_a_call_of_eval_could_not_read(self) -> None:
        found = live("text = '1 +'\neval(text)")
        assert found.line == 1  # where the text is written
        assert "letter by letter" not in found.cause

    def test_text_that_belongs_to_other_code_is_not_explained_by_this_one(self) -> None:
        found = diagnose_text("SyntaxError", "invalid syntax", "x = 1\nprint(x)", "")
        assert not found.known


class TestFromText:
    @pytest.mark.parametrize(
        ("source", "words"),
        [
            ("def f(:\n    pass", ""),
            ("x = (1, 2, 3]", "does not match"),
            ("if True\n    pass", "colon"),
            ("a = [1; 2]", "comma"),
            ("len('a') = 3", "function call"),
            ("elif x:\n    pass", "`elif`"),
            ("return 5", "function"),
            ("def f():\n    x = 1\n    global x", "before declaring it"),
            ("print('hello'\n\nx = 3", "never closed"),
            ("%matplotlib inline\nclass:\n    pass", "needs a name"),
        ],
    )
    def test_a_syntax_error_is_found_again_in_the_code(self, source: str, words: str) -> None:
        try:
            compile(source.replace("%matplotlib inline", "pass"), "<cell>", "exec")
        except SyntaxError as error:
            found = diagnose_text(type(error).__name__, str(error), source, "")
            assert found.line == error.lineno
        assert found.known
        assert words in found.cause

    def test_code_is_read_and_never_run(self) -> None:
        source = "import sys\nsys.was_run = True\nbreak"
        assert diagnose_text("SyntaxError", "'break' outside loop", source, "").known
        assert not hasattr(sys, "was_run")

    def test_what_the_kernel_saw_is_used(self) -> None:
        source = "items = get()\nitems[3]"
        variables = (Variable(name="items", type="list", value="[1, 2]"),)
        traceback_text = "Cell In[1], line 2\n      1 items = get()\n----> 2 items[3]\nIndexError: ..."
        found = diagnose_text(
            "IndexError", "list index out of range", source, traceback_text, variables=variables
        )
        assert "2 items" in found.cause

    @pytest.mark.parametrize("value", ["[1, 2", "Dog(", "", "x" * 500, "(" * 300, "'a`b'"])
    def test_a_claimed_value_may_be_made_of_anything(self, value: str) -> None:
        variables = (Variable(name="x", type="list", value=value),)
        found = diagnose_text("IndexError", "list index out of range", "x[3]", "Line 1", variables=variables)
        assert found.cause

    @pytest.mark.parametrize(
        "source",
        [
            "(" * 5_000,
            "x = " + "-" * 9_000 + "1",
            "a b " * 4_000,
            "[" * 150 + "]" * 150,
            "2 ** " * 3_000 + "2",
        ],
    )
    def test_hostile_code_is_answered_in_time(self, source: str) -> None:
        started = time.perf_counter()
        assert diagnose_text("SyntaxError", "invalid syntax", source, "Line 1").cause
        assert time.perf_counter() - started < 2


class TestObjectsOfTheirOwn:
    def test_their_methods_are_not_run_for_the_values(self) -> None:
        source = (
            "class Loud:\n    def __repr__(self): raise SystemExit\n    def __len__(self): raise SystemExit\n"
            "thing = Loud()\nnums = [thing]\nnums[7]"
        )
        found = live(source)
        assert "`nums`" in found.cause
        assert found.exception == "IndexError"

    def test_long_values_are_cut(self) -> None:
        found = live("word = 'x' * 5000\nword[9000]")
        assert "5000 characters" in found.cause
        assert len(found.cause) < 500


def test_a_line_that_is_only_told_counts_where_the_cell_has_it() -> None:
    message = "name 'totl' is not defined"
    assert diagnose_text("NameError", message, "x = 1\nprint(totl)", "", line=2).source_line == "print(totl)"
    assert diagnose_text("NameError", message, "x = 1", "", line=99).line is None
    assert diagnose_text("NameError", message, "x = 1\ny\nz", "Line 3", line=2).line == 3


def test_what_a_star_gathers_is_no_comma_too_many() -> None:
    found = live("def least(*numbers):\n    numbers.sort()\n    return numbers[0]\nleast([3, 1])")
    assert "`numbers`" in found.cause
    assert "comma" not in found.cause
