"""What a launch is worth: which group its claims lead to, and which claims lead nowhere."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from learnflow_hub import use_lti
from learnflow_hub.lti_claims import (
    CONTEXT,
    CUSTOM,
    DEPLOYMENT,
    ENDPOINT,
    MESSAGE,
    NO_COURSE,
    NO_DEPLOYMENT,
    NO_ROLE,
    NOBODY,
    NOT_A_LAUNCH,
    ROLES,
    Refused,
    Rules,
    read,
    role_in,
    user_name,
)
from traitlets.config import Config

from learnflow_ext.contracts.lti import LINEITEM, SCORE, safe_url

M = "http://purl.imsglobal.org/vocab/lis/v2/membership"
I = "http://purl.imsglobal.org/vocab/lis/v2/institution/person"  # noqa: E741 - as M
S = "http://purl.imsglobal.org/vocab/lis/v2/system/person"
RULES = Rules(
    courses={"42": "python-basics", "43": "data-science", "44": "gone"},
    ours={"python-basics", "data-science"},
    deployments=("1",),
    name_claim="sub",
)

SHAPES: st.SearchStrategy[object] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
NAMES = (MESSAGE, DEPLOYMENT, CONTEXT, ROLES, ENDPOINT, "sub", "aud")


def claims(*roles: str, **changes: Any) -> dict[str, Any]:
    """A launch from course 42, as the platform signs it."""
    return {
        "iss": "https://moodle.school.org",
        "aud": "tool",
        "sub": "u7",
        MESSAGE: "LtiResourceLinkRequest",
        DEPLOYMENT: "1",
        CONTEXT: {"id": "42", "title": "Python"},
        ROLES: list(roles),
        ENDPOINT: {"scope": [SCORE, LINEITEM], "lineitems": "https://moodle.school.org/items"},
        **changes,
    }


class TestRoles:
    @pytest.mark.parametrize(
        ("said", "role"),
        [
            ((f"{M}#Learner",), "student"),
            (("Learner",), "student"),
            ((f"{M}/Learner#NonCreditLearner",), "student"),
            ((f"{M}#Instructor",), "teacher"),
            (("Instructor",), "teacher"),
            ((f"{M}/Instructor#PrimaryInstructor",), "teacher"),
            ((f"{M}#Instructor", f"{M}#Learner"), "teacher"),
            ((f"{M}/Instructor#TeachingAssistant",), "assistant"),
            # As Canvas says it: the role that it is a part of comes along.
            ((f"{M}#Instructor", f"{M}/Instructor#TeachingAssistant"), "assistant"),
            # As older platforms write it.
            ((f"{M}#Instructor#TeachingAssistant", f"{M}#Instructor"), "assistant"),
            ((f"{M}/Instructor#Grader",), "assistant"),
        ],
    )
    def test_of_the_course(self, said: tuple[str, ...], role: str) -> None:
        assert role_in(list(said)) == role

    @pytest.mark.parametrize(
        "said",
        [
            f"{I}#Instructor",
            f"{I}#Faculty",
            f"{I}#Administrator",
            f"{S}#Administrator",
            f"{S}#SysAdmin",
            f"{M}#Administrator",
            f"{M}#ContentDeveloper",
            f"{M}#Mentor",
            f"{M}#Instructors",
            f"{M}#instructor",
            f"{M}-of-another#Instructor",
            "https://evil.example/membership#Instructor",
            "Administrator",
            "",
        ],
    )
    def test_role_escalation(self, said: str) -> None:
        """Whatever somebody is elsewhere makes nobody a teacher here, nor does it beside being a learner."""
        assert role_in([said]) is None
        assert role_in([said, f"{M}#Learner"]) == "student"

    @pytest.mark.parametrize("said", [None, [], "Instructor", {"Instructor": 1}, [1, None, ["Instructor"]]])
    def test_what_is_no_list_of_roles(self, said: object) -> None:
        assert role_in(said) is None


class TestGroups:
    def test_are_of_the_course_that_somebody_comes_from(self) -> None:
        assert read(claims(f"{M}#Learner"), RULES).groups([]) == ["nbgrader-python-basics"]
        assert read(claims(f"{M}#Instructor"), RULES).groups([]) == ["formgrade-python-basics"]

    def test_of_other_courses_stay(self) -> None:
        before = ["nbgrader-data-science", "formgrade-python-basics", "chess-club"]
        found = read(claims(f"{M}#Learner"), RULES).groups(before)
        assert found == ["chess-club", "nbgrader-data-science", "nbgrader-python-basics"]

    def test_a_role_in_one_course_gives_nothing_in_another(self) -> None:
        found = read(claims(f"{M}#Instructor"), RULES).groups(["nbgrader-data-science"])
        assert "formgrade-data-science" not in found


class TestRefusals:
    @pytest.mark.parametrize(
        ("changes", "sentence"),
        [
            ({DEPLOYMENT: "2"}, NO_DEPLOYMENT),
            ({DEPLOYMENT: 1}, NO_DEPLOYMENT),
            ({DEPLOYMENT: None}, NO_DEPLOYMENT),
            ({CONTEXT: None}, NO_COURSE),
            ({CONTEXT: {"id": ""}}, NO_COURSE),
            ({CONTEXT: {"id": {"42": "42"}}}, NO_COURSE),
            ({MESSAGE: "LtiDeepLinkingRequest"}, NOT_A_LAUNCH),
            ({ROLES: [f"{M}#Mentor"]}, NO_ROLE),
            ({ROLES: None}, NO_ROLE),
        ],
    )
    def test_are_kind_sentences(self, changes: dict[str, Any], sentence: str) -> None:
        with pytest.raises(Refused) as refused:
            read(claims(f"{M}#Learner", **changes), RULES)
        assert str(refused.value) == sentence

    def test_without_an_id_of_the_platforms_nobody_comes_in(self) -> None:
        """Its other claims may be anybody's."""
        rules = dataclasses.replace(RULES, name_claim="custom_username")
        with pytest.raises(Refused, match=NOBODY):
            read(claims(f"{M}#Learner", sub=None, **{CUSTOM: {"username": "ada"}}), rules)

    @pytest.mark.parametrize("context", ["99", "44", "<script>alert(1)</script>", "x" * 200])
    def test_unknown_context(self, context: str) -> None:
        """It is named, so that somebody can add it; one whose course is not here any more is none."""
        with pytest.raises(Refused) as refused:
            read(claims(f"{M}#Instructor", **{CONTEXT: {"id": context}}), RULES)
        assert "not connected" in str(refused.value)
        assert context[:50] in str(refused.value)
        assert len(str(refused.value)) < 250

    def test_without_deployments_nobody_comes_in(self) -> None:
        rules = Rules(courses=RULES.courses, ours=RULES.ours, deployments=(), name_claim="sub")
        with pytest.raises(Refused):
            read(claims(f"{M}#Learner"), rules)

    @given(st.dictionaries(st.sampled_from(NAMES), SHAPES))
    def test_claims_of_any_shape_are_read_or_refused(self, changes: dict[str, Any]) -> None:
        try:
            found = read(claims(f"{M}#Learner", **changes), RULES)
        except Refused:
            return
        assert found.course == "python-basics"


