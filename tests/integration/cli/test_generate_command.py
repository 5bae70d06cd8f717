"""`learnflow generate`: notebooks that nbgrader takes, and exit codes a script can use."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from random import Random

import nbformat
import pytest
from model_endpoint import model_endpoint
from nbgrader.nbgraderformat import MetadataValidator
from nbgrader.preprocessors import ClearHiddenTests, ClearSolutions
from typer.testing import CliRunner
from written import answer

from learnflow_ext.cli.commands import app
from learnflow_ext.exercises.families import FAMILIES
from learnflow_ext.exercises.families.making import Family, Task


def generate(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "learnflow_ext.cli", "generate", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_notebooks_are_valid_and_keep_the_solution_from_students(tmp_path: Path) -> None:
    asked = ("--topic", "data_structures", "--difficulty", "2", "--count", "2", "--seed", "3", "--json")
    done = generate(*asked, "--out", str(tmp_path / "source"))
    assert done.returncode == 0, done.stdout + done.stderr
    made = json.loads(done.stdout)["made"]
    assert len({each["name"] for each in made}) == 2
    for each in made:
        file = tmp_path / "source" / each["name"] / f"{each['name']}.ipynb"
        assert str(file) == each["file"] and each["killed"] >= 0.9 * each["mutants"]
        text = file.read_text(encoding="utf-8")
        found = nbformat.reads(text, as_version=4)
        nbformat.validate(found)
        MetadataValidator().validate_nb(found)
        for step in (ClearSolutions(), ClearHiddenTests()):
            found, _ = step.preprocess(found, {})
        task, answer, tests = found.cells
        assert "For example" in task.source and tests.metadata.nbgrader.points == 4
        assert "raise NotImplementedError()" in answer.source and "SOLUTION" not in answer.source
        assert "assert" in tests.source and "HIDDEN" not in tests.source
    again = generate(*asked, "--out", str(tmp_path / "again"))
    assert [each["name"] for each in json.loads(again.stdout)["made"]] == [each["name"] for each in made]
    for each in made:
        copy = tmp_path / "again" / each["name"] / f"{each['name']}.ipynb"
        assert copy.read_bytes() == Path(each["file"]).read_bytes()
    twice = generate(*asked, "--out", str(tmp_path / "again"))
    assert twice.returncode == 2 and "is there already" in twice.stderr


async def test_a_model_writes_where_it_is_asked_to(tmp_path: Path) -> None:
    config = tmp_path / "config.py"
    asked = ("--topic", "functions", "--difficulty", "2", "--model", "--config", str(config))
    async with model_endpoint() as endpoint:
        endpoint.turns = ["I would rather not.", answer()]
        config.write_text(f"c.LearnFlowModel.base_url = {endpoint.url!r}\nc.LearnFlowModel.model = 'small'\n")
        done = await asyncio.to_thread(generate, *asked, "--json", "--out", str(tmp_path / "source"))
        so_far = len(endpoint.asked)
        twice = await asyncio.to_thread(generate, *asked, "--json", "--out", str(tmp_path / "source"))
        assert twice.returncode == 2 and "is there already" in twice.stderr
        assert len(endpoint.asked) == so_far, "what would be thrown away is not asked for"
    assert done.returncode == 0, done.stdout + done.stderr
    said = json.loads(done.stdout)
    (one,) = said["made"]
    assert (one["model"], one["name"]) == ("small", "written-functions-2-0")
    assert said["refused"] == [
        {"name": one["name"], "reasons": ["The answer is not one JSON object, and nothing else."]}
    ]
    assert said["model"] == {"calls": 2, "tokens_in": 240, "tokens_out": 60, "cost": 0.0}
    (written,) = (tmp_path / "source").glob("*/*.ipynb")
    assert str(written) == one["file"]
    assert "A ferry between two islands" in written.read_text(encoding="utf-8")
    # Away, it leaves the work to the families; not there at all, it is said.
    done = await asyncio.to_thread(generate, *asked, "--out", str(tmp_path / "more"))
    assert done.returncode == 0 and "refused the model: It said nothing" in done.stdout
    assert "Written by" not in done.stdout and "The model was asked once: " in done.stdout
    config.write_text("")
    done = await asyncio.to_thread(generate, *asked, "--out", str(tmp_path / "none"))
    assert done.returncode == 2 and "names no language model" in done.stderr


def test_fewer_than_asked_for_is_exit_code_1(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def same(random: Random, level: int) -> Task:
        return Task(
            title="Twice",
            story="Complete `twice`. It returns double the number.",
            function="twice",
            parameters="number",
            doc="Return twice the number.",
            body="return number * 2",
            answer=lambda number: number + number,
            shown=[(3,), (0,)],
            edges=[((-4,), "Negative numbers should work as well.")],
        )

    monkeypatch.setitem(FAMILIES, "basics", (Family("twice", "basics", same),))
    asked = ["generate", "--topic", "basics", "--difficulty", "1", "--count", "2", "--out", str(tmp_path)]
    done = CliRunner().invoke(app, asked)
    assert done.exit_code == 1
    assert "refused twice-1-1: It is nearly a copy of twice-1-0" in done.stdout
    assert [each.name for each in tmp_path.iterdir()] == ["twice-1-0"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--topic", "cooking", "--difficulty", "1"), "There is no topic 'cooking'. There are: basics"),
        (("--topic", "basics", "--difficulty", "9"), "from 1 to 5"),
        (("--topic", "basics", "--difficulty", "1", "--count", "0"), "1 to 50"),
    ],
)
def test_bad_arguments_are_exit_code_2(tmp_path: Path, arguments: tuple[str, ...], sentence: str) -> None:
    done = generate(*arguments, "--out", str(tmp_path / "out"))
    assert done.returncode == 2 and sentence in done.stderr and "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()
