"""A real Kafka broker for tests: KRaft mode, one node, free ports of 127.0.0.1, small heap.

Its jars come by `mvn` and are checked against `kafka/jars.sha256`; they are kept in the user's cache between
runs. Nothing else of it stays.
"""

from __future__ import annotations

import base64
import contextlib
import fcntl
import hashlib
import os
import resource
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).parent / "kafka"
POM = HERE / "pom.xml"
CHECKSUMS = HERE / "jars.sha256"
START_S = 90
STOP_S = 30
FETCH_S = 300
FETCH_TRIES = 3

JVM = ("-Xms48m", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto")

SETTINGS = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "3",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "500",
    "auto.create.topics.enable": "false",
    "log.cleaner.dedupe.buffer.size": "4194304",
    "num.network.threads": "2",
    "num.io.threads": "2",
    "num.partitions": "1",
}


class Kafka:
    """A broker. Killed and started again it has its port and what it kept."""

    def __init__(
        self,
        folder: Path,
        settings: dict[str, str] | None = None,
        *,
        host: str = "127.0.0.1",
        inside: Sequence[str] = (),
    ) -> None:
        """`folder` is new; `settings` are added to the broker's.

        Clients find it at `host`; its command is put behind `inside`, as with a `netns`.
        """
        self.folder = folder
        self.host = host
        self._inside = tuple(inside)
        self._port, self._controller = _free_ports(2)
        self._settings = {**SETTINGS, **(settings or {})}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def bootstrap(self) -> str:
        return f"{self.host}:{self._port}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def log(self) -> Path:
        return self.folder / "broker.log"

    def start(self) -> None:
        """Run it, and wait until it takes connections. AssertionError with its log when it does not."""
        jars, archive = prepared()
        properties = self.folder / "server.properties"
        if not properties.exists():
            properties.write_text(self._properties())
            cluster = cluster_id()
            done = subprocess.run(
                [
                    *_java(jars, archive),
                    *("kafka.tools.StorageTool", "format", "-t", cluster, "-c", str(properties)),
                ],
                capture_output=True,
                text=True,
            )
            assert done.returncode == 0, f"Kafka's storage could not be made:\n{done.stdout}{done.stderr}"
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                # Not even a test run that is killed may leave it behind.
                [
                    *self._inside,
                    *("setpriv", "--pdeathsig", "KILL"),
                    *_java(jars, archive),
                    *("kafka.Kafka", str(properties)),
                ],
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        self._wait()

    def _wait(self) -> None:
        assert self._process is not None
        deadline = time.monotonic() + START_S
        while True:
            with contextlib.suppress(OSError), socket.create_connection((self.host, self._port), 1):
                return
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"Kafka did not start:\n{self.log.read_text()[-4000:]}")
            time.sleep(0.05)

    def stop(self, how: signal.Signals = signal.SIGKILL) -> None:
        """End it: SIGKILL is a crash, SIGTERM an orderly stop. Harmless when it is not running."""
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGCONT)
            self._process.send_signal(how)
        self._process.wait(STOP_S)
        self._process = None

    def freeze(self) -> None:
        """It no longer answers, as behind a broken network; `thaw` mends it."""
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    def fill_disk(self) -> None:
        """From now on none of its files can grow, as on a full disk. Starting it again makes room."""
        resource.prlimit(self.pid, resource.RLIMIT_FSIZE, (0, 0))

    def wait_for_end(self, seconds: float) -> None:
        """Until it ends by itself; TimeoutExpired when it does not."""
        assert self._process is not None
        self._process.wait(seconds)

    def _properties(self) -> str:
        addresses = {
            "controller.quorum.voters": f"1@127.0.0.1:{self._controller}",
            "listeners": (
                f"PLAINTEXT://{'0.0.0.0' if self._inside else '127.0.0.1'}:{self._port},"
                f"CONTROLLER://127.0.0.1:{self._controller}"
            ),
            "advertised.listeners": f"PLAINTEXT://{self.bootstrap}",
            "log.dirs": str(self.folder / "data"),
        }
        return "".join(f"{name}={value}\n" for name, value in {**self._settings, **addresses}.items())


