"""Tokens of outside clients, honest and forged; each forgery is a class or test by its name."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given, settings
from hypothesis import strategies as st
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler

from learnflow_ext.contracts.errors import Forbidden, NotSignedIn, Unavailable
from learnflow_ext.service.auth import Person
from learnflow_ext.service.outside import AGAIN_SECONDS, Claims, OutsideTokens
from learnflow_ext.settings import LearnFlowJwt

ISSUER = "https://id.school"
SECRET = "a shared secret that is long enough, really"
RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())


def public(key: Any, kid: str, **more: Any) -> dict[str, Any]:
    algorithm = (
        jwt.algorithms.RSAAlgorithm if isinstance(key, rsa.RSAPrivateKey) else jwt.algorithms.ECAlgorithm
    )
    return {**json.loads(algorithm.to_jwk(key.public_key())), "kid": kid, **more}


def claims(**changed: Any) -> dict[str, Any]:
    now = int(time.time())
    found = {"iss": ISSUER, "aud": "learnflow", "sub": "ada", "iat": now, "exp": now + 300, **changed}
    return {name: value for name, value in found.items() if value is not None}


class Issuer:
    """A key set on a real port."""

    def __init__(self) -> None:
        self.keys = [public(RSA_KEY, "rsa-1"), public(EC_KEY, "ec-1")]
        self.asked = 0
        self.broken = False
        self.moved = ""
        """Where it says that the keys are now."""
        self.url = ""


@pytest.fixture
async def issuer() -> AsyncIterator[Issuer]:
    state = Issuer()

    class Keys(RequestHandler):
        def get(self) -> None:
            state.asked += 1
            if state.broken:
                self.send_error(503)
                return
            if state.moved:
                self.redirect(state.moved)
                return
            self.write({"keys": state.keys})

    sockets = bind_sockets(0, "127.0.0.1")
    server = HTTPServer(Application([("/keys", Keys)], log_function=lambda handler: None))
    server.add_sockets(sockets)
    state.url = f"http://127.0.0.1:{sockets[0].getsockname()[1]}/keys"
    yield state
    server.stop()
    await server.close_all_connections()


class Clock:
    def __init__(self) -> None:
        self.now = time.time()

    def __call__(self) -> float:
        return self.now


def by_keys(issuer: Issuer, clock: Clock | None = None, **more: Any) -> OutsideTokens:
    return OutsideTokens(
        LearnFlowJwt(issuer=ISSUER, jwks_url=issuer.url, **more), {}, clock=clock or time.time
    )


def by_secret(**more: Any) -> OutsideTokens:
    return OutsideTokens(LearnFlowJwt(issuer=ISSUER, **more), {"LEARNFLOW_JWT_SECRET": SECRET})


def signed(payload: dict[str, Any], key: Any = SECRET, algorithm: str = "HS256", **header: Any) -> str:
    return jwt.encode(payload, key, algorithm=algorithm, headers=header or None)


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


class TestGoodTokens:
    async def test_by_a_shared_secret(self) -> None:
        assert await by_secret().read(signed(claims()), "POST") == Claims(name="ada")

    async def test_by_published_keys(self, issuer: Issuer) -> None:
        tokens = by_keys(issuer)
        for key, algorithm, kid in ((RSA_KEY, "RS256", "rsa-1"), (EC_KEY, "ES256", "ec-1")):
            assert (await tokens.read(signed(claims(), key, algorithm, kid=kid), "GET")).name == "ada"
        assert issuer.asked == 1

    async def test_another_claim_may_have_the_name(self) -> None:
        tokens = by_secret(name_claim="preferred_username")
        assert (await tokens.read(signed(claims(sub="42", preferred_username="ada")), "GET")).name == "ada"

    async def test_clocks_may_differ_a_little(self) -> None:
        now = int(time.time())
        assert await by_secret().read(signed(claims(iat=now - 100, exp=now - 10)), "GET")
        assert await by_secret().read(signed(claims(iat=now + 10, exp=now + 100)), "GET")

    async def test_off_until_set(self) -> None:
        assert not OutsideTokens(LearnFlowJwt(), {}).on


class TestNarrowing:
    PERSON = Person(name="t", groups=frozenset({"formgrade-a", "nbgrader-b", "formgrade-b"}), admin=True)

    async def test_reading_only(self) -> None:
        token = signed(claims(scope="openid learnflow:read"))
        assert (await by_secret().read(token, "GET")).read_only
        with pytest.raises(Forbidden):
            await by_secret().read(token, "POST")

    async def test_courses_and_role(self) -> None:
        found = await by_secret().read(signed(claims(courses=["b"], role="student")), "GET")
        assert found.narrow(self.PERSON).groups == {"nbgrader-b"}
        assert (await by_secret().read(signed(claims(courses=[])), "GET")).narrow(self.PERSON).groups == set()

    @pytest.mark.parametrize("role", ["assistent", "Student", "", None, 1, ["student"], {"student": 1}])
    async def test_an_unknown_role_is_refused_and_said(self, role: object) -> None:
        """It may have been meant to narrow: ignoring it would leave a teacher's rights."""
        payload = {**claims(), "role": role}
        with pytest.raises(Forbidden, match="role"):
            await by_secret().read(signed(payload), "GET")

    async def test_a_role_in_a_forged_token_says_nothing(self) -> None:
        with pytest.raises(NotSignedIn):
            await by_secret().read(
                signed(claims(role="boss"), "another secret that is long enough, too"), "GET"
            )

    async def test_nothing_in_a_token_widens(self) -> None:
        for more in ({"groups": ["formgrade-c"]}, {"admin": True}, {"courses": ["c"]}, {"role": "teacher"}):
            found = (await by_secret().read(signed(claims(**more)), "GET")).narrow(self.PERSON)
            assert found.groups <= self.PERSON.groups
            assert not found.admin

    @given(
        groups=st.frozensets(st.sampled_from(["formgrade-a", "nbgrader-a", "nbgrader-b", "others"])),
        courses=st.none() | st.frozensets(st.sampled_from(["a", "b", "c", ""])),
        as_student=st.booleans(),
    )
    @settings(derandomize=True, max_examples=50)
    def test_rights_never_grow(
        self, groups: frozenset[str], courses: frozenset[str] | None, as_student: bool
    ) -> None:
        person = Person(name="x", groups=groups, admin=True)
        left = Claims(name="x", courses=courses, as_student=as_student).narrow(person)
        assert left.groups <= groups
        assert not left.admin


