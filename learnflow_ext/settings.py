"""The settings of a LearnFlow deployment, as traits of `jupyterhub_config.py`.

The hub, the service and the command line read the same file, so a setting is said once.
"""

from __future__ import annotations

import os
from pathlib import Path

from traitlets import Bool, Dict, Enum, Float, Integer, List, Unicode
from traitlets.config import Config, Configurable, LoggingConfigurable
from traitlets.config.loader import PyFileConfigLoader

SERVICE_NAME = "learnflow"


class LearnFlow(LoggingConfigurable):
    """The deployment as a whole."""

    state_dir = Unicode(
        ".learnflow",
        help="""Folder for everything LearnFlow keeps on this machine: database, course roots, submissions,
        students' folders. Relative paths count from where the hub starts. Put it on a disk that is
        backed up.""",
    ).tag(config=True)

    database_url = Unicode(
        "",
        help="""SQLAlchemy URL of the database, for instance `postgresql+psycopg://learnflow@db/learnflow`.
        Empty means an SQLite file in `state_dir`: fine for one machine and a class or two. Keep its
        password out of this file: libpq reads `~/.pgpass` and PGPASSWORD. See docs/record.md.""",
    ).tag(config=True)

    keep_events_months = Integer(
        0,
        min=0,
        help="""How many whole months of the event log are kept besides the current one; older are deleted
        for good, a few times a day. 0 keeps everything. Ask your data protection officer: many schools keep
        a school year, 12. Grades and progress are not touched.""",
    ).tag(config=True)

    keep_consumed_days = Integer(
        180,
        min=45,
        help="""How many days it is remembered which events had their effect, so that one that comes twice has
        none. Longer than any topic of Kafka keeps its messages, which is 30 days as we make them: raise both
        together. Older notes are deleted a few times a day.""",
    ).tag(config=True)

    courses = Dict(
        key_trait=Unicode(),
        value_trait=Unicode(),
        help="""The courses: id to the folder with its nbgrader source, for instance
        `{"python-basics": "notebooks/python-basics"}`. Who teaches and who studies is said by hub groups:
        `formgrade-<id>` and `nbgrader-<id>`. Ids use lower-case letters, digits and `-`.""",
    ).tag(config=True)

    service_port = Integer(
        0,
        help="""Port of the service on 127.0.0.1, behind the hub's proxy. 0 takes a free one when the hub
        starts. Set it only when a fire wall must know it.""",
    ).tag(config=True)

    release_on_start = Bool(
        True,
        help="""Release every assignment of a course's source folder when the service starts and it has not
        been released yet. Turn off where teachers release by hand in the formgrader.""",
    ).tag(config=True)

    drain_seconds = Float(
        8.0,
        min=0.0,
        help="""How many seconds a service or a worker that is told to stop goes on with what it has in hand:
        requests, answers that are being written, gradings. Then requests are told to come again, and gradings
        are put back into the queue for others. With nothing in hand it stops at once. Where the hub runs the
        service, stay below the 10 s after which it insists; on Kubernetes below
        `terminationGracePeriodSeconds`.""",
    ).tag(config=True)

    drain_notice_seconds = Float(
        0.0,
        min=0.0,
        help="""How many seconds a service that is told to stop still takes requests, while `health/ready`
        says 503 and a balancer finds that out. Behind one that asks every 5 s set 10; it comes on top of
        `drain_seconds`.""",
    ).tag(config=True)

    teachers_enrol = Bool(
        True,
        help="""Whether teachers add, change and remove the people of their own course on its dashboard. The
        service then gets the right to change the groups of these courses at the hub: no other groups, no
        accounts, nobody's admin rights. Turn off where only admins enrol. Counts as off where the
        authenticator manages groups (`manage_groups`): what came from elsewhere is changed there.""",
    ).tag(config=True)

    @property
    def state_path(self) -> Path:
        """`state_dir`, absolute."""
        return Path(self.state_dir).expanduser().resolve()

    @property
    def resolved_database_url(self) -> str:
        """`database_url`, or the SQLite file's."""
        return self.database_url or f"sqlite+aiosqlite:///{self.state_path / 'learnflow.sqlite'}"

    def course_root(self, course: str) -> Path:
        """nbgrader's course folder (source, release, submitted, autograded, gradebook.db): the service's."""
        return self.state_path / "courses" / course

    @property
    def exchange_root(self) -> Path:
        """nbgrader's exchange; service side only, students reach it through the service."""
        return self.state_path / "exchange"


def manages_groups(config: Config) -> bool:
    """Whether the file has the authenticator manage groups: a login system then says who is in a course."""
    return any(
        section.get("manage_groups") is True
        for name, section in config.items()
        if name.endswith("Authenticator") and isinstance(section, Config)
    )


