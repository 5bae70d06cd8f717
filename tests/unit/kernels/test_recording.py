"""`%%visualize`: what a recording holds, how it is drawn, and that nothing a student writes can harm it."""

from __future__ import annotations

import re
import signal
import sys
from typing import Any

import pytest
from learnflow_kernels import drawing, stepper
from learnflow_kernels.recording import FILE, MAX_ITEMS, MAX_STEPS, Recording, Ref, record


def recorded(source: str) -> Recording:
    return record(source, {"__name__": "__main__"})


def names(recording: Recording, step: int = -1, frame: int = -1) -> dict[str, Ref]:
    return dict(recording.steps[step].frames[frame].names)


class TestARecording:
    def test_two_names_of_one_list_point_at_the_same_object(self) -> None:
        made = recorded("a = [1]\nb = a\nb.append(2)\nc = [1, 2]\n")
        last = names(made)
        assert last["a"] == last["b"] != last["c"]
        (shared,) = (thing for thing in made.steps[-1].things if thing.number == last["a"].target)
        assert [ref.text for _, ref in shared.items] == ["1", "2"]
        assert "a and b: the same object" in drawing.html(made.steps[-1], "", 1, 1)

    def test_every_call_of_a_recursion_has_a_frame_of_its_own(self) -> None:
        made = recorded("def f(n):\n    if n == 0:\n        return 1\n    return n * f(n - 1)\nx = f(3)\n")
        deepest = max(made.steps, key=lambda step: len(step.frames))
        assert [frame.name for frame in deepest.frames] == ["cell", "f", "f", "f", "f"]
        assert [dict(frame.names)["n"].text for frame in deepest.frames[1:]] == ["3", "2", "1", "0"]
        assert any(step.says == "f gives back 6." for step in made.steps)
        assert names(made)["x"].text == "6"

    def test_a_loop_shows_its_line_again_and_again_and_what_it_printed(self) -> None:
        made = recorded("for i in range(3):\n    print(i)\n")
        assert [step.line for step in made.steps[:-1]].count(2) == 3
        assert made.steps[-1].output == "0\n1\n2\n"

    @pytest.mark.timeout(30)
    @pytest.mark.parametrize(
        "body",
        [
            "i += 1",
            "try:\n        i += 1\n    except:\n        pass",
            "try:\n        i += 1\n    finally:\n        continue",
            "try:\n        i += 1\n    except BaseException as error:\n        print(error)",
        ],
    )
    def test_an_endless_loop_is_stopped(self, body: str) -> None:
        before = signal.getsignal(signal.SIGVTALRM)
        made = recorded(f"i = 0\nwhile True:\n    {body}\n")
        assert (made.stopped, made.error, len(made.steps)) == (True, None, MAX_STEPS)
        assert signal.getsignal(signal.SIGVTALRM) == before
        assert signal.getitimer(signal.ITIMER_VIRTUAL) == (0, 0)

    def test_a_long_list_is_cut(self) -> None:
        (thing,) = recorded("a = list(range(1_000_000))\n").steps[-1].things
        assert (len(thing.items), thing.more) == (MAX_ITEMS, 1_000_000 - MAX_ITEMS)

    def test_an_error_is_a_step_and_goes_on(self) -> None:
        made = recorded("x = 1\ny = x / 0\n")
        assert isinstance(made.error, ZeroDivisionError)
        assert made.steps[-1].line == 2
        traceback = made.error.__traceback__
        while traceback is not None and traceback.tb_next is not None:
            traceback = traceback.tb_next
        assert traceback is not None and traceback.tb_frame.f_code.co_filename == FILE

    def test_the_tracing_ends_with_the_cell(self) -> None:
        before = sys.gettrace(), sys.stdout
        recorded("1 / 0")
        assert (sys.gettrace(), sys.stdout) == before


class TestHostileObjects:
    @pytest.mark.parametrize(
        "method", ["__repr__", "__str__", "__eq__", "__hash__", "__getattribute__", "__len__"]
    )
    def test_none_of_their_code_runs(self, method: str) -> None:
        source = (
            "ran = []\n"
            "class Bad:\n"
            f"    def {method}(self, *args):\n"
            "        ran.append(1)\n"
            "        raise SystemExit\n"
            "bad = Bad()\n"
            "held = [bad, {'k': bad}]\n"
            "held.append(held)\n"
        )
        namespace: dict[str, Any] = {"__name__": "__main__"}
        made = record(source, namespace)
        assert made.error is None
        assert namespace["ran"] == []
        assert drawing.text(made, source)

    def test_a_list_of_its_own_class_is_not_opened(self) -> None:
        made = recorded("class L(list):\n    def __iter__(self): raise ValueError\nx = L([1])\n")
        assert made.error is None

    def test_markup_is_text(self) -> None:
        source = "a = '<script>alert(1)</script>'\nd = {'<b>': a}\nprint(a)\n"
        made = recorded(source)
        shown = drawing.html(made.steps[-1], source, 1, 1)
        assert "<script>" not in shown and "<b>'" not in shown
        assert "&lt;script&gt;" in shown


class TestTheStepper:
    def test_it_steps_with_buttons_and_slider(self) -> None:
        source = "a = 1\nb = 2\n"
        box = stepper.stepper(recorded(source), source)
        (first, back, on, last, slider), view = box.children[0].children, box.children[1]
        assert "Step 1 of 3" in view.value and back.disabled and first.disabled
        on.click()
        assert slider.value == 2 and "Step 2 of 3" in view.value
        slider.value = 3
        assert "The end." in view.value and on.disabled and last.disabled
        first.click()
        assert slider.value == 1
        here = re.search(r'aria-current="step" style="([^"]*)"', view.value)
        assert here is not None and "background:#" in here[1] and ";color:#" in here[1], "read in each theme"
        row = box.children[0].layout.flex_flow
        assert row == "row wrap" and {one.layout.flex for one in (first, back, on, last)} == {"0 0 auto"}, (
            "whole words"
        )
        assert 'aria-live="polite"' in view.value and 'aria-current="step"' in view.value

    def test_the_text_says_the_same(self) -> None:
        source = "a = [1]\nb = a\n"
        assert (
            drawing.text(recorded(source), source)
            .splitlines()[-1]
            .endswith("[a = #1 list(1), b = #1 list(1)]")
        )
