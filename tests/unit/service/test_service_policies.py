"""What the tutor may do, where and when."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learnflow_ext.agents.context import Policy
from learnflow_ext.contracts.other_ai import OtherAiStanding
from learnflow_ext.service import notebook_says, policies
from learnflow_ext.service.notebook_says import NotebookSays
from learnflow_ext.service.policies import CoursePolicy, Exam, Policies, parse

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


class TestCourseFile:
    def test_course_and_assignment(self) -> None:
        found = parse(b"title: x\ntutor: concepts\nassignments:\n  - name: a\n    tutor: off\n  - name: b\n")
        assert found.at("a", NOON, "hints") == "off"
        assert found.at("b", NOON, "hints") == "concepts"
        assert CoursePolicy().at("b", NOON, "hints") == "hints"

    @pytest.mark.parametrize("text", [b"", b"title: x\n", b"assignments: 3\n", b"{}"])
    def test_files_without_a_word_about_it(self, text: bytes) -> None:
        assert parse(text).at("a", NOON, "open") == "open"

    def test_an_exam_with_an_offset(self) -> None:
        found = parse(b"exams:\n- from: 2026-11-24 12:30:00+01:00\n  until: '2026-11-24T14:00:00+01:00'\n")
        assert found.at("a", NOON, "hints") == "off"
        assert found.at("a", NOON - timedelta(minutes=31), "hints") == "hints"
        assert found.at("a", NOON + timedelta(hours=1), "hints") == "hints"

    def test_an_exam_goes_before_all_else_and_may_be_milder(self) -> None:
        exam = Exam(begins=NOON, ends=NOON + timedelta(hours=1), tutor="concepts", assignments=("a",))
        policy = CoursePolicy(tutor="open", assignments={"a": "open"}, exams=(exam,))
        assert policy.at("a", NOON, "hints") == "concepts"
        assert policy.at("b", NOON, "hints") == "open"

    @pytest.mark.parametrize(
        "text",
        [
            b"tutor: maybe",
            b"tutor: [1",
            b"- a",
            b"exams: {}",
            b"exams: [1]",
            b"exams: [{from: 2026-11-24 12:00:00}]",
            b"exams: [{from: 2026-11-24 12:00:00Z, until: 2026-11-24 11:00:00Z}]",
            b"exams: [{from: soon, until: later}]",
            b"exams: [{from: '0001-01-01 00:00:00+14:00', until: 2026-11-24 11:00:00Z}]",
            b"assignments: [{name: a, tutor: 7}]",
        ],
    )
    def test_what_does_not_fit_is_said(self, text: bytes) -> None:
        with pytest.raises(ValueError, match=r"\w"):
            parse(text)

    @given(st.binary(max_size=60))
    def test_any_bytes(self, text: bytes) -> None:
        try:
            found = parse(text)
        except ValueError:
            return
        assert found.at("a", NOON, "hints") in policies.STRICTEST_FIRST


class TestPolicies:
    async def test_a_changed_file_holds_soon(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(policies, "LOOK_AGAIN_SECONDS", 0.0)
        file = tmp_path / "course.yaml"
        found = Policies({"c": file}, "hints", clock=lambda: NOON)

        async def now() -> Policy:
            await found.refresh()
            return found.at("c", "a", [], "ada")

        assert await now() == "hints"
        file.write_text("tutor: open")
        assert await now() == "open"
        assert not found.sits_exam(["c"], "ada")
        file.write_text("tutor: nonsense")
        assert await now() == "off"
        assert found.sits_exam(["c"], "ada"), "nobody can read whether there is one"
        assert found.exam_of(["c"], "ada") == OtherAiStanding(exam=True, unreadable=True)
        file.write_text("tutor: concepts # again")
        assert await now() == "concepts"
        file.unlink()
        assert await now() == "hints"

    async def test_a_released_notebook_says_it_and_the_courses_file_goes_before(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(policies, "LOOK_AGAIN_SECONDS", 0.0)
        file, release = tmp_path / "course.yaml", tmp_path / "release"
        found = Policies({"c": file}, "hints", notebooks=NotebookSays({"c": release}), clock=lambda: NOON)

        async def now(assignment: str = "a") -> Policy:
            await found.refresh()
            return found.at("c", assignment, [], "ada")

        def says(name: str, metadata: object) -> None:
            (release / "a").mkdir(parents=True, exist_ok=True)
            (release / "a" / name).write_text(json.dumps({"cells": [], "metadata": metadata}))

        assert await now() == "hints"
        says("a.ipynb", {"learnflow": {"tutor": "open", "topic": "files"}})
        file.write_text("tutor: concepts")
        assert [await now(), await now("b")] == ["open", "concepts"]
        # Of two notebooks of one assignment the stricter counts.
        says("b.ipynb", {"learnflow": {"tutor": "off"}})
        assert await now() == "off"
        says("b.ipynb", {"kernelspec": {}})
        assert await now() == "open"
        file.write_text("assignments: [{name: a, tutor: hints}]")
        assert await now() == "hints"
        file.write_text("exams:\n- {from: 2026-11-24 11:00:00Z, until: 2026-11-24 13:00:00Z}\n")
        assert await now() == "off"
        file.write_text("# nothing")
        for nonsense in ({"learnflow": {"tutor": "everything!"}}, {"learnflow": 7}, 7):
            says("a.ipynb", nonsense)
            assert await now() == "off"

    async def test_a_notebook_that_cannot_be_understood_is_told_once_and_not_with_every_look(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        told: list[str] = []
        log = SimpleNamespace(error=lambda event, **_: told.append(event))
        monkeypatch.setattr(notebook_says, "log", log)
        (tmp_path / "a").mkdir()
        says = NotebookSays({"c": tmp_path})
        for text, times in (('{"metadata": {"learnflow": 7}}', 1), ("{", 2)):
            (tmp_path / "a" / "a.ipynb").write_text(text)
            assert [says.of("c")["a"].tutor for _ in range(3)] == ["off"] * 3
            assert len(told) == times

    async def test_outside_of_a_course_ones_exams_hold_too(self, tmp_path: Path) -> None:
        file = tmp_path / "course.yaml"
        file.write_text("tutor: open\nexams:\n- {from: 2026-11-24 11:00:00Z, until: 2026-11-24 13:00:00Z}\n")
        found = Policies({"c": file}, "hints", clock=lambda: NOON)
        await found.refresh()
        assert found.at("", "", ["c"], "ada") == "off"
        assert found.at("", "", ["other"], "ada") == "hints"
        assert found.sits_exam(["other", "c"], "ada")
        assert not found.sits_exam(["other"], "ada")
        # What is known goes before what nobody can read.
        other = tmp_path / "other.yaml"
        other.write_text("tutor: nonsense")
        both = Policies({"c": file, "other": other}, "hints", clock=lambda: NOON)
        await both.refresh()
        assert both.exam_of(["other", "c"], "ada") == OtherAiStanding(exam=True)
        assert found.in_exam("c", NOON)
        assert not found.in_exam("c", NOON + timedelta(hours=1))
        assert not found.in_exam("other", NOON)
