"""The whole story in a browser: a student fails, asks, hands in; the teacher sees it happen."""

from __future__ import annotations

import json
import re

import pytest
from classroom import Classroom, person
from lab import (
    COURSE,
    ROOT,
    answers,
    ask,
    chat,
    fetch,
    fetch_once,
    go_to_quiz,
    last_answer,
    notebook_of,
    open_assignment_list,
    open_notebook,
    row,
    run_again,
    run_new_cell,
    save,
    solutions_in,
    solutions_of,
    write_solutions,
)
from playwright.sync_api import Browser, Locator, expect

ASSIGNMENT = "01-first-steps"
CREATE = "nbgrader-create_assignemnt"
RIGHT = "[...window.jupyterapp.shell.widgets('right')].map(widget => widget.id)"


@pytest.mark.timeout(300)
def test_from_first_error_to_grade(classroom: Classroom, browser: Browser) -> None:
    with person(classroom, browser, "teacher") as teacher, person(classroom, browser, "ada") as ada:
        teacher.log_in()
        teacher.page.goto(f"{classroom.url}/services/learnflow/courses/{COURSE}")
        expect(teacher.page.locator("#live")).to_have_attribute("data-state", "live")
        teacher.page.evaluate("window.notReloaded = true")

        ada.open_lab()
        assert CREATE not in ada.page.evaluate(RIGHT), "a student is offered what makes assignments"
        fetch(ada, ASSIGNMENT)
        open_notebook(ada, notebook_of(ASSIGNMENT))

        failed = run_new_cell(ada, "apples = 3\nprint(aples)")
        explain = failed.get_by_role("button", name=re.compile("Explain this NameError"))
        expect(explain).to_be_visible()
        explain.click()
        answer = last_answer(ada.page)
        expect(answer).to_contain_text("NameError in line 2")
        expect(answer).to_contain_text("aples")
        expect(answer).not_to_contain_text("Look at line")
        ada.shot("explain")

        said = answers(ada.page).count()
        explain.click()
        expect(answers(ada.page)).to_have_count(said + 2)
        expect(last_answer(ada.page)).to_contain_text("NameError in line 2")
        expect(last_answer(ada.page)).not_to_contain_text("Look at line")

        changed = run_again(ada, "apples = 3\nprint(aples + 1)")
        expect(changed).to_contain_text("print(aples + 1)")
        changed.get_by_role("button", name=re.compile("Explain this NameError")).click()
        expect(last_answer(ada.page)).to_contain_text("Look at line 2", timeout=20_000)
        ada.shot("ladder")

        drawn = run_new_cell(ada, "%%visualize\ntotal = 0\nfor price in [3, 4]:\n    total = total + price")
        slider = drawn.get_by_role("slider").last
        expect(slider).to_have_attribute("aria-valuenow", "1.0", timeout=20_000)
        drawn.get_by_role("button", name="Next").click()
        expect(slider).to_have_attribute("aria-valuenow", "2.0")
        slider.press("ArrowRight")
        expect(slider).to_have_attribute("aria-valuenow", "3.0")
        drawn.get_by_role("button", name="Last").click()
        expect(drawn).to_contain_text("7")
        drawn.evaluate("drawing => drawing.scrollIntoView({block: 'end'})")
        ada.shot("visualize")

        ask(ada, "@Review\n```\ndef add(item, bag=[]):\n    bag.append(item)\n    return bag\n```")
        expect(last_answer(ada.page)).to_contain_text("all calls share it", timeout=20_000)
        expect(last_answer(ada.page)).to_contain_text("Line 1, def add(item, bag=[]):")
        ada.shot("review")

        ask(ada, "what is a function?")
        section = "A first look at functions"
        expect(last_answer(ada.page)).to_contain_text(f"This is from {section}", timeout=20_000)
        cited = ada.page.locator(".jp-Notebook:visible .jp-MarkdownCell h2", has_text=section)
        expect(cited).not_to_be_in_viewport()
        link = last_answer(ada.page).get_by_role("link", name=section)
        link.focus()
        ada.page.keyboard.press("Enter")
        expect(cited).to_be_in_viewport()
        ada.shot("citation")

        ask(ada, "what is a list?")
        expect(chat(ada.page)).to_contain_text("This is from Lists", timeout=20_000)
        ada.shot("question")

        write_solutions(ada, solutions_of(ASSIGNMENT))
        save(ada)
        open_assignment_list(ada)
        row(ada.page, "fetched", ASSIGNMENT).get_by_role("button", name="Submit").click()
        toast = ada.page.get_by_text(f"{ASSIGNMENT}: 10 of 10 points")
        expect(toast).to_be_visible(timeout=60_000)
        ada.shot("grade")
        ada.page.get_by_role("button", name="Open feedback").click()
        feedback = ada.page.frame_locator("iframe[sandbox]").last
        expect(feedback.get_by_text("10 of 10 points")).to_be_visible()
        ada.shot("feedback")

        with classroom.graders_held():
            submit = row(ada.page, "fetched", ASSIGNMENT).get_by_role("button", name="Submit")
            for place in ("Grading…", "It is the next to be graded.", "Place 2 in the queue…"):
                open_assignment_list(ada)
                submit.click()
                expect(ada.page.get_by_text(f"{ASSIGNMENT} handed in. {place}")).to_be_visible()
            ada.shot("queue")
            queue = teacher.context.new_page()
            queue.goto(f"{classroom.url}/services/learnflow/courses/{COURSE}/grading")
            queue.get_by_role("button", name=re.compile("Cancel the grading of ada")).first.click()
            expect(ada.page.get_by_text("Your teacher took this out of the queue").first).to_be_visible()
            # The last one has moved up, and nobody pressed anything.
            expect(ada.page.get_by_text("Place 2 in the queue…")).to_have_count(0)
            expect(ada.page.get_by_text("It is the next to be graded.")).to_have_count(1)
            queue.close()
        expect(ada.page.get_by_text("It is the next to be graded.")).to_have_count(0)
        expect(ada.page.get_by_text(f"{ASSIGNMENT}: 10 of 10 points").first).to_be_visible()

        board = teacher.page
        expect(board.locator("#feed")).to_contain_text("what is a list?")
        expect(board.locator("#feed")).to_contain_text("scored 10/10 in First steps")
        expect(board.locator("#scores tbody tr", has_text="Ada")).to_contain_text("10/10")
        assert board.evaluate("window.notReloaded === true"), "the dashboard was reloaded"
        teacher.shot("dashboard")

        board.get_by_role("link", name="Open the formgrader").click()
        expect(board.get_by_role("gridcell", name=ASSIGNMENT)).to_be_visible()
        board.get_by_role("link", name="Manual Grading").click()
        for step in (ASSIGNMENT, ASSIGNMENT, "Submission #1"):
            board.get_by_role("gridcell").get_by_role("link", name=step).click()
        expect(board.locator("body")).to_contain_text("minutes_per_lesson = ")
        expect(board.locator("body")).to_contain_text("First steps")
        teacher.shot("formgrader")


