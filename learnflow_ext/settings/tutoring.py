"""How the tutor helps, and the model that may phrase it."""

from __future__ import annotations

from traitlets import Bool, Dict, Enum, Float, Integer, Unicode
from traitlets.config import Configurable


class LearnFlowTutor(Configurable):
    """How the tutor helps."""

    policy = Enum(
        ["off", "concepts", "hints", "open"],
        default_value="hints",
        help="""What the tutor may do: `off` answers nothing, `concepts` explains ideas and never looks at the
        student's code, `hints` diagnoses and hints without giving solutions, `open` skips the leak gate.""",
    ).tag(config=True)

    questions_per_minute = Integer(
        20,
        help="""How many questions a student may ask in a minute before being asked to wait. Protects the
        service from a stuck key or a script; a person never notices. Counted for all replicas together.""",
    ).tag(config=True)

    questions_per_hour = Integer(
        0,
        min=0,
        help="""How many questions a student may ask within an hour; 0 for no limit. What is left is shown in
        the chat. Set it where a model costs money, or where students should think before they ask.""",
    ).tag(config=True)

    questions_per_day = Integer(
        0, min=0, help="How many questions a student may ask within 24 hours; 0 for no limit."
    ).tag(config=True)

    hint_seconds = Float(
        2.0,
        min=0,
        help="""For how many seconds the tutor may look for the smallest change that makes a student's attempt
        pass (four fifths of them), or else for the line that its failing tests point at, before it answers
        from the error alone. The search runs in warm sandboxes beside everything else. 0 switches proved
        hints off.""",
    ).tag(config=True)

    hints_from_classmates = Bool(
        True,
        help="""Whether hints may rest on other students' answers too, where the course's solution is far from
        an attempt: answers of the same course that trusted tests gave all points of the exercise. They are
        compared by program and never shown: no name, value or comment of theirs can stand in a hint. What was
        read is kept in memory for ten minutes. Switch it off where your school does not want work to be used
        so.""",
    ).tag(config=True)

    alive_seconds = Float(
        2.0,
        min=0.05,
        help="""After how many seconds without a word an answer under way says that it is still at work: a
        comment in the stream, which nobody reads, so that a model that thinks for long is not taken for a
        service that is gone. Keep it well below `c.LearnFlowExtension.silence_seconds`, and below what a
        proxy in between waits for.""",
    ).tag(config=True)

    retention_days = Integer(
        0,
        min=0,
        help="""After how many days the words of questions, answers and requests to teachers, and what was
        sent to a model, are deleted; 0 keeps them. Counts, votes and the patterns of errors stay. Looked
        after once an hour.""",
    ).tag(config=True)


class LearnFlowModel(Configurable):
    """A language model that may add its words behind the analysis. Nothing needs it."""

    base_url = Unicode(
        "",
        help="""Base URL of an OpenAI-compatible endpoint, for instance `http://127.0.0.1:8080/v1` for a model
        of your own. Empty: no model. The service sends students' questions, code and level there, redacted:
        choose an endpoint that your school may use. The address is yours alone to set; no student can change
        it.""",
    ).tag(config=True)

    model = Unicode("", help="Name of the model, as the endpoint calls it.").tag(config=True)

    agent_models = Dict(
        key_trait=Unicode(),
        value_trait=Unicode(),
        help="""Another model for an agent (`debug`, `concepts`, `review`; `exercise` for the one that writes
        exercises), for instance `{"exercise": "large-model"}`.""",
    ).tag(config=True)

    api_key_env = Unicode(
        "LEARNFLOW_MODEL_KEY",
        help="Environment variable of the service with the endpoint's key. Never put the key itself here.",
    ).tag(config=True)

    api_key_file = Unicode(
        "", help="File with the key, readable for the service alone; goes before the variable."
    ).tag(config=True)

    first_seconds = Float(
        6.0,
        min=0.1,
        help="""Seconds until the first word must have come. The analysis is on the screen meanwhile, and the
        chat waits: give a small machine more.""",
    ).tag(config=True)

    all_seconds = Float(
        25.0,
        min=0.1,
        help="""Seconds for a whole answer. Keep it some seconds below `c.LearnFlowExtension.answer_seconds`
        (60), or the chat gives up first.""",
    ).tag(config=True)

    retries = Integer(1, min=0, help="Further tries before the first word, with growing waits.").tag(
        config=True
    )

    max_tokens = Integer(220, min=1, help="Longest answer, in tokens.").tag(config=True)

    context_tokens = Integer(
        3_000,
        min=200,
        help="""How much a model is told of question, cell, error, exercise and neighbouring cells together,
        in tokens, estimated from above; our own analysis (160 words) and instruction (400) come on top. What
        matters less is cut first. Lower it for a model with a small context, or where prompts are read
        slowly.""",
    ).tag(config=True)

    failures = Integer(
        4, min=1, help="After so many failures in a row nobody waits for the model for `rest_seconds`."
    ).tag(config=True)

    rest_seconds = Float(
        30.0, min=0.0, help="Seconds without the model after `failures`; then it is tried again."
    ).tag(config=True)

    price_in = Float(
        0.0, min=0.0, help="Price of a million tokens sent, in your currency, for the accounts."
    ).tag(config=True)

    price_out = Float(0.0, min=0.0, help="Price of a million tokens received.").tag(config=True)
