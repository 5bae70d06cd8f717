"""From an error to a diagnosis: exception and line from Python, the cause from the best rule that fits."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from learnflow_ext.contracts.help import Diagnosis, Variable
from learnflow_ext.diagnosis import endless, friendly, library, likely_names, named, rules, syntax
from learnflow_ext.diagnosis.concepts import concept_of
from learnflow_ext.diagnosis.place import Place, cell_file, place_at, place_in_cell, place_in_text
from learnflow_ext.diagnosis.plain import clean, without_host_paths
from learnflow_ext.diagnosis.reading import syntax_error_of, without_magics
from learnflow_ext.diagnosis.scene import Scene, live_scene, text_scene
from learnflow_ext.diagnosis.values import values_from

MAX_NAME = 100
MAX_MESSAGE = 1_000
MAX_LINE = 300
MAX_CAUSE = 1_000
MAX_RECOVERED = 4_000
"""Longer cells are not looked at in such detail from text alone: it would take too long."""
_TEXT = "<text>"
_NAME = re.compile(r"[A-Za-z_]\w*")
_ABOUT_VALUES = ("TypeError", "ValueError", "IndexError", "KeyError", "AssertionError")
_STOPPED = "KeyboardInterrupt"
_SYNTAX_ERRORS = ("SyntaxError", "IndentationError", "TabError")
_ON_FILE = re.compile(r"\s*\([^()\n]*, line \d+\)$")


def exception_name(error: BaseException) -> str:
    """The class's name, whatever its metaclass says."""
    return clean(type.__dict__["__name__"].__get__(type(error)), MAX_NAME)


def message_of(error: BaseException) -> str:
    """The error's message, bounded and without this machine's paths; empty when it has none it can tell."""
    try:
        text = error.msg if isinstance(error, SyntaxError) else str(error)
        text = text if type(text) is str else ""
    except KeyboardInterrupt:
        raise
    except BaseException:
        # A student's own `__str__`; whatever it does, the error itself is still to be explained.
        text = ""
    return clean(without_host_paths(clean(text, MAX_MESSAGE)), MAX_MESSAGE)


def _own(table: tuple[syntax.Rule, ...], exception: str, message: str, line: str) -> str:
    return next((said for rule in table if (said := rule(exception, message, line))), "")


def _first(exception: str, message: str, line: str, scene: Scene) -> str:
    if exception in _SYNTAX_ERRORS:
        return _own(syntax.FIRST, exception, message, line) or library.explain(exception, message)
    return named.first(exception, message, scene) or rules.first(exception, message)


def _rest(exception: str, message: str, line: str) -> str:
    if exception in _SYNTAX_ERRORS:
        return _own(syntax.REST, exception, message, line)
    return rules.rest(exception, message) or rules.raised_on_purpose(exception, message, line)


def _with_values(cause: str, exception: str, line: str, scene: Scene) -> str:
    """The cause, and what the student's names stood for where it does not say so yet."""
    if not cause or exception in _SYNTAX_ERRORS or exception not in _ABOUT_VALUES or line.startswith("raise"):
        return cause
    values = named.witness(scene, cause)
    end = "" if cause[-1] in ".?!" or not values else "."
    return f"{cause}{end} {values}".strip()


def _of_handed_over(error: SyntaxError, exception: str, message: str, place: Place) -> str:
    """The cause for code that is not the cell's own: a text that it hands to Python, or a file it imports."""
    given = place.given
    if given.module:
        other = given.file not in (f"{given.module}.py", "__init__.py")
        what = f"the file `{given.file}`, which belongs to it," if other else "that file"
        return (
            f"Your code imports `{given.module}`, and Python cannot read {what} as code in its line"
            f" {error.lineno}. Python's message is: {message.rstrip('.?')}. If that file is yours, look"
            " there; if not, perhaps a file of yours has the name of a module."
        )
    if not isinstance(error.lineno, int):
        return rules.raised_on_purpose(exception, message, place.source_line)
    bad = clean(error.text, MAX_LINE).strip() if isinstance(error.text, str) else ""
    cause = _own(syntax.FIRST, exception, message, bad) or library.explain(exception, message)
    if not cause and given.text:
        cause = friendly.explain(error, given.text, error.filename or _TEXT)
    cause = cause or _own(syntax.REST, exception, message, bad)
    return f"{cause} It is in a text that your code hands to Python to be read as code." if cause else ""