async def refused(tokens: OutsideTokens, token: str) -> None:
    with pytest.raises(NotSignedIn) as refusal:
        await tokens.read(token, "GET")
    # Which check failed is for the log alone.
    assert refusal.value.message == "The token in the Authorization header is not valid here, or has expired."


class TestAlgorithmNone:
    async def test_in_every_spelling(self, issuer: Issuer) -> None:
        for name in ("none", "None", "NONE", "nOnE", "", None):
            for signature in ("", part("x")):
                token = f"{part({'alg': name, 'typ': 'JWT', 'kid': 'rsa-1'})}.{part(claims())}.{signature}"
                await refused(by_secret(), token)
                await refused(by_keys(issuer), token)


class TestWrongKey:
    async def test_another_secret(self) -> None:
        await refused(by_secret(), signed(claims(), "b" * 40))

    async def test_another_private_key_under_a_known_name(self, issuer: Issuer) -> None:
        await refused(by_keys(issuer), signed(claims(), OTHER_RSA_KEY, "RS256", kid="rsa-1"))

    async def test_a_changed_payload(self) -> None:
        head, _, signature = signed(claims()).split(".")
        await refused(by_secret(), f"{head}.{part(claims(sub='teacher'))}.{signature}")

    async def test_a_signature_cut_off(self) -> None:
        await refused(by_secret(), signed(claims()).rpartition(".")[0] + ".")


