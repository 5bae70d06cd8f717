"""A class at work on a cluster of which a part is killed, and what came of everything that was confirmed."""

from __future__ import annotations

import asyncio
import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import msgspec
from cluster import ASSIGNMENT, COUNTS, Cluster, Part
from stub_hub import COURSE
from stubborn import Done, Stubborn, Told
from tornado.simple_httpclient import SimpleAsyncHTTPClient

from learnflow_ext.contracts.grades import FileSet

SUBMITTED, GRADED = "org.learnflow.assignment.submitted.v1", "org.learnflow.submission.graded.v1"
RAN = "org.learnflow.run.finished.v1"
BEFORE_S = 1.0
"""So long everybody works before the part is killed."""


@dataclass(frozen=True)
class Scene:
    """What is killed, and how it comes back."""

    name: str
    play: Callable[[], None]
    """Kill it and start it again; blocks."""


class Figures(msgspec.Struct, frozen=True):
    """What a scene came to. Seconds: the longest that anybody had to wait."""

    name: str
    done: int
    again: int
    """Tries that came to nothing and were followed by another."""
    errors: tuple[str, ...]
    answer_s: float
    """Without what is told of in `told_s`: then a replica did not answer, or said that it cannot."""
    told_s: float
    """In which somebody with five ungraded submissions was told to come back later, and did."""
    grade_s: float
    counted_s: float
    """From handing in until the grade has changed the student's standing."""

    @property
    def waits(self) -> tuple[float, ...]:
        """In the order of the table's columns."""
        return (self.answer_s, self.told_s, self.grade_s, self.counted_s)

    def line(self) -> str:
        """A row of the table."""
        waits = " | ".join(f"{wait:.1f} s" for wait in self.waits)
        return f"| {self.name} | {waits} | {self.done} | {self.again} | {len(self.errors)} |"


HEAD = (
    "| killed | longest wait for an answer | as one was told to, with five ungraded | for a grade "
    "| until it counts | done | sent again | errors |\n"
    "|---|---|---|---|---|---|---|---|"
)


class Losses(msgspec.Struct, frozen=True):
    """How the database differs from what clients were told; all empty or 0 when nothing was lost."""

    submissions: tuple[str, ...] = ()
    """Confirmed and not there, or there and confirmed to nobody."""
    ungraded: tuple[str, ...] = ()
    grades: tuple[str, ...] = ()
    """Not told exactly once."""
    runs: tuple[str, ...] = ()
    """Not kept, or not told, exactly once."""
    questions: tuple[str, ...] = ()
    """Not kept exactly once with an answer, or confirmed to nobody."""
    uncounted: int = 0
    """Events without exactly one effect on standings."""
    dead: int = 0


def killed(name: str, part: Callable[[], Part], away_s: float) -> Scene:
    """A process of ours; which one is asked at that moment."""

    def play() -> None:
        victim = part()
        victim.kill()
        time.sleep(away_s)
        victim.start()

    return Scene(name, play)


def crashed(name: str, cluster: Cluster, away_s: float) -> Scene:
    """`kafka` or `postgres`, which is back once it takes connections."""
    server = cluster.servers.kafka if name == "kafka" else cluster.servers.postgres

    def play() -> None:
        server.stop(signal.SIGKILL)
        time.sleep(away_s)
        server.start()

    return Scene(name, play)


def nothing(seconds: float) -> Scene:
    """What it is like without."""
    return Scene("nothing", lambda: time.sleep(seconds))


