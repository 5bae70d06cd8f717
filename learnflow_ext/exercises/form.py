"""What can be seen of an exercise without running it: whether it is whole, and fit for students. Pure.

Whoever wrote it, a model too: what a browser shows is text and code, and what runs is about the task.
"""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterator, Sequence

from learnflow_ext.exercises.exercise import MAX_DIFFICULTY, MIN_DIFFICULTY, Exercise
from learnflow_ext.exercises.trees import PLAIN, parse, parts

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,79}")
_FENCE = re.compile(r"(`{3,})[^`]*|(~{3,}).*")
_SPAN = re.compile(r"\\[\\`]|(`+)(?!`).*?(?<!`)\1(?!`)|(`+)")
"""An escape, code between backticks, or backticks without a partner."""
_SPAN_IN_TABLE = re.compile(_SPAN.pattern.replace(".*?", r"[^|]*?"))
_TABLE = re.compile(r"(?=.*-)(?=.*\|)[\s|:>-]+")
"""The line below a table's head. A cell ends at its `|`, whatever backticks stand around that."""
CODE = re.compile(r"^(```|~~~).*?^\1[ \t]*$|(`+)(?!`).*?(?<!`)\2(?!`)", re.DOTALL | re.MULTILINE)
"""What most likely is code in Markdown; whether it surely is none, `faults` asks more strictly."""
_MARKS = re.compile(r"(?:BEGIN|END)\s+(?:SOLUTION|HIDDEN\s+TESTS|MARK\s+SCHEME)|AUTOTEST", re.IGNORECASE)
"""Where a release cuts solution and hidden tests out. One too many, and what follows it is released."""
_MARKUP = re.compile(r"<[A-Za-z/!?]|&(?:#\w+|\w+);")
_LINK = re.compile(
    r"\]\s*[(\[:]|\\href\b|\b(?:[a-z][a-z+.-]*://|www\.|mailto:|javascript:|data:(?=[\w,;]))",
    re.IGNORECASE,
)
_MODULES = frozenset(
    "abc bisect calendar cmath collections copy csv dataclasses datetime decimal enum fractions functools "
    "heapq itertools json keyword math numbers operator pathlib random re statistics string textwrap typing "
    "unicodedata".split()
)
"""What exercises are about. Any other may reach the network, the interpreter's insides, or the solution."""
_CLOCK = frozenset({"date.today", "datetime.today", "datetime.now", "datetime.utcnow"})
"""Whoever asks for the date is told something else tomorrow."""
_NO_NAMES = frozenset(
    "eval exec compile __import__ __builtins__ globals locals vars breakpoint input exit quit "
    "get_ipython".split()
)
_INSIDES = frozenset(
    "__globals__ __code__ __subclasses__ __bases__ __mro__ __builtins__ __closure__ __getattribute__ "
    "__dict__ f_globals f_locals f_back tb_frame gi_frame".split()
)
_INNER = re.compile(rf"(?<!\w)(?:{'|'.join(sorted(_INSIDES))})(?!\w)")
_NO_NAMES_IN_TESTS = _NO_NAMES | {"print", "open", "display"}


def faults(exercise: Exercise) -> list[str]:
    """A sentence for each thing that speaks against it; empty for none."""
    reasons = []
    if not _NAME.fullmatch(exercise.name):
        reasons.append("Its name should have letters, digits and hyphens only, and at most 80 of them.")
    if not MIN_DIFFICULTY <= exercise.difficulty <= MAX_DIFFICULTY:
        reasons.append(f"Its difficulty should be {MIN_DIFFICULTY} to {MAX_DIFFICULTY}.")
    if not exercise.statement.strip():
        reasons.append("It has no statement.")
    tree = parse(exercise.reference)
    if tree is None:
        reasons.append("Python cannot read the solution.")
    elif not parts(tree):
        reasons.append("The solution defines no function or class.")
    if not exercise.starter.strip() or not exercise.reference.startswith(exercise.starter):
        reasons.append("The solution does not begin with what the student starts from.")
    if not exercise.examples:
        reasons.append("The statement shows no example.")
    if not exercise.visible or not exercise.hidden:
        reasons.append("It needs visible and hidden tests.")
    solution = exercise.reference.removeprefix(exercise.starter).strip()
    if solution and " ".join(solution.split()) in " ".join(exercise.statement.split()):
        reasons.append("The statement tells the solution.")
    if told := _told(exercise):
        reasons.append(f"The statement tells what a hidden test asks for: {told}.")
    reasons += _apart(exercise)
    reasons += _shown(exercise)
    if any(map(_elsewhere, _texts(exercise))):
        reasons.append("It reads or writes outside of its own folder.")
    if (bad := next(_unfit(tree, _NO_NAMES), "") if tree is not None else "") != "":
        reasons.append(f"The solution uses {bad}, which no exercise is about.")
    for slip in exercise.slips:
        wrong = parse(slip)
        if wrong is None or next(_unfit(wrong, _NO_NAMES), ""):
            reasons.append("One of the wrong programs is no Python, or uses what no exercise is about.")
            break
    tests = parse(exercise.tests)
    if (bad := next(_unfit(tests, _NO_NAMES_IN_TESTS), "") if tests is not None else "") != "":
        reasons.append(f"A test uses {bad}: tests ask and compare, and do nothing else.")
    if tests is not None and _by_chance(tests):
        reasons.append("A test draws by chance: have it call `random.seed`, or `Random`, with a number.")
    return reasons