class TestConfusedAlgorithms:
    """A public key, which everybody knows, taken for a shared secret."""

    async def test_hs256_with_the_public_key(self, issuer: Issuer) -> None:
        for key, kid in ((RSA_KEY, "rsa-1"), (EC_KEY, "ec-1")):
            pem = key.public_key().public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
            for secret in (pem, json.dumps(public(key, kid)).encode()):
                head, body = part({"alg": "HS256", "typ": "JWT", "kid": kid}), part(claims())
                mac = hmac.new(secret, f"{head}.{body}".encode(), hashlib.sha256).digest()
                signature = base64.urlsafe_b64encode(mac).rstrip(b"=").decode()
                await refused(by_keys(issuer), f"{head}.{body}.{signature}")

    async def test_a_key_used_with_anothers_algorithm(self, issuer: Issuer) -> None:
        await refused(by_keys(issuer), signed(claims(), EC_KEY, "ES256", kid="rsa-1"))
        await refused(by_keys(issuer), signed(claims(), RSA_KEY, "RS512", kid="rsa-1"))
        await refused(by_keys(issuer), signed(claims(), RSA_KEY, "PS256", kid="rsa-1"))

    async def test_a_private_key_where_a_secret_is_expected(self) -> None:
        await refused(by_secret(), signed(claims(), RSA_KEY, "RS256", kid="rsa-1"))

    async def test_a_shared_key_in_the_key_set_is_not_used(self, issuer: Issuer) -> None:
        issuer.keys.append({"kty": "oct", "kid": "oct-1", "k": part("x"), "alg": "HS256"})
        await refused(by_keys(issuer), signed(claims(), SECRET, "HS256", kid="oct-1"))


class TestKidTricks:
    async def test_names_that_lead_elsewhere(self, issuer: Issuer) -> None:
        for kid in (
            "../../../../dev/null",
            "/dev/null",
            "x' UNION SELECT 'key",
            "http://evil.example/keys",
            "file:///etc/passwd",
            "",
            "RSA-1",
            "rsa-1\x00",
            "rsa-1 ",
        ):
            await refused(by_keys(issuer), signed(claims(), OTHER_RSA_KEY, "RS256", kid=kid))
            # As if an unreadable key were the empty secret.
            await refused(by_keys(issuer), signed(claims(), "k" * 40, "HS256", kid=kid))

    async def test_a_kid_that_is_no_text(self, issuer: Issuer) -> None:
        for kid in (1, None, ["rsa-1"], {"a": "b"}):
            head = part({"alg": "RS256", "kid": kid})
            await refused(by_keys(issuer), f"{head}.{part(claims())}.{part('x')}")

    async def test_a_token_that_brings_its_own_key(self, issuer: Issuer) -> None:
        own = public(OTHER_RSA_KEY, "rsa-1")
        for header in ({"jwk": own}, {"jku": "http://evil.example/k"}, {"x5u": "http://evil.example/c"}):
            await refused(by_keys(issuer), signed(claims(), OTHER_RSA_KEY, "RS256", kid="rsa-1", **header))

    async def test_unknown_names_do_not_make_us_ask_the_issuer_each_time(self, issuer: Issuer) -> None:
        clock = Clock()
        tokens = by_keys(issuer, clock)
        for number in range(20):
            await refused(tokens, signed(claims(), OTHER_RSA_KEY, "RS256", kid=f"k{number}"))
        assert issuer.asked == 1
        issuer.keys.append(public(OTHER_RSA_KEY, "rsa-2"))
        clock.now += AGAIN_SECONDS + 1
        assert await tokens.read(signed(claims(), OTHER_RSA_KEY, "RS256", kid="rsa-2"), "GET")
        assert issuer.asked == 2


class TestHeaderThatAsksForMore:
    """What we do not understand and must, a signature over something else, one thing said twice."""

    @pytest.mark.parametrize(
        "header",
        [
            {"crit": ["exp"], "exp": 1},
            {"crit": ["b64"], "b64": False},
            {"crit": []},
            {"crit": "exp"},
            {"b64": False},
            {"alg": ["HS256"]},
        ],
    )
    async def test_is_refused(self, header: dict[str, Any]) -> None:
        await refused(by_secret(), sealed(json.dumps({"alg": "HS256", "typ": "JWT", **header}), claims()))

    async def test_an_algorithm_twice(self) -> None:
        await refused(by_secret(), sealed('{"alg":"HS256","alg":"none"}', claims()))
        last = sealed('{"alg":"none","alg":"HS256"}', claims())
        assert (await by_secret().read(last, "GET")).name == "ada"
        await refused(by_secret(), last.rpartition(".")[0] + ".")

    async def test_nests_without_end(self) -> None:
        await refused(by_secret(), sealed('{"alg":"HS256","x":' + "[" * 3000 + "]" * 3000 + "}", claims()))


