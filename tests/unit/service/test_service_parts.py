"""Small parts of the service: limits, rights, the dashboard's table, live changes, description, secret."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tornado.web import RequestHandler

from learnflow_ext.contracts.errors import Forbidden, TooBusy
from learnflow_ext.contracts.grades import SubmissionView
from learnflow_ext.service import openapi, web
from learnflow_ext.service.auth import Person, make_hub_auth
from learnflow_ext.service.board import BoardView, OverviewView, band, board_view, feed_view
from learnflow_ext.service.handlers.base import Common
from learnflow_ext.service.handlers.table import TABLE
from learnflow_ext.service.limits import ApiLimits, RateLimiter, Taken, TokenBuckets
from learnflow_ext.service.living import Told, messages
from learnflow_ext.service.metrics import Metrics
from learnflow_ext.service.oauth import SealedOAuth
from learnflow_ext.service.pages import Pages
from learnflow_ext.settings import LearnFlowApi
from learnflow_ext.store.board import Board, BoardCell, BoardRow
from learnflow_ext.store.courses import AssignmentInfo, ExerciseInfo
from learnflow_ext.store.eventlog import LogEntry
from learnflow_ext.store.presence import LONGEST

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
PREFIX = "/services/learnflow/"


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class TestRateLimiter:
    def test_a_person_may_ask_so_often_and_no_more(self) -> None:
        clock = Clock()
        limiter = RateLimiter(2, clock=clock)
        limiter.take("ada")
        clock.now += 20
        limiter.take("ada")
        with pytest.raises(TooBusy) as refused:
            limiter.take("ada")
        assert refused.value.retry_after == 40
        assert "40 seconds" in refused.value.message
        limiter.take("ben")
        clock.now += 40
        limiter.take("ada")

    def test_none_allowed(self) -> None:
        with pytest.raises(TooBusy):
            RateLimiter(0).take("ada")

    def test_forgets_who_asks_no_more(self) -> None:
        clock = Clock()
        limiter = RateLimiter(1, clock=clock)
        for number in range(10_001):
            clock.now += 0.1
            limiter.take(f"student-{number}")
        assert len(limiter._asked) < 1_000

    @given(st.lists(st.floats(min_value=0, max_value=30), max_size=60))
    def test_never_more_than_allowed_in_any_minute(self, pauses: list[float]) -> None:
        clock, taken = Clock(), []
        limiter = RateLimiter(5, clock=clock)
        for pause in pauses:
            clock.now += pause
            try:
                limiter.take("ada")
            except TooBusy as refused:
                assert refused.retry_after is not None
                assert 1 <= refused.retry_after <= 60
                continue
            taken.append(clock.now)
        assert all(sum(0 <= later - one < 60 for later in taken) <= 5 for one in taken)


class TestTokenBuckets:
    def test_a_burst_and_then_a_pace(self) -> None:
        clock = Clock()
        buckets = TokenBuckets(60, 3, clock=clock)
        assert [buckets.take("ada") for _ in range(3)] == [0, 0, 0]
        assert buckets.take("ada") == pytest.approx(1)
        assert buckets.take("ben") == 0
        clock.now += 1
        assert buckets.take("ada") == 0
        assert buckets.take("ada") == pytest.approx(1)

    def test_no_limit(self) -> None:
        buckets = TokenBuckets(0, 1, clock=Clock())
        assert {buckets.take("ada") for _ in range(1000)} == {0}

    def test_forgets_who_asks_no_more(self) -> None:
        clock = Clock()
        buckets = TokenBuckets(60, 3, clock=clock)
        for number in range(10_001):
            clock.now += 0.1
            buckets.take(f"student-{number}")
        assert len(buckets._full_at) < 100

    @given(
        st.floats(min_value=1, max_value=6000),
        st.integers(min_value=1, max_value=20),
        st.lists(st.floats(min_value=0, max_value=5), max_size=60),
    )
    def test_never_more_than_the_burst_and_what_time_gave(
        self, per_minute: float, burst: int, pauses: list[float]
    ) -> None:
        clock, taken = Clock(), []
        buckets = TokenBuckets(per_minute, burst, clock=clock)
        for pause in pauses:
            clock.now += pause
            wait = buckets.take("ada")
            if wait:
                # Whoever waits as long as was said is let in.
                clock.now += wait
                assert buckets.take("ada") == 0
            taken.append(clock.now)
        for first, begin in enumerate(taken):
            for last in range(first, len(taken)):
                most = burst + (taken[last] - begin) * per_minute / 60
                assert last - first + 1 <= most + 1e-3


class TestApiLimits:
    def limits(self) -> ApiLimits:
        settings = LearnFlowApi(
            requests_per_minute=60,
            requests_at_once=2,
            course_requests_per_minute=60,
            course_requests_at_once=3,
        )
        return ApiLimits(settings, clock=Clock())

    def test_one_person_does_not_use_up_the_course(self) -> None:
        limits = self.limits()
        for _ in range(2):
            limits.take("ada", "python")
        for _ in range(50):
            with pytest.raises(TooBusy, match=r"You sent a lot .* Try again in 1 s") as refused:
                limits.take("ada", "python")
            assert refused.value.retry_after == 1
        limits.take("ben", "python")

    def test_a_course_does_not_use_up_the_others_nor_its_teachers(self) -> None:
        limits = self.limits()
        for name in ("ada", "ben", "chen"):
            limits.take(name, "python")
        with pytest.raises(TooBusy, match="course is busy"):
            limits.take("dora", "python")
        limits.take("eve", "statistics")
        limits.take("teacher", "")

    def replicas(self, number: int, clock: Clock) -> list[ApiLimits]:
        settings = LearnFlowApi(
            requests_per_minute=600,
            requests_at_once=20,
            course_requests_per_minute=1200,
            course_requests_at_once=40,
        )
        return [ApiLimits(settings, clock=clock) for _ in range(number)]

    def tell_each_other(self, replicas: list[ApiLimits]) -> None:
        told = [each.taken() for each in replicas]
        for place, each in enumerate(replicas):
            for number, taken in enumerate(told):
                if number != place:
                    each.taken_elsewhere(taken)

    def let_in(self, limits: ApiLimits, name: str, course: str, asked: int) -> int:
        count = 0
        for _ in range(asked):
            try:
                limits.take(name, course)
            except TooBusy:
                continue
            count += 1
        return count

    @pytest.mark.parametrize("number", [1, 2, 5])
    def test_replicas_let_in_together_what_one_would(self, number: int) -> None:
        clock = Clock()
        replicas, seconds = self.replicas(number, clock), 120
        people = courses = 0
        for _ in range(seconds):
            for each in replicas:
                people += self.let_in(each, "ada", "", 100)
                courses += sum(self.let_in(each, f"s{n}", "python", 8) for n in range(10))
            self.tell_each_other(replicas)
            clock.now += 1
        # Once, before they heard of each other, each gave out all that may be had at once.
        assert people <= number * 20 + seconds * 10 + number * 10
        assert courses <= number * 40 + seconds * 20 + number * 20
        assert people >= seconds * 10 * 0.8
        assert courses >= seconds * 20 * 0.8

    def test_whom_a_balancer_keeps_at_one_of_them_is_let_in_as_if_it_were_alone(self) -> None:
        clock = Clock()
        alone, (sticky, *others) = self.replicas(1, clock)[0], self.replicas(3, clock)
        for _ in range(60):
            assert self.let_in(sticky, "ada", "", 30) == self.let_in(alone, "ada", "", 30)
            self.tell_each_other([sticky, *others])
            clock.now += 1

    def test_what_is_told_fits_postgresql_however_many_and_whatever_they_are_called(self) -> None:
        odd = 'ä"ß\x00'
        taken = Taken(
            people={f"{odd * (number % 60)}{number}": number + 1 for number in range(3000)},
            courses={f"c{number}": 1 for number in range(500)},
        )
        told = [msgspec.json.decode(said, type=Told) for said in messages("f" * 16, taken)]
        assert all(len(said.encode()) <= LONGEST for said in messages("f" * 16, taken))
        people: dict[str, int] = {}
        courses: dict[str, int] = {}
        for each in told:
            assert each.by == "f" * 16
            people |= each.taken.people
            courses |= each.taken.courses
        assert (people, courses) == (taken.people, taken.courses)


class TestPerson:
    def test_rights_come_from_groups_alone(self) -> None:
        person = Person(name="ada", groups=frozenset({"nbgrader-a", "formgrade-b"}), admin=True)
        assert person.studies("a")
        assert person.teaches("b")
        assert person.belongs("a")
        assert person.belongs("b")
        assert not person.teaches("a")
        assert not person.studies("b")
        assert not person.belongs("c")
        assert not person.belongs("")


class TestEnvironment:
    def test_what_is_missing_is_named(self) -> None:
        with pytest.raises(ValueError, match="JUPYTERHUB_API_URL"):
            make_hub_auth({"JUPYTERHUB_API_TOKEN": "t", "JUPYTERHUB_SERVICE_PREFIX": PREFIX})

    def test_not_every_token_of_the_hub_is_let_in(self) -> None:
        auth = make_hub_auth(
            {
                "JUPYTERHUB_API_TOKEN": "t",
                "JUPYTERHUB_SERVICE_PREFIX": PREFIX,
                "JUPYTERHUB_API_URL": "http://127.0.0.1:1/hub/api",
            }
        )
        assert auth.access_scopes == {"access:services!service=learnflow"}
        assert auth.cache_max_age <= 30


def board(*cells: BoardCell, latest: str = "") -> Board:
    info = AssignmentInfo(
        course="c",
        assignment="01",
        title="First",
        exercises=(
            ExerciseInfo(notebook="01", name="test-long-words", max_score=2.0),
            ExerciseInfo(notebook="01", name="loops", max_score=3.0),
        ),
    )
    rows = tuple(
        BoardRow(student=f"s{place}", last_activity=latest, cells=(cell,)) for place, cell in enumerate(cells)
    )
    return Board(course="c", assignments=(info,), rows=rows)


class TestBoard:
    def test_states(self) -> None:
        cells: list[dict[str, Any]] = [
            {},
            {"runs": 1},
            {"questions": 1},
            {"status": "queued", "submissions": 1},
            {"status": "grading", "submissions": 1},
            {"status": "graded", "submissions": 1},
            {"status": "failed", "submissions": 1, "needs_review": True},
            {"status": "queued", "best_score": 3.0, "max_score": 5.0, "exercises": (2.0, None)},
        ]
        view = board_view(board(*(BoardCell(assignment="01", **cell) for cell in cells)), NOW)
        assert [student.cells[0].state for student in view.students] == [
            "untouched",
            "started",
            "started",
            "waiting",
            "waiting",
            "waiting",
            "failed",
            "scored",
        ]
        assert (view.graded, view.to_review, view.active) == (1, 1, 0)
        assert view.columns[0].exercises == ("long words", "loops")
        assert [points.score for points in view.students[-1].cells[0].exercises] == [2.0, None]
        assert [points.score for points in view.students[0].cells[0].exercises] == [None, None]

    def test_active_lately(self) -> None:
        cell = BoardCell(assignment="01")
        for minutes, active in ((1, 1), (14, 1), (16, 0)):
            latest = (NOW - timedelta(minutes=minutes)).isoformat()
            assert board_view(board(cell, latest=latest), NOW).active == active

    @pytest.mark.parametrize(
        ("score", "most", "expected"),
        [(None, 10, 0), (0, 10, 0), (3.9, 10, 0), (4, 10, 1), (7, 10, 2), (9, 10, 3), (0, 0, 3), (12, 10, 3)],
    )
    def test_bands_are_the_levels(self, score: float | None, most: float, expected: int) -> None:
        assert band(score, most) == expected

    def test_feed_is_newest_first_and_bounded(self) -> None:
        entries = [
            LogEntry(
                sequence=number,
                id="",
                time="",
                topic="code.submissions",
                type="org.learnflow.assignment.submitted.v1",
                course="c",
                student="ada",
                data={"assignment": "01"},
            )
            for number in range(100)
        ]
        lines = feed_view("c", entries).lines
        assert [line.sequence for line in lines] == list(range(99, 59, -1))


class TestDescription:
    def test_every_api_address_is_described(self) -> None:
        described = {path.strip("/") for path in openapi.document(PREFIX, TABLE)["paths"]}
        served = {
            route.path
            for route in TABLE
            if route.path.startswith(("api/", "health", "metrics"))
            and route.path not in ("api/docs", "api/redoc")
        }
        assert described == served

    def test_each_method_of_the_table_is_the_handlers(self) -> None:
        for route in TABLE:
            if issubclass(route.handler, Common):
                served = {
                    method
                    for method in RequestHandler.SUPPORTED_METHODS
                    if getattr(route.handler, method.lower()) is not getattr(RequestHandler, method.lower())
                }
                assert served == set(route.methods), route.path

    def test_every_reference_leads_somewhere(self) -> None:
        document = openapi.document(PREFIX, TABLE)
        text = msgspec.json.encode(document).decode()
        schemas = document["components"]["schemas"]
        named = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}
        assert named <= set(schemas)
        for schema in schemas.values():
            jsonschema.Draft202012Validator.check_schema(schema)

    def test_the_schema_is_the_contract(self) -> None:
        document = openapi.document(PREFIX, TABLE)
        view = SubmissionView(
            submission_id="1", course="c", assignment="a", student="s", status="queued", submitted_at="now"
        )
        jsonschema.validate(
            msgspec.to_builtins(view),
            {"$ref": "#/components/schemas/SubmissionView", "components": document["components"]},
        )


class TestMetrics:
    def test_everything_is_there_at_zero(self) -> None:
        text = Metrics().text().decode()
        for name in (
            'learnflow_http_requests_total{status="5xx"} 0.0',
            'learnflow_questions_total{agent="debug"} 0.0',
            'learnflow_questions_refused_total{reason="too_many"} 0.0',
            'learnflow_gradings_total{status="failed"} 0.0',
            "learnflow_unexpected_errors_total 0.0",
            "learnflow_submissions_total 0.0",
            "learnflow_dashboards_open 0.0",
            "learnflow_grading_seconds_count 0.0",
        ):
            assert name in text
        names = {line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")}
        assert all(name.startswith("learnflow_") for name in names)


class TestSecret:
    def test_is_kept_and_private(self, tmp_path: Path) -> None:
        file = tmp_path / "state" / "secret"
        secret = web.secret_in(file)
        assert len(secret) == 32
        assert web.secret_in(file) == secret
        assert file.stat().st_mode & 0o077 == 0

    def test_a_broken_one_is_replaced(self, tmp_path: Path) -> None:
        file = tmp_path / "secret"
        file.write_bytes(b"short")
        assert len(web.secret_in(file)) == 32

    def test_all_who_make_it_at_once_get_the_same(self, tmp_path: Path) -> None:
        file = tmp_path / "secret"
        with ThreadPoolExecutor(16) as pool:
            made = list(pool.map(lambda _: web.secret_in(file), range(64)))
        assert set(made) == {file.read_bytes()}
        assert [each.name for each in tmp_path.iterdir()] == ["secret"]

    def test_replicas_may_share_one_by_their_environment(self, tmp_path: Path) -> None:
        given = {web.SECRET_ENV: "x" * 32}
        assert web.shared_secret(given, tmp_path / "secret") == b"x" * 32
        assert not (tmp_path / "secret").exists()
        assert web.shared_secret({}, tmp_path / "secret") == (tmp_path / "secret").read_bytes()
        with pytest.raises(ValueError, match="32 characters"):
            web.shared_secret({web.SECRET_ENV: "short"}, tmp_path / "secret")


class TestSignInState:
    """What travels with the browser while it is at the hub's login."""

    def sealed(self, secret: bytes = b"s" * 32) -> SealedOAuth:
        auth = SealedOAuth(api_token="t", base_url=PREFIX)
        auth.seal_with(secret)
        return auth

    def test_another_replica_reads_it(self) -> None:
        state = self.sealed().generate_state("/page?a=b", code_verifier="v" * 43, cookie_name="c-1")
        other = self.sealed()
        assert other.get_next_url(state) == "/page?a=b"
        assert other.get_code_verifier(state) == "v" * 43
        assert other.get_state_cookie_name(state) == "c-1"

    @pytest.mark.parametrize("spoil", [lambda s: "", lambda s: s[:-8] + "AAAAAAA=", lambda s: "forged"])
    def test_one_that_was_tampered_with_says_nothing(self, spoil: Callable[[str], str]) -> None:
        auth = self.sealed()
        state = spoil(auth.generate_state("/page", code_verifier="v" * 43))
        assert auth.get_next_url(state) == PREFIX
        assert auth.get_code_verifier(state) is None

    def test_nor_does_a_strangers_or_an_old_one(self) -> None:
        auth = self.sealed()
        assert auth.get_next_url(self.sealed(b"o" * 32).generate_state("/page")) == PREFIX
        state = auth.generate_state("/page")
        auth.oauth_state_max_age = -1
        assert auth.get_next_url(state) == PREFIX

    def test_an_address_that_no_cookie_holds_is_dropped(self) -> None:
        auth = self.sealed()
        state = auth.generate_state("/" + "x" * 5000, code_verifier="v" * 43)
        assert len(state) < 3000
        assert (auth.get_next_url(state), auth.get_code_verifier(state)) == (PREFIX, "v" * 43)


