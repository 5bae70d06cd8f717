"""When a teacher is told that somebody is stuck, and how; streaks and levels."""

from __future__ import annotations

from traitlets import Dict, Float, Integer, List, Unicode
from traitlets.config import Configurable


class LearnFlowStruggle(Configurable):
    """When a student counts as stuck, and how much a teacher hears of it."""

    same_error = Integer(
        3,
        help="""Failing runs in a row on one exercise with the same type of error, from which on the student
        is reported. 3 finds people early; 2 is noisy, as everybody repeats a typing mistake once.""",
    ).tag(config=True)

    failing_runs = Integer(
        5, help="Failing runs in a row on one exercise, whatever the errors, from which on it is reported."
    ).tag(config=True)

    failing_early = Integer(
        3,
        help="""The same for somebody who was not reported lately: fewer runs are enough, as quiet
        students are the ones that are missed. 0 turns it off.""",
    ).tag(config=True)

    no_progress_minutes = Float(
        10.0, help="Minutes after the first failure on an exercise without a run that went well."
    ).tag(config=True)

    low_quiz = Float(
        0.5,
        help="""Share of a quiz's points, 0 to 1, below which it is reported. Of questions in a notebook it is
        the share of first answers that were right.""",
    ).tag(config=True)

    quiz_answers = Integer(
        3,
        help="""Questions of a notebook's quiz that a student must have answered before `low_quiz` is looked
        at: after one or two, chance says more than the answers.""",
    ).tag(config=True)

    attempts = Integer(10, help="Attempts at one exercise without `right_in_a_row`: the wheels spin.").tag(
        config=True
    )

    right_in_a_row = Integer(
        3,
        min=1,
        help="Runs in a row on one exercise that went well, after which `attempts` is not looked at.",
    ).tag(config=True)

    fresh_minutes = Float(
        30.0, help="Minutes after which what happened is the past: nobody is told of it any more."
    ).tag(config=True)

    alerts_an_hour = Integer(
        5,
        help="""Alerts of one course in an hour, at most. The rest is held back and shown below the open ones;
        the gravest move up when there is room. A teacher can look after about five people in an hour.""",
    ).tag(config=True)

    alerts_for_new_students = Integer(
        4,
        help="""Of these, kept for students who were not reported for `new_after_days`. Without it, the few
        who struggle most fill the feed, and the quiet ones are never seen.""",
    ).tag(config=True)

    new_after_days = Float(7.0, help="Days after which a student counts as not reported lately.").tag(
        config=True
    )

    held_days = Float(
        4.0,
        help="""Days for which a student who was not reported lately waits for room in the feed. They may have
        got over it by then; somebody should know all the same.""",
    ).tag(config=True)

    alerts_a_student_an_hour = Integer(
        2, help="Of these, for one student: nobody's servers and nobody's bad day fill the feed."
    ).tag(config=True)

    again_after_minutes = Float(
        60.0, help="Minutes before a student is reported again for the same exercise, once it was handled."
    ).tag(config=True)


class LearnFlowProgress(Configurable):
    """How progress is counted."""

    time_zone = Unicode(
        "UTC",
        help="""The time zone in which days of a streak begin and end where a student's own is not known, for
        instance `Europe/Berlin`.""",
    ).tag(config=True)

    fit_from_students = Integer(
        30,
        min=0,
        help="""How many students must have graded answers to a topic before P(known) uses chances fitted to
        the course itself, once an hour; until then sensible ones. Fewer follow the accidents of a small
        class; 0 never fits.""",
    ).tag(config=True)

    holidays = Dict(
        key_trait=Unicode(),
        help="""Days without class that break no streak: course to a list of dates, for instance
        `{"python-basics": ["2026-12-24", "2026-12-25"]}`. A teacher adds more as `holidays` in the course's
        `course.yaml`.""",
    ).tag(config=True)


class LearnFlowMail(Configurable):
    """Mail to teachers and assistants about students who seem stuck. Off until there is a mail server.

    Each of them says on the dashboard's *Mail* page whether, when and about what they want it.
    """

    url_env = Unicode(
        "LEARNFLOW_MAIL_URL",
        help="""Environment variable of the service with the mail server, as an Apprise URL for e-mail:
        `mailtos://smtp.school.org?user=…&pass=…&from=learnflow@school.org`, or `mailto://127.0.0.1:25?from=…`
        for a server on this machine. It holds a password: never put the URL itself here. Other kinds of
        Apprise URL are refused, as a teacher gives an address and nothing more.""",
    ).tag(config=True)

    url_file = Unicode(
        "", help="File with that URL, readable for the service alone; goes before the variable."
    ).tag(config=True)

    dashboard_url = Unicode(
        "",
        help="""Where people reach LearnFlow, for the links in mails, for instance
        `https://hub.school.org/services/learnflow/`. Empty takes what the hub says
        (`c.JupyterHub.public_url`); without either a mail has no link.""",
    ).tag(config=True)

    domains = List(
        Unicode(),
        help="""Domains to which mail may go, for instance `["school.org"]`; empty for any. Mails name
        students: keep them within the school where you can.""",
    ).tag(config=True)

    mails_an_hour = Integer(
        4,
        min=1,
        help="""Mails that one person gets about one course in an hour, at most, failed tries counted. What is
        above comes with the next one.""",
    ).tag(config=True)

    tries = Integer(
        5,
        min=1,
        help="""How often a mail is tried (after a minute, 4, 16, 64 …) before it is given up, which `/health`
        and the person's *Mail* page then say for a day.""",
    ).tag(config=True)
