"""The tables. Constraints guard what must hold, whoever writes.

Counts, scores and times that are not known are NULL, texts that are not known are empty. A module each for
what belongs together; they know each other by the names of tables only, and everybody else imports from here.
"""

from __future__ import annotations

from learnflow_ext.store.base import Base, bound_texts
from learnflow_ext.store.models.alerts import AlertRow, Mail, MailWish, Note
from learnflow_ext.store.models.courses import Exercise, ExerciseTopic, Module, Quiz, QuizAnswer, Topic
from learnflow_ext.store.models.grading import (
    NO_DEADLINE,
    REGRADE,
    STATUSES,
    Allowance,
    FeedbackFile,
    Grade,
    NamesShown,
    Regraded,
    RegradeRequest,
    Regrading,
    ResultRelease,
    Submission,
)
from learnflow_ext.store.models.lti import LtiColumn, LtiPlace, LtiScore
from learnflow_ext.store.models.people import Attendance, Pseudonym, TimeZone, User
from learnflow_ext.store.models.progress import LEVELS, Practice, PracticeReview, PracticeWish, Progress, Run
from learnflow_ext.store.models.record import (
    POINTS_TYPES,
    AnsweredRequest,
    Consumed,
    LoggedEvent,
    OpenDoor,
    OutboxEvent,
    SpentToken,
)
from learnflow_ext.store.models.tutoring import (
    HelpError,
    HelpTurn,
    HelpVote,
    HintLadder,
    ModelCall,
    PatternRow,
    TutorChoice,
)

__all__ = [
    "LEVELS",
    "NO_DEADLINE",
    "POINTS_TYPES",
    "REGRADE",
    "STATUSES",
    "AlertRow",
    "Allowance",
    "AnsweredRequest",
    "Attendance",
    "Consumed",
    "Exercise",
    "ExerciseTopic",
    "FeedbackFile",
    "Grade",
    "HelpError",
    "HelpTurn",
    "HelpVote",
    "HintLadder",
    "LoggedEvent",
    "LtiColumn",
    "LtiPlace",
    "LtiScore",
    "Mail",
    "MailWish",
    "ModelCall",
    "Module",
    "NamesShown",
    "Note",
    "OpenDoor",
    "OutboxEvent",
    "PatternRow",
    "Practice",
    "PracticeReview",
    "PracticeWish",
    "Progress",
    "Pseudonym",
    "Quiz",
    "QuizAnswer",
    "RegradeRequest",
    "Regraded",
    "Regrading",
    "ResultRelease",
    "Run",
    "SpentToken",
    "Submission",
    "TimeZone",
    "Topic",
    "TutorChoice",
    "User",
]

bound_texts(Base.metadata)