class LearnFlowKafka(Configurable):
    """Which bus carries events, and how to reach it when that is Kafka."""

    bootstrap_servers = Unicode(
        "",
        help="""Brokers of a Kafka cluster, `host:port` with commas between them. Empty means the bus inside
        the service's own process: right for one machine, and nothing to run. Take Kafka when several services
        or workers share the load, or when other programs want to read the events. No event is lost with
        either: what is not delivered yet waits in the database.""",
    ).tag(config=True)

    topic_prefix = Unicode(
        "",
        help="""Put before the names of all topics and consumer groups, for instance `school-a.`. Needed only
        where several LearnFlows share a cluster.""",
    ).tag(config=True)

    create_topics = Bool(
        True,
        help="""Make missing topics when the service starts, with the partitions and retention that
        `learnflow topics list` shows. Turn off where an administrator makes them; then
        `learnflow topics check` says what differs.""",
    ).tag(config=True)

    replication = Integer(
        1,
        min=1,
        help="""On how many brokers each topic is kept when it is made. 1 suits a single broker; take 3 on a
        cluster of three or more, or the loss of one broker loses what only it had.""",
    ).tag(config=True)

    client = Dict(
        key_trait=Unicode(),
        help="""Settings of librdkafka for every connection: TLS and sign-in. For instance
        `{"security.protocol": "SASL_SSL", "sasl.mechanism": "SCRAM-SHA-512", "sasl.username": "learnflow",
        "sasl.password": os.environ["KAFKA_PASSWORD"], "ssl.ca.location": "/etc/ssl/kafka-ca.pem"}`. Keep
        passwords in the environment, not in the file.""",
    ).tag(config=True)

    producer = Dict(
        key_trait=Unicode(),
        help="""Settings of librdkafka for the producer alone; they win over LearnFlow's own. Leave
        `enable.idempotence`, `acks` and `delivery.timeout.ms` as they are: order and safety rest on them.""",
    ).tag(config=True)

    consumer = Dict(
        key_trait=Unicode(),
        help="""Settings of librdkafka for consumers alone. `session.timeout.ms` (10000) is how long a
        consumer that was killed keeps its share; `group.instance.id` lets one that restarts take its place
        back at once, and must differ from process to process.""",
    ).tag(config=True)


class LearnFlowJwt(Configurable):
    """JSON Web Tokens of programs outside the hub. Off until `jwks_url` or a shared secret is set.

    Such a token says who somebody is, and may narrow what they may do; groups of the hub say the rest.
    """

    issuer = Unicode(
        "",
        help="Who signs the tokens: their `iss` claim must be exactly this, for instance `https://id.school`.",
    ).tag(config=True)

    audience = Unicode(
        "learnflow",
        help="""Whom the tokens are for: their `aud` claim must name it. A token made for another program of
        the same issuer is refused.""",
    ).tag(config=True)

    jwks_url = Unicode(
        "",
        help="""Where the issuer publishes its public keys (a JSON Web Key Set), `https://…`. RS256 and ES256
        are taken, each key with its own algorithm only. Asked for every ten minutes, and when a new key
        appears.""",
    ).tag(config=True)

    secret_env = Unicode(
        "LEARNFLOW_JWT_SECRET",
        help="""Environment variable of the service with a shared secret of 32 bytes or more, for HS256. For a
        small site where one script of your own makes the tokens; whoever has the secret can be anybody. Not
        together with `jwks_url`. Never put the secret itself here.""",
    ).tag(config=True)

    secret_file = Unicode(
        "", help="File with that secret, readable for the service alone; goes before the variable."
    ).tag(config=True)

    name_claim = Unicode(
        "sub", help="Which claim has the hub's user name, for instance `sub` or `preferred_username`."
    ).tag(config=True)

    leeway_seconds = Integer(30, min=0, help="How many seconds the issuer's clock and ours may differ.").tag(
        config=True
    )

    longest_minutes = Integer(
        60,
        min=1,
        help="""Longest life of a token that is taken, in minutes, from its `iat` to its `exp`. What is stolen
        is of use for so long.""",
    ).tag(config=True)

    single_use = Bool(
        False,
        help="""Take each token once, by its `jti` claim: right for clients that get a token a request. What
        was used is kept in the database until it expires, so it holds across restarts and replicas. Off, a
        token works until it expires.""",
    ).tag(config=True)


