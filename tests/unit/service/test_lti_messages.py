"""What is said to a learning platform, and when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given
from hypothesis import strategies as st
from mock_platform import LINEITEM, READ, SCORE, pem, private_key

from learnflow_ext.contracts.errors import Forbidden, NotSignedIn
from learnflow_ext.contracts.lti import AUDIENCE, signing_key
from learnflow_ext.service import hub_word
from learnflow_ext.service.lti import messages
from learnflow_ext.service.lti.keys import load_key
from learnflow_ext.service.lti.messages import LineItem

NOON = datetime(2026, 3, 4, 12, 0, 0, 250_000, tzinfo=UTC)


class TestAddresses:
    def test_scores_come_before_the_query(self) -> None:
        assert messages.scores_url("https://m.example/1/lineitem?type_id=2") == (
            "https://m.example/1/lineitem/scores?type_id=2"
        )
        assert (
            messages.scores_url("https://c.example/line_items/9") == "https://c.example/line_items/9/scores"
        )

    def test_a_search_keeps_what_the_address_asks(self) -> None:
        found = messages.search_url("https://m.example/items?type_id=2", "py", "a b&c")
        assert found == "https://m.example/items?type_id=2&resource_id=py%2Fa+b%26c&limit=50"

    @pytest.mark.parametrize(
        ("link", "page"),
        [
            ('<https://m.example/items?page=2>; rel="next"', "https://m.example/items?page=2"),
            (
                '<https://m.example/1>; rel="prev", </items?page=3>; rel=next',
                "https://m.example/items?page=3",
            ),
            ('<https://evil.example/items>; rel="next"', ""),
            ('<http://m.example/items>; rel="next"', ""),
            ('<https://m.example/items>; rel="last"', ""),
            ("", ""),
            ("<", ""),
        ],
    )
    def test_the_next_page_is_on_the_same_host(self, link: str, page: str) -> None:
        assert messages.next_page(link, "https://m.example/items") == page

    def test_only_our_own_column_is_ours(self) -> None:
        items = [
            LineItem(id="https://m.example/1", resourceId="py/a"),
            LineItem(id="https://m.example/2", resourceId="py/b", tag="learnflow"),
            LineItem(id="javascript:alert(1)", resourceId="py/a", tag="learnflow"),
            LineItem(id="https://m.example/3", resourceId="py/a", tag="learnflow"),
        ]
        assert messages.mine(items, "py", "a") == "https://m.example/3"
        assert messages.mine(items, "py", "c") == ""


class TestTimes:
    def test_the_first_score_has_the_time_of_its_grade(self) -> None:
        assert messages.as_of(NOON, None) == NOON

    @given(st.lists(st.floats(-5, 5), min_size=2, max_size=8))
    def test_each_is_a_whole_second_after_the_last(self, moves: list[float]) -> None:
        told, seconds = None, list[int]()
        for move in moves:
            told = messages.as_of(NOON + timedelta(seconds=move), told)
            seconds.append(int(told.timestamp()))
        assert seconds == sorted(set(seconds))

    def test_a_score_says_it_in_utc(self) -> None:
        body = messages.score(subject="u7", given=7, maximum=10, as_of=NOON)
        assert body["timestamp"] == "2026-03-04T12:00:00.250000Z"
        assert (body["activityProgress"], body["gradingProgress"]) == ("Completed", "FullyGraded")

    def test_pauses_grow_up_to_an_hour(self) -> None:
        pauses = [messages.pause(tries).total_seconds() for tries in range(1, 100)]
        assert pauses[:3] == [30, 60, 120]
        assert pauses == sorted(pauses)
        assert pauses[-1] == 3600
        assert messages.pause(1, 90).total_seconds() == 90
        assert messages.pause(1, 1e9).total_seconds() == 3600

    def test_a_platform_may_say_how_long(self) -> None:
        assert messages.retry_after({"Retry-After": "90"}) == 90
        for said in ("", "soon", "-1", "9" * 400, "Wed, 21 Oct 2026 07:28:00 GMT"):
            assert messages.retry_after({"Retry-After": said}) is None


def test_no_more_is_asked_for_than_is_needed() -> None:
    assert messages.wanted_scopes([SCORE, READ, LINEITEM]) == (LINEITEM, SCORE)
    assert messages.wanted_scopes([READ, SCORE]) == (READ, SCORE)
    assert messages.wanted_scopes(["https://evil.example/admin"]) == ()


class TestKeys:
    def test_a_key_has_a_name_of_its_own(self, tmp_path: Path) -> None:
        mine, other = private_key(), private_key("other")
        key = load_key(str(pem(mine, tmp_path / "a.pem")))
        assert key.kid == load_key(str(pem(mine, tmp_path / "b.pem"))).kid
        assert key.kid != load_key(str(pem(other, tmp_path / "c.pem"))).kid
        signed = key.sign({"sub": "x"})
        assert jwt.get_unverified_header(signed) == {"alg": "RS256", "kid": key.kid, "typ": "JWT"}
        assert jwt.decode(signed, jwt.PyJWK(key.public), algorithms=["RS256"]) == {"sub": "x"}

    def test_nothing_private_is_public(self, tmp_path: Path) -> None:
        key = load_key(str(pem(private_key(), tmp_path / "a.pem")))
        assert set(key.public) == {"kty", "n", "e", "kid", "alg", "use"}

    def test_what_is_no_key_is_said_and_not_repeated(self, tmp_path: Path) -> None:
        file = tmp_path / "lti.pem"
        with pytest.raises(ValueError, match="cannot be read"):
            load_key(str(file))
        file.write_text("nearly a key, and secret")
        with pytest.raises(ValueError, match="no private key") as refused:
            load_key(str(file))
        assert "secret" not in str(refused.value)
        short = rsa.generate_private_key(public_exponent=65537, key_size=1024)
        for weak in (short, ec.generate_private_key(ec.SECP256R1())):
            with pytest.raises(ValueError, match="2048"):
                load_key(str(pem(weak, file)))  # type: ignore[arg-type]


class TestTheHubsWord:
    TOKEN = "the-services-own-token"

    def word(self, key: Any = None, algorithm: str = "HS256", **changes: object) -> str:
        at = int(datetime.now(UTC).timestamp())
        claims = {"aud": AUDIENCE, "iat": at, "exp": at + 60, "launch": {}, **changes}
        kept = {name: value for name, value in claims.items() if value is not None}
        return f"Bearer {jwt.encode(kept, key or signing_key(self.TOKEN), algorithm=algorithm)}"

    def test_is_believed(self) -> None:
        assert hub_word.read(self.word(), self.TOKEN)["launch"] == {}

    @pytest.mark.parametrize("header", ["", "token abc", "Bearer abc", "Basic a.b.c"])
    def test_who_says_nothing_is_not_the_hub(self, header: str) -> None:
        with pytest.raises(NotSignedIn):
            hub_word.read(header, self.TOKEN)

    @pytest.mark.parametrize(
        "changes",
        [
            {"key": signing_key("another-token")},
            {"key": b"the-services-own-token-itself-is-not-the-key"},
            {"aud": "learnflow"},
            {"exp": 1, "iat": 1},
            {"exp": None},
            {"exp": 4_000_000_000},
            {"key": private_key(), "algorithm": "RS256"},
        ],
    )
    def test_nobody_else_is_believed(self, changes: dict[str, object]) -> None:
        with pytest.raises(Forbidden):
            hub_word.read(self.word(**changes), self.TOKEN)  # type: ignore[arg-type]

    def test_nor_a_word_that_nobody_signed(self) -> None:
        unsigned = jwt.encode({"aud": AUDIENCE, "iat": 1, "exp": 4_000_000_000}, "", algorithm="none")
        with pytest.raises(Forbidden):
            hub_word.read(f"Bearer {unsigned}", self.TOKEN)