class TestPayloadThatSaysAThingTwice:
    """RFC 7519, 4: it is refused, or the last counts. An issuer signed it, so it widens nothing."""

    @pytest.mark.parametrize(
        ("twice", "good"),
        [
            ('"sub":"teacher","sub":"ada"', True),
            ('"aud":"another-program","aud":"learnflow"', True),
            ('"aud":"learnflow","aud":"another-program"', False),
            (f'"exp":{2**40},"exp":1', False),
            ('"iss":"https://id.school","iss":"https://evil.example"', False),
            ('"sub":"ada","sub":null', False),
            ('"sub":"ada","sub":["ada"]', False),
        ],
    )
    async def test_the_last_counts(self, twice: str, good: bool) -> None:
        body = f"{json.dumps(claims())[:-1]},{twice}}}"
        token = sealed('{"alg":"HS256","typ":"JWT"}', body)
        if good:
            assert await by_secret().read(token, "GET") == Claims(name="ada")
        else:
            await refused(by_secret(), token)

    async def test_a_right_that_is_named_twice(self) -> None:
        twice = '"role":"student","role":"teacher","courses":["a"],"courses":["b"]'
        body = f"{json.dumps(claims())[:-1]},{twice}}}"
        found = await by_secret().read(sealed('{"alg":"HS256","typ":"JWT"}', body), "GET")
        assert found.courses == frozenset({"b"})
        assert found.narrow(TestNarrowing.PERSON).groups <= TestNarrowing.PERSON.groups


class TestSeveralAudiences:
    async def test_we_are_one_of_them(self) -> None:
        """An issuer may name several; each then takes the token for its own."""
        token = signed(claims(aud=["another-program", "learnflow"]))
        assert await by_secret().read(token, "GET") == Claims(name="ada")

    @pytest.mark.parametrize(
        "audience",
        [
            [],
            "",
            ["another-program", "learnflow-admin", "learn"],
            "another-program learnflow",
            ["another-program learnflow"],
            ["LearnFlow", "learnflow ", "learnflow\u200b"],
            {"learnflow": True},
            ["another-program", ["learnflow"]],
            ["learnflow", 1],
            7,
        ],
    )
    async def test_we_are_none_of_them(self, audience: object) -> None:
        await refused(by_secret(), sealed('{"alg":"HS256","typ":"JWT"}', {**claims(), "aud": audience}))


def sealed(header: str, payload: dict[str, Any] | str) -> str:
    """A token with a good signature and any header."""
    body = payload if isinstance(payload, str) else json.dumps(payload)
    text = ".".join(base64.urlsafe_b64encode(one.encode()).rstrip(b"=").decode() for one in (header, body))
    mac = hmac.new(SECRET.encode(), text.encode(), hashlib.sha256).digest()
    return f"{text}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


class TestIssuerIsSilent:
    async def test_leads_elsewhere_and_is_not_followed(self, issuer: Issuer) -> None:
        other = issuer.url + "?moved"
        issuer.moved = other
        with pytest.raises(Unavailable):
            await by_keys(issuer).read(signed(claims(), RSA_KEY, "RS256", kid="rsa-1"), "GET")
        assert issuer.asked == 1

    async def test_keys_that_we_have_stay_good(self, issuer: Issuer) -> None:
        clock = Clock()
        tokens = by_keys(issuer, clock)
        token = signed(claims(), RSA_KEY, "RS256", kid="rsa-1")
        assert await tokens.read(token, "GET")
        issuer.broken = True
        clock.now += 3600
        assert await tokens.read(token, "GET")

    async def test_without_keys_it_is_our_trouble_and_says_when_to_come_back(self, issuer: Issuer) -> None:
        issuer.broken = True
        tokens = by_keys(issuer)
        for _ in "123":
            with pytest.raises(Unavailable) as trouble:
                await tokens.read(signed(claims(), RSA_KEY, "RS256", kid="rsa-1"), "GET")
            assert trouble.value.retry_after
        assert issuer.asked == 1