def page_of(view: BoardView) -> OverviewView:
    """All of a board, on one page."""
    count = len(view.students)
    return OverviewView(board=view, everybody=count, found=count, find="", number=1, pages=1)


class TestHandlers:
    @pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete"])
    async def test_whatever_a_handler_answers_to_waits_for_the_tables_rule(self, method: str) -> None:
        reached = []

        async def answer(_self: Common) -> None:
            reached.append(method)

        made = type("Made", (Common,), {method: answer})
        handler: Any = object.__new__(made)
        handler._refusal = Forbidden("Not you.")
        with pytest.raises(Forbidden):
            await getattr(handler, method)()
        assert reached == []


class TestPages:
    def test_nothing_is_rendered_as_markup(self) -> None:
        evil = '"><script>alert(1)</script>'
        cell = BoardCell(assignment="01")
        view = board_view(board(cell), NOW)
        view = msgspec.structs.replace(view, students=(msgspec.structs.replace(view.students[0], name=evil),))
        given = {"course": "c", "overview": page_of(view), "now": NOW, "person": None}
        html = Pages(PREFIX, "/hub/").render("scores.html", **given)
        assert "<script" not in html
        assert "&lt;script&gt;" in html

    def test_an_empty_course_says_what_to_do(self) -> None:
        overview = page_of(board_view(board(), NOW))
        given = {"course": "c", "overview": overview, "now": NOW, "person": None}
        html = Pages(PREFIX, "/hub/").render("scores.html", **given)
        assert f'<a href="{PREFIX}courses/c/people">Add them on the page People</a>' in html


def test_every_post_that_changes_something_may_be_sent_again() -> None:
    """Whoever adds an address decides here: a stream, and what changes nothing, take no `Idempotency-Key`."""
    without = {
        route.path
        for route in TABLE
        if (operation := route.operations.get("POST")) is not None and not operation.once
    }
    assert without == {"api/help", "api/execute", "api/lti/launches"}
