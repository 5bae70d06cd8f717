"""A recorded step as HTML, and a recording as plain text. Everything of the student's is escaped."""

from __future__ import annotations

from html import escape

from learnflow_kernels.recording import Recording, Ref, Step, Thing

MAX_LINES = 200
MAX_TEXT_STEPS = 40
# JupyterLab's own colours, so that light and dark themes both fit; the others are for front ends without.
_LINE = "var(--jp-border-color1, #bdbdbd)"
_BACK = "var(--jp-layout-color1, #fff)"
_SOFT = "var(--jp-layout-color2, #eee)"
_INK = "var(--jp-ui-font-color1, #212121)"
_MARK = "background:#bbdefb;color:#10202f;"
"""Both, whatever the theme: its own light blue stays light in the dark, where the text is white."""
_BOX = f"border:1px solid {_LINE};border-radius:4px;background:{_BACK};padding:4px 8px;margin:0 0 6px 0"
_CELL = f"border:1px solid {_LINE};padding:1px 6px;text-align:left;font-weight:normal"
_HUES = (210, 30, 120, 280, 0, 170, 60, 320)


def html(step: Step, source: str, place: int, count: int) -> str:
    """One step: the code with its line, the frames, the objects, what was printed. `place` counts from 1."""
    ends = step.says
    status = f"Step {place} of {count}. {ends}"
    return (
        f'<div class="learnflow-steps" style="color:{_INK};font-size:13px">'
        f'<p role="status" aria-live="polite" style="margin:2px 0 6px"><b>{escape(status)}</b></p>'
        '<div style="display:flex;flex-wrap:wrap;gap:14px;align-items:flex-start">'
        f"{_code(source, step.line)}"
        f'<section aria-label="Frames" style="min-width:150px">{_title("Frames")}{_frames(step)}</section>'
        f'<section aria-label="Objects" style="min-width:150px">{_title("Objects")}{_things(step)}</section>'
        f"{_printed(step.output)}</div></div>"
    )


def text(recording: Recording, source: str) -> str:
    """The recording for those who see no widgets: a line a step, with what the names stand for."""
    lines = source.splitlines()
    said = []
    for place, step in enumerate(recording.steps[:MAX_TEXT_STEPS], start=1):
        code = lines[step.line - 1].strip() if 0 < step.line <= len(lines) else ""
        frame = step.frames[-1] if step.frames else None
        objects = {thing.number: thing for thing in step.things}
        known = ", ".join(f"{name} = {_plain(ref, objects)}" for name, ref in frame.names) if frame else ""
        where = f" in {frame.name}" if frame and frame.name != "cell" else ""
        shown = f": {code}" if "runs next" in step.says else f": {step.says}"
        said.append(f"{place:>3}  line {step.line}{where}{shown}" + (f"   [{known}]" if known else ""))
    if len(recording.steps) > MAX_TEXT_STEPS:
        said.append(f"     … {len(recording.steps) - MAX_TEXT_STEPS} more steps")
    return "\n".join(said)


def _title(words: str) -> str:
    return f'<div style="font-weight:bold;margin-bottom:4px">{words}</div>'


def _code(source: str, line: int) -> str:
    rows = []
    for number, code in enumerate(source.splitlines()[:MAX_LINES], start=1):
        here = number == line
        style = _MARK if here else ""
        now = ' aria-current="step"' if here else ""
        mark = "&#9654;" if here else "&nbsp;&nbsp;"
        rows.append(
            f'<div{now} style="{style}white-space:pre;padding:0 6px">{mark} {number:>2}  '
            f"{escape(code) or ' '}</div>"
        )
    return (
        f'<section aria-label="Code" style="{_BOX};font-family:var(--jp-code-font-family, monospace);'
        f'max-height:340px;overflow:auto">{"".join(rows)}</section>'
    )


def _frames(step: Step) -> str:
    boxes = []
    for place, frame in enumerate(step.frames):
        now = place == len(step.frames) - 1
        rows = "".join(
            f'<tr><th scope="row" style="{_CELL}">{escape(name)}</th>'
            f'<td style="{_CELL}">{_ref(ref)}</td></tr>'
            for name, ref in frame.names
        )
        title = "this cell" if frame.name == "cell" else f"{escape(frame.name)}, line {frame.line}"
        edge = "border-left:4px solid var(--jp-brand-color1, #1976d2);" if now else ""
        table = f'<table style="border-collapse:collapse;margin:3px 0">{rows}</table>' if rows else ""
        boxes.append(f'<div style="{_BOX};{edge}">{title}{table}</div>')
    return "".join(boxes)


def _things(step: Step) -> str:
    pointed: dict[int, list[str]] = {}
    for frame in step.frames:
        for name, ref in frame.names:
            if ref.target is not None:
                pointed.setdefault(ref.target, []).append(name)
    if not step.things:
        return '<span style="opacity:.7">none yet</span>'
    return "".join(_thing(thing, pointed.get(thing.number, [])) for thing in step.things)


def _thing(thing: Thing, names: list[str]) -> str:
    heads = "".join(
        f'<th scope="col" style="{_CELL};background:{_SOFT}">{escape(label)}</th>' for label, _ in thing.items
    )
    cells = "".join(f'<td style="{_CELL}">{_ref(ref)}</td>' for _, ref in thing.items)
    more = f'<td style="{_CELL}">… {thing.more} more</td>' if thing.more else ""
    labels = f"<tr>{heads}</tr>" if any(label for label, _ in thing.items) else ""
    table = f'<table style="border-collapse:collapse;margin:3px 0">{labels}<tr>{cells}{more}</tr></table>'
    table = table if thing.items else " (empty)"
    shared = ""
    if len(names) > 1:
        listed = " and ".join(escape(name) for name in dict.fromkeys(names))
        shared = f'<div style="font-style:italic">{listed}: the same object</div>'
    return f'<div style="{_BOX}">{_badge(thing.number)} {escape(thing.kind)}{table}{shared}</div>'


def _ref(ref: Ref) -> str:
    if ref.target is None:
        return f'<code style="white-space:pre-wrap">{escape(ref.text)}</code>'
    return f"&#8594;&nbsp;{_badge(ref.target)}"


def _badge(number: int) -> str:
    hue = _HUES[number % len(_HUES)]
    return (
        f'<span title="object {number}" style="background:hsl({hue},65%,35%);color:#fff;border-radius:8px;'
        f'padding:0 7px;font-size:12px">{number}</span>'
    )


def _printed(output: str) -> str:
    if not output:
        return ""
    return (
        f'<section aria-label="Printed so far" style="min-width:120px">{_title("Printed so far")}'
        f'<pre style="{_BOX};max-height:200px;overflow:auto;margin:0">{escape(output)}</pre></section>'
    )


def _plain(ref: Ref, objects: dict[int, Thing], depth: int = 0) -> str:
    if ref.target is None:
        return ref.text
    thing = objects.get(ref.target)
    if thing is None or depth > 1:
        return f"#{ref.target}"
    shown = [(label, _plain(each, objects, depth + 1)) for label, each in thing.items]
    inside = ", ".join(f"{label}: {said}" if thing.kind == "dict" else said for label, said in shown)
    return f"#{thing.number} {thing.kind}({inside}{', …' if thing.more else ''})"
