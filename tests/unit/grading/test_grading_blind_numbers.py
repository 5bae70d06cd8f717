"""Numbers in place of names, and what is blind while nobody has said so."""

from __future__ import annotations

import stat
import threading
from pathlib import Path

import pytest
from learnflow_grading.blind import EVERYTHING, FILE, BlindCourse, Hidden, pseudonym


def test_a_number_stays_and_is_another_one_in_another_assignment(tmp_path: Path) -> None:
    students = [f"s{place}" for place in range(40)]
    first = BlindCourse(tmp_path).numbers("a", students)
    assert BlindCourse(tmp_path).numbers("a", [*reversed(students), "new"]).items() >= first.items()
    assert len(set(first.values())) == len(students)
    assert BlindCourse(tmp_path).numbers("b", students) != first


def test_the_order_of_handing_in_is_not_that_of_the_numbers(tmp_path: Path) -> None:
    numbers = list(BlindCourse(tmp_path).numbers("a", [f"s{place}" for place in range(40)]).values())
    assert numbers not in (sorted(numbers), sorted(numbers, reverse=True))


def test_a_large_class_has_room(tmp_path: Path) -> None:
    numbers = BlindCourse(tmp_path).numbers("a", [f"s{place}" for place in range(1500)])
    assert len(set(numbers.values())) == 1500
    assert min(numbers.values()) >= 100


def test_the_longer_numbers_of_a_large_class_are_not_the_last_names(tmp_path: Path) -> None:
    students = [f"s{place:03}" for place in range(400)]
    numbers = BlindCourse(tmp_path).numbers("a", students)
    longer = [student for student in students if numbers[student] >= 1000]
    assert longer
    assert longer != students[-len(longer) :]


def test_a_pseudonym_leads_back_to_its_student_alone(tmp_path: Path) -> None:
    course = BlindCourse(tmp_path)
    number = course.number("a", "ada")
    assert course.student("a", pseudonym(number)) == "ada"
    assert course.student("b", pseudonym(number)) is None
    for strange in (
        "ada",
        "submission:",
        "submission:x",
        "submission:٣",
        "submission:9999999999",
        str(number),
    ):
        assert course.student("a", strange) is None


def test_two_who_ask_at_once_are_told_the_same(tmp_path: Path) -> None:
    students = [f"s{place}" for place in range(30)]
    found: list[dict[str, int]] = []
    threads = [
        threading.Thread(target=lambda: found.append(BlindCourse(tmp_path).numbers("a", students)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert all(each == found[0] for each in found)


def test_a_course_that_has_no_folder_yet_gets_one_that_nobody_else_can_read(tmp_path: Path) -> None:
    root = tmp_path / "courses" / "c"
    BlindCourse(root).write(EVERYTHING)
    assert [stat.S_IMODE(path.stat().st_mode) for path in (root, (root / FILE).parent)] == [0o700, 0o700]


class TestNobodySaidWhatIsBlind:
    def test_without_a_file(self, tmp_path: Path) -> None:
        assert BlindCourse(tmp_path).hidden() == EVERYTHING
        assert EVERYTHING.covers("a")
        assert not (tmp_path / FILE).exists(), "asking makes nothing"

    def test_with_numbers_alone(self, tmp_path: Path) -> None:
        BlindCourse(tmp_path).number("a", "ada")
        assert BlindCourse(tmp_path).hidden() == EVERYTHING

    def test_with_a_broken_file(self, tmp_path: Path) -> None:
        (tmp_path / FILE).parent.mkdir()
        (tmp_path / FILE).write_bytes(b"no database" * 100)
        assert BlindCourse(tmp_path).hidden() == EVERYTHING


@pytest.mark.parametrize("others", [True, False])
def test_what_was_written_is_what_holds(tmp_path: Path, others: bool) -> None:
    course = BlindCourse(tmp_path)
    course.write(Hidden({"old": True}))
    course.write(Hidden({"a": True, "b": False}, others))
    assert course.hidden() == Hidden({"a": True, "b": False}, others)
    assert [course.hidden().covers(name) for name in ("a", "b", "old")] == [True, False, others]
