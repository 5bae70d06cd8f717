"""Prometheus metrics of the service. Each exists, at zero, before anything happened."""

from __future__ import annotations

from typing import get_args

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)

from learnflow_ext.contracts.help import AgentName

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
AGENTS: tuple[AgentName, ...] = tuple(name for name in get_args(AgentName) if name != "tutor")
"""Those that answer; the tutor itself only asks triage which of them does."""
PARTS = (
    "database",
    "bus",
    "sandbox",
    "grading",
    "queue",
    "generation",
    "triage",
    *AGENTS,
    "model",
    "mail",
    "lti",
)
"""What `health` tells of, each with its latency."""
_QUICK = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_SLOW = (0.25, 0.5, 1, 2, 5, 10, 20, 40, 80)


class Metrics:
    """One registry with everything the service counts; one an application, so that tests do not meet."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "learnflow_http_requests",
            "HTTP requests answered, by status class.",
            ["status"],
            registry=self.registry,
        )
        self.request_seconds = Histogram(
            "learnflow_http_request_seconds",
            "Time to answer a request, in seconds; streams count until their end.",
            buckets=_QUICK,
            registry=self.registry,
        )
        self.unexpected = Counter(
            "learnflow_unexpected_errors", "Requests that ended in an error of ours.", registry=self.registry
        )
        self.questions = Counter(
            "learnflow_questions",
            "Questions taken, by the agent that answers.",
            ["agent"],
            registry=self.registry,
        )
        self.questions_refused = Counter(
            "learnflow_questions_refused", "Questions refused, by reason.", ["reason"], registry=self.registry
        )
        self.answers_failed = Counter(
            "learnflow_answers_failed",
            "Answers that broke off because the tutor failed.",
            registry=self.registry,
        )
        self.answers_withheld = Counter(
            "learnflow_answers_withheld",
            "Answers in which the leak gate withheld something.",
            registry=self.registry,
        )
        self.hints = Counter(
            "learnflow_hints",
            "Proved hints looked for, by how it went: proved, solved, suspected (no repair, but a line), "
            "unproved, late, failed.",
            ["outcome"],
            registry=self.registry,
        )
        self.hint_seconds = Histogram(
            "learnflow_hint_seconds",
            "Time to look for a proved hint, in seconds.",
            buckets=_QUICK,
            registry=self.registry,
        )
        self.practices = Counter(
            "learnflow_practices",
            "Exercises asked for in the chat, by how it went: made, none (passed the gate), late, refused, "
            "failed.",
            ["outcome"],
            registry=self.registry,
        )
        self.model_exercises = Counter(
            "learnflow_model_exercises",
            "Exercises asked of the language model, by how it went: passed (the gate), none, late, failed.",
            ["outcome"],
            registry=self.registry,
        )
        self.model_calls = Counter(
            "learnflow_model_calls",
            "Calls of the language model, by how they went.",
            ["outcome"],
            registry=self.registry,
        )
        self.model_tokens = Counter(
            "learnflow_model_tokens",
            "Tokens sent to the model and received.",
            ["direction"],
            registry=self.registry,
        )
        self.model_cost = Counter(
            "learnflow_model_cost",
            "What the model cost, in the currency of the prices set.",
            registry=self.registry,
        )
        self.first_words_seconds = Histogram(
            "learnflow_first_words_seconds",
            "From a question to the first words of its answer, in seconds.",
            buckets=_QUICK,
            registry=self.registry,
        )
        self.runs = Counter("learnflow_runs", "Runs reported by students' servers.", registry=self.registry)
        self.submissions = Counter(
            "learnflow_submissions", "Assignments handed in and kept.", registry=self.registry
        )
        self.gradings = Counter(
            "learnflow_gradings", "Gradings that ended, by how.", ["status"], registry=self.registry
        )
        self.grading_retries = Counter(
            "learnflow_grading_retries", "Times grading was tried again.", registry=self.registry
        )
        self.grading_seconds = Histogram(
            "learnflow_grading_seconds",
            "From taking a submission off the queue to its recorded grade, in seconds.",
            buckets=_SLOW,
            registry=self.registry,
        )
        self.mails = Counter(
            "learnflow_mails", "Mails to teachers, by outcome.", ["outcome"], registry=self.registry
        )
        self.lti_scores = Counter(
            "learnflow_lti_scores",
            "Grades for a learning platform, by how it went: told, newer (it has one), refused, given_up.",
            ["outcome"],
            registry=self.registry,
        )
        self.dashboards = Gauge(
            "learnflow_dashboards_open", "Dashboards connected by websocket.", registry=self.registry
        )
        self.outbox_waiting = Gauge(
            "learnflow_outbox_waiting",
            "Events that the bus has not confirmed yet; it grows while Kafka is away.",
            registry=self.registry,
        )
        self.submissions_waiting = Gauge(
            "learnflow_submissions_waiting",
            "Submissions in the queue of all graders, those that are graded again among them.",
            registry=self.registry,
        )
        self.submission_wait_seconds = Gauge(
            "learnflow_submission_wait_seconds",
            "Seconds that the longest waiting submission has waited; what is graded again is left out.",
            registry=self.registry,
        )
        self.consumer_lag = Gauge(
            "learnflow_consumer_lag",
            "Messages that a consumer group's member in this process has still to do.",
            ["group"],
            registry=self.registry,
        )
        self.part_up = Gauge(
            "learnflow_part_up",
            "Whether a part worked when it was looked at last: 1, or 0.",
            ["part"],
            registry=self.registry,
        )
        self.part_seconds = Gauge(
            "learnflow_part_seconds",
            "How long a part took to answer when it was looked at last.",
            ["part"],
            registry=self.registry,
        )
        self._begin_at_zero()

    def _begin_at_zero(self) -> None:
        for status in ("1xx", "2xx", "3xx", "4xx", "5xx"):
            self.requests.labels(status)
        for agent in get_args(AgentName):
            self.questions.labels(agent)
        for reason in ("too_many", "too_large", "budget"):
            self.questions_refused.labels(reason)
        for group in ("progress", "struggle", "dashboard", "lti"):
            self.consumer_lag.labels(group)
        for outcome in ("said", "refused", "slow", "broke_off", "garbage", "resting"):
            self.model_calls.labels(outcome)
        for outcome in ("proved", "solved", "suspected", "unproved", "late", "failed"):
            self.hints.labels(outcome)
        for outcome in ("made", "none", "late", "refused", "failed"):
            self.practices.labels(outcome)
        for outcome in ("passed", "none", "late", "failed"):
            self.model_exercises.labels(outcome)
        for direction in ("in", "out"):
            self.model_tokens.labels(direction)
        for outcome in ("sent", "failed"):
            self.mails.labels(outcome)
        for outcome in ("told", "newer", "refused", "given_up"):
            self.lti_scores.labels(outcome)
        for part in PARTS:
            self.part_up.labels(part)
            self.part_seconds.labels(part)
        for status in ("graded", "failed"):
            self.gradings.labels(status)

    def text(self) -> bytes:
        """Everything, in Prometheus' text format."""
        return generate_latest(self.registry)
