"""What DockerSpawner and KubeSpawner make of a user's server: asked of the spawners themselves."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock, patch

import kubernetes_validate
import pytest
from dockerspawner import DockerSpawner
from jupyterhub.objects import Hub, Server
from kubernetes_asyncio.client import ApiClient
from kubespawner import KubeSpawner
from learnflow_hub import setup_learnflow, use_docker, use_kubernetes
from learnflow_hub.containers import LearnFlowContainers, docker_traits, kubernetes_traits, seccomp_profile
from learnflow_hub.teaching import teaches
from traitlets.config import Config

from learnflow_ext.contracts.assignments import TEACHES

SETTINGS = {
    "memory_mb": 768,
    "service_url": "http://hub:8000/services/learnflow/",
    "kernel_limits": {"cpus": 1},
}


def configured(use: Any) -> Config:
    c = Config({"LearnFlowContainers": SETTINGS})
    use(c)
    return c


class TestBoth:
    @pytest.mark.parametrize(
        ("traits", "spawner"), [(docker_traits, DockerSpawner), (kubernetes_traits, KubeSpawner)]
    )
    def test_every_trait_is_one_that_the_spawner_has(self, traits: Any, spawner: Any) -> None:
        for name in traits(LearnFlowContainers()):
            assert spawner.class_traits()[name].metadata.get("config"), name

    def test_the_filter_denies_what_kernels_may_not_but_lets_bubblewrap_work(self) -> None:
        profile = seccomp_profile()
        (rule,) = profile["syscalls"]
        assert {"keyctl", "bpf", "ptrace", "kexec_load", "init_module", "setns"} <= set(rule["names"])
        assert not {"unshare", "mount", "pivot_root", "umount2", "clone", "read"} & set(rule["names"])
        assert rule["action"] == "SCMP_ACT_ERRNO"

    @pytest.mark.parametrize("use", [use_docker, use_kubernetes])
    def test_servers_find_the_service_and_the_limits_of_their_kernels(self, use: Any) -> None:
        c = configured(use)
        section = c.DockerSpawner if use is use_docker else c.KubeSpawner
        assert section.environment["LEARNFLOW_URL"] == SETTINGS["service_url"]
        assert '"cpus": 1.0' in section.environment["LEARNFLOW_KERNELS"]
        assert section.env_keep == []
        assert section.environment[TEACHES] is teaches

    @pytest.mark.parametrize("use", [use_docker, use_kubernetes])
    def test_setting_up_keeps_the_spawner(self, use: Any, tmp_path: Any) -> None:
        c = configured(use)
        chosen = c.JupyterHub.spawner_class
        c.LearnFlow.state_dir = str(tmp_path)
        c.LearnFlow.courses = {}
        setup_learnflow(c, tmp_path / "config.py")
        assert c.JupyterHub.spawner_class == chosen
        section = c.DockerSpawner if use is use_docker else c.KubeSpawner
        assert section.environment["LEARNFLOW_URL"] == SETTINGS["service_url"]

    def test_what_the_file_says_itself_is_kept(self) -> None:
        c = Config({"LearnFlowContainers": SETTINGS})
        c.DockerSpawner.image = "school/student:3"
        c.DockerSpawner.extra_host_config = {"dns": ["10.0.0.1"]}
        use_docker(c)
        assert c.DockerSpawner.image == "school/student:3"
        assert c.DockerSpawner.extra_host_config["dns"] == ["10.0.0.1"]
        assert c.DockerSpawner.extra_host_config["cap_drop"] == ["ALL"]

    def test_without_the_service_it_is_refused_with_a_sentence(self) -> None:
        with pytest.raises(ValueError, match="service_url"):
            use_docker(Config())


class TestDocker:
    HOST = docker_traits(LearnFlowContainers())["extra_host_config"]

    def test_it_owns_nothing_and_can_become_nothing(self) -> None:
        traits = docker_traits(LearnFlowContainers())
        assert traits["extra_create_kwargs"]["user"] == "1000:100"
        assert (self.HOST["cap_drop"], self.HOST["privileged"]) == (["ALL"], False)
        assert self.HOST["read_only"] is True
        assert "no-new-privileges" in self.HOST["security_opt"]
        assert traits["volumes"] == {"learnflow-{username}": "/home/jovyan/work"}
        assert "docker.sock" not in json.dumps(traits)
        assert not {"devices", "cap_add", "binds", "pid_mode", "userns_mode", "volumes_from"} & set(self.HOST)

    def test_its_share_of_the_machine_is_bounded(self) -> None:
        traits = docker_traits(LearnFlowContainers(memory_mb=512, processes=99))
        host = traits["extra_host_config"]
        assert (traits["mem_limit"], host["memswap_limit"], host["pids_limit"]) == ("512M", 512 * 2**20, 99)
        assert all("size=" in options and "nosuid" in options for options in host["tmpfs"].values())

    def test_the_filter_survives_the_spawners_templates(self) -> None:
        spawner = DockerSpawner(config=configured(use_docker), user=SimpleNamespace(name="ada", id=1))
        host = spawner._render_templates(spawner.extra_host_config)
        (option,) = [one for one in host["security_opt"] if one.startswith("seccomp=")]
        assert json.loads(option.removeprefix("seccomp=")) == seccomp_profile()


async def pod_of(name: str) -> dict[str, Any]:
    """The manifest that KubeSpawner makes for somebody, without a cluster."""
    user = Mock(escaped_name=name, server=Server(), url="/user/", id=1, groups=[])
    user.name = name
    with patch("kubespawner.spawner.load_config"), patch("kubespawner.spawner.shared_client"):
        spawner = KubeSpawner(
            config=configured(use_kubernetes),
            user=user,
            hub=Hub(),
            api_token="t",
            oauth_client_id="c",
            _mock=True,
        )
        manifest = await spawner.get_pod_manifest()
    found = ApiClient.sanitize_for_serialization(ApiClient.__new__(ApiClient), manifest)
    return {"apiVersion": "v1", "kind": "Pod", **found}


class TestKubernetes:
    async def test_kubernetes_takes_it(self) -> None:
        pod = await pod_of("ada")
        kubernetes_validate.validate(pod, kubernetes_validate.latest_version(), strict=True)

    async def test_it_reaches_nothing_owns_nothing_and_can_become_nothing(self) -> None:
        spec = (await pod_of("ada"))["spec"]
        (container,) = spec["containers"]
        assert spec["automountServiceAccountToken"] is False
        assert spec.get("serviceAccountName") is None
        assert not any(
            spec.get(name)
            for name in ("hostUsers", "hostNetwork", "hostPID", "hostIPC", "enableServiceLinks")
        )
        assert spec["hostUsers"] is False
        security = container["securityContext"]
        assert (security["runAsUser"], security["runAsGroup"], security["runAsNonRoot"]) == (1000, 100, True)
        assert (security["readOnlyRootFilesystem"], security.get("privileged", False)) == (True, False)
        assert (security["allowPrivilegeEscalation"], security["capabilities"]) == (False, {"drop": ["ALL"]})
        assert security["seccompProfile"]["type"] == "Localhost"
        told = {variable["name"]: variable.get("value") for variable in container["env"]}
        assert json.loads(told["LEARNFLOW_KERNELS"]) == {"cpus": 1.0}
        limits = container["resources"]["limits"]
        assert limits["memory"] == 768 * 2**20
        assert {"cpu", "ephemeral-storage"} <= set(limits)

    async def test_each_has_a_volume_of_its_own_and_none_of_the_hosts(self) -> None:
        claims = set()
        for name in ("ada", "ben"):
            volumes = (await pod_of(name))["spec"]["volumes"]
            assert all({"emptyDir", "persistentVolumeClaim"} & set(volume) for volume in volumes)
            claims |= {
                volume["persistentVolumeClaim"]["claimName"]
                for volume in volumes
                if "persistentVolumeClaim" in volume
            }
        assert len(claims) == 2
