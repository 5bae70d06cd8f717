"""Explanations that name the student's own variables and values."""

from __future__ import annotations

import ast
from collections.abc import Callable

from learnflow_ext.diagnosis import (
    absences,
    as_python_says,
    attributes,
    calls,
    misuses,
    names,
    nothings,
    one_for_several,
    operators,
    wrong_kinds,
)
from learnflow_ext.diagnosis.scene import Scene

Rule = Callable[[str, Scene], str]
"""(message, scene) to the explanation; empty when the rule has nothing to say."""

_NOT_SHOWN = frozenset({"function", "builtin_function_or_method", "method", "module", "type"})


def witness(scene: Scene, said: str = "") -> str:
    """`Here `a` is `1` and `b` is `'x'`.`: what the failing piece works with, unless `said` has it."""
    parts: tuple[ast.AST, ...] = (scene.node,) if scene.node is not None else scene.statement
    names: list[str] = []
    for part in parts:
        changed = part.target if isinstance(part, ast.AugAssign) else None
        for node in ast.walk(part):
            read = isinstance(node, ast.Name) and (isinstance(node.ctx, ast.Load) or node is changed)
            if isinstance(node, ast.Name) and read and node.id not in names:
                names.append(node.id)
    told = [
        f"`{name}` is `{value.text}`"
        for name in names
        if (value := scene.values.get(name)) is not None
        and value.text
        and "`" not in value.text
        and value.type not in _NOT_SHOWN
        and not (f"`{name}`" in said and (f"`{value.text}`" in said or value.length == 0))
    ]
    return f"Here {' and '.join(told[:2])}." if told else ""


FIRST: dict[str, tuple[Rule, ...]] = {
    "TypeError": (
        nothings.missing_from_get,
        nothings.result_of_print,
        misuses.print_of_old,
        misuses.tuple_by_comma,
        misuses.half_as_a_position,
        misuses.several_as_a_number,
        misuses.super_without_values,
        calls.missing_values,
        calls.too_many_values,
        calls.takes_no_arguments,
        calls.init_returns,
        calls.unknown_keyword,
        calls.twice,
        calls.gives_nothing_back,
        calls.gave_nothing,
        wrong_kinds.not_callable,
        wrong_kinds.nothing_there,
        one_for_several.not_iterable,
        one_for_several.function_wants_several,
        one_for_several.not_several,
        wrong_kinds.not_a_container,
        wrong_kinds.not_subscriptable,
        wrong_kinds.no_length,
        wrong_kinds.whole_number,
        operators.remainder_of_text,
        operators.within_a_call,
        operators.function_itself,
        operators.repeated,
        operators.operands,
        wrong_kinds.items_of_several_kinds,
        wrong_kinds.ordered,
        wrong_kinds.unchangeable,
        wrong_kinds.wrong_index,
        wrong_kinds.raised_no_exception,
        wrong_kinds.two_positions,
        wrong_kinds.text_of_an_object,
        as_python_says.name_of_an_attribute,
    ),
    "NameError": (
        misuses.of_old_python,
        names.compared_not_given,
        names.on_the_object,
        names.key_without_quotes,
        names.to_import,
        names.called_by_another_name,
        names.known_elsewhere,
    ),
    "UnboundLocalError": (misuses.of_the_class, names.of_the_object, names.not_on_this_way),
    "AttributeError": (
        nothings.missing_from_get,
        nothings.result_of_print,
        nothings.kept_nothing,
        misuses.name_of_a_module,
        misuses.one_after_the_other,
        calls.gives_nothing_back,
        calls.gave_nothing,
        wrong_kinds.nothing_there,
        attributes.of_own_objects,
        attributes.of_the_class,
        attributes.of_a_module,
        as_python_says.one_item_by_accident,
        as_python_says.dot_in_place_of_brackets,
        attributes.missing_attribute,
    ),
    "ValueError": (
        absences.not_in_list,
        absences.not_in_text,
        absences.no_root,
        absences.not_a_number,
        absences.too_few_values,
    ),
    "KeyError": (absences.missing_in_format, absences.missing_key, absences.not_in_set),
    "AssertionError": (absences.failed_check,),
    "RuntimeError": (as_python_says.changed_in_its_loop,),
    "RecursionError": (absences.endless_calls,),
    "ZeroDivisionError": (absences.divided_by_zero,),
    "IndexError": (absences.out_of_range,),
}
"""By exception: what names things, and so comes before all else."""


def first(exception: str, message: str, scene: Scene) -> str:
    """What the first rule that fits says; empty when none does."""
    return next((said for rule in FIRST.get(exception, ()) if (said := rule(message, scene))), "")
