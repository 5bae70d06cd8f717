"""The settings of a student's server, as a configuration."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from traitlets.config import Config

from learnflow_ext.server.defaults import EXTENSIONS, configure
from learnflow_ext.server.page import DISABLED, student_page


def test_an_extension_installed_later_is_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "jupyter_server_config.d"
    folder.mkdir()
    (folder / "new.json").write_text(
        json.dumps({"ServerApp": {"jpserver_extensions": {"some_ai_door": True}}})
    )
    (folder / "broken.json").write_text("{")
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", str(tmp_path))
    c = Config()
    configure(c)
    switches = c.ServerApp.jpserver_extensions
    assert switches["some_ai_door"] is False
    assert sorted(name for name, on in switches.items() if on) == sorted(EXTENSIONS)
    assert switches["jupyter_server_mcp"] is False


@pytest.mark.parametrize(("value", "exposed"), [("1", True), ("", False), ("yes", False)])
def test_the_application_is_exposed_for_tests_only(
    monkeypatch: pytest.MonkeyPatch, value: str, exposed: bool
) -> None:
    monkeypatch.setenv("LEARNFLOW_TEST_BROWSER", value)
    c = Config()
    configure(c)
    assert c.LabApp.expose_app_in_browser is exposed


def test_the_page_keeps_only_known_front_ends() -> None:
    page = {
        "federated_extensions": [{"name": "learnflow"}, {"name": "@jupyter-ai/acp-client"}, {}],
        "disabledExtensions": ["already:off"],
        "baseUrl": "/",
    }
    found = student_page(page)
    assert found["federated_extensions"] == [{"name": "learnflow"}]
    assert set(found["disabledExtensions"]) == {"already:off", *DISABLED}
    assert found["baseUrl"] == "/"
    assert student_page({})["federated_extensions"] == []


def test_a_teacher_can_make_assignments_and_a_student_cannot() -> None:
    panel = "@jupyter/nbgrader:create-assignment"
    assert panel in student_page({})["disabledExtensions"]
    taught = student_page({}, teaches=True)["disabledExtensions"]
    assert set(DISABLED) - set(taught) == {panel}
    # What an admin has switched off stays off.
    page = {"disabledExtensions": [panel]}
    assert panel in student_page(page, teaches=True)["disabledExtensions"]
