"""Rosters: what is read, what is said about each line, and what changes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learnflow_ext.service.rosters import (
    GROUPS,
    Change,
    Mistake,
    Role,
    Row,
    fingerprint,
    forbidden,
    moved,
    parse,
    plan,
)

NAMES = st.sampled_from(["ada", "ben", "chen", "dora", "eve"])
ROLES: st.SearchStrategy[Role] = st.sampled_from(["student", "assistant", "teacher"])


def test_a_roster_is_read_as_spreadsheets_write_it() -> None:
    expected = [
        Row(user="ada", role="student"),
        Row(user="ben@school", role="assistant", extra_days=1.5),
        Row(user="t", role="teacher"),
    ]
    for text in (
        "user,role,extra_time\nada,student,\nben@school,assistant,1.5\nt,teacher\n",
        "\ufeffUser;Role;Extra_time\r\nada;;\r\nben@school; Assistant ;1,5\r\n\r\nt;teacher;\r\n",
        'role,extra_time,user\n,,"ada"\nassistant,1.5,ben@school\nteacher,,t',
        "user\trole\textra_time\r\nada\t\t\r\nben@school\tassistant\t1.5\r\nt\tteacher\t",
    ):
        assert parse(text) == (expected, [])


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("", 1, "user"),
        ("name,role\nada,student\n", 1, "`user`"),
        ("user,rolle\nada,student\n", 1, "rolle"),
        ("user,user\nada,ada\n", 1, "twice"),
        ("user\n", 1, "nobody"),
        ("user,role\nada,student\nBen,student\n", 3, "'Ben' is no user name"),
        ("user,role\n../etc,student\n", 2, "no user name"),
        ("user,role\nada,boss\n", 2, "student, assistant, teacher"),
        ("user,role\nada,student\n\nada,teacher\n", 4, "line 2 already"),
        ("user,role\nada,student,more\n", 2, "3 values"),
        ("user,extra_time\nada,-1\n", 2, "no extra time"),
        ("user,extra_time\nada,nan\n", 2, "no extra time"),
        ('user\n"ada', 2, "no CSV"),
    ],
)
def test_each_mistake_is_said_with_its_line(text: str, line: int, words: str) -> None:
    _, (mistake,) = parse(text)
    assert mistake.line == line
    assert words in mistake.message


@pytest.mark.parametrize(
    ("encoding", "line"), [("latin-1", 3), ("cp1252", 3), ("utf-16", 1), ("utf-16-le", 1), ("utf-32", 1)]
)
def test_another_encoding_is_called_one(encoding: str, line: int) -> None:
    told = "user,role\nada,student\nzo\xeb,student\n".encode(encoding).decode("utf-8-sig", "replace")
    assert parse(told) == (
        [],
        [Mistake(line=line, message="This is no UTF-8 text. Save the file as “CSV UTF-8”.")],
    )


def test_all_mistakes_are_said_at_once() -> None:
    _, mistakes = parse("user,role\nAda,student\nben,boss\nchen,student\nchen,student\n")
    assert [each.line for each in mistakes] == [2, 3, 5]


@given(st.text(max_size=300))
def test_no_text_breaks_it(text: str) -> None:
    rows, mistakes = parse(text)
    assert rows or mistakes
    assert len({row.user for row in rows}) == len(rows)


def applied(members: dict[Role, set[str]], changes: list[Change]) -> dict[Role, set[str]]:
    after = {role: set(members.get(role, ())) for role in GROUPS}
    for change in changes:
        for role, users in after.items():
            (users.add if role == change.role else users.discard)(change.user)
    return after


@given(
    st.dictionaries(NAMES, ROLES, min_size=1),
    st.dictionaries(ROLES, st.sets(NAMES)),
    st.booleans(),
)
def test_afterwards_it_is_as_the_roster_says_and_a_second_time_nothing_changes(
    wanted: dict[str, Role], members: dict[Role, set[str]], only: bool
) -> None:
    rows = [Row(user=user, role=role) for user, role in wanted.items()]
    after = applied(members, plan(rows, members, only=only))
    for user, role in wanted.items():
        assert [each for each in GROUPS if user in after[each]] == [role]
    for role in GROUPS:
        others = after[role] - wanted.keys()
        assert others == (set() if only else members.get(role, set()) - wanted.keys())
    assert not any(change.needed for change in plan(rows, after, only=only))


def test_a_change_is_said_in_a_sentence() -> None:
    assert Change(user="ada", role="student").sentence() == "ada becomes a student."
    assert Change(user="ada", role="student", was=("student",)).sentence() == "ada is a student already."
    moved = Change(user="ada", role="assistant", was=("student", "teacher"))
    assert moved.sentence() == "ada becomes an assistant, and was a student and a teacher."
    assert Change(user="ada", role=None, was=("student",)).sentence() == "ada leaves the course."


@given(st.sampled_from(["ada", "ben", "zoe", "Zoe", "../x", ""]), st.sampled_from(["", *GROUPS, "admin"]))
def test_one_person_is_moved_or_it_is_said_why_not(user: str, role: str) -> None:
    members: dict[Role, set[str]] = {"student": {"ada"}, "teacher": {"ben"}}
    change = moved(user, role, members)
    if isinstance(change, str):
        assert user not in ("ada", "ben") or role == "admin"
        return
    after = applied(members, [change])
    assert [each for each in GROUPS if user in after[each]] == ([role] if role else [])


def test_whoever_is_in_the_course_can_be_moved_whatever_their_name() -> None:
    change = moved("Ada Lovelace", "", {"student": ["Ada Lovelace"]})
    assert change == Change(user="Ada Lovelace", role=None, was=("student",))
    assert isinstance(moved("Ada Lovelace", "student", {}), str)


def test_nobody_ends_their_own_role_as_a_teacher() -> None:
    rows, _ = parse("user,role\nada,student\n")
    gone = plan(rows, {"teacher": ["tom", "eva"]}, only=True)
    assert "your own role" in forbidden(gone, "tom")
    assert forbidden(gone, "root") == ""
    assert forbidden([Change(user="tom", role="teacher", was=("student", "teacher"))], "tom") == ""


def test_the_fingerprint_tells_changes_apart() -> None:
    one, other = Change(user="a", role="student"), Change(user="a", role="teacher")
    idle = Change(user="b", role="student", was=("student",))
    assert fingerprint([one]) == fingerprint([idle, one]) != fingerprint([other]) != fingerprint([])