class TestNames:
    def test_are_in_the_hubs_spelling(self) -> None:
        assert user_name({"email": "Ada.L@School.org"}, "email") == "ada.l@school.org"
        assert user_name({CUSTOM: {"username": "ada"}}, "custom_username") == "ada"

    @pytest.mark.parametrize("value", [None, "", 7, "$User.username", "../root", "a b", "x" * 300, "ada\n"])
    def test_that_are_none_are_refused_and_nothing_else_is_taken_for_one(self, value: object) -> None:
        with pytest.raises(Refused):
            user_name({"sub": "u7", CUSTOM: {"username": value}}, "custom_username")


class TestWhereGradesGo:
    def test_a_students(self) -> None:
        launch = read(claims(f"{M}#Learner", aud=["tool", "other"], azp="tool"), RULES).launch
        assert launch is not None
        assert (launch.subject, launch.client_id, launch.context) == ("u7", "tool", "42")
        assert set(launch.scopes) == {SCORE, LINEITEM}

    def test_who_teaches_has_none(self) -> None:
        assert read(claims(f"{M}#Instructor"), RULES).launch is None

    @pytest.mark.parametrize(
        "endpoint",
        [
            None,
            {"scope": [SCORE], "lineitems": "http://moodle.school.org/items"},
            {"scope": [SCORE], "lineitems": "https://me@moodle.school.org/items"},
            {"scope": [SCORE], "lineitems": "file:///etc/passwd"},
            {"scope": ["https://evil.example/scope"], "lineitems": "https://moodle.school.org/items"},
            {"scope": SCORE, "lineitems": "https://moodle.school.org/items"},
            {"scope": [SCORE]},
        ],
    )
    def test_a_platform_that_takes_none_still_lets_them_in(self, endpoint: object) -> None:
        arrival = read(claims(f"{M}#Learner", **{ENDPOINT: endpoint}), RULES)
        assert (arrival.role, arrival.launch) == ("student", None)

    def test_addresses(self) -> None:
        good = ("https://a.example/x?y=1", "http://127.0.0.1:80/", "http://localhost/x")
        bad = (
            "http://a.example/",
            "https://",
            "https://[",
            "https://a.example:99999/",
            "https://a..example/",
            f"https://{'a' * 64}.example/",
            "https://a b/",
            "ftp://127.0.0.1/",
            "http://2130706433/",
            "http://0177.0.0.1/",
            "http://0x7f.1/",
            "http://[::ffff:127.0.0.1]/",
            "http://[::ffff:169.254.169.254]/",
            "http://localhost.evil.example/",
            "http://127.0.0.1@evil.example/",
            "http://evil.example\\@127.0.0.1/",
            "https://é/",
            "",
        )
        assert all(map(safe_url, good))
        assert not any(map(safe_url, bad))
        assert not safe_url("https://a.example/" + "x" * 1000)


