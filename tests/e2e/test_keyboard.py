"""The tutor without a mouse: from a failing cell to its diagnosis, and to a question of one's own."""

from __future__ import annotations

import re

from classroom import Classroom, Session, person
from lab import chat, fetch_once, go_to_quiz, last_answer, notebook_of, open_notebook
from playwright.sync_api import Browser, Page, expect

ASSIGNMENT = "01-first-steps"
PROGRAM = "marks = [2, 3, 1]\ntotal = sum(marks)\nprint(total / len(mraks))"
COUNT_CELLS = "window.jupyterapp.shell.currentWidget.content.widgets.length"
BUTTON = "Explain this NameError in line {}"


def open_exercise(student: Session) -> None:
    """The assignment's notebook, fetched where that has not been done yet, with the keyboard in it."""
    student.open_lab()
    fetch_once(student, ASSIGNMENT)
    open_notebook(student, notebook_of(ASSIGNMENT))


def run_a_program_that_fails(page: Page, program: str = PROGRAM, line: int = 3) -> None:
    """A new cell, typed and run."""
    page.keyboard.press("Escape")
    page.keyboard.press("b")
    page.keyboard.press("Enter")
    page.keyboard.insert_text(program)
    page.keyboard.press("Control+Enter")
    cell = page.locator(".jp-Notebook:visible .jp-Cell.jp-mod-active")
    expect(cell.get_by_role("button", name=BUTTON.format(line))).to_be_visible()


def tab_to(page: Page, name: str, within: int) -> None:
    """Press Tab until the button with this name has the focus, at most `within` times."""
    for _ in range(within):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.getAttribute('aria-label')") == name:
            return
    raise AssertionError(f"Tab does not reach {name!r}.")


def expect_diagnosis(page: Page, name: str = "mraks", line: int = 3) -> None:
    """The newest message, in sight from its first line."""
    answer = last_answer(page)
    expect(answer).to_contain_text(f"NameError in line {line}", timeout=20_000)
    expect(answer).to_contain_text(name)
    expect(answer.get_by_text(f"NameError in line {line}")).to_be_in_viewport()


def test_tab_reaches_the_button_under_the_cell(classroom: Classroom, browser: Browser) -> None:
    with person(classroom, browser, "ben") as ben:
        open_exercise(ben)
        run_a_program_that_fails(ben.page)
        tab_to(ben.page, BUTTON.format(3), within=6)
        outline = ben.page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline == "solid", "one cannot see where the keyboard is"
        ben.page.keyboard.press("Enter")
        expect_diagnosis(ben.page)


def test_shortcuts_ask_from_the_cell_and_go_on_in_the_chat(classroom: Classroom, browser: Browser) -> None:
    with person(classroom, browser, "chen") as chen:
        page = chen.page
        open_exercise(chen)
        run_a_program_that_fails(page)
        page.keyboard.press("Control+Shift+Y")
        expect_diagnosis(page)

        page.keyboard.press("Control+Shift+A")
        expect(page.get_by_placeholder(re.compile("Type a chat message"))).to_be_focused()
        page.keyboard.insert_text("what is a list?")
        page.keyboard.press("Enter")
        expect(chat(page)).to_contain_text("This is from Lists", timeout=20_000)

        # A second error: its answer comes below all this, and is brought into view.
        open_notebook(chen, notebook_of(ASSIGNMENT))
        run_a_program_that_fails(page, "print(pears)", line=1)
        page.keyboard.press("Control+Shift+Y")
        expect_diagnosis(page, "pears", line=1)


def test_the_help_menu_names_the_shortcuts(classroom: Classroom, browser: Browser) -> None:
    with person(classroom, browser, "chen") as chen:
        page = chen.page
        open_exercise(chen)
        run_a_program_that_fails(page)
        page.get_by_role("menubar").first.get_by_role("menuitem", name="Help", exact=True).press("Enter")
        menu = page.locator(".lm-Menu:visible")
        expect(menu.get_by_role("menuitem", name="Ask the Tutor")).to_contain_text("Ctrl+Shift+A")
        expect(menu.get_by_role("menuitem", name="Explain This Error")).to_contain_text("Ctrl+Shift+Y")
        page.keyboard.press("Escape")
        answer_a_quiz(chen)
        see_my_progress(chen)