class LearnFlowApi(Configurable):
    """What the service's addresses take from one person and one course."""

    idempotency_hours = Float(
        24.0,
        min=0.1,
        help="""For how many hours the answer to a request with an `Idempotency-Key` is kept, so that a client
        which lost it may ask again without anything being done twice.""",
    ).tag(config=True)

    requests_per_minute = Float(
        1200.0,
        min=0.0,
        help="""How many requests a minute one person may send in the long run; 0 for no limit. A page and a
        notebook stay far below; a script in a loop does not. More are told to wait so many seconds (429).
        Each process of the service counts for itself. Health, metrics and static files are never counted.""",
    ).tag(config=True)

    requests_at_once = Float(
        300.0,
        min=1.0,
        help="How many requests a person may send at once before `requests_per_minute` holds.",
    ).tag(config=True)

    course_requests_per_minute = Float(
        30_000.0,
        min=0.0,
        help="""How many requests a minute all students of a course may send together in the long run, so that
        one course leaves room for the others; 0 for no limit. Teachers are not counted: their dashboard works
        while a class is told to wait.""",
    ).tag(config=True)

    course_requests_at_once = Float(
        6000.0,
        min=1.0,
        help="""How many at once before `course_requests_per_minute` holds: a whole class that opens an
        assignment in the same minute.""",
    ).tag(config=True)


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
        1.6,
        min=0,
        help="""For how many seconds the tutor may look for the smallest change that makes a student's attempt
        pass, before it answers from the error alone. The search runs in warm sandboxes beside everything
        else. 0 switches proved hints off.""",
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
        of your own. Empty: no model. The service sends students' questions and code there, redacted: choose
        an endpoint that your school may use. The address is yours alone to set; no student can change it.""",
    ).tag(config=True)

    model = Unicode("", help="Name of the model, as the endpoint calls it.").tag(config=True)

    agent_models = Dict(
        key_trait=Unicode(),
        value_trait=Unicode(),
        help="""Another model for an agent (`debug`, `concepts`, `review`), for instance
        `{"concepts": "large-model"}`.""",
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
        help="Seconds until the first word must have come; keep it below 9, or the chat gives up.",
    ).tag(config=True)

    all_seconds = Float(25.0, min=0.1, help="Seconds for a whole answer.").tag(config=True)

    retries = Integer(1, min=0, help="Further tries before the first word, with growing waits.").tag(
        config=True
    )

    max_tokens = Integer(220, min=1, help="Longest answer, in tokens.").tag(config=True)

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


class LearnFlowGrading(Configurable):
    """How submissions are graded."""

    cell_timeout = Float(
        5.0, help="Wall-clock seconds one cell may run while it is graded; then it is interrupted."
    ).tag(config=True)

    memory_mb = Integer(256, help="Memory of a grading kernel, in MiB.").tag(config=True)

    workers = Integer(
        1,
        min=0,
        help="""How many submissions each service grades at the same time; one process and up to 400 MiB each.
        Several services share one queue. 0: the service grades nothing itself, and students wait until
        `learnflow worker --roles grading` runs somewhere; one process stays, which releases assignments and
        checks exercises made in the chat.""",
    ).tag(config=True)

    max_submission_mb = Integer(20, help="Largest submission accepted, in MiB, all its files together.").tag(
        config=True
    )

    max_attempts = Integer(
        3, help="How often grading is tried again after the grader itself failed, before a person must look."
    ).tag(config=True)


class LearnFlowPractice(Configurable):
    """Exercises that `@Exercise` makes in the chat, each for one student."""

    enabled = Bool(
        True,
        help="""Whether students get exercises made for them, which pass the gate of docs/exercises.md. A
        course decides for itself with `practice: on`, `off` or `read first` in its `course.yaml`. Where it is
        off, `@Exercise` suggests what the course has.""",
    ).tag(config=True)

    read_first = Bool(
        False,
        help="""Whether a teacher reads each of these exercises before the student gets it, may change its
        words, and lets it through or refuses it, on the dashboard's page Exercises. By default an exercise
        that passed the gate is given at once: whoever practises in the evening does not wait for a teacher. A
        course decides for itself: `practice: read first`, or `practice: on` to let them through.""",
    ).tag(config=True)

    per_day = Integer(
        12,
        min=0,
        help="""How many exercises a student gets within 24 hours; 0 for no limit. Making one takes a second
        or two of processor time.""",
    ).tag(config=True)

    checks_per_minute = Integer(
        6,
        min=1,
        help="How many answers a student may have checked in a minute. Each is graded like a submission.",
    ).tag(config=True)

    seconds = Float(
        40.0,
        min=1.0,
        help="""For how many seconds an exercise may be looked for. Then the student reads that there was
        none; keep it below the 60 s that an answer may take.""",
    ).tag(config=True)


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


CLASSES: tuple[type[Configurable], ...] = (
    LearnFlow,
    LearnFlowKafka,
    LearnFlowJwt,
    LearnFlowApi,
    LearnFlowTutor,
    LearnFlowModel,
    LearnFlowGrading,
    LearnFlowPractice,
    LearnFlowStruggle,
    LearnFlowProgress,
    LearnFlowMail,
)


def load_config(path: str | os.PathLike[str]) -> Config:
    """Read `jupyterhub_config.py` at `path`, as the hub does.

    FileNotFoundError when there is none; whatever the file itself raises is passed on.
    """
    file = Path(path).resolve()
    if not file.is_file():
        raise FileNotFoundError(f"No configuration at {file}.")
    config: Config = PyFileConfigLoader(file.name, path=str(file.parent)).load_config()
    return config
