"""What kind of slip an edit mends: the idea a student should think about, never the edit itself."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from learnflow_ext.exercises.edits import Edit
from learnflow_ext.exercises.trees import statements

COMPARISON, EQUALITY, CONDITION, BOTH_OR_EITHER = "comparison", "equality", "condition", "and_or"
PLACE, LIMIT, START, VALUE, SUM = "index", "bounds", "start value", "value", "calculation"
RETURN, WHEN, MISSING_RETURN, PRINTED = "return value", "when to return", "missing return", "print and return"
CASE, EXTRA, UPDATE, NAME, CALL = "missing case", "extra step", "updating", "names", "calls"
LOOP, REPEAT, MISSING_STEP, MISSING_PART, STEP, SYNTAX = (
    "what a loop goes through",
    "how long a loop runs",
    "missing step",
    "missing function",
    "this step",
    "syntax",
)
SLIPS = (
    COMPARISON, EQUALITY, CONDITION, BOTH_OR_EITHER, PLACE, LIMIT, START, VALUE, SUM, RETURN, WHEN,
    MISSING_RETURN, PRINTED, CASE, EXTRA, UPDATE, NAME, CALL, LOOP, REPEAT, MISSING_STEP, MISSING_PART, STEP,
    SYNTAX,
)  # fmt: skip
"""Every kind there is; each has its words in `hints`."""

_ORDER = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)


def slip_of(edits: Sequence[Edit], part: ast.AST) -> str:
    """The kind of the first of `edits`, looked at together with the others. `part` is what they change."""
    first = main_edit(edits)
    kinds = {edit.kind for edit in edits}
    returned = [each for each in edits if isinstance(each.new, ast.Return)]
    left = [
        each for each in edits if isinstance(each.old, ast.Return) and not isinstance(each.new, ast.Return)
    ]
    if "insert" in kinds and returned and left:
        return WHEN
    match first.kind:
        case "insert":
            return _of_insertion(first, part)
        case "delete":
            return WHEN if isinstance(first.old, ast.Return) else EXTRA
    return _of_change(first, part)


def main_edit(edits: Sequence[Edit]) -> Edit:
    """The edit a hint is about: the first in the program, and of several there the largest."""
    return min(edits, key=lambda edit: (edit.line, -edit.size))


def _of_insertion(edit: Edit, part: ast.AST) -> str:
    match edit.new:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return MISSING_PART
        case ast.Return():
            returns = any(isinstance(node, ast.Return) for node in ast.walk(part))
            return CASE if returns and edit.owner is not part else MISSING_RETURN
        case ast.If():
            return CASE
        case ast.AugAssign():
            return UPDATE
        case ast.Assign() if _before_a_loop(edit):
            return START
    return MISSING_STEP


def _before_a_loop(edit: Edit) -> bool:
    after = getattr(edit.owner, edit.field)[edit.index :]
    return any(isinstance(each, (ast.For, ast.While)) for each in after[:2])


def _lifted(edit: Edit, part: ast.AST) -> Edit:
    """An edit inside of a name or value as an edit of the whole of it, so that its place can be seen."""
    if edit.kind != "set" or not isinstance(edit.owner, (ast.Name, ast.Constant)):
        return edit
    leaf = edit.owner
    new = type(leaf)(**{edit.field: edit.new})
    for parent in ast.walk(part):
        for field, value in ast.iter_fields(parent):
            for index, child in enumerate(value if isinstance(value, list) else [value]):
                if child is leaf:
                    return Edit("replace", parent, field, index, leaf, new, edit.size, edit.line)
    return edit


def _of_change(edit: Edit, part: ast.AST) -> str:
    edit = _lifted(edit, part)
    old, new, owner = edit.old, edit.new, edit.owner
    if isinstance(old, ast.Expr) and isinstance(new, ast.Return):
        return PRINTED
    if isinstance(old, ast.cmpop) or isinstance(owner, ast.Compare):
        return COMPARISON if isinstance(old, _ORDER) or _orders(owner) else EQUALITY
    if isinstance(old, (ast.boolop, ast.BoolOp)):
        return BOTH_OR_EITHER
    if isinstance(owner, ast.BoolOp):
        return EQUALITY if isinstance(old, ast.Compare) and isinstance(old.ops[0], ast.Eq) else CONDITION
    if isinstance(owner, (ast.For, ast.comprehension)) and edit.field == "iter":
        return LOOP
    if isinstance(owner, ast.While) and edit.field == "test":
        return REPEAT
    if isinstance(owner, (ast.If, ast.IfExp)) and edit.field == "test":
        return CONDITION
    if _inside(owner, part, "range"):
        return LIMIT
    if isinstance(owner, (ast.Subscript, ast.Slice)):
        return PLACE if edit.field in ("slice", "lower", "upper", "step") else NAME
    if isinstance(old, ast.operator) or isinstance(owner, ast.BinOp):
        return SUM
    if isinstance(owner, ast.Return):
        return RETURN
    if isinstance(owner, ast.AugAssign) or isinstance(old, ast.AugAssign) or isinstance(new, ast.AugAssign):
        return UPDATE
    if isinstance(owner, ast.Call):
        return CALL
    if edit.field == "id" or (isinstance(old, ast.Name) and isinstance(new, ast.Name)):
        return NAME
    if isinstance(owner, ast.Assign):
        return START if _starts(owner, part) else VALUE
    if isinstance(old, ast.Constant):
        return VALUE
    if isinstance(old, (ast.For, ast.While)):
        return LOOP
    return CONDITION if isinstance(old, ast.If) else STEP


def _orders(owner: ast.AST) -> bool:
    return isinstance(owner, ast.Compare) and any(isinstance(op, _ORDER) for op in owner.ops)


def _inside(owner: ast.AST, part: ast.AST, function: str) -> bool:
    """Whether `owner` stands in the arguments of a call of `function`."""
    for node in ast.walk(part):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == function:
            if any(each is owner for each in ast.walk(node)):
                return True
    return False


def _starts(assignment: ast.Assign, part: ast.AST) -> bool:
    """Whether a later loop works with what is assigned."""
    body = list(statements(getattr(part, "body", [])))
    if not any(each is assignment for each in body):
        return False
    after = body[next(i for i, each in enumerate(body) if each is assignment) + 1 :]
    return any(isinstance(each, (ast.For, ast.While)) for each in after)
