"""What a student does in JupyterLab, in a student's words."""

from __future__ import annotations

import json
import re
from pathlib import Path

from classroom import Session
from playwright.sync_api import Locator, Page, expect

ROOT = Path(__file__).parents[2]
COURSE = "python-basics"


def notebook_of(assignment: str) -> str:
    """Path of an assignment's notebook below the student's folder."""
    return f"{COURSE}/{assignment}/{assignment}.ipynb"


def open_assignment_list(student: Session) -> None:
    """Nbgrader → Assignment List."""
    student.command("nbgrader:open-assignment-list")
    expect(student.page.get_by_text("Released assignments", exact=True)).to_be_visible()


def row(page: Page, section: str, assignment: str) -> Locator:
    """The line of `assignment` in a section of the list: released, fetched or submitted."""
    return page.locator(f"#{section}_assignments_list > .list_item", has_text=assignment).first


def fetch(student: Session, assignment: str) -> None:
    """Bring a released assignment into the student's folder."""
    open_assignment_list(student)
    row(student.page, "released", assignment).get_by_role("button", name="Fetch").click()
    expect(row(student.page, "fetched", assignment)).to_be_visible()


def fetch_once(student: Session, assignment: str) -> None:
    """The assignment in the student's folder, fetched where that has not been done yet."""
    open_assignment_list(student)
    fetched = row(student.page, "fetched", assignment)
    expect(fetched.or_(row(student.page, "released", assignment))).to_be_visible()
    if not fetched.is_visible():
        fetch(student, assignment)


def go_to_quiz(page: Page, place: int) -> None:
    """Select the cell of the quiz question number `place`, as somebody does with the arrow keys."""
    page.evaluate(
        """async place => { const notebook = window.jupyterapp.shell.currentWidget.content;
        const quizzes = notebook.widgets.filter(cell => cell.model.getMetadata('learnflow_quiz'));
        const at = notebook.widgets.indexOf(quizzes[place]);
        notebook.activeCellIndex = at; await notebook.scrollToItem(at); await quizzes[place].ready;
        notebook.mode = 'command'; notebook.node.focus(); quizzes[place].node.focus(); }""",
        place,
    )


def open_notebook(student: Session, path: str) -> None:
    """Open a notebook and wait for its kernel."""
    student.command("docmanager:open", {"path": path})
    student.page.wait_for_function(
        """path => {
        const widgets = [...window.jupyterapp.shell.widgets('main')];
        const w = widgets.find(w => w.context?.path === path);
        const kernel = w?.sessionContext?.session?.kernel;
        return w?.context.isReady && kernel && kernel.connectionStatus === 'connected'
          && kernel.status === 'idle'; }""",
        arg=path,
    )


def run_new_cell(student: Session, code: str) -> Locator:
    """Put `code` in a new cell at the end, run it, and return that cell."""
    student.command("notebook:select-last-run-cell")
    page = student.page
    page.evaluate(
        """async code => { const shell = window.jupyterapp.shell; const panel = shell.currentWidget;
        const notebook = panel.content; notebook.activeCellIndex = notebook.widgets.length - 1;
        await window.jupyterapp.commands.execute('notebook:insert-cell-below');
        notebook.activeCell.model.sharedModel.setSource(code);
        window.jupyterapp.commands.execute('notebook:run-cell'); }""",
        code,
    )
    return page.locator(".jp-Notebook:visible .jp-CodeCell").last


def run_again(student: Session, code: str) -> Locator:
    """Put `code` in the active cell in place of what is there, run it, and return that cell."""
    student.page.evaluate(
        """async code => { const notebook = window.jupyterapp.shell.currentWidget.content;
        notebook.activeCell.model.sharedModel.setSource(code);
        window.jupyterapp.commands.execute('notebook:run-cell'); }""",
        code,
    )
    return student.page.locator(".jp-Notebook:visible .jp-CodeCell").last


def write_solutions(student: Session, solutions: dict[str, str]) -> None:
    """Replace the sources of the open notebook's graded cells: grade_id → source."""
    written = student.page.evaluate(
        """solutions => {
        const cells = window.jupyterapp.shell.currentWidget.content.widgets;
        let written = 0;
        for (const cell of cells) {
          const id = cell.model.getMetadata('nbgrader')?.grade_id;
          if (id in solutions) { cell.model.sharedModel.setSource(solutions[id]); written += 1; }
        }
        return written; }""",
        solutions,
    )
    assert written == len(solutions)


def save(student: Session) -> None:
    """Ctrl-S."""
    student.command("docmanager:save")


def chat(page: Page) -> Locator:
    """The messages in the tutor's chat."""
    return page.locator(".jp-chat-messages-container")


def answers(page: Page) -> Locator:
    """All messages in the chat."""
    return page.locator(".jp-chat-rendered-message")


def last_answer(page: Page) -> Locator:
    """The newest message in the chat."""
    return answers(page).last


def ask(student: Session, text: str) -> None:
    """Ask in the chat, from the keyboard alone."""
    # Else a page of somebody else that was used last may have the focus.
    student.page.bring_to_front()
    student.command("learnflow:ask")
    box = student.page.get_by_placeholder(re.compile("Type a chat message"))
    expect(box).to_be_focused()
    student.page.keyboard.insert_text(text)
    student.page.keyboard.press("Enter")


def solutions_of(assignment: str) -> dict[str, str]:
    """grade_id → solved source of each solution cell in the instructor's notebook."""
    return solutions_in(ROOT / f"notebooks/{COURSE}/source/{assignment}/{assignment}.ipynb")


def solutions_in(file: Path) -> dict[str, str]:
    """The same of any instructor's notebook."""
    return {
        cell["metadata"]["nbgrader"]["grade_id"]: "".join(cell["source"])
        for cell in json.loads(file.read_text())["cells"]
        if cell["metadata"].get("nbgrader", {}).get("solution")
    }


def api(student: Session, method: str, path: str, body: object = None) -> tuple[int, str]:
    """Call the student's own server as the page would, with its cookies and XSRF token."""
    answer = student.page.evaluate(
        """async ([method, path, body]) => {
        const xsrf = document.cookie.split('; ').find(c => c.startsWith('_xsrf='))?.slice(6) ?? '';
        const answer = await fetch(path, {method, credentials: 'same-origin', body: body ?? undefined,
          headers: {'X-XSRFToken': xsrf, 'Content-Type': 'application/json'}});
        return [answer.status, await answer.text()]; }""",
        [method, f"/user/{student.name}/{path}", None if body is None else json.dumps(body)],
    )
    return int(answer[0]), str(answer[1])
