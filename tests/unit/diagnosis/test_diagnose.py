"""What beginners get to read for what beginners get wrong."""

from __future__ import annotations

import linecache
import time
import traceback
import warnings
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from learnflow_ext.contracts.help import Diagnosis
from learnflow_ext.diagnosis import diagnose, diagnose_text

_numbers = count()


def failing(source: str) -> tuple[BaseException, str]:
    """Run a cell that fails; the error, and the name the cell was compiled under."""
    name = f"<cell {next(_numbers)}>"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            exec(compile(source, name, "exec"), {"__name__": "__main__"})
        except BaseException as error:
            return error, name
    raise AssertionError("the cell did not fail")


def diagnosed(source: str) -> Diagnosis:
    error, name = failing(source)
    return diagnose(error, source, filename=name)


# source, exception, line, a word or two that the cause must have, concept
BEGINNERS = [
    ("while True print('x')", "SyntaxError", 1, "colon", "loops"),
    ("if x == 3\n    print(x)", "SyntaxError", 1, "colon", "conditions"),
    ("for i in range(3)\n    print(i)", "SyntaxError", 1, "colon", "loops"),
    ("def f(x)\n    return x", "SyntaxError", 1, "colon", "functions"),
    ("x = 1\nif x > 0 print(x)", "SyntaxError", 2, "missing after `if x > 0`", "conditions"),
    ("try print(1)\nexcept: pass", "SyntaxError", 1, "missing after `try`", "exceptions"),
    ("if 1:\n    pass\nelse print(2)", "SyntaxError", 3, "missing after `else`", "conditions"),
    ("try:\n    pass\nexcept ValueError\n    pass", "SyntaxError", 3, "colon", "exceptions"),
    ("print 'hello'", "SyntaxError", 1, "print('hello')", "print"),
    ("print('hello'", "SyntaxError", 1, "never closed", "print"),
    ("x = 'hello", "SyntaxError", 1, "quote", "strings"),
    ("x = '''hello", "SyntaxError", 1, "three quotes", "strings"),
    ("x = “hello”", "SyntaxError", 1, "curly quotes", "syntax"),
    ("def f(x) return x", "SyntaxError", 1, "missing after `def f(x)`", "functions"),
    ("if x = 3:\n    pass", "SyntaxError", 1, "`==`", "conditions"),
    ("x = 5 +", "SyntaxError", 1, "ends with `+`", "syntax"),
    ("1x = 3", "SyntaxError", 1, "cannot begin with a number", "numbers"),
    ("class = 3", "SyntaxError", 1, "Python uses itself", "classes"),
    ("x = 3 y = 4", "SyntaxError", 1, "two statements", "syntax"),
    ("x = [1 2 3]", "SyntaxError", 1, "comma", "syntax"),
    ("x = 3\nx++", "SyntaxError", 2, "`x += 1`", "syntax"),
    ("if 3 => 4: pass", "SyntaxError", 1, "`>=`", "conditions"),
    ("from math import", "SyntaxError", 1, "what to import", "imports"),
    ("import foo bar", "SyntaxError", 1, "commas", "imports"),
    ("global x = 3", "SyntaxError", 1, "line below", "syntax"),
    ("pip install numpy", "SyntaxError", 1, "terminal", "syntax"),
    ("def f(a=1, b): pass", "SyntaxError", 1, "default value", "functions"),
    ("f(a=1, 2)", "SyntaxError", 1, "values with a name", "functions"),
    ("return 5", "SyntaxError", 1, "inside a function", "functions"),
    ("if True:\nprint(1)", "IndentationError", 2, "indented", "indentation"),
    ("x = 1\n  y = 2", "IndentationError", 2, "more than the line before", "indentation"),
    ("if True:\n    x = 1\n   y = 2", "IndentationError", 3, "less than the block", "indentation"),
    ("if True:\n\tx = 1\n        y = 2", "TabError", 3, "tabs and spaces", "indentation"),
    ("x = 1\npritn(x)", "NameError", 2, "`print`", "names"),
    ("total = 1\nprint(totl)", "NameError", 2, "`total`", "names"),
    ("print(something)", "NameError", 1, "misspelt", "names"),
    ("foo.bar()", "NameError", 1, "does not know the name `foo`", "names"),
    ("math.sqrt(2)", "NameError", 1, "import `math`", "names"),
    ("f = 3\nf()", "TypeError", 2, "cannot be called", "functions"),
    ("'a' + 1", "TypeError", 1, "string (`str`) and an integer", "types"),
    ("len(5)", "TypeError", 1, "counts the items", "types"),
    ("for i in 5:\n    pass", "TypeError", 1, "one after the other", "loops"),
    ("def f(x):\n    return x\nf()", "TypeError", 3, "too few values", "functions"),
    ("[1, 2][5]", "IndexError", 1, "index `5`", "lists"),
    ("[].pop()", "IndexError", 1, "empty", "lists"),
    ("{'a': 1}['b']", "KeyError", 1, "'b'", "dictionaries"),
    ("int('x')", "ValueError", 1, "`int()`", "types"),
    ("a, b = 1, 2, 3", "ValueError", 1, "fewer names", "unpacking"),
    ("None.foo", "AttributeError", 1, "`None`", "None"),
    ("[1].push(2)", "AttributeError", 1, "`append`", "lists"),
    ("1 / 0", "ZeroDivisionError", 1, "zero", "division"),
    ("assert 1 == 2", "AssertionError", 1, "was not", "testing"),
    ("assert 1 == 2, 'must be equal'", "AssertionError", 1, "must be equal", "testing"),
    ("def f(n):\n    return f(n)\nf(1)", "RecursionError", 2, "calling itself", "recursion"),
    ("open('nope.txt')", "FileNotFoundError", 1, "`nope.txt`", "files"),
    ("import numpyy", "ModuleNotFoundError", 1, "numpyy", "imports"),
    ("raise ValueError('not today')", "ValueError", 1, "not today", "values"),
    ("from collections import ChainMap\nChainMap({}).popitem()", "KeyError", 2, "is empty", "dictionaries"),
]