def test_each_tutor_answers_to_its_name(classroom: Classroom, browser: Browser) -> None:
    with person(classroom, browser, "ben") as ben:
        ben.open_lab()
        ask(ben, "@Concepts what is a loop?")
        expect(ben.page.locator(".jp-chat-message-header", has_text="Concepts")).to_be_visible()
        expect(chat(ben.page)).to_contain_text("Loops and lists", timeout=20_000)
        for name in ("Debug", "Review", "Exercise", "Progress"):
            ask(ben, f"@{name} can you help me?")
            expect(ben.page.locator(".jp-chat-message-header", has_text=name)).to_be_visible()
        ben.shot("personas")


def quizzes_in(topic: Locator) -> tuple[int, int]:
    """How many quizzes were right at the first go, and answered at all."""
    found = re.search(r"Quiz: (\d+) of (\d+)", topic.inner_text())
    return (int(found[1]), int(found[2])) if found else (0, 0)


def percent_in(topic: Locator) -> int:
    """The mastery that is shown."""
    found = re.search(r"(\d+) %", topic.inner_text())
    assert found, topic.inner_text()
    return int(found[1])


@pytest.mark.timeout(300)
def test_an_exercise_of_ones_own_from_the_wish_to_mastery(classroom: Classroom, browser: Browser) -> None:
    with person(classroom, browser, "chen") as chen:
        chen.open_lab()
        page = chen.page
        fetch_once(chen, ASSIGNMENT)
        open_notebook(chen, notebook_of(ASSIGNMENT))
        chen.command("learnflow:my-progress")
        panel = page.get_by_role("group", name="My progress")
        topic = panel.get_by_role("listitem").filter(has_text="First steps")
        # Others of this classroom's tests may have answered something as chen.
        expect(topic).to_contain_text(re.compile(r"Nothing graded yet|\d+ %"))
        right, quizzes = quizzes_in(topic)
        go_to_quiz(page, 2)
        quiz = page.locator(".learnflow-Quiz").filter(has_text="Which line stops with an error?")
        for choice, said in (("print(animal * 2)", "Not yet."), ("print(animal + 2)", "Right.")):
            quiz.get_by_text(choice, exact=True).last.click()
            quiz.get_by_role("button").click()
            expect(quiz.get_by_role("status")).to_contain_text(said)
        # The first answer counts.
        quiz_told = f"Quiz: {right} of {quizzes + 1} right at the first go"
        expect(topic).to_contain_text(quiz_told)
        before = percent_in(topic)
        ask(chen, "@Exercise give me something on first steps")
        expect(last_answer(page)).to_contain_text("I am making you an exercise on basics", timeout=20_000)
        link = last_answer(page).get_by_role("link", name="Open the exercise")
        expect(link).to_be_visible(timeout=60_000)
        expect(last_answer(page)).to_contain_text("is ready")
        chen.shot("practice-made")
        path = (link.get_attribute("href") or "").partition("/lab/tree/")[2]
        link.click()
        check = page.get_by_role("button", name="Check", exact=True)
        expect(check).to_be_visible()
        expect(page.locator(".jp-Notebook:visible")).to_contain_text("YOUR CODE HERE")

        source = classroom.state / f"practice/courses/{COURSE}/source" / path.removeprefix("practice/")
        check.click()
        expect(page.get_by_text("0 of 2 points")).to_be_visible(timeout=60_000)
        write_solutions(chen, solutions_in(source))
        check.click()
        won = page.get_by_text(re.compile(r"Solved! .*: 2 of 2 points\. It counts for First steps"))
        expect(won).to_be_visible(timeout=60_000)
        chen.shot("practice-solved")
        chen.command("learnflow:my-progress")
        expect(topic).not_to_contain_text(f" {before} %")
        expect(topic).to_contain_text(quiz_told)
        assert percent_in(topic) > before
        chen.shot("practice-progress")


