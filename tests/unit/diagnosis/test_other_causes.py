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