def _general(exception: str, message: str, place: Place) -> str:
    """The honest answer when no rule fits: what Python said, and where to look."""
    says = f" Python's message is: {message.rstrip('.?')}." if message else ""
    if exception in _SYNTAX_ERRORS and place.step is not None:
        return (
            f"This line hands a text to Python to be read as code, and that text is no code.{says} Print the"
            " text first, and look at it."
        )
    if exception in _SYNTAX_ERRORS:
        return (
            f"Python could not read this line as code, and I cannot tell why.{says} Compare the"
            f" line, and the one"
            " above it, with an example letter by letter: a bracket, a quote, a comma or a colon may"
            " be missing."
        )
    where = "The line was running" if place.line is not None else "The cell was running"
    return (
        f"{where} when `{exception}` was raised, and I have no rule for this one.{says}"
        " Look at the values that the line works with: is each of them what you expect?"
    )


def _diagnosis(exception: str, message: str, place: Place, cause: str) -> Diagnosis:
    known = bool(cause)
    text = clean(without_host_paths(cause or _general(exception, message, place)), MAX_CAUSE)
    return Diagnosis(
        exception=exception,
        message=message,
        line=place.line,
        source_line=clean(place.source_line, MAX_LINE),
        cause=text,
        concept=concept_of(exception, message, place.source_line[:MAX_LINE]),
        known=known,
    )


def diagnose(
    error: BaseException,
    source: str,
    *,
    namespace: Mapping[str, object] | None = None,
    filename: str | None = None,
) -> Diagnosis:
    """What went wrong in the cell `source`, from the live exception.

    `namespace` is what the cell's names meant (its keys serve to find misspelt ones). `filename` is what the
    cell was compiled under; None finds it by the cell's text. Never raises for what the objects involved
    do, but may run their methods, so it belongs where the student's code runs.
    """
    exception, message = exception_name(error), message_of(error)
    filename = filename or cell_file(error, source)
    place = place_in_cell(error, source, filename)
    if exception == _STOPPED:
        return _diagnosis(exception, message, place, endless.cause(source, place.line))
    if isinstance(error, SyntaxError) and place.step is not None:
        return _diagnosis(exception, message, place, _of_handed_over(error, exception, message, place))
    line = place.source_line[:MAX_LINE]
    scene = live_scene(place, source, filename, namespace) if filename is not None else Scene()
    cause = _first(exception, message, line, scene)
    if not cause and filename is not None and len(message) < MAX_MESSAGE:
        cause = friendly.explain(error, source, filename)
        if likely_names.far_fetched(exception, cause, source):
            cause = ""
    if not cause:
        cause = _rest(exception, message, line)
        hint = likely_names.similar_name(message, [*(namespace or ()), *_NAME.findall(source)])
        cause = f"{hint} {cause}".strip()
    return _diagnosis(exception, message, place, _with_values(cause, exception, line, scene))


def diagnose_text(
    exception: str,
    message: str,
    code: str,
    traceback: str,
    *,
    line: int | None = None,
    variables: Sequence[Variable] = (),
) -> Diagnosis:
    """As `diagnose`, where only text is known: less precise, and safe with anybody's text.

    `code` is the cell, `traceback` its traceback with or without colours; both may be empty. `line` counts
    where the traceback names none; `variables` are what the kernel saw, if it did. `code` is parsed and
    compiled where it is short enough, and never run. Takes up to a tenth of a second: call it off the event
    loop.
    """
    exception = clean(exception, MAX_NAME) or "Error"
    message = clean(_ON_FILE.sub("", clean(message, MAX_MESSAGE)), MAX_MESSAGE)
    place = place_in_text(clean(traceback, 20_000), code)
    recovered = _recovered(exception, message, code) if exception in _SYNTAX_ERRORS else None
    if recovered is not None and place.line is None:
        place = place_in_cell(recovered, code, _TEXT)
    if place.line is None:
        place = place_at(code, line)
    if exception == _STOPPED:
        return _diagnosis(exception, message, place, endless.cause(code, place.line))
    source_line = place.source_line[:MAX_LINE]
    scene = text_scene(code, place, values_from(variables))
    cause = _first(exception, message, source_line, scene)
    if not cause and recovered is not None and len(code) <= MAX_RECOVERED:
        cause = friendly.explain(recovered, without_magics(code), _TEXT)
    if not cause:
        cause = _rest(exception, message, source_line)
    hint = likely_names.similar_name(message, _NAME.findall(code[:20_000]))
    return _diagnosis(
        exception, message, place, _with_values(f"{hint} {cause}".strip(), exception, source_line, scene)
    )


def _recovered(exception: str, message: str, code: str) -> SyntaxError | None:
    """The live error behind a text; None unless Python says the same of `code` now."""
    error = syntax_error_of(without_magics(code), _TEXT)
    same = error is not None and exception_name(error) == exception and message_of(error) == message
    return error if same else None
