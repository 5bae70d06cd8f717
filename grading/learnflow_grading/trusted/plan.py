"""What the teacher's own notebook says about a submission: which names are the student's, what a test needs.

Everything here comes from the source notebook, the released one and the gradebook, never from what was handed
in.
"""

from __future__ import annotations

import ast
import base64
import binascii
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .. import constructs
from ..constructs import Constructs
from ..hidden import split_hidden
from . import names
from .declared import Declared

_INSIDE = frozenset(
    "__code__ __defaults__ __kwdefaults__ __closure__ __globals__ __builtins__ __subclasses__".split()
)
_FILES = frozenset(
    "open read_csv to_csv Path path listdir glob exists isfile load loadtxt genfromtxt savetxt".split()
)
_SHELL = frozenset("get_ipython In Out _ih _oh _i _ii __IPYTHON__".split())
_RUNS = frozenset(
    "run_path run_module exec_module SourceFileLoader spec_from_file_location import_module __import__"
    " load_module load_source subprocess Popen check_output check_call getoutput system popen pickle"
    " read_pickle allow_pickle shelve marshal dill joblib cloudpickle read_hdf HDFStore unsafe_load"
    " UnsafeLoader sympify parse_expr sympy ctypes fileConfig"
    " doctest get_type_hints eval_str".split()
)
"""What may run a file, or a text, that a student's code made: a docstring's examples, a type's name."""
_EVALUATES = frozenset("eval exec compile query".split())
_TIMES = frozenset({"timeit", "repeat", "Timer"})
"""Of `timeit`: these take a function, or a text that is run."""
_TEXT = frozenset("format join strip lstrip rstrip replace repr str dedent lower upper".split())
_PASSING_ON = frozenset("sum max min round float int abs len bool sorted".split())


@dataclass(frozen=True)
class TestPlan:
    """How one test cell is run."""

    code: str
    names: tuple[str, ...] = ()
    """Names to ask the student's process for."""
    setup: str = ""
    """The teacher's preparations since the test before."""
    scored: bool = True
    """False when the cell's last line shows a student's value: that is no number of points."""
    number: bool = False
    """Whether it ends in a number of points, as a run of the reference shows."""
    files: bool = False
    fallback: str = ""
    """Why it can only run beside the student's code; empty for a trusted test."""
    binds: frozenset[str] = frozenset()
    replaces: tuple[str, ...] = ()
    """The student's functions that the test takes away, or puts others in place of."""


@dataclass(frozen=True)
class NotebookRules:
    """One notebook, as its teacher wrote it."""

    tests: Mapping[str, TestPlan]
    """By grade id."""
    classes: Mapping[str, Declared] = field(default_factory=dict)
    modules: Mapping[str, str] = field(default_factory=dict)
    imports: tuple[str, ...] = ()
    """The teacher's import statements."""
    student_imports: tuple[str, ...] = ()
    """Imports in the tests that students see, which their later cells may use."""
    returns_objects: tuple[str, ...] | None = None
    never_empty: tuple[str, ...] = ()
    """Functions, variables and attributes that are numbers, texts, lists, tables and the like in the
    reference, and never empty, nor have anything empty in them."""
    always_known: tuple[str, ...] = ()
    """Functions, variables and attributes whose numbers the reference never has nan, infinite or missing."""
    may_change: tuple[str, ...] | None = None
    """Functions that change what they are given in the reference; None when that was never tried."""
    broken: tuple[str, ...] = ()
    """Tests that the reference solution itself does not pass."""
    constructs: Mapping[str, Constructs] = field(default_factory=dict)
    """How exercises are to be solved, by the test's grade id."""
    slow: Mapping[str, str] = field(default_factory=dict)
    """What of the reference takes longer than a student has, by the cell's name, and how long: `7.5 s`."""
    whole: bool = True
    """False when time ran out while the reference was tried: a later try may show more."""
    practices: frozenset[str] = frozenset()
    """Answers to practices, by their names: they are no part of an exercise."""


@dataclass(frozen=True)
class TeacherCell:
    """A code cell of the teacher's notebook."""

    source: str
    kind: str
    """`test`, `solution` or `setup`."""
    name: str = ""
    constructs: Constructs | None = None
    """A test's rules about how it is solved."""
    practice: bool = False
    """Whether it is the answer to a practice, which earns nothing."""


def kind_of(metadata: Mapping[str, Any]) -> str:
    """What a code cell is, by its `nbgrader` metadata as the teacher made it."""
    info = metadata.get("nbgrader") or {}
    if info.get("solution"):
        return "solution"
    if info.get("grade"):
        return "test"
    return "setup"