def _by_chance(tests: ast.AST) -> bool:
    """Whether they use `random` and nowhere say from which number on. It may pass at each look here."""
    nodes = list(ast.walk(tests))
    uses = any(isinstance(node, ast.ImportFrom) and node.module == "random" for node in nodes)
    uses |= any(isinstance(node, ast.Name) and node.id == "random" for node in nodes)
    seeds = (
        getattr(node.func, "attr", getattr(node.func, "id", ""))
        for node in nodes
        if isinstance(node, ast.Call) and node.args
    )
    return uses and not {"seed", "Random"} & set(seeds)


def _told(exercise: Exercise) -> str:
    """A call of a hidden test that stands in the statement beside its result; empty for none."""
    said = exercise.statement.replace('"', "'")
    for call, result in sorted(_asked(exercise.hidden) - _asked(exercise.visible)):
        if re.search(rf"(?<!\w){_anyhow(call)}(?:\s*\S){{0,12}}?\s*{_anyhow(result)}(?!\w)", said):
            return f"{call} is {result}"
    return ""


def _asked(tests: Sequence[str]) -> set[tuple[str, str]]:
    """(call, result) of what these compare. What a method gives depends on what was done before."""
    tree = parse("\n".join(tests))
    return {
        (ast.unparse(node.left), ast.unparse(node.comparators[0]))
        for node in (ast.walk(tree) if tree is not None else ())
        if isinstance(node, ast.Compare)
        and isinstance(node.left, ast.Call)
        and isinstance(node.left.func, ast.Name)
    }


def _anyhow(code: str) -> str:
    """A pattern of `code` with whatever blanks, and one kind of quotation marks."""
    return r"\s*".join(map(re.escape, "".join(code.split()).replace('"', "'")))


def _apart(exercise: Exercise) -> Iterator[str]:
    """Whether what students get can be told apart from what they do not get."""
    told = "\n".join((exercise.title, exercise.statement, exercise.starter, *exercise.visible))
    if _MARKS.search("\n".join((told, exercise.reference, *exercise.hidden))):
        yield "It has one of the marks in it that a release goes by, such as END SOLUTION."
    if exercise.reference.startswith(exercise.starter) and parse(exercise.reference) is not None:
        if parse(exercise.starter) is None or not _goes_on(exercise):
            yield (
                "What the student starts from should be a function or class with a docstring and nothing "
                "else in it, and the solution should only go on inside of it, four spaces in."
            )
    seen = (told + "\n" + "\n".join(example.call for example in exercise.examples)).replace('"', "'")
    if any(re.search(asked, seen) for asked in map(_asks, exercise.hidden) if asked):
        yield "One of the hidden tests stands where the student reads it."


def _goes_on(exercise: Exercise) -> bool:
    """Whether the solution is the same program where a notebook has it: below the starter, indented."""
    solution = textwrap.dedent(exercise.reference.removeprefix(exercise.starter)).strip("\n")
    whole = parse(exercise.starter + textwrap.indent(solution + "\n", "    "))
    meant = parse(exercise.reference)
    return whole is not None and meant is not None and ast.dump(whole) == ast.dump(meant)


def _asks(test: str) -> str:
    """A pattern for what a hidden test asks; empty where that says nothing without what is around it."""
    tree = parse(test)
    if tree is None or not tree.body or not isinstance(last := tree.body[-1], ast.Assert):
        return ""
    asks = _question(last.test)
    if len(tree.body) == 1 and not (isinstance(asks, ast.Call) and (asks.args or asks.keywords)):
        return ""
    code = "\n".join(map(ast.unparse, [*tree.body[:-1], asks])).replace('"', "'")
    return r"(?<![\w.])" + r"\s*".join(re.escape(each) for each in code if not each.isspace())


