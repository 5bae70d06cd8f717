"""What a launch from a learning platform says, and which group it leads to. Pure.

The claims come from a token that `ltiauthenticator` has verified: signature, issuer, audience, age, nonce.
What is decided here is what they are worth: a role counts in the course it was said of, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from learnflow_ext.contracts.lti import LONGEST, SCOPES, Launch, safe_url

from .names import UnusableName, assistants_group, students_group, teachers_group, user_folder_name
from .roles import course_groups

Role = Literal["student", "assistant", "teacher"]

_CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
CONTEXT, ROLES, DEPLOYMENT = f"{_CLAIM}context", f"{_CLAIM}roles", f"{_CLAIM}deployment_id"
MESSAGE, CUSTOM = f"{_CLAIM}message_type", f"{_CLAIM}custom"
ENDPOINT = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
RESOURCE_LINK = "LtiResourceLinkRequest"

_MEMBERSHIP = "http://purl.imsglobal.org/vocab/lis/v2/membership"
HELPS = frozenset({"TeachingAssistant", "Grader", "TeachingAssistantGroup", "TeachingAssistantOffering",
    "TeachingAssistantSection", "TeachingAssistantSectionAssociation", "TeachingAssistantTemplate",
})  # fmt: skip
"""Sub-roles of Instructor that assist. Platforms send `Instructor` beside them: they are looked at first."""
TEACHES = frozenset({"PrimaryInstructor", "SecondaryInstructor", "Lecturer"})
SHOWN = 60
"""Characters of what a platform said that are repeated to people."""

NO_COURSE = (
    "Your learning platform did not say from which course you come. Open the classroom inside a course."
)
NO_ROLE = (
    "Your role in this course on the learning platform is none that the classroom knows: it takes students,"
    " teaching assistants and teachers of the course. Ask its teacher to check how you are enrolled."
)
NO_DEPLOYMENT = (
    "This installation of the classroom on your learning platform is not one that its administrator knows."
    " Please tell them; the hub's log says which one it was."
)
NOT_A_LAUNCH = (
    "Your learning platform asked for something that the classroom does not do. Open it by its link."
)
NOBODY = "Your learning platform did not say who you are."
SOMEBODY_ELSE = (
    "Your learning platform sends you here under a name that belongs to another person of this classroom."
    " Please tell that to whoever runs it."
)


class Refused(Exception):
    """Nobody is let in by this launch; the text is one sentence or two for the person, and safe to show."""


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What an administrator says of the platform."""

    courses: Mapping[str, str]
    """The platform's context id to a course of ours."""
    ours: Collection[str]
    """Courses of this classroom."""
    deployments: Collection[str]
    name_claim: str
    """Which claim has the user name; `custom_…` is looked up among the custom ones."""


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """Somebody, in one course, in one role."""

    name: str
    subject: str
    """The platform's own id of the person, which nobody there chooses."""
    course: str
    role: Role
    launch: Launch | None
    """Where their grades go; None for who has none, and where the platform takes none."""

    def groups(self, before: Iterable[str]) -> list[str]:
        """The hub groups that are theirs now: this launch's, and those of other courses as they were.

        What they were in this course until now is over: the platform says it anew each time.
        """
        mine = course_groups(self.course)
        group = {"student": students_group, "assistant": assistants_group, "teacher": teachers_group}[
            self.role
        ]
        return sorted({*(each for each in before if each not in mine), group(self.course)})