@pytest.mark.parametrize(("source", "exception", "line", "words", "concept"), BEGINNERS)
def test_live(source: str, exception: str, line: int, words: str, concept: str) -> None:
    found = diagnosed(source)
    assert (found.exception, found.line) == (exception, line)
    assert found.source_line == source.splitlines()[line - 1].strip()
    assert words in found.cause
    assert found.concept == concept
    assert found.known


@pytest.mark.parametrize(("source", "exception", "line", "words", "concept"), BEGINNERS)
def test_from_text_alone(source: str, exception: str, line: int, words: str, concept: str) -> None:
    error, name = failing(source)
    printed = "".join(traceback.format_exception(error))
    found = diagnose_text(type(error).__name__, str(error), source, printed)
    assert (found.exception, found.line) == (exception, line)
    assert found.cause
    assert name not in found.message


def test_the_cause_reads_like_a_few_sentences() -> None:
    for source, *_ in BEGINNERS:
        cause = diagnosed(source).cause
        assert cause[-1] in ".?!" or "says:" in cause
        assert "\n" not in cause
        for foreign in (
            "friendly",
            "github",
            "report this",
            "identified above",
            "I suspect",
            "I am guessing",
        ):
            assert foreign not in cause


class TestHonestWhenUnknown:
    def test_an_error_nobody_has_a_rule_for(self) -> None:
        found = diagnosed("class Strange(Exception): pass\ndef f():\n    exec('raise Strange(3)')\nf.x()")
        assert found.known
        error, name = failing("import zlib\nzlib.decompress(b'')")
        found = diagnose(error, "import zlib\nzlib.decompress(b'')", filename=name)
        assert (found.exception, found.line, found.known) == ("error", 2, False)
        assert "no rule for this one" in found.cause

    def test_a_line_nobody_can_read(self) -> None:
        found = diagnosed("= ? = ?")
        assert not found.known
        assert "letter by letter" in found.cause

    def test_without_a_place(self) -> None:
        found = diagnose_text("Strange", "", "", "")
        assert (found.line, found.source_line, found.known, found.concept) == (None, "", False, "")
        assert found.cause


class TestPlace:
    def test_the_innermost_line_of_the_cell_counts(self) -> None:
        assert diagnosed("import random\ndef f():\n    return random.choice([])\nf()").line == 3

    def test_blank_lines_that_ipython_drops_are_counted_again(self) -> None:
        run = "x = 1\nx[0]\n"
        name = "/tmp/ipykernel_7/1.py"
        linecache.cache[name] = (len(run), None, run.splitlines(True), name)
        try:
            exec(compile(run, name, "exec"), {})
        except TypeError as error:
            found = diagnose(error, f"\n  \n{run}", filename=name)
        assert (found.line, found.source_line) == (4, "x[0]")

    def test_the_cell_is_found_by_its_text(self) -> None:
        source = "x = 1\nx.foo"
        name = "<made up>"
        linecache.cache[name] = (len(source), None, source.splitlines(True), name)
        try:
            exec(compile(source, name, "exec"), {})
        except AttributeError as error:
            assert diagnose(error, source).line == 2
        del linecache.cache[name]

    def test_an_error_from_elsewhere_has_no_line(self) -> None:
        try:
            raise ValueError("elsewhere")
        except ValueError as error:
            assert diagnose(error, "print(1)").line is None

    def test_ipythons_traceback_tells_the_line_of_the_cell_that_was_run(self) -> None:
        text = (
            "\x1b[36mCell\x1b[39m \x1b[32mIn[4], line 2\x1b[39m\n----> 2 f(9)\n"
            "\x1b[36mCell In[2], line 7\x1b[39m, in f(i)\nIndexError: list index out of range"
        )
        assert diagnose_text("IndexError", "list index out of range", "x = 1\nf(9)", text).line == 2

    def test_our_own_traceback_does_too(self) -> None:
        assert diagnose_text("E", "", "a\nb\nc", "Line 1\n    a\nLine 3, in f\n    c\nE:").line == 3

    def test_a_line_that_the_cell_does_not_have_is_not_believed(self) -> None:
        assert diagnose_text("E", "", "a", "Cell In[1], line 99").line is None