@contextmanager
def running(
    settings: dict[str, str] | None = None, *, host: str = "127.0.0.1", inside: Sequence[str] = ()
) -> Iterator[Kafka]:
    """A broker that is gone afterwards, with all it kept."""
    folder = Path(tempfile.mkdtemp(prefix="learnflow-kafka-"))
    broker = Kafka(folder, settings, host=host, inside=inside)
    try:
        broker.start()
        yield broker
    finally:
        broker.stop()
        shutil.rmtree(folder, ignore_errors=True)


def prepared() -> tuple[Path, Path]:
    """The folder of jars, complete and checked, and the archive of loaded classes (which may be missing).

    AssertionError, a sentence, when Java or Maven is missing or the jars cannot be had.
    """
    for program, package in (("java", "default-jre-headless"), ("mvn", "maven")):
        assert shutil.which(program), (
            f"The tests need a Kafka broker, and `{program}` is not there to run it: run "
            f"`.ci/system-packages test`, or install {package}."
        )
    wanted = CHECKSUMS.read_bytes()
    name = hashlib.sha256(wanted + POM.read_bytes()).hexdigest()[:16]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "learnflow" / f"kafka-{name}"
    jars, archive = cache / "jars", cache / "classes.jsa"
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another run may be fetching them, and Maven minds company
        if not jars.is_dir():
            fetched = Path(tempfile.mkdtemp(dir=cache))
            _fetch(fetched)
            fetched.rename(jars)
            with contextlib.suppress(AssertionError, OSError):
                _archive_classes(jars, archive)
    _check(jars)
    return jars, archive


def _fetch(folder: Path) -> None:
    command = [
        *("mvn", "-B", "-q", "-f", str(POM), "dependency:copy-dependencies"),
        *(f"-DoutputDirectory={folder}", "-DincludeScope=runtime"),
    ]
    for left in reversed(range(FETCH_TRIES)):
        done = subprocess.run(
            command, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=FETCH_S
        )
        if done.returncode == 0:
            return
        assert left, f"Kafka's jars could not be had from Maven:\n{done.stdout[-3000:]}{done.stderr[-1000:]}"
        time.sleep(2)


def _check(jars: Path) -> None:
    """Exactly the jars of the list, each as it says."""
    lines = (line.split() for line in CHECKSUMS.read_text().splitlines())
    wanted = {name: checksum for checksum, name in lines}
    there = {jar.name: hashlib.sha256(jar.read_bytes()).hexdigest() for jar in jars.glob("*.jar")}
    wrong = sorted(name for name in wanted.keys() | there.keys() if wanted.get(name) != there.get(name))
    assert not wrong, f"Kafka's jars in {jars} are not those of jars.sha256: {', '.join(wrong)}. Delete them."


def _archive_classes(jars: Path, archive: Path) -> None:
    """Start a broker once to note what it loads: every later start takes a third of the time."""
    folder = Path(tempfile.mkdtemp(prefix="learnflow-kafka-"))
    noted = archive.with_suffix(f".{os.getpid()}")
    try:
        broker = Kafka(folder)
        properties = folder / "server.properties"
        properties.write_text(broker._properties())
        java = _java(jars, archive)
        cluster = cluster_id()
        subprocess.run(
            [*java, "kafka.tools.StorageTool", "format", "-t", cluster, "-c", str(properties)],
            capture_output=True,
            check=False,
        )
        with broker.log.open("ab") as log:
            broker._process = subprocess.Popen(
                [java[0], f"-XX:ArchiveClassesAtExit={noted}", *java[1:], "kafka.Kafka", str(properties)],
                stdout=log,
                stderr=log,
            )
        broker._wait()
        broker.stop(signal.SIGTERM)
        noted.replace(archive)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def cluster_id() -> str:
    """A new name for a cluster, as Kafka writes one; never with a dash in front, like an option."""
    return base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=").replace("-", "_")


def _java(jars: Path, archive: Path) -> list[str]:
    shared = [f"-XX:SharedArchiveFile={archive}"] if archive.is_file() else []
    return ["java", *JVM, *shared, "-cp", f"{jars}/*"]


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]
