"""Programs that look like a common slip and fail for another reason: no cause is better than a wrong one."""

from __future__ import annotations

import linecache
import warnings
from itertools import count

import pytest

from learnflow_ext.contracts.help import Variable
from learnflow_ext.diagnosis import diagnose, diagnose_text

_numbers = count()


def cause(source: str) -> str:
    """What is said of a cell that fails, as a kernel runs it."""
    name = f"<other {next(_numbers)}>"
    linecache.cache[name] = (len(source), None, source.splitlines(True), name)
    namespace: dict[str, object] = {"__name__": "__main__"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            exec(compile(source, name, "exec", dont_inherit=True), namespace)
        except Exception as error:
            return diagnose(error, source, namespace=namespace, filename=name).cause
        finally:
            del linecache.cache[name]
    raise AssertionError("the cell did not fail")


@pytest.mark.parametrize(
    ("source", "never"),
    [
        ("if x and:\n    pass", "Between"),
        ("if x in:\n    pass", "Between"),
        ("if len items:\n    pass", "Between"),
        ("def f(done):\n    while await done:\n        pass", "Between"),
        ('print("the dogs\', barked"', "same kind of quote"),
        ('print("this AND that)', "`and`"),
        ('q = """SELECT a FROM t WHERE a AND b', "`and`"),
        ('open("C:\\\\data.txt)', "needs quotes around it"),
        ("try:\n    x = 1\nexcept ValueError TypeError:\n    pass", "`as`"),
        ("int age", "round brackets"),
        ('print("a "if x else "b" "c" 5)', "outside of it"),
        ('print("a "f"{x}" "b" 5)', "outside of it"),
        ("async def f():\n    pass\ndef g():\n    async with x:\n        pass", "`await`"),
        ("x = (3 if y else\n     4\nprint(x)", "`else`"),
        ('raise f"abc {x"', "brackets are missing"),
        ("x1_ = 2abc", "underscore"),
        ("numbers.append x", "put quotes"),
        ("a..b", "put quotes"),
        ("int age", "put quotes"),
        ("let count", "put quotes"),
        ("mkdir data", "put quotes"),
        ("pritn x", "put quotes"),
        ("x = y\u2074", "looks like"),
        ("x = 3\u2003+ 4", "looks like"),
    ],
)
def test_a_syntax_error_of_another_kind(source: str, never: str) -> None:
    assert never not in cause(source)


def test_a_name_between_two_texts_may_be_meant() -> None:
    said = cause('name = "Ada"\nprint("Hello "name" and welcome")')
    assert "`name`" in said and "`+`" in said and "backslash" in said


@pytest.mark.parametrize(
    ("source", "says", "never"),
    [
        # a function that the line only called does not see the cell's names
        ('n = 5\nexec("print(n)", {})', "n", "did not come past"),
        ("import timeit\ndef f():\n    pass\ntimeit.timeit('f()')", "f", "did not come past"),
        # a statement that goes over several lines
        ("total = sum([\n    total,\n    1])", "needs the value that `total` had before", "come past"),
        # a class's own method, and a value in its body
        (
            "class Shape:\n    def area(self):\n        return 1\n"
            "    def show(self):\n        return area()\nShape().show()",
            "`self.area`",
            "From outside",
        ),
        ("class A:\n    n = 3\n    rows = [n for _ in range(2)]", "n", "From outside"),
        # within a `try`, but behind a condition
        (
            "wanted = False\ntry:\n    if wanted:\n        x = 1\nexcept ValueError:\n    pass\nprint(x)",
            "condition was not met",
            "something went wrong before it had one",
        ),
        ("try:\n    a = 1\nexcept ValueError:\n    text = 'bad'\nprint(text)", "no error led", "loop"),
        # names that modules have as well
        ("def f():\n    time = {}\nf()\nprint(time.hours)", "inside the function `f`", "import"),
        ("def fib(n):\n    return cache[n]\nfib(3)", "cache", "functools"),
        ("np.zeros(2)\nimport numpy as np", "line 2", "forgot to import"),
    ],
)
def test_a_name_that_is_unknown_for_another_reason(source: str, says: str, never: str) -> None:
    said = cause(source)
    assert says in said
    assert never not in said


def test_a_key_that_a_dictionary_lacks_is_no_place_in_a_text() -> None:
    code = "ages = {'ann': 3}\nprint('{} is old: {}'.format('bob', ages['bob']))"
    found = diagnose_text(
        "KeyError",
        "'bob'",
        code,
        'Traceback (most recent call last):\n  File "<cell>", line 2, in <module>',
        variables=[Variable(name="ages", type="dict", value="{'ann': 3}")],
    )
    assert "place called" not in found.cause
    assert "place called `{name}`" in cause("'{name}'.format(nam='Jo')")
    assert "place called `{name}`" in cause("text = 'I am {name:>5}'\ntext.format(nam='Jo')")
    assert "place called" not in cause("'{p[age]}'.format(p={})")


def test_a_text_is_looked_through_from_a_position_on() -> None:
    assert "from position `5` on" in cause("word = 'banana'\nword.index('n', 5)")


def test_what_prints_and_gives_nothing_back_is_not_to_be_made_a_text() -> None:
    said = cause("class Dog:\n    def __str__(self):\n        print('dog')\nstr(Dog())")
    assert "`return`" in said and "`str(...)`" not in said
    assert "`str(...)`" in cause("class Dog:\n    def __str__(self):\n        return 5\nstr(Dog())")


@pytest.mark.parametrize(
    "source",
    [
        "class Till:\n    @staticmethod\n    def add(a, b):\n        return a + b\nTill.add(3)",
        "class Till:\n    @classmethod\n    def opened(cls, a, b):\n        return cls()\nTill.opened(3)",
        "class Till:\n    def add(self, n):\n        return n\ntill = Till()\nTill.add(till)",
        "class Pet:\n    def say(self, what):\n        return what\n"
        "class Dog(Pet):\n    def say(self):\n        return Pet.say(self)\nDog().say()",
    ],
)
def test_who_calls_a_method_by_its_class_need_not_lack_an_object(source: str) -> None:
    said = cause(source)
    assert "too few values" in said and "was taken for" not in said


def test_a_heading_too_deep_to_be_written_again_is_left_out() -> None:
    said = cause(f"def f(x, y={'+'.join('1' * 900)}):\n    pass\nf()")
    assert "too few values" in said and "defined as" not in said


def test_an_operator_known_by_text_alone_blames_no_method_of_another() -> None:
    found = diagnose_text(
        "TypeError",
        "'>' not supported between instances of 'int' and 'method'",
        "if 1 + dog.age > cat.age:\n    pass",
        'Traceback (most recent call last):\n  File "<cell>", line 1, in <module>',
    )
    assert "`dog.age`" not in found.cause


@pytest.mark.parametrize(
    ("source", "never"),
    [
        # a key that is there, though it is written in another way
        ("d = {1: 5}\nlast = None\nprint(d.get(2 / 2) + last)", "has no key"),
        # more was wanted of `print` than to show something
        ('age = print("How old? ") + 1', "too early"),
        ('print("a") + print("b")', "too early"),
        ("def last():\n    return print(3) + 1\nlast()", "too early"),
        # what was no list before the loop began
        (
            "def load():\n    pass\nnames = load()\nfor n in 'ab':\n    names = names.append(n)",
            "ran the last time",
        ),
        # a tuple of one item that is meant, or that has no part in it
        ("names = 'Ada',\nnames[0] = 'Bob'", "Take the comma away"),
        ("names = 'Ada',\nprint(names[0])\nmore = names + 'Bob'", "Take the comma away"),
        ("names = 'Ada',\nprint(len(names) + (1,))", "Take the comma away"),
        ("def f(n):\n    return n + 1\nn = 0,\nf((3,))", "Take the comma away"),
        # a module whose name the cell gave nothing else
        ("import time\ndef wait(time):\n    time.sleep(time)\nwait(3)", "line 1 gave"),
        # a position that no `int` makes a whole number of
        ("word = 'banana'\nprint(word['a':])", "whole number of it"),
        # names that are also the student's own
        ("lat = 5\nprint(lat, long)", "Python 2"),
        (
            "class Fraction:\n    def reduce(self):\n        pass\n    def show(self):\n"
            "        reduce()\nFraction().show()",
            "Python 2",
        ),
        # a name of the method's own, which its loop never gave a value
        (
            "class Game:\n    total = 0\n    def play(self, rolls):\n        for r in rolls:\n"
            "            total = r\n        return total\nGame().play([])",
            "self.total",
        ),
        (
            "class Game:\n    def __init__(self):\n        self.total = 0\n    def play(self, rolls):\n"
            "        for r in rolls:\n            total = r\n        return total\nGame().play([])",
            "self.total",
        ),
        (
            "score = 1\nclass Game:\n    score = 0\n    def win(self):\n        score += 1\nGame().win()",
            "self.score",
        ),
        # a recursion by way of another function, and one that comes back before its condition
        (
            "def even(n):\n    return not odd(n)\ndef odd(n):\n    if n == 1:\n        return True\n"
            "    return even(n - 2)\neven(4)",
            "it has no `if`",
        ),
        (
            "class A:\n    @property\n    def name(self):\n        return self.name\nA().name",
            "it has no `if`",
        ),
        ("def f(n):\n    f(n - 2)\n    if n == 0:\n        return\nf(5)", "jumps over"),
        # a method of the student's own is no list's
        (
            "class Deck:\n    def shuffle(self):\n        pass\ncards = Deck().shuffle()\nprint(cards[0])",
            "changes the list",
        ),
        # a quote too many, no apostrophe
        ("print('Total'total')", "apostrophe"),
        # quotes of a word processor inside a text, and another sign outside of it
        ("text = 'It\u2019s 5' \u2212 3", "curly"),
        ("price = 3\u20ac + len('\u201chi\u201d')", "curly"),
        ("def set name(self):\n    pass", "may call it"),
    ],
)
def test_a_misuse_that_is_none(source: str, never: str) -> None:
    assert never not in cause(source)


def test_from_text_alone_no_part_is_blamed_that_the_message_is_not_about() -> None:
    def said(exception: str, message: str, code: str, *variables: Variable) -> str:
        shown = 'Traceback (most recent call last):\n  File "<cell>", line 1, in <module>'
        return diagnose_text(exception, message, code, shown, variables=variables).cause

    ages = Variable(name="ages", type="dict", value="{'ann': 3}")
    missing = "'NoneType' object has no attribute 'name'"
    assert "has no key" not in said(
        "AttributeError", missing, "found = ages.get('bob') is None and pupil.name", ages
    )
    assert "has no key `'bob'`" in said("AttributeError", missing, "found = ages.get('bob').name", ages)
    needs = "Engine.__init__() missing 1 required positional argument: 'power'"
    assert "`super().__init__(...)` calls" not in said("TypeError", needs, "super().__init__(Engine())")
    several = "int() argument must be a string, a bytes-like object or a real number, not 'list'"
    assert "`float()`" not in said("TypeError", several, "total = sum(map(int, rows)) + float(x)")