class TestNamespace:
    def test_a_misspelt_name_is_found_among_the_names_of_other_cells(self) -> None:
        error, name = failing("print(studnet)")
        found = diagnose(error, "print(studnet)", namespace={"student": 1}, filename=name)
        assert found.cause.startswith("Did you mean `student`?")

    def test_and_in_the_cells_own_text(self) -> None:
        found = diagnose_text("NameError", "name 'totl' is not defined", "total = 1\nprint(totl)", "")
        assert "`total`" in found.cause


class TestHostileErrors:
    def test_one_that_cannot_be_printed(self) -> None:
        found = diagnosed("class E(Exception):\n    def __str__(self): raise SystemExit\nraise E")
        assert (found.exception, found.message, found.line) == ("E", "", 3)

    def test_a_message_that_is_no_text(self) -> None:
        class Odd(str):
            pass

        class E(Exception):
            def __str__(self) -> str:
                return Odd("odd")

        assert diagnose(E(), "").message == ""

    def test_a_class_with_a_strange_name(self) -> None:
        strange = type("\x1b[31mEvil\n" + "x" * 500, (Exception,), {})
        found = diagnose(strange("boo"), "")
        assert found.exception.startswith("Evil")
        assert len(found.exception) <= 100

    @pytest.mark.parametrize("number", ["110000", "F" * 40, "D800"])
    def test_a_character_that_there_is_not(self, number: str) -> None:
        message = f"invalid non-printable character U+{number}"
        assert number in diagnose_text("SyntaxError", message, "x = 1", "").cause

    def test_a_syntax_error_made_by_hand(self) -> None:
        error = SyntaxError("made up")
        error.lineno = "three"  # type: ignore[assignment]  # what a student can do too
        assert diagnose(error, "x = 1").line is None

    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.text(max_size=60), st.text(max_size=3000), st.text(max_size=300), st.text(max_size=600))
    def test_any_text_gives_a_small_honest_answer(
        self, exception: str, message: str, code: str, printed: str
    ) -> None:
        found = diagnose_text(exception, message, code, printed)
        assert found.exception
        assert 0 < len(found.cause) <= 1000
        assert len(found.message) <= 1000
        assert found.line is None or 1 <= found.line <= max(len(code.splitlines()), 1)

    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.text(alphabet="ifelswhx=(:[]{}'\"\n +-1.,#\\", max_size=60))
    def test_any_broken_line_gives_a_line_within_the_cell(self, source: str) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                compile(source, "<any>", "exec")
            except (SyntaxError, ValueError) as error:
                found = diagnose(error, source, filename="<any>")
                assert found.line is None or 1 <= found.line <= max(len(source.splitlines()), 1)
                assert found.cause


def test_a_hostile_line_takes_no_time() -> None:
    line = "while " + "x " * 9_000
    started = time.perf_counter()
    diagnose_text("SyntaxError", "invalid syntax", line, "Cell In[1], line 1")
    assert time.perf_counter() - started < 1


def test_a_syntax_error_far_into_a_huge_cell_is_still_answered_quickly() -> None:
    source = "x = 1\n" * 20_000 + "while True print(x)\n"
    found = diagnosed(source)
    assert (found.line, "colon" in found.cause) == (20_001, True)


@pytest.mark.parametrize("deeper", [0, 1])
def test_calls_without_end_are_shown_at_one_line_wherever_the_stack_ran_out(deeper: int) -> None:
    source = (
        "def even(n):\n    return odd(n - 1)\n"
        "def odd(n):\n    if n == 0:\n        return False\n    return even(n - 1)\neven(5.5)"
    )

    def down(levels: int) -> Diagnosis:
        return down(levels - 1) if levels else diagnosed(source)

    found = down(deeper)
    assert (found.exception, found.line) == ("RecursionError", 2)
    assert "`even`" in found.cause
