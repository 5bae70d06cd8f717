"""All commands of `learnflow`. Loading them takes more than a second."""

from __future__ import annotations

from learnflow_ext.cli import courses, db, events, privacy, topics
from learnflow_ext.cli.ask import ask
from learnflow_ext.cli.autograde import autograde
from learnflow_ext.cli.backup import backup, restore
from learnflow_ext.cli.demo import demo
from learnflow_ext.cli.doctor import doctor
from learnflow_ext.cli.explain import explain
from learnflow_ext.cli.generate import generate
from learnflow_ext.cli.hint import hint
from learnflow_ext.cli.mastery import mastery
from learnflow_ext.cli.points import points_command
from learnflow_ext.cli.regrade import regrade
from learnflow_ext.cli.replay import replay
from learnflow_ext.cli.review import review
from learnflow_ext.cli.root import root
from learnflow_ext.cli.run import run
from learnflow_ext.cli.service import service
from learnflow_ext.cli.triage import triage
from learnflow_ext.cli.up import down, status, up
from learnflow_ext.cli.worker import worker

app = root()
app.command()(demo)
app.command()(service)
app.command()(worker)
app.command()(up)
app.command()(down)
app.command()(status)
app.command()(run)
app.command()(explain)
app.command()(triage)
app.command()(ask)
app.command()(hint)
app.command()(generate)
app.command()(review)
app.command()(mastery)
app.command()(autograde)
app.command()(regrade)
app.command("points")(points_command)
app.command()(doctor)
app.command()(backup)
app.command()(restore)
app.add_typer(courses.app, name="course")
app.add_typer(db.app, name="db")
events.app.command()(replay)
app.add_typer(events.app, name="events")
app.add_typer(topics.app, name="topics")
app.add_typer(privacy.app, name="privacy")
