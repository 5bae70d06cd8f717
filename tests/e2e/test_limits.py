"""Cells that go too far, in a browser through the hub: a sentence, and a kernel that works on."""

from __future__ import annotations

from classroom import Classroom, Session, person
from lab import last_answer, open_notebook, run_new_cell
from playwright.sync_api import Browser, expect

NOTEBOOK = "limits.ipynb"


def new_notebook(student: Session) -> None:
    """An empty notebook with a running kernel."""
    student.page.evaluate(
        """async path => { const contents = window.jupyterapp.serviceManager.contents;
        const cell = {cell_type: 'code', id: 'first', source: '', metadata: {}, outputs: [],
          execution_count: null};
        await contents.save(path, {type: 'notebook', format: 'json', content: {cells: [cell],
          metadata: {kernelspec: {name: 'python3', display_name: 'Python 3', language: 'python'}},
          nbformat: 4, nbformat_minor: 5}}); }""",
        NOTEBOOK,
    )
    open_notebook(student, NOTEBOOK)


def close_dialog(student: Session, title: str) -> None:
    """Say yes to what JupyterLab asks or tells."""
    dialog = student.page.locator(".jp-Dialog", has_text=title)
    expect(dialog).to_be_visible()
    dialog.locator(".jp-mod-accept").click()


def runs_again(student: Session) -> None:
    """The next cell works, in a fresh kernel or the old one."""
    open_notebook(student, NOTEBOOK)
    cell = run_new_cell(student, "print('next', 20 + 22)")
    expect(cell.locator(".jp-OutputArea-output")).to_have_text("next 42\n")


def test_a_cell_that_goes_too_far_says_so_and_the_next_one_runs(
    classroom: Classroom, browser: Browser
) -> None:
    with person(classroom, browser, "chen") as student:
        student.open_lab()
        new_notebook(student)

        greedy = run_new_cell(student, "hoard = []\nwhile True: hoard.append(bytearray(10_000_000))")
        expect(greedy).to_contain_text("more than 512 MB")
        expect(greedy).to_contain_text("Your notebook is safe")
        student.shot("limit-memory")
        student.page.evaluate("() => { window.jupyterapp.commands.execute('kernelmenu:restart'); }")
        close_dialog(student, "Restart Kernel?")
        runs_again(student)

        gone = run_new_cell(student, "print('so far', flush=True)\nimport os; os._exit(3)")
        expect(gone).to_contain_text("so far")
        expect(gone).to_contain_text("This cell ended its own Python (status 3)")
        expect(gone.locator(".jp-InputPrompt")).not_to_contain_text("*")
        student.shot("limit-exit")
        close_dialog(student, "Kernel Restarting")
        runs_again(student)

        endless = run_new_cell(student, "print('round and round', flush=True)\nwhile True: pass")
        expect(endless.locator(".jp-OutputArea")).to_contain_text("round and round", timeout=30_000)
        student.command("notebook:interrupt-kernel")
        expect(endless).to_contain_text("KeyboardInterrupt", timeout=30_000)
        runs_again(student)


def test_a_loop_without_end_is_noticed_stopped_and_explained(classroom: Classroom, browser: Browser) -> None:
    with person(classroom, browser, "chen") as student:
        student.open_lab()
        new_notebook(student)

        endless = run_new_cell(student, "laps = 0\nwhile laps < 3:\n    lap = laps + 1")
        note = endless.get_by_role("status")
        expect(note).to_contain_text("running for more than 10 seconds", timeout=60_000)
        student.shot("endless")
        note.get_by_role("button", name="Stop this cell").click()
        explain = endless.get_by_role("button", name="Explain this KeyboardInterrupt")
        explain.click(timeout=60_000)
        expect(note).to_have_count(0)
        expect(last_answer(student.page)).to_contain_text("laps", timeout=30_000)
        student.shot("endless-explained")

        asks = run_new_cell(student, "name = input('Your name? ')\nprint('Hello', name)")
        expect(asks.get_by_role("status")).to_contain_text("waits for you", timeout=60_000)
        asks.locator(".jp-Stdin-input").fill("Chen")
        student.page.keyboard.press("Enter")
        expect(asks).to_contain_text("Hello Chen")
        expect(asks.get_by_role("status")).to_have_count(0)
