"""`%%visualize`: a cell's run as something to step through, with buttons, a slider and the arrow keys."""

from __future__ import annotations

import sys
from typing import Any

from learnflow_kernels import drawing
from learnflow_kernels.recording import MAX_STEPS, Recording, record


def show(shell: Any, cell: str) -> None:
    """Run the cell in the student's namespace, show the stepper, and let its error go on as any other."""
    source = shell.transform_cell(cell) if cell.lstrip().startswith(("%", "!")) else cell
    recording = record(source, shell.user_ns, shell.user_ns_hidden)
    if recording.steps:
        _display(recording, source)
    if recording.stopped:
        said = f"Stopped after {MAX_STEPS} steps: longer runs are not drawn. Fewer rounds show the end."
        sys.stdout.write(f"{said}\n")
    if recording.error is not None:
        raise recording.error


def _display(recording: Recording, source: str) -> None:
    from IPython.display import display

    plain = drawing.text(recording, source)
    try:
        bundle = stepper(recording, source)._repr_mimebundle_()
    except Exception:
        # No widgets in this front end or environment: the text says the same.
        display({"text/plain": plain}, raw=True)
        return
    display({**bundle, "text/plain": plain}, raw=True)


def stepper(recording: Recording, source: str) -> Any:
    """The widget. Importing ipywidgets takes a while, so it is done here."""
    import ipywidgets as widgets

    count = len(recording.steps)
    slider = widgets.IntSlider(
        value=1,
        min=1,
        max=count,
        description="Step",
        continuous_update=True,
        tooltip="Step through the run; the arrow keys work here",
        layout=widgets.Layout(width="360px"),
    )
    first = widgets.Button(description="First", tooltip="First step", icon="fast-backward")
    back = widgets.Button(description="Back", tooltip="One step back", icon="step-backward")
    on = widgets.Button(description="Next", tooltip="One step on", icon="step-forward")
    last = widgets.Button(description="Last", tooltip="Last step", icon="fast-forward")
    for button in (first, back, on, last):
        button.layout.width = "90px"
        # Beside an open chat there is little room: the slider moves below the buttons, which stay whole.
        button.layout.flex = "0 0 auto"
    view = widgets.HTML()

    def draw(_: object = None) -> None:
        view.value = drawing.html(recording.steps[slider.value - 1], source, slider.value, count)
        first.disabled = back.disabled = slider.value <= 1
        on.disabled = last.disabled = slider.value >= count

    def go(to: int) -> None:
        slider.value = min(max(to, 1), count)

    first.on_click(lambda _: go(1))
    back.on_click(lambda _: go(slider.value - 1))
    on.on_click(lambda _: go(slider.value + 1))
    last.on_click(lambda _: go(count))
    slider.observe(draw, names="value")
    draw()
    box = widgets.VBox(
        [widgets.HBox([first, back, on, last, slider], layout=widgets.Layout(flex_flow="row wrap")), view]
    )
    box.add_class("learnflow-stepper")
    return box
