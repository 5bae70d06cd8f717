"""Quizzes: multiple choice in a notebook. What a student's side sees, and the key, which the service keeps.

A key is `quizzes/<assignment>.yaml` in the course's folder. Where a question belongs, the notebook has a
Markdown cell that says `%quiz <id>` and nothing else; the release puts question and choices there, never
more. An answer names choices by their texts, so that it means the same after the key was reordered.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any

import msgspec

MIME = "application/vnd.learnflow.quiz.v1+json"
METADATA = "learnflow_quiz"
"""Where a released cell keeps its `ShownQuestion`."""
FOLDER = "quizzes"
"""Of the keys, in a course's folder."""
MOST_QUESTIONS, MOST_CHOICES = 50, 10
LONGEST_TEXT, LONGEST_CHOICE = 1_000, 300
MAX_KEY_BYTES = 1_000_000
_PLACE = re.compile(r"\s*%quiz(?:[ \t]+(\S+))?\s*")
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_FIELDS = {"id", "question", "code", "choices"}
_CHOICE_FIELDS = {"text", "right", "reason"}


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to choose, with what a student reads who chose it."""

    text: str
    right: bool = False
    reason: str


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """One question with its key. Never for a student's side."""

    id: str
    question: str
    code: str = ""
    """A program that it is about; empty for none."""
    choices: tuple[Choice, ...]

    @property
    def right(self) -> frozenset[str]:
        """The texts of the right choices."""
        return frozenset(choice.text for choice in self.choices if choice.right)


class ShownQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """One question as it lies in a released notebook."""

    course: str
    assignment: str
    id: str
    question: str
    code: str = ""
    choices: tuple[str, ...]
    several: bool = False
    """Whether more than one choice is right."""


class QuizAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Body of an answer."""

    question: str
    """Its id."""
    choices: tuple[str, ...]
    """Texts of what was chosen."""


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    """What is said about one choice."""

    choice: str
    reason: str


class QuizFeedback(msgspec.Struct, frozen=True, kw_only=True):
    """What became of an answer. Tells of no choice but the chosen ones."""

    question: str
    choices: tuple[str, ...]
    """What was chosen last."""
    right: bool
    reasons: tuple[Reason, ...] = ()
    incomplete: bool = False
    """Whether all that was chosen is right, and something is missing."""
    first_right: bool = False
    """Whether the first answer was right: only that one counts."""
    attempts: int = 1
    """Different answers in a row up to now."""


class QuizView(msgspec.Struct, frozen=True, kw_only=True):
    """One's own answers to an assignment's questions, in no order; empty before the first."""

    answers: tuple[QuizFeedback, ...] = ()


def placed(source: str) -> str | None:
    """The id of the question that a Markdown cell stands for; "" when it names none, None for other cells."""
    found = _PLACE.fullmatch(source)
    return None if found is None else found.group(1) or ""


def shown(question: Question, course: str, assignment: str) -> ShownQuestion:
    """`question` without its key."""
    return ShownQuestion(
        course=course,
        assignment=assignment,
        id=question.id,
        question=question.question,
        code=question.code,
        choices=tuple(choice.text for choice in question.choices),
        several=len(question.right) > 1,
    )


def judge(question: Question, chosen: Collection[str]) -> QuizFeedback:
    """The feedback on an answer, as if it were the first. ValueError, a sentence, for one that is none.

    A right answer gets the reasons of what was chosen. A wrong one gets those of the wrong choices alone:
    which of the rest is right is left to find out.
    """
    texts = {choice.text for choice in question.choices}
    picked = set(chosen)
    if not picked:
        raise ValueError("Choose an answer first.")
    if not picked <= texts:
        raise ValueError(
            "This question is not the same any more: your teacher has changed it since you fetched the "
            "notebook. Fetch the assignment again."
        )
    if len(picked) > 1 and len(question.right) == 1:
        raise ValueError("Only one answer can be right here. Choose one.")
    right = picked == question.right
    told = [choice for choice in question.choices if choice.text in picked and choice.right == right]
    return QuizFeedback(
        question=question.id,
        choices=tuple(choice.text for choice in question.choices if choice.text in picked),
        right=right,
        reasons=tuple(Reason(choice=choice.text, reason=choice.reason) for choice in told),
        incomplete=not right and picked < question.right,
        first_right=right,
    )


def read(text: bytes) -> tuple[Question, ...]:
    """The questions of a key, in its order. ValueError, a sentence for the teacher, for the first mistake."""
    questions, mistakes = look_through(text)
    if mistakes:
        name, sentence = mistakes[0]
        raise ValueError(f"Question {name}: {sentence}" if name else sentence)
    return tuple(questions)


def look_through(text: bytes) -> tuple[list[Question], list[tuple[str, str]]]:
    """(The questions that are whole, mistakes as (question, sentence)); the question is "" for the file."""
    if len(text) > MAX_KEY_BYTES:
        return [], [("", "The file is larger than a megabyte.")]
    try:
        found = msgspec.yaml.decode(text)
    except (msgspec.MsgspecError, RecursionError, ValueError) as error:
        return [], [("", f"It cannot be read: {error}")]
    if not isinstance(found, list) or not found:
        return [], [("", "It must be a list of questions, each with id, question and choices.")]
    questions: list[Question] = []
    mistakes: list[tuple[str, str]] = []
    if len(found) > MOST_QUESTIONS:
        mistakes.append(("", f"It has more than {MOST_QUESTIONS} questions."))
    seen: set[str] = set()
    for place, each in enumerate(found, start=1):
        name = str(each.get("id", "")) if isinstance(each, dict) else ""
        wrong = list(_mistakes(each, name in seen))
        seen.add(name)
        mistakes += [(name or f"number {place}", sentence) for sentence in wrong]
        if not wrong:
            questions.append(_question(each))
    return questions, mistakes


def _mistakes(raw: Any, twice: bool) -> Iterator[str]:
    if not isinstance(raw, dict):
        yield "It needs id, question and choices."
        return
    name = raw.get("id")
    if not isinstance(name, str) or not _ID.fullmatch(name):
        yield "It needs an `id`: small letters, digits and hyphens, at most 64."
    elif twice:
        yield "Another question of this file has the same id."
    if extra := sorted(map(str, set(raw) - _FIELDS)):
        yield f"It has `{extra[0]}`, which is no part of a question: those are id, question, code, choices."
    yield from _text_mistakes(raw.get("question"), "`question`", LONGEST_TEXT)
    if "code" in raw:
        yield from _text_mistakes(raw["code"], "`code`", LONGEST_TEXT)
    choices = raw.get("choices")
    if not isinstance(choices, list) or not 2 <= len(choices) <= MOST_CHOICES:
        yield f"It needs a list of 2 to {MOST_CHOICES} `choices`."
        return
    for place, choice in enumerate(choices, start=1):
        yield from _choice_mistakes(choice, place)
    known = [choice for choice in choices if isinstance(choice, dict)]
    texts = [str(choice.get("text", "")).strip() for choice in known]
    if len(set(texts)) < len(texts):
        yield "Two of its choices have the same text."
    right = sum(choice.get("right") is True for choice in known)
    if right == 0:
        yield "No choice is right: give one of them `right: true`."
    elif right == len(choices):
        yield "Every choice is right, so there is nothing to choose."


def _choice_mistakes(raw: Any, place: int) -> Iterator[str]:
    which = f"Choice {place}"
    if not isinstance(raw, dict):
        yield f"{which} needs text and reason."
        return
    if extra := sorted(map(str, set(raw) - _CHOICE_FIELDS)):
        yield f"{which} has `{extra[0]}`, which is no part of a choice: those are text, right, reason."
    if not isinstance(raw.get("text"), str):
        # YAML reads a bare 3, true or 1.0 as something else, and shows it in other letters.
        yield f"{which} needs a `text`; put numbers and words such as yes into quotes."
    else:
        yield from _text_mistakes(raw["text"], f"the text of choice {place}", LONGEST_CHOICE)
    if not isinstance(raw.get("right", False), bool):
        yield f"`right` of choice {place} is true or false."
    reason = raw.get("reason")
    if not isinstance(reason, str) or not reason.strip():
        yield f"{which} has no `reason`: a sentence for the student who chooses it."
    else:
        yield from _text_mistakes(reason, f"the reason of choice {place}", LONGEST_TEXT)


def _text_mistakes(raw: Any, what: str, longest: int) -> Iterator[str]:
    if not isinstance(raw, str) or not raw.strip():
        yield f"There is nothing in {what}."
    elif len(raw) > longest:
        yield f"At most {longest} characters fit in {what}."
    elif "\0" in raw:
        yield f"There is a character in {what} that cannot be shown."


def _question(raw: dict[str, Any]) -> Question:
    return Question(
        id=raw["id"],
        question=raw["question"].strip(),
        code=raw.get("code", "").rstrip(),
        choices=tuple(
            Choice(text=each["text"].strip(), right=each.get("right", False), reason=each["reason"].strip())
            for each in raw["choices"]
        ),
    )