def _question(test: ast.expr) -> ast.expr:
    """What is compared with a value, whichever side it stands on, or asked to be true or not."""
    while isinstance(test, ast.UnaryOp):
        test = test.operand
    if not isinstance(test, ast.Compare):
        return test
    sides = (test.left, *test.comparators)
    plain = (all(isinstance(each, PLAIN) for each in ast.walk(side)) for side in sides)
    return next((side for side, known in zip(sides, plain, strict=True) if not known), test.left)


def _shown(exercise: Exercise) -> Iterator[str]:
    """What is wrong with the text that a browser shows, apart from the code in it."""
    text, paired = without_code(f"{exercise.title}\n\n{exercise.statement}")
    if not paired:
        yield (
            "A backtick in the statement has no partner on its line: put code between two of them, or "
            "between two lines of three."
        )
    if _MARKUP.search(text):
        yield "The statement has HTML in it. Write text, and put code between backticks."
    if _LINK.search(text):
        yield "The statement has a link or a picture in it. An exercise stands for itself: write it without."
    for example in exercise.examples:
        if "`" in example.call + example.result or "\n" in example.call + example.result:
            yield "An example has a backtick or a line break in it, so no line of code can show it."
            return


def without_code(text: str) -> tuple[str, bool]:
    """(`text` without code, whether each backtick in it has its partner on the same line).

    Only where each has one, this finds the same code as every renderer: elsewhere it may end with its
    paragraph, list or cell, and a link behind that be one.
    """
    prose: list[str] = []
    fence = ""
    for line in re.split(r"\r\n?|\n", text):
        if fence:
            if re.fullmatch(rf" {{0,3}}{fence[0]}{{{len(fence)},}}[ \t]*", line):
                fence = ""
        elif found := _FENCE.fullmatch(line):
            fence = found[1] or found[2]
        else:
            prose.append(line)
    span = _SPAN_IN_TABLE if any(map(_TABLE.fullmatch, prose)) else _SPAN
    alone = any(found[2] for line in prose for found in span.finditer(line))
    return "\n".join(span.sub(" ", line) for line in prose), not alone and not fence


def _asks_for_any(call: ast.Call) -> bool:
    """Whether it asks for an attribute of something by a text that is put together there."""
    name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
    named = {"getattr": call.args[1:2], "attrgetter": call.args, "methodcaller": call.args[:1]}.get(name, [])
    return any(isinstance(each, (ast.BinOp, ast.JoinedStr, ast.Call)) for each in named)


def _texts(exercise: Exercise) -> Iterator[ast.AST]:
    for program in (exercise.reference, exercise.tests):
        tree = parse(program)
        yield from ast.walk(tree) if tree is not None else ()


def _elsewhere(node: ast.AST) -> bool:
    """Whether it opens a place that is not below the working folder."""
    match node:
        case ast.Call(func=ast.Name(id="Path" | "open"), args=arguments):
            places = [each.value for each in arguments if isinstance(each, ast.Constant)]
            texts = [place for place in places if isinstance(place, str)]
            return any(text.startswith(("/", "~")) or ".." in text.split("/") for text in texts)
        case ast.Call(func=ast.Attribute(attr="home" | "cwd" | "expanduser", value=ast.Name(id="Path"))):
            return True
    return False


def _unfit(tree: ast.AST, names: frozenset[str]) -> Iterator[str]:
    """What in a program reaches beyond its task."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names if each.name.split(".")[0] not in _MODULES)
        elif isinstance(node, ast.ImportFrom):
            if (node.module or "").split(".")[0] not in _MODULES | {"__future__"} or node.level:
                yield node.module or "."
        elif isinstance(node, ast.Name) and node.id in names:
            yield node.id
        elif isinstance(node, ast.Attribute) and node.attr in _INSIDES:
            yield node.attr
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and _INNER.search(node.value):
            # By name they are reached as well: `getattr`, `attrgetter`, `str.format`.
            yield from _INNER.findall(node.value)[:1]
        elif isinstance(node, ast.Call) and _asks_for_any(node):
            yield f"{ast.unparse(node.func)} with a name put together"
        elif isinstance(node, ast.Attribute) and isinstance(node.value, (ast.Name, ast.Attribute)):
            asked = ".".join(ast.unparse(node).split(".")[-2:])
            yield from {asked} & _CLOCK
