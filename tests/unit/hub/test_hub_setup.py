"""What `setup_learnflow` makes of a configuration."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest
from jupyterhub.app import JupyterHub
from learnflow_hub import setup_learnflow
from learnflow_hub.deployment import Deployment, look
from learnflow_hub.landing import landing_page
from learnflow_hub.names import UnusableName
from learnflow_hub.spawner import ConfinedSpawner
from traitlets import TraitError
from traitlets.config import Config

from learnflow_ext.contracts.assignments import TEACHES
from learnflow_ext.contracts.other_ai import OTHER_AI_ENV, OtherAi, ToolServer, told
from learnflow_ext.settings import load_config

ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / "jupyterhub_config.py"


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """A configuration with one course, set up."""
    c = Config()
    c.LearnFlow.state_dir = str(tmp_path / "state")
    c.LearnFlow.courses = {"python-basics": "/somewhere"}
    setup_learnflow(c, tmp_path / "jupyterhub_config.py")
    return c


def listed(c: Config, name: str) -> dict[str, dict[str, Any]]:
    """`c.JupyterHub.<name>`, a list of entries, by their names."""
    return {entry["name"]: entry for entry in getattr(JupyterHub(config=c), name)}


def test_the_example_is_short_enough_to_read() -> None:
    assert len(EXAMPLE.read_text().splitlines()) < 80


def test_reading_the_example_leaves_no_trace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The service reads it too, long after the hub."""
    monkeypatch.setenv("LEARNFLOW_STATE", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    mask = os.umask(0o022)
    os.umask(mask)
    config = load_config(EXAMPLE)
    assert list(tmp_path.iterdir()) == []
    assert os.umask(mask) == mask
    assert Path(config.LearnFlow.courses["python-basics"]).is_dir()


def test_the_example_says_who_teaches_and_who_studies() -> None:
    groups = load_config(EXAMPLE).JupyterHub.load_groups
    assert groups["formgrade-python-basics"]["users"] == ["teacher"]
    assert groups["nbgrader-python-basics"]["users"] == ["ada", "ben", "chen"]


def test_the_example_listens_on_this_machine_only() -> None:
    config = load_config(EXAMPLE)
    assert config.JupyterHub.bind_url.startswith("http://127.0.0.1:")
    assert config.JupyterHub.hub_ip == "127.0.0.1"
    assert all("127.0.0.1" in entry["url"] for entry in listed(config, "services").values() if "url" in entry)


def test_the_service_reads_the_file_that_called(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LEARNFLOW_STATE", str(tmp_path / "state"))
    command = listed(load_config(EXAMPLE), "services")["learnflow"]["command"]
    assert command[:3] == ["setpriv", "--pdeathsig", "TERM"], "it ends with the hub"
    assert command[4:] == ["-m", "learnflow_ext.service", "--config", str(EXAMPLE)]


def test_services_listen_on_ports_of_their_own(config: Config) -> None:
    urls = [entry["url"] for entry in listed(config, "services").values() if "url" in entry]
    assert len(urls) == len(set(urls)) == 2
    assert all(int(url.rpartition(":")[2]) > 0 for url in urls)


def test_a_named_port_is_used(tmp_path: Path) -> None:
    c = Config()
    c.LearnFlow.service_port = 12345
    c.LearnFlow.state_dir = str(tmp_path)
    setup_learnflow(c, tmp_path / "c.py")
    assert listed(c, "services")["learnflow"]["url"] == "http://127.0.0.1:12345"
    assert (
        ConfinedSpawner(config=c).environment["LEARNFLOW_URL"] == "http://127.0.0.1:12345/services/learnflow/"
    )


@pytest.mark.parametrize(
    ("name", "value"), [("bind_url", "https://school.example/class/"), ("base_url", "/class/")]
)
def test_below_a_path_students_servers_find_the_service_there(tmp_path: Path, name: str, value: str) -> None:
    c = Config()
    c.LearnFlow.service_port = 12345
    c.LearnFlow.state_dir = str(tmp_path)
    c.JupyterHub[name] = value
    setup_learnflow(c, tmp_path / "c.py")
    url = ConfinedSpawner(config=c).environment["LEARNFLOW_URL"]
    assert url == "http://127.0.0.1:12345/class/services/learnflow/"


class TestOtherAi:
    def test_students_servers_hear_of_it_only_where_the_admin_allows_some(self, tmp_path: Path) -> None:
        c = Config()
        c.LearnFlow.state_dir = str(tmp_path)
        setup_learnflow(c, tmp_path / "c.py")
        assert OTHER_AI_ENV not in ConfinedSpawner(config=c).environment
        assert told(ConfinedSpawner(config=c).environment) == OtherAi()

    def test_what_is_allowed_arrives_as_it_was_said(self, tmp_path: Path) -> None:
        c = Config()
        c.LearnFlow.state_dir = str(tmp_path)
        c.LearnFlowOtherAI.allow = {"personas", "mcp"}
        c.LearnFlowOtherAI.mcp_servers = [{"name": "library", "url": "https://mcp.school.example/mcp"}]
        setup_learnflow(c, tmp_path / "c.py")
        assert told(ConfinedSpawner(config=c).environment) == OtherAi(
            allow=("mcp", "personas"),
            magics=("jupyter_ai_magic_commands",),
            mcp_servers=(ToolServer(name="library", url="https://mcp.school.example/mcp"),),
        )

    def test_a_way_that_there_is_not_stops_the_hub(self, tmp_path: Path) -> None:
        c = Config()
        c.LearnFlowOtherAI.allow = {"everything"}
        with pytest.raises(TraitError, match="everything"):
            setup_learnflow(c, tmp_path / "c.py")


class TestVariablesOfTheHub:
    """Keys and passwords that the hub was started with reach the classroom's service, and nobody else."""

    SECRETS: ClassVar = {
        "LEARNFLOW_JWT_SECRET": "jwt",
        "OUR_MODEL_KEY": "model",
        "PGPASSWORD": "database",
        "KAFKA_PASSWORD": "broker",
    }

    @pytest.fixture
    def config(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
        for name, value in {**self.SECRETS, "SOMETHING_ELSE": "else"}.items():
            monkeypatch.setenv(name, value)
        c = Config()
        c.LearnFlow.state_dir = str(tmp_path / "state")
        c.LearnFlow.courses = {"python-basics": "/somewhere"}
        c.LearnFlowModel.api_key_env = "OUR_MODEL_KEY"
        c.LearnFlowHub.service_variables = ["KAFKA_PASSWORD"]
        setup_learnflow(c, tmp_path / "jupyterhub_config.py")
        return c

    def test_the_service_gets_what_its_settings_name(self, config: Config) -> None:
        found = listed(config, "services")["learnflow"]["environment"]
        assert {name: found.get(name) for name in self.SECRETS} == self.SECRETS
        assert "SOMETHING_ELSE" not in found

    def test_no_other_service_gets_them(self, config: Config) -> None:
        others = [entry for name, entry in listed(config, "services").items() if name != "learnflow"]
        assert others
        assert not any(set(self.SECRETS) & set(entry["environment"]) for entry in others)

    def test_no_students_server_gets_them(self, config: Config) -> None:
        env = ConfinedSpawner(config=config, hub=None, user=None).environment
        assert not set(self.SECRETS) & {*env, *ConfinedSpawner(config=config).env_keep}
        assert not set(self.SECRETS.values()) & set(map(str, env.values()))

    def test_they_do_not_override_what_the_hub_says(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("LEARNFLOW_STATE", "/elsewhere")
        c = Config()
        c.LearnFlow.state_dir = str(tmp_path)
        c.LearnFlowHub.service_variables = ["LEARNFLOW_STATE", "PATH"]
        setup_learnflow(c, tmp_path / "c.py")
        assert listed(c, "services")["learnflow"]["environment"]["LEARNFLOW_STATE"] == str(tmp_path)


def test_no_service_is_an_admin(config: Config) -> None:
    assert not any(entry.get("admin") for entry in listed(config, "services").values())


def test_default_roles_keep_their_default_scopes_and_gain_only_the_service(config: Config) -> None:
    roles = listed(config, "load_roles")
    assert set(roles["user"]["scopes"]) == {"self", "access:services!service=learnflow"}
    assert set(roles["server"]["scopes"]) == {
        "users:activity!user",
        "access:servers!server",
        "access:services!service=learnflow",
    }


def test_nobody_gets_at_other_peoples_servers(config: Config) -> None:
    for role in listed(config, "load_roles").values():
        for scope in role["scopes"]:
            assert not scope.startswith("admin")
            assert scope not in {"servers", "access:servers", "access:services", "tokens", "shares"}


LOOKS_UP = {"read:users:name", "list:users", "read:users:groups", "read:groups", "read:servers"}


def test_the_service_may_look_up_people_and_change_its_own_courses_groups(config: Config) -> None:
    role = listed(config, "load_roles")["learnflow-service"]
    assert role["services"] == ["learnflow"]
    groups = {f"{kind}-python-basics" for kind in ("nbgrader", "assistant", "formgrade")}
    assert set(role["scopes"]) == LOOKS_UP | {f"groups!group={name}" for name in groups}
    # Nobody could make them later but an admin.
    assert groups <= set(JupyterHub(config=config).load_groups)


@pytest.mark.parametrize("switch", ["teachers_enrol", "manage_groups"])
def test_it_changes_no_groups_where_teachers_do_not_enrol(switch: str, tmp_path: Path) -> None:
    c = Config()
    c.LearnFlow.state_dir = str(tmp_path / "state")
    c.LearnFlow.courses = {"python-basics": "/somewhere"}
    if switch == "teachers_enrol":
        c.LearnFlow.teachers_enrol = False
    else:
        c.GenericOAuthenticator.manage_groups = True
    setup_learnflow(c, tmp_path / "jupyterhub_config.py")
    assert set(listed(c, "load_roles")["learnflow-service"]["scopes"]) == LOOKS_UP
    # A hub whose groups come from elsewhere does not start when there are some in its file.
    assert bool(JupyterHub(config=c).load_groups) == (switch == "teachers_enrol")


def test_only_a_courses_teachers_reach_its_formgrader(config: Config) -> None:
    role = listed(config, "load_roles")["formgrader-python-basics"]
    assert role["groups"] == ["formgrade-python-basics"]
    assert role["scopes"] == ["access:services!service=formgrader-python-basics"]
    assert "users" not in role


def test_a_formgrader_knows_its_course_and_starts_in_no_other_way_than_with_our_configuration(
    config: Config, tmp_path: Path
) -> None:
    entry = listed(config, "services")["formgrader-python-basics"]
    state = (tmp_path / "state").resolve()
    assert entry["command"][4:6] == ["-m", "learnflow_hub.singleuser"]
    assert Path(entry["command"][6]).name == "formgrader_config.py"
    assert entry["environment"]["LEARNFLOW_COURSE"] == "python-basics"
    assert entry["environment"]["LEARNFLOW_COURSE_ROOT"] == str(state / "courses" / "python-basics")
    assert entry["environment"]["LEARNFLOW_EXCHANGE_ROOT"] == str(state / "exchange")


def test_idle_servers_are_stopped_after_the_minutes_named(tmp_path: Path) -> None:
    c = Config()
    c.LearnFlow.state_dir = str(tmp_path)
    c.LearnFlowHub.idle_minutes = 5
    setup_learnflow(c, tmp_path / "c.py")
    assert "--timeout=300" in listed(c, "services")["idle-culler"]["command"]


@pytest.mark.parametrize("minutes", [0, 5])
def test_zero_idle_minutes_stop_no_server_and_roles_are_for_services_that_are_there(
    tmp_path: Path, minutes: int
) -> None:
    c = Config()
    c.LearnFlow.state_dir = str(tmp_path)
    c.LearnFlowHub.idle_minutes = minutes
    setup_learnflow(c, tmp_path / "c.py")
    services = listed(c, "services")
    assert ("idle-culler" in services) == (minutes > 0)
    # The hub does not start otherwise.
    assert {name for role in listed(c, "load_roles").values() for name in role.get("services", ())} <= {
        *services
    }


def test_what_the_admin_sets_first_is_kept(tmp_path: Path) -> None:
    c = Config()
    c.LearnFlow.state_dir = str(tmp_path)
    c.JupyterHub.services = [{"name": "mine"}]
    c.JupyterHub.load_roles = [{"name": "mine", "scopes": []}]
    c.JupyterHub.db_url = "postgresql://hub"
    c.JupyterHub.spawner_class = "jupyterhub.spawner.SimpleLocalProcessSpawner"
    c.JupyterHub.default_url = "/hub/home"
    c.Spawner.environment = {"MINE": "1"}
    setup_learnflow(c, tmp_path / "c.py")
    assert "mine" in listed(c, "services") and "learnflow" in listed(c, "services")
    assert "mine" in listed(c, "load_roles") and "user" in listed(c, "load_roles")
    assert c.JupyterHub.db_url == "postgresql://hub"
    assert c.JupyterHub.spawner_class == "jupyterhub.spawner.SimpleLocalProcessSpawner"
    assert c.JupyterHub.default_url == "/hub/home"
    assert ConfinedSpawner(config=c).environment["MINE"] == "1"
    assert TEACHES in ConfinedSpawner(config=c).environment


def test_a_course_id_that_cannot_name_a_group_stops_the_hub_with_a_sentence(tmp_path: Path) -> None:
    c = Config()
    c.LearnFlow.courses = {"Python Basics": "/somewhere"}
    with pytest.raises(UnusableName, match="'Python Basics' is no course id"):
        setup_learnflow(c, tmp_path / "c.py")


class TestServiceOfItsOwn:
    """Something else starts LearnFlow's service: replicas behind a balancer, for instance."""

    @pytest.fixture
    def c(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
        monkeypatch.delenv("LEARNFLOW_SERVICE_TOKEN", raising=False)
        c = Config()
        c.LearnFlow.state_dir = str(tmp_path / "state")
        c.LearnFlow.courses = {"python-basics": "/somewhere"}
        c.LearnFlowHub.service_address = "http://balancer:8888/"
        return c

    def test_the_hub_knows_it_by_its_token_and_starts_the_rest(
        self, c: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("LEARNFLOW_SERVICE_TOKEN", "a" * 64)
        setup_learnflow(c, tmp_path / "c.py")
        services = listed(c, "services")
        assert "command" not in services["learnflow"]
        assert services["learnflow"]["api_token"] == "a" * 64
        assert "command" in services["formgrader-python-basics"]
        address = ConfinedSpawner(config=c).environment["LEARNFLOW_URL"]
        assert address == "http://balancer:8888/services/learnflow/"

    def test_a_hub_without_the_token_says_what_is_missing_and_does_nothing(
        self, c: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(JupyterHub, "initialized", classmethod(lambda cls: True))
        with pytest.raises(ValueError, match=r"openssl rand -hex 32.*LEARNFLOW_SERVICE_TOKEN"):
            setup_learnflow(c, tmp_path / "c.py")
        assert not (tmp_path / "state").exists()

    def test_a_deployment_neither_waits_for_it_nor_calls_it_ill(self, c: Config, tmp_path: Path) -> None:
        there = {part.name for part in look(Deployment.of(tmp_path / "c.py", c))}
        assert there == {"hub", "proxy", "formgrader-python-basics"}
        c.LearnFlowHub.service_address = ""
        assert "learnflow" in {part.name for part in look(Deployment.of(tmp_path / "c.py", c))}

    def test_its_replicas_read_the_file_without_the_token(self, c: Config, tmp_path: Path) -> None:
        setup_learnflow(c, tmp_path / "c.py")
        assert listed(c, "services")["learnflow"]["url"] == "http://balancer:8888/"


def test_the_hub_prepares_the_state_folder_closed_to_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(JupyterHub, "initialized", classmethod(lambda cls: True))
    c = Config()
    c.LearnFlow.state_dir = str(tmp_path / "state")
    mask = os.umask(0o022)
    try:
        setup_learnflow(c, tmp_path / "c.py")
        assert os.umask(0o022) == 0o077
    finally:
        os.umask(mask)
    assert (tmp_path / "state" / "hub").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "state").stat().st_mode & 0o066 == 0


def visitor(*groups: str, admin: bool = False, base: str = "/hub/") -> Any:
    """A request of somebody in `groups`, as the hub's handlers look."""
    user = SimpleNamespace(groups=[SimpleNamespace(name=name) for name in groups], admin=admin)
    return SimpleNamespace(current_user=user, hub=SimpleNamespace(base_url=base))


class TestLanding:
    def test_teachers_arrive_at_the_dashboard(self) -> None:
        assert landing_page(visitor("formgrade-python-basics")) == "/services/learnflow/"

    def test_students_arrive_at_their_own_server(self) -> None:
        assert landing_page(visitor("nbgrader-python-basics")) == ""

    def test_admins_arrive_at_the_admin_page(self) -> None:
        assert landing_page(visitor(admin=True)) == "/hub/admin"

    def test_strangers_are_left_to_the_hub(self) -> None:
        handler = visitor()
        handler.current_user = None
        assert landing_page(handler) == ""

    def test_a_hub_below_a_path_keeps_it(self) -> None:
        assert landing_page(visitor("formgrade-x", base="/school/hub/")) == "/school/services/learnflow/"