def _is_practice(metadata: Mapping[str, Any]) -> bool:
    ours = metadata.get("learnflow")
    return isinstance(ours, Mapping) and ours.get("practice") is True


def _is_practice_check(metadata: Mapping[str, Any]) -> bool:
    """Whether it checks a practice, which is no part of any test: it runs in the student's process only."""
    return _is_practice(metadata) and kind_of(metadata) == "setup"


def teacher_cells(cells: Iterable[Any]) -> list[TeacherCell]:
    """The code cells of a notebook. Unprocessable when a test's rules cannot be understood."""
    return [
        TeacherCell(
            names.undrawn(cell.source),
            kind_of(cell.metadata),
            name := (cell.metadata.get("nbgrader") or {}).get("grade_id", ""),
            constructs.parse(cell.metadata, name) if kind_of(cell.metadata) == "test" else None,
            practice=_is_practice(cell.metadata) and kind_of(cell.metadata) == "solution",
        )
        for cell in cells
        if cell.cell_type == "code" and not _is_practice_check(cell.metadata)
    ]


def make_rules(
    cells: Sequence[TeacherCell],
    tests: Mapping[str, str],
    *,
    complete: bool,
    files: Mapping[str, str] | None = None,
) -> NotebookRules:
    """Read the teacher's notebook.

    `tests` are the test cells' texts, by grade id; they win over those in `cells`. `complete` says that the
    cells hold the solutions. Where they do not, a name that nobody binds is taken for the student's. `files`
    lie beside the notebook, base64 by path; tests may import them.
    """
    walk = _Walk(cells, complete=complete, modules=_modules_in(files or {}))
    planned: dict[str, TestPlan] = {}
    for cell in cells:
        if cell.kind == "test" and cell.name in tests:
            planned[cell.name] = walk.test(tests[cell.name])
        elif cell.kind == "test":
            walk.test(cell.source)
        elif cell.kind == "solution":
            walk.solution(cell.source)
        else:
            walk.setup(cell.source)
    for name, source in tests.items():
        if name not in planned:
            planned[name] = walk.test(source)
    return NotebookRules(
        tests=planned,
        classes=walk.classes,
        modules=walk.modules,
        imports=tuple(dict.fromkeys(walk.imports)),
        student_imports=tuple(dict.fromkeys(walk.visible_imports)),
        constructs={cell.name: cell.constructs for cell in cells if cell.constructs is not None},
        practices=frozenset(cell.name for cell in cells if cell.practice),
    )


def _modules_in(files: Mapping[str, str]) -> dict[str, _Walk]:
    """The modules that lie beside a notebook, by the name under which they are imported."""
    found: dict[str, _Walk] = {}
    # Twice: one may import another.
    for _ in range(2):
        for path, data in files.items():
            if not path.endswith(".py"):
                continue
            try:
                text = base64.b64decode(data).decode("utf-8", "replace")
            except binascii.Error:
                continue
            name = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
            walk = _Walk([TeacherCell(text, "setup")], complete=True, modules=dict(found))
            walk.setup(text)
            found[name] = walk
    return found


