"""Checks a course as a careful colleague would: reads every notebook, and runs every solution."""

from __future__ import annotations

import ast
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from learnflow_grading import constructs

from learnflow_ext.agents.course_index import notebooks_of, source_folder
from learnflow_ext.agents.references import Reference, references
from learnflow_ext.contracts.assignments import said
from learnflow_ext.contracts.errors import BadRequest, LearnFlowError
from learnflow_ext.contracts.quizzes import FOLDER, look_through, placed
from learnflow_ext.contracts.runner import RunLimits, Runner
from learnflow_ext.diagnosis.reading import without_magics
from learnflow_ext.exercises.notebook_checks import CheckedCell, Finding, leaked, problems, read
from learnflow_ext.exercises.proving import Asserts, Prover
from learnflow_ext.exercises.trees import parse

RAISES = "raises-exception"
"""The tag of a cell that is meant to fail, as nbconvert and JupyterLab know it."""
LIMITS = RunLimits(wall_s=60.0, memory_mb=512, output_bytes=1_000_000)
_CONSTANTS = ("None", "True", "False", "0", "1", "''", "[]", "{}")
_MOST_EXPECTED = 3
_SHORTENING = """
def _shortened(function):
    def shorter(*args, **kwargs):
        value = function(*args, **kwargs)
        if type(value) in (list, tuple) and len(value) > 1:
            {then}
        return value
    shorter.__name__, shorter.__doc__ = function.__name__, function.__doc__
    return shorter
"""
"""What is put behind a solution to see whether its tests mind when the last of several values is missing."""


async def check_course(folder: Path, runner: Runner) -> list[Finding]:
    """Everything found, in the order of the course. Empty for a course without a fault.

    A folder without any notebook is a finding too. LearnFlowError only when no sandbox can be had.
    """
    found = list(_outline(folder))
    known = list(references(folder, practices=True))
    asked: dict[str, list[tuple[Path, CheckedCell]]] = {}
    for assignment, path in notebooks_of(folder):
        raw = _raw(path)
        asked.setdefault(assignment, [])
        if raw is None:
            found.append(_of(assignment, path, "", "format", "This is no notebook that can be read."))
            continue
        cells = read(raw)
        found += [
            _of(assignment, path, each.cell, each.kind, each.message)
            for each in problems(cells, _files(path.parent, folder))
        ]
        found += [_of(assignment, path, cell, "rules", text) for cell, text in said_wrongly(raw)]
        found += _released(folder, assignment, path, cells)
        asked[assignment] += [
            (path, cell) for cell in cells if cell.kind == "markdown" and placed(cell.text) is not None
        ]
        own = {cell.name for cell in cells if cell.is_solution}
        shown = []
        for reference in known:
            of, _, name = reference.name.partition("/")
            if of == assignment and name in own:
                shown += [
                    _of(assignment, path, name, kind, text)
                    for kind, text in await _exercise(runner, reference)
                ]
        found += shown
        if not any(each.kind == "solution" for each in shown):
            # A notebook whose solution fails, or never ends, would only say so once more.
            found += await _runs(runner, assignment, path, raw)
    return found + list(_quizzes(folder, asked))


def _of(assignment: str, path: Path, cell: str, kind: str, message: str) -> Finding:
    return Finding(assignment=assignment, notebook=path.name, cell=cell, kind=kind, message=message)


def _raw(path: Path) -> dict[str, Any] | None:
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return raw if isinstance(raw, dict) and isinstance(raw.get("cells"), list) else None


