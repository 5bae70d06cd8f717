"""What a deployment is, where its files and database are, and its bus."""

from __future__ import annotations

from pathlib import Path

from traitlets import Bool, Dict, Float, Integer, Unicode
from traitlets.config import Config, Configurable, LoggingConfigurable

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
        starts. Set it when a fire wall must know it; or, where the hub runs as root and kernels have a
        network (`c.ConfinedSpawner.network_courses`), to one below 1024: no student's process may listen
        there in the service's place while it restarts.""",
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