def answer_a_quiz(student: Session) -> None:
    """Wrong, then right, with the reasons read; it is still there when the notebook is opened again."""
    page = student.page
    go_to_quiz(page, 0)
    quiz = page.get_by_role("group", name="What does this program print?")
    wrong, right = quiz.get_by_role("radio", name="30"), quiz.get_by_role("radio", name="12")
    said = page.locator(".learnflow-Quiz").filter(has=quiz).get_by_role("status")
    cells = page.evaluate(COUNT_CELLS)
    expect(right).to_be_in_viewport()
    page.keyboard.press("Tab")
    expect(right).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(wrong).to_be_checked()
    page.keyboard.press("b")  # elsewhere in a notebook this makes a cell
    page.keyboard.press("Enter")
    expect(said).to_contain_text("Not yet.")
    expect(said).to_contain_text("What was price while the second line ran?")
    expect(said).not_to_contain_text("12")
    student.shot("quiz-not-yet")
    page.keyboard.press("ArrowUp")
    expect(right).to_be_checked()
    page.keyboard.press("Tab")
    expect(page.locator(".learnflow-Quiz").filter(has=quiz).get_by_role("button")).to_be_focused()
    page.keyboard.press("Enter")
    expect(said).to_contain_text("Right.")
    expect(said).to_contain_text("when price was 4")
    assert page.evaluate(COUNT_CELLS) == cells
    for theme in ("JupyterLab Dark", "JupyterLab Light"):
        student.command("apputils:change-theme", {"theme": theme})
        expect(page.locator("body")).to_have_attribute("data-jp-theme-name", theme)
        student.shot(f"quiz-{theme.split()[-1].lower()}")
    # The second question: several are right, and boxes are ticked with the space bar.
    go_to_quiz(page, 1)
    sweets = page.get_by_role("group", name="20 sweets are shared fairly")
    expect(sweets).to_be_in_viewport()
    page.keyboard.press("Tab")
    expect(sweets.get_by_role("checkbox").first).to_be_focused()
    page.keyboard.press("Space")
    for _ in range(3):
        page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.locator(".learnflow-Quiz").filter(has=sweets).get_by_role("status")).to_contain_text("Right.")
    student.command("docmanager:save")
    student.command("application:close")
    open_notebook(student, notebook_of(ASSIGNMENT))
    go_to_quiz(page, 0)
    expect(said).to_contain_text("Your first answer counts for your level")
    expect(right).to_be_checked()


def see_my_progress(student: Session) -> None:
    """From the command palette to the panel, and on to the next step."""
    page = student.page
    page.keyboard.press("Control+Shift+C")
    page.keyboard.type("My Progress")
    page.keyboard.press("Enter")
    panel = page.get_by_role("group", name="My progress")
    topic = panel.get_by_role("listitem").filter(has_text="First steps")
    expect(topic).to_contain_text("exercises solved")
    # One of two questions at the first go, which is half of what there is to know of quizzes.
    expect(topic).to_contain_text("Quiz: 1 of 2 right at the first go")
    expect(topic).not_to_contain_text("Nothing graded yet")
    expect(panel).to_be_focused()
    for theme in ("JupyterLab Dark", "JupyterLab Light"):
        student.command("apputils:change-theme", {"theme": theme})
        expect(page.locator("body")).to_have_attribute("data-jp-theme-name", theme)
        student.shot(f"my-progress-{theme.split()[-1].lower()}")
    page.keyboard.press("Tab")
    step = panel.get_by_role("button", name="Go to")
    expect(step).to_be_focused()
    page.keyboard.press("Enter")
    # First steps lie in the student's folder already: their notebook comes to the front.
    expect(page.get_by_role("tab", name=f"{ASSIGNMENT}.ipynb")).to_have_attribute("aria-selected", "true")