def said_wrongly(notebook: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(cell, sentence) for what a notebook says of topic, tutor and rules that cannot be understood.

    The cell is empty where it is about the whole notebook.
    """
    metadata = notebook.get("metadata")
    try:
        said(metadata if isinstance(metadata, dict) else {})
    except ValueError as error:
        yield "", str(error)
    functions = defined(notebook)
    for cell in read(notebook):
        try:
            rules = constructs.parse({"learnflow": cell.learnflow}, cell.name)
        except LearnFlowError as error:
            yield cell.name, error.message
            continue
        if rules is None:
            continue
        if not cell.is_test:
            yield (
                cell.name,
                "Rules about how an exercise is solved belong to its test cell, and nowhere else.",
            )
        elif rules.within and rules.within not in functions:
            yield cell.name, f"Its rules are about `{rules.within}`, which no cell of this notebook defines."


def told_wrongly(about: bytes) -> list[str]:
    """Sentences for what a `course.yaml` says that the service cannot understand.

    It would have the tutor off, make no exercises, or keep to the deadlines that it knew.
    """
    # Loaded when they are needed: `--help` should not wait for them.
    from learnflow_ext.service import policies, practice_rules, terms

    found: list[str] = []
    for parse_ in (policies.parse, practice_rules.parse, terms.parse):
        try:
            parse_(about)
        except ValueError as error:
            found.append(str(error))
    return list(dict.fromkeys(found))


def defined(notebook: Mapping[str, Any]) -> set[str]:
    """The names that a notebook's code cells give to something, solutions among them."""
    trees = [parse(without_magics(cell.text)) for cell in read(notebook) if cell.kind == "code"]
    found = set()
    for node in (node for tree in trees if tree is not None for node in ast.walk(tree)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
    return found


def _files(folder: Path, course: Path) -> set[str]:
    """What a link of a notebook in `folder` may name: files of its assignment, and other notebooks."""
    own = {str(each.relative_to(folder)) for each in folder.rglob("*") if each.is_file()}
    others = {f"../{name}/{path.name}" for name, path in notebooks_of(course)}
    return own | {f"./{name}" for name in own} | others


def _outline(folder: Path) -> Iterator[Finding]:
    names = list(dict.fromkeys(name for name, _ in notebooks_of(folder)))
    if not names:
        yield Finding(
            assignment="",
            kind="empty",
            message="There is no notebook in it. An assignment is a folder below `source` with a "
            "notebook of the "
            "same name.",
        )
    for name in names:
        if not (source_folder(folder) / name / f"{name}.ipynb").is_file():
            yield Finding(
                assignment=name,
                kind="name",
                message=f"The folder has no notebook of its own name, `{name}.ipynb`.",
            )
    about = folder / "course.yaml"
    if not about.is_file():
        return
    try:
        text = about.read_bytes()
        said = yaml.safe_load(text)
        listed = [str(each["name"]) for each in said.get("assignments") or []]
    except (OSError, ValueError, yaml.YAMLError, AttributeError, TypeError, KeyError):
        yield Finding(
            assignment="",
            notebook="course.yaml",
            kind="outline",
            message="It cannot be read. It needs a `title`, and `assignments` with a `name` each.",
        )
        return
    for sentence in told_wrongly(text):
        yield Finding(assignment="", notebook="course.yaml", kind="rules", message=sentence)
    for name in listed:
        if name not in names:
            yield Finding(
                assignment=name,
                kind="outline",
                message="`course.yaml` names it, but there is no such folder.",
            )
    for name in names if listed else []:
        if name not in listed:
            yield Finding(
                assignment=name,
                kind="outline",
                message="It is not in `course.yaml`, so nobody knows its place in the course.",
            )


def _quizzes(folder: Path, asked: Mapping[str, list[tuple[Path, CheckedCell]]]) -> Iterator[Finding]:
    """Questions without a key, keys without a question, and keys that cannot be used."""
    keys = {path.stem: path for path in sorted((folder / FOLDER).glob("*.yaml"))}
    for assignment in sorted({*keys, *(name for name, cells in asked.items() if cells)}):
        key = f"{FOLDER}/{assignment}.yaml"

        def about(cell: str, message: str, *, of: str = assignment, where: str = key) -> Finding:
            return Finding(assignment=of, notebook=where, cell=cell, kind="quiz", message=message)

        known: set[str] = set()
        if assignment in keys:
            try:
                questions, mistakes = look_through(keys[assignment].read_bytes())
            except OSError as error:
                questions, mistakes = [], [("", f"It cannot be read: {error.strerror}.")]
            known = {question.id for question in questions} | {name for name, _ in mistakes}
            yield from (about(name, sentence) for name, sentence in mistakes)
        if assignment not in asked:
            yield about("", "There is no assignment of this name.")
            continue
        places = Counter(placed(cell.text) for _, cell in asked[assignment])
        for path, cell in asked[assignment]:
            name = placed(cell.text)
            if not name:
                message = "It asks a quiz question without saying which: write `%quiz` and the question's id."
                yield about(cell.name, message, where=path.name)
            elif name not in known:
                message = f"It asks the quiz question `{name}`, and `{key}` has none of that id."
                yield about(cell.name, message, where=path.name)
        for name, count in places.items():
            if name and count > 1:
                yield about(name, f"{count} cells ask this question. Ask it once.")
        for name in sorted(known - set(places) - {""}):
            if not name.startswith("number "):
                yield about(name, f"No cell asks this question. Put `%quiz {name}` into a Markdown cell.")


def _released(folder: Path, assignment: str, path: Path, cells: Sequence[CheckedCell]) -> Iterator[Finding]:
    """Whether what students got holds what they must not get."""
    hidden = [cell.hidden for cell in cells]
    for place in ("release", f"exchange/{folder.name}/outbound"):
        copy = folder / place / assignment / path.name
        raw = _raw(copy)
        if raw is None:
            continue
        given = read(raw)
        text = "\n".join(f"{cell.text}\n{cell.outputs}" for cell in given)
        if any("BEGIN HIDDEN TESTS" in cell.text for cell in given) or leaked(hidden, text):
            yield _of(
                assignment,
                path,
                "",
                "leak",
                f"The released copy in `{place}` shows hidden tests. Take it back, and release it again.",
            )
        if any("BEGIN SOLUTION" in cell.text for cell in given):
            yield _of(
                assignment,
                path,
                "",
                "leak",
                f"The released copy in `{place}` shows a solution. Take it back, and release it again.",
            )


async def _runs(runner: Runner, assignment: str, path: Path, raw: dict[str, Any]) -> list[Finding]:
    """Runs the notebook from top to bottom, solutions and all."""
    cells = [each for each in raw["cells"] if isinstance(each, dict) and each.get("cell_type") == "code"]
    sources = []
    for each in cells:
        (cell,) = read({"cells": [each]})
        metadata = each.get("metadata")
        tags = metadata.get("tags", []) if isinstance(metadata, dict) else []
        meant = isinstance(tags, list) and RAISES in tags
        sources.append("" if meant else without_magics(cell.text))
    # One cell more each time one fails would take long: the first says enough.
    result = await runner.run([*sources, ""], limits=LIMITS)
    if result.limit is not None:
        return [_of(assignment, path, "", "run", f"It does not run to its end. {result.message}".strip())]
    if result.error is None:
        return []
    error = result.error
    at = next((place for place, source in enumerate(sources) if source == error.code), None)
    name, what = "", "a cell"
    kind = "run"
    if at is not None:
        (cell,) = read({"cells": [cells[at]]})
        name = cell.name
        what = "this test fails with the solution" if cell.is_test else "this cell fails"
        kind = "solution" if cell.is_test or cell.is_solution else "run"
    where = f", line {error.line}" if error.line else ""
    said = f": {error.message}" if error.message else ""
    return [
        _of(
            assignment,
            path,
            name,
            kind,
            f"When the notebook runs from top to bottom, {what}{where}: {error.exception}{said}. (A "
            "cell that is "
            f"meant to fail needs the tag `{RAISES}`.)",
        )
    ]


async def _exercise(runner: Runner, reference: Reference) -> list[tuple[str, str]]:
    """(kind, sentence) of what running one exercise in several ways shows."""
    if not reference.tests.strip():
        return []
    before = f"{reference.before}\n"
    try:
        tests = Asserts(reference.tests)
    except BadRequest as error:
        return [("tests", error.message)]
    given = _starter(reference)
    expected = _expected(reference.tests) if _is_given_something(reference.whole) else []
    values = dict.fromkeys((*_CONSTANTS, *expected))
    constants = {value: changed for value in values if (changed := _always(reference.whole, value))}
    shortened = [_shortened(reference.whole, then) for then in ("return value[:-1]", "raise AssertionError")]
    programs = [reference.whole, reference.whole, given, *shortened, *constants.values()]
    solved, again, start, shorter, noticed, *easy = await Prover(
        runner, seconds=2.0, all_seconds=30.0
    ).outcomes([before + each for each in programs], tests)
    if solved.endless or again.endless:
        return [("solution", "The solution, or a test of it, does not end in time.")]
    if solved.verdicts != again.verdicts:
        return [("flaky", "The same solution passes and fails: a test depends on chance or on time.")]
    if not solved.passes:
        at = solved.verdicts.find("0")
        sources = [source for kind, source in tests.statements if kind == "test"]
        return [("solution", f"The solution fails its own test: `{_short(sources[max(0, at)])}`")]
    found = []
    if start.passes:
        found.append(("starter", "All tests pass before anything was written."))
    for value, outcome in zip(constants, easy, strict=True):
        if outcome.passes:
            found.append(
                (
                    "easy",
                    f"All tests pass with a function that always returns `{value}`. Test other values too.",
                )
            )
            break
    if shorter.passes and "0" in noticed.verdicts:
        found.append(
            (
                "short",
                "All tests pass when the last value of every list is missing: `zip` ends with the shorter of"
                " two, and `all` looks at what is there. Compare whole lists, or their lengths too.",
            )
        )
    return found


def _starter(reference: Reference) -> str:
    """The answer as students get it: without the marked solution."""
    lines, inside = [], False
    for line in reference.whole.splitlines():
        if "BEGIN SOLUTION" in line:
            inside = True
            lines.append(line[: len(line) - len(line.lstrip())] + "raise NotImplementedError()")
        elif "END SOLUTION" in line:
            inside = False
        elif not inside:
            lines.append(line)
    return "\n".join(lines) if any("NotImplementedError" in line for line in lines) else ""


def _is_given_something(program: str) -> bool:
    """Whether a function of it has parameters: one that has none may well give the same each time."""
    tree = parse(program)
    return any(
        isinstance(node, ast.FunctionDef) and ast.unparse(node.args)
        for node in (tree.body if tree is not None else [])
    )


def _expected(tests: str) -> list[str]:
    """Values that the tests compare with, the most frequent first: an answer that never changes is one."""
    tree = parse(tests)
    found: Counter[str] = Counter()
    for node in ast.walk(tree) if tree is not None else ():
        if isinstance(node, ast.Compare):
            found.update(ast.unparse(side) for side in node.comparators if _is_value(side))
    return [value for value, _ in found.most_common(_MOST_EXPECTED)]


def _is_value(node: ast.expr) -> bool:
    try:
        ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return False
    return True


def _always(program: str, value: str) -> str:
    """The program with every function returning `value`; empty where it has no function."""
    tree = parse(program)
    if tree is None or not any(isinstance(node, ast.FunctionDef) for node in tree.body):
        return ""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            node.body = [ast.Return(ast.parse(value, mode="eval").body)]
    return ast.unparse(ast.fix_missing_locations(tree))


def _shortened(program: str, then: str) -> str:
    """The program with something done to every list that one of its functions gives back."""
    tree = parse(program)
    functions = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)] if tree else []
    lines = [f"{name} = _shortened({name})" for name in dict.fromkeys(functions)]
    return "\n".join([program, _SHORTENING.format(then=then), *lines])


def _short(text: str) -> str:
    line = " ".join(text.split()).replace("`", "'")
    return line if len(line) <= 120 else f"{line[:119]}…"