class TestExpiredAndMisaddressed:
    @pytest.mark.parametrize(
        "changed",
        [
            {"exp": int(time.time()) - 3600, "iat": int(time.time()) - 3700},
            {"exp": None},
            {"iat": None},
            {"iat": int(time.time()) + 3600, "exp": int(time.time()) + 3900},
            {"nbf": int(time.time()) + 3600},
            {"exp": int(time.time()) + 10 * 365 * 86400},
            {"exp": "soon"},
            {"exp": float("inf")},
            {"iss": "https://id.school.evil.example"},
            {"iss": None},
            {"aud": "another-program"},
            {"aud": None},
            {"aud": ["another-program"]},
            {"sub": None},
            {"sub": ""},
            {"sub": "x" * 300},
            {"scope": ["learnflow:read"]},
            {"courses": "a"},
            {"exp": 10**400},
            {"iat": -(10**400)},
            {"nbf": float("inf")},
            {"nbf": [1]},
            {"sub": "ada\r\nX-Forwarded-For: 127.0.0.1"},
            {"sub": "ada\x00"},
            {"sub": "\ud800"},
            {"sub": "ada\u200b"},
        ],
    )
    async def test_are_refused(self, changed: dict[str, Any]) -> None:
        await refused(by_secret(), signed(claims(**changed)))

    async def test_a_start_may_be_as_early_as_clocks_differ(self) -> None:
        now = int(time.time())
        assert await by_secret().read(signed(claims(nbf=now + 20)), "GET")
        await refused(by_secret(), signed(claims(nbf=now + 60)))

    async def test_what_is_no_token(self) -> None:
        for text in (
            "..",
            "a.b.c",
            "é.é.é",
            f"{part([])}.{part([])}.",
            "a" * 9000 + ".b.c",
            "\x00.\x00.\x00",
        ):
            await refused(by_secret(), text)


class TestReplay:
    async def test_a_token_for_one_use(self) -> None:
        tokens = by_secret(single_use=True)
        token = signed(claims(jti="1"))
        assert await tokens.read(token, "POST")
        await refused(tokens, token)
        assert await tokens.read(signed(claims(jti="2")), "POST")
        await refused(tokens, signed(claims()))

    async def test_a_forged_token_does_not_use_up_a_number(self) -> None:
        tokens = by_secret(single_use=True)
        await refused(tokens, signed(claims(jti="1"), "b" * 40))
        assert await tokens.read(signed(claims(jti="1")), "POST")


class TestSettingsThatCannotWork:
    def test_are_refused_with_a_sentence(self) -> None:
        secret = {"LEARNFLOW_JWT_SECRET": SECRET}
        for given_settings, environment in (
            (LearnFlowJwt(issuer=ISSUER), {"LEARNFLOW_JWT_SECRET": "short"}),
            (LearnFlowJwt(), secret),
            (LearnFlowJwt(issuer=ISSUER, audience=""), secret),
            (LearnFlowJwt(issuer=ISSUER, jwks_url="https://id.school/keys"), secret),
            (LearnFlowJwt(issuer=ISSUER, jwks_url="http://id.school/keys"), {}),
            (LearnFlowJwt(issuer=ISSUER, jwks_url="file:///etc/keys"), {}),
            (LearnFlowJwt(issuer=ISSUER, jwks_url="http://127.0.0.1:80@id.evil.example/keys"), {}),
            (LearnFlowJwt(issuer=ISSUER, jwks_url="http://127.0.0.1.evil.example:80/keys"), {}),
            (LearnFlowJwt(issuer=ISSUER, jwks_url="http://2130706433/keys"), {}),
            (LearnFlowJwt(issuer=ISSUER, jwks_url="http://0177.0.0.1/keys"), {}),
            (LearnFlowJwt(issuer=ISSUER, jwks_url="http://[::ffff:127.0.0.1]/keys"), {}),
        ):
            with pytest.raises(ValueError, match="LearnFlowJwt"):
                OutsideTokens(given_settings, environment)