def read(claims: Mapping[str, Any], rules: Rules) -> Arrival:
    """Who comes from where, by the claims of a verified launch. Refused, with a sentence, for all others."""
    if claims.get(MESSAGE) != RESOURCE_LINK:
        raise Refused(NOT_A_LAUNCH)
    deployment = _text(claims.get(DEPLOYMENT))
    if not deployment or deployment not in rules.deployments:
        raise Refused(NO_DEPLOYMENT)
    context = _text(_mapping(claims.get(CONTEXT)).get("id"))
    if not context:
        raise Refused(NO_COURSE)
    course = rules.courses.get(context)
    if course is None or course not in rules.ours:
        raise Refused(
            "This course is not connected with the classroom yet. Its id on the platform is"
            f" {shown(context)}: please tell that to whoever runs the classroom."
        )
    role = role_in(claims.get(ROLES))
    if role is None:
        raise Refused(NO_ROLE)
    name = user_name(claims, rules.name_claim)
    subject = _text(claims.get("sub"))
    if not subject:
        raise Refused(NOBODY)
    launch = _launch(claims, course, name, deployment, context) if role == "student" else None
    return Arrival(name=name, subject=subject, course=course, role=role, launch=launch)


def role_in(said: object) -> Role | None:
    """The role in the course that `said`, the roles claim, comes to; None for none that we know.

    Only roles of the membership vocabulary count, and their short names, as the specification has it: who is
    an instructor of the institution, or an administrator of the platform, is nobody in a course by that. Who
    assists is an assistant also where the platform calls them an instructor besides.
    """
    roles = {role for role in said if isinstance(role, str)} if isinstance(said, list) else set()
    main, sub = set[str](), set[tuple[str, str]]()
    for role in roles:
        if ":" not in role:
            main.add(role)
        elif role.startswith(f"{_MEMBERSHIP}#") or role.startswith(f"{_MEMBERSHIP}/"):
            first, _, second = role[len(_MEMBERSHIP) + 1 :].partition("#")
            if second:
                sub.add((first, second))
            else:
                main.add(first)
    if any(("Instructor", each) in sub for each in HELPS):
        return "assistant"
    if "Instructor" in main or any(("Instructor", each) in sub for each in TEACHES):
        return "teacher"
    if "Learner" in main or any(first == "Learner" and second != "Instructor" for first, second in sub):
        return "student"
    return None


def user_name(claims: Mapping[str, Any], claim: str) -> str:
    """The hub user name in `claim`. Refused where there is none, or none that the hub can use.

    There is no other claim to fall back on: somebody's id on the platform may be another one's name here.
    """
    if claim.startswith("custom_"):
        value = _text(_mapping(claims.get(CUSTOM)).get(claim.removeprefix("custom_")))
    else:
        value = _text(claims.get(claim))
    # A platform that does not know a variable sends its name: everybody would be the same person.
    if not value or value.startswith("$"):
        raise Refused(
            f"{NOBODY} It should send a user name as {shown(claim)}: please tell that to whoever runs the"
            " classroom."
        )
    try:
        return user_folder_name(value.lower())
    except UnusableName as error:
        raise Refused(str(error)) from None


def shown(text: str) -> str:
    """What a platform said, short and in quotes."""
    return repr(text if len(text) <= SHOWN else text[: SHOWN - 1] + "…")


def _launch(
    claims: Mapping[str, Any], course: str, name: str, deployment: str, context: str
) -> Launch | None:
    endpoint = _mapping(claims.get(ENDPOINT))
    lineitems, subject = endpoint.get("lineitems"), _text(claims.get("sub"))
    offered = endpoint.get("scope")
    scopes = tuple(each for each in SCOPES if isinstance(offered, list) and each in offered)
    audience = claims.get("aud")
    client = claims.get("azp") or (audience[0] if isinstance(audience, list) and audience else audience)
    issuer, client_id = _text(claims.get("iss")), _text(client)
    if not (
        isinstance(lineitems, str) and safe_url(lineitems) and subject and scopes and issuer and client_id
    ):
        return None
    return Launch(
        course=course,
        user=name,
        issuer=issuer,
        client_id=client_id,
        deployment=deployment,
        context=context,
        subject=subject,
        lineitems=lineitems,
        scopes=scopes,
    )


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    """A claim that is a text of a sane length, with nothing in it that does not print; empty otherwise."""
    fits = isinstance(value, str) and len(value) <= LONGEST and value.isprintable()
    return value if isinstance(value, str) and fits else ""
