"""Who gets in, where they arrive, and whose door stays shut: against the real hub."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path
from urllib.parse import urlparse

import psutil
import pytest
from typer.testing import CliRunner, Result

from learnflow_ext.cli.courses import app as cli
from learnflow_ext.contracts.errors import Forbidden, Unavailable

from .conftest import Demo, Visitor, environment_of, inside, server_of, token_of

pytestmark = pytest.mark.timeout(400)

COURSE = "python-basics"
ASSIGNMENTS = f"/services/learnflow/api/courses/{COURSE}/assignments"
SCORES = f"/services/learnflow/api/courses/{COURSE}/scores"


def command_of(process: psutil.Process) -> str:
    """Its command line; empty when it has just ended."""
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


@pytest.fixture(scope="module")
def ada(demo: Demo) -> Visitor:
    """ada, whose server runs."""
    visitor = demo.visitor("ada")
    visitor.start_server("ada")
    return visitor


@pytest.fixture(scope="module")
def ben(demo: Demo) -> Visitor:
    """ben, whose server does not run."""
    return demo.visitor("ben")


class TestSigningIn:
    @pytest.mark.parametrize("password", ["wrong", "", "x" * 100, "é" * 60, "' OR 1=1 --"])
    def test_a_wrong_password_gets_a_clear_sentence(self, demo: Demo, password: str) -> None:
        answer = Visitor(demo.url).sign_in("ada", password)
        assert answer.status == 403
        assert "Invalid username or password" in answer.text
        assert "Traceback" not in answer.text

    @pytest.mark.parametrize("name", ["zoe", "../ada", "a" * 1000, "<script>alert(1)</script>"])
    def test_an_unknown_name_gets_the_same_one(self, demo: Demo, name: str) -> None:
        answer = Visitor(demo.url).sign_in(name, "whatever")
        assert answer.status == 403
        assert "Invalid username or password" in answer.text
        assert "<script>alert(1)" not in answer.text

    @pytest.mark.parametrize("name", ["teacher", "ada", "ben", "chen", "admin"])
    def test_every_account_that_was_printed_works(self, demo: Demo, name: str) -> None:
        assert Visitor(demo.url).sign_in(name, demo.passwords[name], then="/hub/home").status == 200

    def test_one_person_s_password_opens_no_other_account(self, demo: Demo) -> None:
        assert Visitor(demo.url).sign_in("teacher", demo.passwords["ada"]).status == 403

    def test_teachers_arrive_at_the_dashboard(self, demo: Demo) -> None:
        answer = Visitor(demo.url).sign_in("teacher", demo.passwords["teacher"])
        assert answer.status == 200
        assert urlparse(answer.url).path.startswith("/services/learnflow/")

    def test_nobody_can_sign_up(self, demo: Demo) -> None:
        assert Visitor(demo.url).ask("/hub/signup").status == 404

    def test_passwords_are_on_disk_as_hashes_only(self, demo: Demo) -> None:
        content = b"".join(path.read_bytes() for path in (demo.state / "hub").iterdir())
        assert b"$2b$" in content
        assert not any(password.encode() in content for password in demo.passwords.values())

    def test_pages_cannot_be_framed_and_types_are_not_guessed(self, demo: Demo) -> None:
        headers = Visitor(demo.url).ask("/hub/login").headers
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"


class TestOwnPassword:
    def change(self, demo: Demo, old: str, new: str) -> tuple[int, str]:
        visitor = demo.visitor("chen")
        page = visitor.ask("/hub/change-password").text
        found = re.search(r'name="_xsrf" value="([^"]+)"', page)
        assert found
        form = {"old_password": old, "new_password": new, "new_password_confirmation": new}
        answer = visitor.ask("/hub/change-password", method="POST", form={**form, "_xsrf": found.group(1)})
        return answer.status, answer.text

    def test_it_can_be_changed_by_who_knows_it(self, demo: Demo) -> None:
        old = demo.passwords["chen"]
        assert "Your current password was incorrect" in self.change(demo, "wrong", "new-password")[1]
        status, text = self.change(demo, "x" * 100, "new-password")
        assert (status, "Your current password was incorrect" in text) == (400, True)
        assert "Be sure your new password" in self.change(demo, old, "short")[1]
        assert "changed successfully" in self.change(demo, old, "new-password")[1]
        demo.passwords["chen"] = "new-password"
        assert Visitor(demo.url).sign_in("chen", old).status == 403


class TestOwnServer:
    def test_it_runs_and_says_so(self, ada: Visitor) -> None:
        status = ada.ask("/user/ada/api/status")
        assert status.status == 200
        assert status.json()["kernels"] == 0

    def test_it_sees_no_file_but_its_own(self, demo: Demo, ada: Visitor) -> None:
        pid = server_of(demo, "ada").pid
        assert [entry.name for entry in inside(pid, demo.state).iterdir()] == ["users"]
        assert [entry.name for entry in inside(pid, demo.state / "users").iterdir()] == ["ada"]
        assert sorted(os.listdir(inside(pid, demo.state / "users" / "ada"))) == ["server", "work"]

    def test_it_has_neither_the_course_source_nor_the_hubs_configuration(
        self, demo: Demo, ada: Visitor
    ) -> None:
        pid = server_of(demo, "ada").pid
        root = Path(__file__).parents[3]
        for place in ("notebooks", "hub_config", "jupyterhub_config.py", ".git", "tests"):
            assert not inside(pid, root / place).exists()
        # Validate needs the package, and nothing else of that folder.
        assert [path.name for path in inside(pid, root / "grading").iterdir()] == ["learnflow_grading"]

    def test_its_kernels_are_given_a_list_of_fonts_that_they_share(self, demo: Demo, ada: Visitor) -> None:
        [made] = (demo.state / "users" / ".caches").glob("*/fontlist-*.json")
        given = inside(server_of(demo, "ada").pid, Path("/run/learnflow/caches") / made.name)
        assert given.read_bytes() == made.read_bytes()
        assert os.statvfs(given).f_flag & os.ST_RDONLY

    def test_it_runs_as_nobody_with_rights(self, demo: Demo, ada: Visitor) -> None:
        server = server_of(demo, "ada")
        if os.geteuid() == 0:
            assert server.uids().real >= 200_000
        status = Path(f"/proc/{server.pid}/status").read_text()
        assert re.search(r"^CapEff:\s+0+$", status, re.MULTILINE)
        assert re.search(r"^NoNewPrivs:\s+1$", status, re.MULTILINE)

    def test_nothing_of_the_hubs_environment_reaches_it(self, demo: Demo, ada: Visitor) -> None:
        env = environment_of(server_of(demo, "ada").pid)
        assert not [name for name in env if name.startswith(("CONFIGPROXY", "SSH", "GIT", "PIP"))]
        assert env["PYTHONNOUSERSITE"] == "1"
        assert Path(env["HOME"]) == demo.state.resolve() / "users" / "ada" / "server"

    def test_a_kernel_starts_in_it(self, ada: Visitor) -> None:
        started = ada.ask("/user/ada/api/kernels", method="POST", body={"name": "python3"})
        assert started.status == 201, started.text
        assert ada.ask(f"/user/ada/api/kernels/{started.json()['id']}", method="DELETE").status == 204


class TestOthersServers:
    def test_a_student_is_not_let_in(self, ada: Visitor, ben: Visitor) -> None:
        for path in ("api/status", "lab", "api/contents", "files/"):
            assert ben.ask(f"/user/ada/{path}").status in {403, 404}

    def test_nor_is_a_teacher(self, demo: Demo, ada: Visitor) -> None:
        assert demo.visitor("teacher").ask("/user/ada/api/contents").status in {403, 404}

    def test_a_student_cannot_start_stop_or_see_one(self, ada: Visitor, ben: Visitor) -> None:
        visitor = Visitor(ben.url, token_of(ben, "ben"))
        assert visitor.ask("/hub/api/users/ada/server", method="POST").status in {403, 404}
        assert visitor.ask("/hub/api/users/ada/server", method="DELETE").status in {403, 404}
        assert ben.ask("/hub/spawn/ada").status in {403, 404}
        assert ada.ask("/user/ada/api/status").status == 200

    def test_ones_own_token_opens_ones_own_server_only(self, ada: Visitor, ben: Visitor) -> None:
        assert Visitor(ben.url, token_of(ada, "ada")).ask("/user/ada/api/status").status == 200
        assert Visitor(ben.url, token_of(ben, "ben")).ask("/user/ada/api/status").status == 403


class TestTheHubsModels:
    def test_a_students_token_reads_their_own_model_only(self, ben: Visitor) -> None:
        visitor = Visitor(ben.url, token_of(ben, "ben"))
        assert visitor.ask("/hub/api/users/ben").json()["name"] == "ben"
        assert visitor.ask("/hub/api/users/ada").status in {403, 404}
        for path in ("users", "groups", "services", "proxy", "info"):
            assert visitor.ask(f"/hub/api/{path}").status == 403

    def test_a_student_gives_nobody_a_role_or_a_group(self, ben: Visitor) -> None:
        visitor = Visitor(ben.url, token_of(ben, "ben"))
        group = "/hub/api/groups/formgrade-python-basics/users"
        assert visitor.ask(group, method="POST", body={"users": ["ben"]}).status == 403
        assert visitor.ask("/hub/api/users/ben", method="PATCH", body={"admin": True}).status == 403

    def test_a_servers_token_is_worth_no_more(self, demo: Demo, ada: Visitor) -> None:
        token = environment_of(server_of(demo, "ada").pid)["JUPYTERHUB_API_TOKEN"]
        visitor = Visitor(demo.url, token)
        for path in ("users", "groups", "users/ben", "users/ada/tokens"):
            assert visitor.ask(f"/hub/api/{path}").status in {403, 404}
        assert visitor.ask("/hub/api/users/ada/tokens", method="POST", body={}).status in {403, 404}

    def test_a_stranger_reads_nothing(self, demo: Demo) -> None:
        for path in ("users", "groups", "user", "services"):
            assert Visitor(demo.url).ask(f"/hub/api/{path}").status == 403


class TestServices:
    def test_the_service_is_up(self, demo: Demo) -> None:
        assert Visitor(demo.url).ask("/services/learnflow/health").status == 200

    def test_a_student_gets_no_dashboard_and_no_formgrader(self, ben: Visitor) -> None:
        assert ben.ask("/services/learnflow/courses/python-basics").status == 403
        assert ben.ask("/services/formgrader-python-basics/formgrader/manage_assignments").status == 403

    def test_a_teacher_gets_both(self, demo: Demo) -> None:
        teacher = demo.visitor("teacher")
        assert teacher.ask("/services/learnflow/courses/python-basics").status == 200
        answer = teacher.ask("/services/formgrader-python-basics/formgrader/manage_assignments")
        assert answer.status == 200
        assert "formgrader" in answer.text

    def test_the_formgrader_is_no_way_into_files_or_kernels(self, demo: Demo) -> None:
        teacher = demo.visitor("teacher")
        teacher.ask("/services/formgrader-python-basics/formgrader/manage_assignments")
        for path in ("api/contents", "api/kernels", "api/terminals", "files/gradebook.db", "lab"):
            assert teacher.ask(f"/services/formgrader-python-basics/{path}").status in {403, 404}

    def test_a_students_server_may_ask_the_service(self, demo: Demo, ada: Visitor) -> None:
        env = environment_of(server_of(demo, "ada").pid)
        answer = Visitor(env["LEARNFLOW_URL"], env["JUPYTERHUB_API_TOKEN"]).ask("api/courses")
        assert answer.status == 200, answer.text
        assert answer.json() == [{"course": "python-basics", "role": "student"}]


def test_everything_listens_on_this_machine_only(demo: Demo, ada: Visitor) -> None:
    for process in demo.tree():
        try:
            for connection in process.net_connections("inet"):
                if connection.status == "LISTEN":
                    assert connection.laddr.ip == "127.0.0.1", (process.name(), connection)
        except OSError:
            continue


class TestServiceHasEnded:
    def test_a_page_says_so_until_it_is_back(self, demo: Demo) -> None:
        teacher = demo.visitor("teacher")
        address = "/services/learnflow/"
        assert teacher.ask(address).status == 200
        (service,) = [process for process in demo.tree() if "learnflow_ext.service" in command_of(process)]
        service.kill()
        answer = teacher.ask(address)
        assert answer.status == 502
        assert "One moment, please" in answer.text
        assert "is safe" in answer.text
        deadline = time.monotonic() + 120
        while teacher.ask(address).status != 200:
            assert time.monotonic() < deadline
            time.sleep(0.5)


class TestTheDashboardsPeople:
    def test_a_teacher_changes_a_role_without_an_admin(self, demo: Demo) -> None:
        teacher = Visitor(demo.url, token_of(demo.visitor("teacher"), "teacher"))
        address = f"/services/learnflow/courses/{COURSE}/people"

        def moves(name: str, role: str) -> int:
            form = {"user": name, "role": role}
            shown = teacher.ask(f"{address}/preview", method="POST", form=form)
            seen = re.search(r'name="seen" value="(\w+)"', shown.text)
            assert seen, shown.text
            return teacher.ask(address, method="POST", form={**form, "seen": seen.group(1)}).status

        chen = Visitor(demo.url, token_of(demo.visitor("chen"), "chen"))
        assert chen.ask(SCORES).status == 403
        assert moves("chen", "assistant") == 204
        assert chen.ask(SCORES).status == 200
        assert moves("chen", "student") == 204
        assert (chen.ask(SCORES).status, chen.ask(ASSIGNMENTS).status) == (403, 200)

    def test_the_services_own_token_changes_nothing_else(self, demo: Demo) -> None:
        (service,) = [process for process in demo.tree() if "learnflow_ext.service" in command_of(process)]
        own = Visitor(demo.url, environment_of(service.pid)["JUPYTERHUB_API_TOKEN"])
        admin = Visitor(demo.url, token_of(demo.visitor("admin"), "admin"))
        assert admin.ask("/hub/api/groups/formgrade-other", method="POST", body={}).status == 201
        for path, method, body in (
            ("groups/formgrade-other/users", "POST", {"users": ["ben"]}),
            ("groups/formgrade-new", "POST", {}),
            (f"groups/formgrade-{COURSE}", "DELETE", None),
            ("users/ben", "PATCH", {"admin": True}),
            ("users", "POST", {"usernames": ["xia"]}),
        ):
            assert own.ask(f"/hub/api/{path}", method=method, body=body).status in (403, 404), path
        assert admin.ask("/hub/api/groups/formgrade-other").json()["users"] == []
        assert admin.ask("/hub/api/groups/formgrade-other", method="DELETE").status == 204


def test_a_roster_enrols_changes_and_removes(
    demo: Demo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`learnflow course enrol`."""
    admin = demo.visitor("admin")
    token = token_of(admin, "admin")
    roster = tmp_path / "roster.csv"

    def enrol(text: str, *options: str, token: str = token) -> Result:
        roster.write_text(text)
        monkeypatch.setenv("LEARNFLOW_HUB_TOKEN", token)
        return CliRunner().invoke(cli, ["enrol", COURSE, str(roster), f"--hub={demo.url}/hub/api", *options])

    def groups(name: str) -> list[str]:
        answer = admin.ask(f"/hub/api/users/{name}")
        return list(answer.json()["groups"]) if answer.status == 200 else ["nobody"]

    def status(name: str, path: str) -> int:
        made = admin.ask(f"/hub/api/users/{name}/tokens", method="POST", body={"note": "test"})
        visitor = type(admin)(demo.url, made.json()["token"])
        return visitor.ask(path).status

    both = "user,role\nzoe,student\nyan,assistant\n"
    mistaken = enrol("user,role\nzoe,student\nyan,boss\n")
    assert mistaken.exit_code == 1
    assert "line 3" in mistaken.stderr
    tried = enrol(both, "--dry-run")
    assert (tried.exit_code, tried.stdout.splitlines()[-1]) == (0, f"{COURSE}: 2 of 2 would be changed.")
    assert groups("zoe") == ["nobody"]

    assert enrol(both).stdout.splitlines() == [
        "zoe becomes a student.",
        "yan becomes an assistant.",
        f"{COURSE}: 2 of 2 changed.",
    ]
    assert (groups("zoe"), groups("yan")) == ([f"nbgrader-{COURSE}"], [f"assistant-{COURSE}"])
    assert enrol(both).stdout.splitlines() == [f"{COURSE}: 0 of 2 changed."]
    assert (status("yan", SCORES), status("zoe", SCORES)) == (200, 403)

    everybody = "user,role\nteacher,teacher\nada,student\nben,student\nchen,student\nwim,student\n"
    left = enrol(everybody, "--only")
    assert left.stdout.splitlines()[:1] == ["wim becomes a student."]
    assert "zoe leaves the course." in left.stdout
    assert groups("zoe") == groups("yan") == []
    assert status("wim", ASSIGNMENTS) == 200

    refused = enrol(both, token=token_of(demo.visitor("teacher"), "teacher"))
    assert isinstance(refused.exception, Forbidden)
    assert "admin:groups" in refused.exception.message
    silent = enrol(both, "--hub=http://127.0.0.1:9/hub/api")
    assert isinstance(silent.exception, Unavailable)