async def play(
    cluster: Cluster,
    scene: Scene,
    students: list[str],
    files: FileSet,
    think_s: float,
    after_s: float,
    asks: float = 0.0,
) -> tuple[Figures, Told]:
    """Let `students` work from before the scene until `after_s` after it, and wait until all is done. So much
    of what they do, 0 to 1, are questions.
    """
    told = Told()
    http = SimpleAsyncHTTPClient(force_instance=True, max_clients=200)
    loop = asyncio.get_running_loop()
    over = asyncio.Event()
    clients = [
        Stubborn(
            http,
            cluster.bases,
            (COURSE, ASSIGNMENT),
            cluster.tokens[name],
            files,
            told,
            f"{scene.name} {name}",
        )
        for name in students
    ]
    working = [asyncio.create_task(client.work(think_s, over, asks)) for client in clients]
    await asyncio.sleep(BEFORE_S)
    await asyncio.to_thread(scene.play)
    loop.call_later(after_s, over.set)
    await asyncio.gather(*working)
    http.close()
    await cluster.up()
    await cluster.settled()
    grade_s, counted_s = await asyncio.to_thread(_waits, cluster, told.done)
    answer_s = max((each.waited for each in told.done), default=0.0)
    told_s = max((each.told for each in told.done), default=0.0)
    figures = Figures(
        scene.name, len(told.done), told.again, tuple(told.errors), answer_s, told_s, grade_s, counted_s
    )
    return figures, told


def _waits(cluster: Cluster, done: list[Done]) -> tuple[float, float]:
    """The longest from handing in to the grade, and to the standing."""
    began = {each.id: each.began for each in done if each.kind == "submission"}
    with cluster.servers.postgres.connect(cluster.database.rpartition("/")[2]) as conn:
        rows = conn.execute(
            "SELECT s.submission_id, extract(epoch FROM s.finished_at), extract(epoch FROM c.at) "
            "FROM submissions s JOIN event_log e ON e.type = %s "
            "AND e.data::jsonb->>'submission_id' = s.submission_id "
            "JOIN consumed c ON c.consumer = 'progress' AND c.event_id = e.event_id",
            (GRADED,),
        ).fetchall()
    mine = [(began[name], float(graded), float(counted)) for name, graded, counted in rows if name in began]
    return (
        max((graded - at for at, graded, _ in mine), default=0.0),
        max((counted - at for at, _, counted in mine), default=0.0),
    )


def losses(cluster: Cluster, done: list[Done]) -> Losses:
    """Compare what was confirmed with what there is, once all is settled."""
    kinds = ("run", "submission", "question")
    told = {kind: {each.id for each in done if each.kind == kind} for kind in kinds}
    with cluster.servers.postgres.connect(cluster.database.rpartition("/")[2]) as conn:
        status: dict[str, str] = dict(
            conn.execute("SELECT submission_id, status FROM submissions").fetchall()
        )
        kept = Counter(run for (run,) in conn.execute("SELECT run_id FROM runs"))
        turns = conn.execute("SELECT request_id FROM help_turns WHERE answered_at IS NOT NULL").fetchall()
        asked = conn.execute("SELECT count(*) FROM help_turns").fetchone()

        def events(kind: str, key: str) -> Counter[str]:
            found = conn.execute("SELECT data::jsonb->>%s FROM event_log WHERE type = %s", (key, kind))
            return Counter(name for (name,) in found)

        ran = events(RAN, "run_id")
        handed_in, graded = (events(kind, "submission_id") for kind in (SUBMITTED, GRADED))
        counts = conn.execute(
            "SELECT (SELECT count(*) FROM event_log AS e WHERE " + COUNTS + ")"
            " - (SELECT count(*) FROM consumed WHERE consumer = 'progress' AND outcome = 'done'),"
            " (SELECT count(*) FROM consumed WHERE outcome = 'dead')"
        ).fetchone()
    assert counts is not None and asked is not None
    once = Counter(told["submission"])
    return Losses(
        submissions=tuple(sorted(told["submission"] ^ status.keys())),
        ungraded=tuple(sorted(name for name, how in status.items() if how != "graded")),
        grades=tuple(sorted({*(graded - once), *(once - graded), *(handed_in - once), *(once - handed_in)})),
        runs=tuple(sorted({*_differ(kept, told["run"]), *_differ(ran, told["run"])})),
        questions=tuple(
            sorted(
                {
                    *_differ(Counter(name for (name,) in turns), told["question"]),
                    *(["unanswered"] if asked[0] != len(turns) else []),
                }
            )
        ),
        uncounted=int(counts[0]),
        dead=int(counts[1]),
    )


def _differ(found: Counter[str], wanted: set[str]) -> set[str]:
    once = Counter(wanted)
    return {*(found - once), *(once - found)}