class _Walk:
    """Goes through the teacher's cells in order."""

    def __init__(
        self, cells: Sequence[TeacherCell], *, complete: bool, modules: Mapping[str, _Walk] | None = None
    ) -> None:
        self.complete = complete
        self._beside = modules or {}
        self.classes: dict[str, Declared] = {}
        self.modules: dict[str, str] = {}
        self.imports: list[str] = []
        self.visible_imports: list[str] = []
        self.imported: set[str] = set()
        self.theirs: set[str] = set()
        self.functions: set[str] = set()
        self.trusted: set[str] = set()
        self.touched: set[str] = set()
        self.runs: dict[str, str] = {}
        """What may run a student's text, by the name under which the teacher's cells know it."""
        self.evaluates: set[str] = set()
        """The teacher's functions that run a text which they are given."""
        self._pending: list[str] = []
        for cell in cells:
            tree = names.parsed(cell.source)
            if tree is None:
                continue
            if cell.kind == "solution":
                self.touched |= names.mutated(tree)
            if cell.kind != "test":
                self.classes |= names.classes(tree)
            for statement in names.imports(tree):
                self._import(statement)

    def _import(self, statement: ast.Import | ast.ImportFrom) -> None:
        if isinstance(statement, ast.ImportFrom) and statement.module == "__future__":
            return
        self.imports.append(ast.unparse(statement))
        self.imported |= names.bound([statement])
        if found := _what_runs(ast.Module([statement], []), set()):
            # `import pickle as p`: a test that says `p.load` says no `pickle`.
            self.runs |= dict.fromkeys(names.bound([statement]), found)
            if any(alias.name == "*" for alias in statement.names):
                self.runs["*"] = found
        for alias in statement.names:
            self._import_from_beside(statement, alias)
        if isinstance(statement, ast.Import):
            for alias in statement.names:
                self.modules[alias.asname or alias.name.split(".")[0]] = (
                    alias.name if alias.asname else alias.name.split(".")[0]
                )

    def _import_from_beside(self, statement: ast.Import | ast.ImportFrom, alias: ast.alias) -> None:
        """Note what functions of a module beside the notebook run, by the names that they have here."""
        of = (statement.module or "") if isinstance(statement, ast.ImportFrom) else ""
        if (walk := self._beside.get(of)) is not None:
            names_here = {alias.name: alias.asname or alias.name}
            if alias.name == "*":
                names_here = {name: name for name in walk.runs.keys() | walk.evaluates}
        else:
            path = f"{of}.{alias.name}" if of else alias.name
            if (walk := self._beside.get(path)) is None:
                return
            here = alias.asname or alias.name
            names_here = {name: f"{here}.{name}" for name in walk.runs.keys() | walk.evaluates}
        self.runs |= {here: walk.runs[name] for name, here in names_here.items() if name in walk.runs}
        self.evaluates |= {here for name, here in names_here.items() if name in walk.evaluates}

    def solution(self, source: str) -> None:
        """What a solution cell binds is the student's, except what it imports."""
        tree = names.parsed(source)
        if tree is None:
            return
        statements = [s for s in tree.body if not isinstance(s, ast.Import | ast.ImportFrom)]
        fresh = (names.bound(statements) - self.imported) | names.globals_of(tree)
        self.functions |= {
            s.name for s in statements if isinstance(s, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef)
        }
        self.theirs |= fresh
        self.trusted -= fresh

    def setup(self, source: str) -> None:
        """The teacher's own cell: what does not need the student's code runs on the test's side as well."""
        tree = names.parsed(source)
        if tree is None:
            return
        kept = []
        for statement in tree.body:
            binds, needs = names.bound([statement]), names.used(statement)
            self._helper(statement)
            if needs & (self.theirs | _SHELL) or (binds & self.touched and not self._is_code(statement)):
                self.theirs |= binds - self.imported
                self.trusted -= binds
            else:
                self.trusted |= binds
                self.theirs -= binds
                if not _only_prints(statement):
                    kept.append(ast.unparse(statement))
        if kept:
            self._pending.append("\n".join(kept))

    def _helper(self, statement: ast.stmt) -> None:
        """Note what a function of the teacher's runs: a test that calls it runs the same."""
        lambdas = [n for n in ast.walk(statement) if isinstance(n, ast.Lambda)]
        value = statement.value if isinstance(statement, ast.Assign | ast.AnnAssign) else None
        code = isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        if not (code or lambdas or isinstance(value, ast.Name | ast.Attribute)):
            return
        tree = ast.Module([statement], [])
        binds, words = names.bound([statement]), _words_of(tree)
        # What a class's methods are given, nobody sees from here.
        given = frozenset(
            each.arg
            for node in (() if isinstance(statement, ast.ClassDef) else ast.walk(statement))
            if isinstance(node, ast.arguments)
            for each in (*node.posonlyargs, *node.args, *node.kwonlyargs)
        )
        found = self._runs(tree, words, given)
        self.runs = {name: what for name, what in self.runs.items() if name not in binds}
        self.evaluates -= binds
        if found:
            self.runs |= dict.fromkeys(binds, found)
        elif self._runs(tree, words):
            self.evaluates |= binds

    def _runs(self, tree: ast.Module, words: set[str], given: frozenset[str] = frozenset()) -> str:
        used = names.used(tree) | {ast.unparse(n) for n in ast.walk(tree) if isinstance(n, ast.Attribute)}
        known = next((self.runs[name] for name in sorted(used & self.runs.keys())), "")
        words = words - self._variables(tree)
        if any("timeit" in statement for statement in self.imports):
            words = words | {"timeit"}
        return known or _what_runs(tree, words, given, frozenset(self.evaluates))

    def _variables(self, tree: ast.Module) -> set[str]:
        """Names in it that stand for no module's own: `system = [[2, 1], [1, 3]]` is not the one of `os`."""
        nodes = list(ast.walk(tree))
        stored = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        stored |= {n.arg for n in nodes if isinstance(n, ast.arg)}
        attributes = {n.attr for n in nodes if isinstance(n, ast.Attribute)}
        taken = self.imported | names.bound(names.imports(tree)) | self.runs.keys() | attributes
        return (stored | self.trusted | self.theirs) - taken

    @staticmethod
    def _is_code(statement: ast.stmt) -> bool:
        return isinstance(
            statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Import | ast.ImportFrom
        )

    def test(self, source: str) -> TestPlan:
        """Plan one test cell."""
        setup, self._pending = "\n".join(self._pending), []
        tree = names.parsed(source)
        if tree is None:
            return TestPlan(source, setup=setup, fallback="the cell is not plain Python")
        binds = names.bound(tree.body)
        needs = names.used(tree)
        words = _words_of(tree)
        if words & {"globals", "locals", "vars", "dir", "eval", "exec"}:
            needs |= names.in_strings(tree)
        shown = names.parsed(split_hidden(source)[0])
        self.visible_imports += [
            ast.unparse(s)
            for s in (shown.body if shown else ())
            if isinstance(s, ast.Import | ast.ImportFrom)
        ]
        wanted = {name for name in needs if self._is_theirs(name, binds)}
        plan = TestPlan(
            code=names.python(source),
            names=tuple(sorted(wanted)),
            setup=setup,
            scored=_is_scored(tree, wanted),
            files=bool(words & _FILES),
            fallback=self._fallback(tree, needs, words, wanted, binds),
            binds=frozenset(binds),
            replaces=tuple(sorted(binds & self.functions & wanted)),
        )
        self.trusted |= binds
        self.theirs -= binds - self.functions
        for statement in tree.body:
            self._helper(statement)
        return plan

    def _is_theirs(self, name: str, binds: set[str]) -> bool:
        if name in self.theirs:
            return True
        if self.complete or name in self.trusted or name in self.imported or name in names.BUILTINS:
            return False
        return name not in binds and not name.startswith("_")

    def _fallback(
        self, tree: ast.Module, needs: set[str], words: set[str], wanted: set[str], binds: set[str]
    ) -> str:
        for node in ast.walk(tree):
            if isinstance(node, ast.AsyncFunctionDef | ast.Await | ast.AsyncFor | ast.AsyncWith):
                return "it is asynchronous"
            if isinstance(node, ast.ClassDef) and any(names.used(base) & wanted for base in node.bases):
                return "it makes a subclass of a student's class"
            if (
                isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and node.value.startswith("__main__.")
            ):
                return "it patches the notebook's own names"
        if inside := words & _INSIDE:
            return f"it looks inside a function ({sorted(inside)[0]})"
        if shell := needs & _SHELL:
            return f"it uses the notebook's shell ({sorted(shell)[0]})"
        if replaced := self.functions & names.globals_of(tree):
            return f"it replaces a student's function ({sorted(replaced)[0]})"
        runs = self._runs(tree, words)
        if not runs and "*" in self.runs and needs - self._known(binds):
            runs = self.runs["*"]
        if runs:
            return f"it runs what a student's code may have written ({runs})"
        return ""

    def _known(self, binds: set[str]) -> set[str]:
        return self.theirs | self.trusted | self.imported | binds | names.BUILTINS


