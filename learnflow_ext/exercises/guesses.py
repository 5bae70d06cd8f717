"""Programs that nobody had to think of: tests that one of them passes are too easy, or are given away."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Sequence

from learnflow_ext.exercises.exercise import Exercise
from learnflow_ext.exercises.form import CODE
from learnflow_ext.exercises.trees import PLAIN, bare, parse

_MAX_TOLD = 12
_MAX_ECHOED = 4
_CONSTANTS = ("None", "True", "False", "0", "1", "''", "[]", "{}")


def told(exercise: Exercise) -> list[str]:
    """Programs that the code in the statement is, alone and below what the student starts from."""
    pieces = [found.group() for found in CODE.finditer(exercise.statement)]
    blocks = [each.partition("\n")[2].rpartition("\n")[0] for each in pieces if each[:3] in ("```", "~~~")]
    blocks += [each.strip("` ") for each in pieces if "return" in each and each[:3] not in ("```", "~~~")]
    inside = [
        exercise.starter + textwrap.indent(textwrap.dedent(each), "    ") for each in blocks[:_MAX_TOLD]
    ]
    return [each for each in (*blocks[:_MAX_TOLD], *inside) if parse(each) is not None]


def values(tests: ast.Module) -> list[str]:
    """Plain values to give back whatever is asked: the usual ones, and those that the tests expect."""
    expected = [
        ast.unparse(side)
        for node in ast.walk(tests)
        if isinstance(node, ast.Compare)
        for side in node.comparators
        if all(isinstance(each, PLAIN) for each in ast.walk(side))
    ]
    return list(dict.fromkeys([*_CONSTANTS, *expected]))


def constants(reference: str, values: Sequence[str]) -> dict[str, str]:
    """For each of `values` the program with every function giving it back at once; and the same for giving
    back an argument as it came.
    """
    tree = bare(reference)
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    found = {}
    for value in values:
        for node in functions:
            node.body = [ast.Return(ast.parse(value, mode="eval").body)]
        found[value] = ast.unparse(ast.fix_missing_locations(tree))
    most = max((len(node.args.args) for node in functions), default=0)
    for place in range(min(most, _MAX_ECHOED)):
        for node in functions:
            given = node.args.args[min(place, len(node.args.args) - 1) :][:1]
            node.body = [ast.Return(ast.Name(given[0].arg, ast.Load()) if given else ast.Constant(None))]
        found[f"its argument number {place + 1}"] = ast.unparse(ast.fix_missing_locations(tree))
    return found


def memorised(exercise: Exercise) -> list[str]:
    """Programs that only know the answers to the visible tests, and give something plain for the rest.

    Empty where a visible test asks for more than what a function gives for plain values.
    """
    tree = parse("\n".join(exercise.visible))
    table: list[str] = []
    names: set[str] = set()
    for node in tree.body if tree is not None else []:
        match node:
            case ast.Assert(
                test=ast.Compare(
                    left=ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]),
                    ops=[ast.Eq()],
                    comparators=[result],
                )
            ) if all(isinstance(each, PLAIN) for part in (*arguments, result) for each in ast.walk(part)):
                names.add(name)
                given = "".join(f"{ast.unparse(each)}, " for each in arguments)
                table.append(f"(({given}), {ast.unparse(result)})")
            case _:
                return []
    if len(names) != 1:
        return []
    (name,) = names
    return [
        f"def {name}(*given):\n    for asked, answer in [{', '.join(table)}]:\n"
        f"        if asked == given:\n            return answer\n    return {other}\n"
        for other in (*_CONSTANTS, "given[0] if given else None")
    ]