@pytest.mark.timeout(300)
def test_a_teacher_says_topic_tutor_and_rules_where_assignments_are_made(
    classroom: Classroom, browser: Browser
) -> None:
    source = json.loads((ROOT / f"notebooks/{COURSE}/source/06-functions/06-functions.ipynb").read_text())
    with person(classroom, browser, "teacher") as teacher:
        page = teacher.open_lab(start=True)
        page.evaluate(
            """async content => { await window.jupyterapp.serviceManager.contents.save('mine.ipynb',
            {type: 'notebook', format: 'json', content}); }""",
            source,
        )
        open_notebook(teacher, "mine.ipynb")
        page.evaluate(
            """async id => { const { shell } = window.jupyterapp; const { content } = shell.currentWidget;
            shell.activateById(id); content.activeCellIndex = content.widgets.findIndex(
              cell => cell.model.getMetadata('nbgrader')?.grade_id === 'test-fare');
            await content.scrollToItem(content.activeCellIndex); }""",
            CREATE,
        )
        form = page.get_by_role("group", name="LearnFlow")
        form.get_by_label("Tutor", exact=True).select_option("concepts")
        form.get_by_label("Topic", exact=True).select_option("functions")
        form.get_by_label("Without", exact=True).fill("loop, sum()")
        form.get_by_label("In the function", exact=True).fill("taxi_fare")
        expect(form.get_by_label("Without", exact=True)).to_have_attribute("aria-invalid", "true")
        form.get_by_label("Without", exact=True).fill("loop, sum")
        form.get_by_label("In the function", exact=True).press("Tab")
        teacher.shot("assignment")
        teacher.command("apputils:change-theme", {"theme": "JupyterLab Dark"})
        expect(page.locator("body[data-jp-theme-light='false']")).to_have_count(1)
        teacher.shot("assignment-dark")
        save(teacher)
        kept = page.evaluate(
            "async () => (await window.jupyterapp.serviceManager.contents.get('mine.ipynb')).content"
        )
        assert kept["metadata"]["learnflow"] == {"tutor": "concepts", "topic": "functions"}
        test = next(cell for cell in kept["cells"] if cell["id"] == "test-fare")
        assert test["metadata"]["learnflow"] == {"must_not_use": ["loop", "sum"], "in": "taxi_fare"}