def _words_of(tree: ast.Module) -> set[str]:
    """All names and attributes that are read in it."""
    return names.used(tree) | {n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute)}


def _only_prints(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Call)
        and isinstance(statement.value.func, ast.Name)
        and statement.value.func.id in ("print", "display")
    )


def _is_scored(tree: ast.Module, theirs: set[str]) -> bool:
    if not tree.body or not isinstance(tree.body[-1], ast.Expr):
        return True
    # Only what is a student's number as it stands. What a test adds up or picks out is its own score: taken
    # for none, it would give everybody all points.
    tainted = set(theirs)
    for statement in tree.body[:-1]:
        if isinstance(statement, ast.Assign) and _gives(statement.value, tainted):
            tainted |= names.bound([statement])
    return not _gives(tree.body[-1].value, tainted)


def _what_runs(
    tree: ast.Module,
    words: set[str],
    given: frozenset[str] = frozenset(),
    evaluates: frozenset[str] = frozenset(),
) -> str:
    """What in a test may run code of a student's, which must not be among the tests; empty for nothing.

    `given` are names that stand for the teacher's own texts. `evaluates` are functions of the teacher's that
    run a text.
    """
    known = {a.name.partition(".")[0] for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    known |= {str(n.module).partition(".")[0] for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    known |= {str(n.arg) for n in ast.walk(tree) if isinstance(n, ast.keyword)}
    if found := (words | known) & _RUNS:
        return sorted(found)[0]
    if ("pytest" in known and _takes_main(tree)) or "ipytest" in known:
        return "pytest"  # it loads conftest.py, and whatever it finds
    if "Loader" in words:  # YAML's; `Loader=SafeLoader` runs nothing
        return "Loader"
    own = _own_texts(tree) | given
    called: set[ast.expr] = set()
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        called.add(node.func)
        parts = [*node.args, *(keyword.value for keyword in node.keywords)]
        if {name, ast.unparse(node.func)} & evaluates and not all(_is_own_text(part, own) for part in parts):
            return str(name)
        if name in _TIMES and parts and "timeit" in known | words:
            # `timeit(f)` runs whatever text stands in the place of the function `f`.
            if not isinstance(parts[0], ast.Lambda) and not _is_own_text(parts[0], own):
                return str(name)
        if name in _EVALUATES and not (isinstance(node.func, ast.Name) and node.func.id == "query"):
            # `re.compile` runs nothing.
            harmless = name == "compile" and isinstance(node.func, ast.Attribute)
            if not harmless and node.args and not _is_own_text(node.args[0], own):
                return str(name)
    for node in ast.walk(tree):
        # `map(eval, lines)`
        if isinstance(node, ast.Name | ast.Attribute) and node not in called:
            if (name := ast.unparse(node)) in {"eval", "exec"} | evaluates:
                return name
    return ""


def _own_texts(tree: ast.Module) -> set[str]:
    """Names that stand for nothing but what is written in the test itself."""
    given: dict[str, list[ast.expr | None]] = {}
    for node in ast.walk(tree):
        pairs: list[tuple[ast.expr, ast.expr | None]] = []
        if isinstance(node, ast.Assign):
            pairs = [(target, node.value) for target in node.targets]
        elif isinstance(node, ast.AugAssign | ast.AnnAssign | ast.NamedExpr):
            pairs = [(node.target, node.value)]
        elif isinstance(node, ast.For | ast.comprehension):
            pairs = [(node.target, node.iter)]
        for target, value in pairs:
            for each in ast.walk(target):
                if isinstance(each, ast.Name):
                    given.setdefault(each.id, []).append(value)
    stored = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    own = stored & given.keys()
    # Where more binds it than is looked at here (`with … as`, `del`), it may be anything.
    counts = Counter(
        n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)
    )
    own = {name for name in own if len(given[name]) == counts[name]}
    while True:
        kept = {name for name in own if all(v is not None and _is_own_text(v, own) for v in given[name])}
        if kept == own:
            return own
        own = kept


def _is_own_text(node: ast.expr, own: set[str]) -> bool:
    """Whether the expression's value is what the test itself says: its constants, put together."""
    if isinstance(node, ast.Name):
        return node.id in own
    if isinstance(node, ast.Call):
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        inner = [node.func.value] if isinstance(node.func, ast.Attribute) else []
        parts = [*inner, *node.args, *(keyword.value for keyword in node.keywords)]
        return name in _TEXT | {"range"} and all(_is_own_text(part, own) for part in parts)
    if isinstance(node, ast.Attribute | ast.Lambda | ast.Await | ast.Yield | ast.YieldFrom):
        return False
    if isinstance(node, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
        return False
    children = [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]
    return all(_is_own_text(child, own) for child in children)


def _takes_main(tree: ast.Module) -> bool:
    """Whether it uses a `main` of some module's. A plain `main()` is the student's program."""
    return any(
        (isinstance(node, ast.Attribute) and node.attr == "main")
        or (isinstance(node, ast.ImportFrom) and any(a.name in ("main", "*") for a in node.names))
        for node in ast.walk(tree)
    )


def _gives(node: ast.expr, theirs: set[str]) -> bool:
    """Whether the expression's value is a student's word."""
    if isinstance(node, ast.Name):
        return node.id in theirs
    if isinstance(node, ast.Call):
        if isinstance(node.func, ast.Name) and node.func.id in _PASSING_ON:
            return any(_gives(arg, theirs) for arg in node.args)
        return _gives(node.func, theirs)
    if isinstance(node, ast.Compare | ast.BoolOp):
        return False
    children = [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]
    return any(_gives(child, theirs) for child in children)