class TestUseLti:
    @pytest.fixture
    def c(self) -> Config:
        c = Config()
        c.LearnFlow.courses = {"python-basics": "/somewhere"}
        c.LTI13Authenticator.issuer = "https://moodle.school.org"
        c.LTI13Authenticator.client_id = "tool"
        c.LTI13Authenticator.authorize_url = "https://moodle.school.org/mod/lti/auth.php"
        c.LTI13Authenticator.jwks_endpoint = "https://moodle.school.org/mod/lti/certs.php"
        c.LearnFlowLti.courses = {"42": "python-basics"}
        c.LearnFlowLti.deployments = ["1"]
        return c

    def test_signs_in_by_lti_with_groups_from_it(self, c: Config) -> None:
        use_lti(c)
        assert c.JupyterHub.authenticator_class == "learnflow_hub.lti.LearnFlowLTI13Authenticator"
        assert c.LearnFlowLTI13Authenticator.manage_groups is True
        assert c.LTI13Authenticator.client_id == {"tool"}
        assert c.LTI13Authenticator.username_key == "sub"

    def test_the_name_is_what_the_file_says(self, c: Config) -> None:
        c.LTI13Authenticator.username_key = "custom_username"
        use_lti(c)
        assert c.LTI13Authenticator.username_key == "custom_username"

    @pytest.mark.parametrize("name", ["issuer", "client_id", "authorize_url", "jwks_endpoint"])
    def test_what_is_missing_is_named(self, c: Config, name: str) -> None:
        del c.LTI13Authenticator[name]
        with pytest.raises(ValueError, match=name):
            use_lti(c)

    def test_an_open_line_is_refused(self, c: Config) -> None:
        c.LTI13Authenticator.jwks_endpoint = "http://moodle.school.org/mod/lti/certs.php"
        with pytest.raises(ValueError, match="https"):
            use_lti(c)

    def test_a_course_that_is_not_here(self, c: Config) -> None:
        c.LearnFlowLti.courses = {"42": "art"}
        with pytest.raises(ValueError, match="art"):
            use_lti(c)

    def test_half_of_passing_back(self, c: Config) -> None:
        c.LearnFlowLti.token_url = "https://moodle.school.org/mod/lti/token.php"
        with pytest.raises(ValueError, match="key_file"):
            use_lti(c)
