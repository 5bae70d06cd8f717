"""Each user's whole server in a hardened container or pod: what DockerSpawner and KubeSpawner are told.

The container is the boundary between users. bubblewrap inside it keeps a server's token and network from its
kernels, so a container has to let bubblewrap make namespaces; all the rest is taken from it. Nothing here
asks an engine or a cluster: these are plain data, for the spawners to use.
"""

from __future__ import annotations

import json
from typing import Any

from learnflow_kernels.limits import FOR_ADMINS, KERNELS_ENV
from learnflow_kernels.seccomp import DENIED
from traitlets import Dict, Enum, Float, Integer, Unicode
from traitlets.config import Config, Configurable

from learnflow_ext.contracts.assignments import TEACHES

from .teaching import teaches

HOME, WORK = "/home/jovyan", "/home/jovyan/work"
UID, GID = 1000, 100
"""`jovyan`, as `kernels/images/student.Dockerfile` makes it."""
MIB = 2**20
OPEN_FILES = 4096
SECCOMP_FILE = "learnflow/student.json"
"""Where a Kubernetes node keeps `seccomp_profile()`, below its `/var/lib/kubelet/seccomp`."""
_FOR_BUBBLEWRAP = frozenset({"mount", "umount2", "pivot_root", "unshare", "sethostname"})
_SCRATCH = (HOME, "/tmp")  # noqa: S108 - the container's own, and empty


class LearnFlowContainers(Configurable):
    """Users' servers in containers: see `use_docker` and `use_kubernetes`."""

    image = Unicode(
        "learnflow/student:latest",
        help="""The image of a user's server, built from `kernels/images/student.Dockerfile`. With a fixed
        tag or digest you decide when your classes get another.""",
    ).tag(config=True)
    memory_mb = Integer(
        1024,
        min=256,
        help="""Memory of one server and all its kernels together, in MiB, temporary folders included. A
        server takes about 200 by itself; one kernel may have 512. Reaching it ends a kernel, no more.""",
    ).tag(config=True)
    cpus = Float(1.0, min=0.1, help="How many processors one user's server and kernels may keep busy.").tag(
        config=True
    )
    processes = Integer(
        256,
        min=64,
        help="Processes and threads of one server and its kernels; each kernel has a lower limit of its own.",
    ).tag(config=True)
    scratch_mb = Integer(
        128, min=16, help="Size of each temporary folder, in MiB. They are memory, and end with the server."
    ).tag(config=True)
    network = Unicode(
        "learnflow-students",
        help="""The Docker network of users' servers; make it with `docker network create --internal
        -o com.docker.network.bridge.enable_icc=false learnflow-students`, so that servers reach the hub, and
        neither each other nor the world. On Kubernetes that is a NetworkPolicy's work.""",
    ).tag(config=True)
    service_url = Unicode(
        "",
        help="""Where servers in containers find the LearnFlow service, from inside them: usually through the
        hub's proxy, as in `http://hub:8000/services/learnflow/`.""",
    ).tag(config=True)
    kernel_limits = Dict(
        key_trait=Enum(FOR_ADMINS),
        value_trait=Float(min=0),
        help="Limits of kernels that shall differ from the defaults: as `ConfinedSpawner.kernel_limits`.",
    ).tag(config=True)


def seccomp_profile() -> dict[str, Any]:
    """The filter of system calls for a user's server, in the form that Docker and Kubernetes read.

    It denies what the kernels' own filter denies, but for the calls that bubblewrap needs to make a sandbox.
    """
    names = sorted(set(DENIED) - _FOR_BUBBLEWRAP)
    denied = {"names": names, "action": "SCMP_ACT_ERRNO", "errnoRet": 1}
    return {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [denied]}


def environment(settings: LearnFlowContainers) -> dict[str, str]:
    """Variables of every user's server, beside those of the hub's."""
    found = {"HOME": HOME, "SHELL": "/bin/false", KERNELS_ENV: json.dumps(settings.kernel_limits)}
    return found | {"LEARNFLOW_URL": settings.service_url}


def docker_traits(settings: LearnFlowContainers) -> dict[str, Any]:
    """Traits of `DockerSpawner` for a server that owns its volume and nothing else."""
    size = f"size={settings.scratch_mb * MIB}"
    return {
        "image": settings.image,
        "remove": True,
        "notebook_dir": WORK,
        "network_name": settings.network,
        "volumes": {"learnflow-{username}": WORK},
        "mem_limit": f"{settings.memory_mb}M",
        "cpu_limit": settings.cpus,
        "env_keep": [],
        "disable_user_config": True,
        "environment": environment(settings),
        "extra_create_kwargs": {
            "user": f"{UID}:{GID}",
            # bubblewrap mounts a /proc of its own, which Linux allows only beside a whole one. What is in
            # there belongs to root, whom nobody in the container can become.
            "host_config": {"MaskedPaths": [], "ReadonlyPaths": []},
        },
        "extra_host_config": {
            "privileged": False,
            "cap_drop": ["ALL"],
            "security_opt": [
                "no-new-privileges",
                f"seccomp={json.dumps(seccomp_profile())}",
                # Where AppArmor watches over containers, it must not forbid bubblewrap all mounts.
                "apparmor=unconfined",
            ],
            "read_only": True,
            "tmpfs": {folder: f"rw,nosuid,nodev,{size},mode=0700,uid={UID},gid={GID}" for folder in _SCRATCH},
            "shm_size": settings.scratch_mb * MIB,
            "memswap_limit": settings.memory_mb * MIB,  # the same as the memory: no swap
            "pids_limit": settings.processes,
            "ulimits": [
                {"Name": "core", "Soft": 0, "Hard": 0},
                {"Name": "nofile", "Soft": OPEN_FILES, "Hard": OPEN_FILES},
            ],
            "init": True,
            "ipc_mode": "private",
            "oom_kill_disable": False,
            "log_config": {"Type": "json-file", "Config": {"max-size": "5m", "max-file": "2"}},
        },
    }


def kubernetes_traits(settings: LearnFlowContainers) -> dict[str, Any]:
    """Traits of `KubeSpawner` for a pod that owns its claim of a volume and nothing else."""
    scratch = {"medium": "Memory", "sizeLimit": f"{settings.scratch_mb}Mi"}
    names = {f"scratch-{number}": path for number, path in enumerate(_SCRATCH)}
    claim = "learnflow-{user_server}"
    storage = {"ephemeral-storage": "256Mi"}
    return {
        "image": settings.image,
        # An image's own CMD is not known to KubeSpawner.
        "cmd": ["python", "-P", "/opt/learnflow-server/singleuser.py"],
        "args": ["/opt/learnflow-server/singleuser_config.py"],
        "notebook_dir": WORK,
        "working_dir": WORK,
        "env_keep": [],
        "disable_user_config": True,
        # KubeSpawner takes these for templates.
        "environment": {
            name: value.replace("{", "{{").replace("}", "}}") for name, value in environment(settings).items()
        },
        "mem_limit": f"{settings.memory_mb}M",
        "mem_guarantee": "256M",
        "cpu_limit": settings.cpus,
        "cpu_guarantee": min(0.1, settings.cpus),
        "extra_resource_limits": storage,
        "extra_resource_guarantees": storage,
        "uid": UID,
        "gid": GID,
        "fs_gid": GID,
        "privileged": False,
        "allow_privilege_escalation": False,
        "automount_service_account_token": False,
        "container_security_context": {
            "runAsNonRoot": True,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
            "procMount": "Unmasked",  # as above; Kubernetes allows it beside hostUsers: false
            "seccompProfile": {"type": "Localhost", "localhostProfile": SECCOMP_FILE},
        },
        "extra_pod_config": {
            "hostUsers": False,
            "hostNetwork": False,
            "hostPID": False,
            "hostIPC": False,
            "enableServiceLinks": False,
            "shareProcessNamespace": False,
        },
        "extra_labels": {"app.kubernetes.io/part-of": "learnflow", "learnflow.org/server": "student"},
        "storage_pvc_ensure": True,
        "storage_capacity": "1Gi",
        "storage_access_modes": ["ReadWriteOnce"],
        "pvc_name_template": claim,
        "volumes": [
            {"name": "work", "persistentVolumeClaim": {"claimName": "{pvc_name}"}},
            *({"name": name, "emptyDir": scratch} for name in names),
        ],
        "volume_mounts": [
            *({"name": name, "mountPath": path} for name, path in names.items()),
            {"name": "work", "mountPath": WORK},
        ],
    }


def _use(c: Config, spawner: str, name: str, traits: dict[str, Any]) -> None:
    """Choose a spawner; what the file has set already is kept, a dictionary's keys one by one."""
    if not traits["environment"]["LEARNFLOW_URL"]:
        raise ValueError(
            "Servers in containers must be told where the LearnFlow service is, as seen from inside them:"
            " c.LearnFlowContainers.service_url = 'http://<your hub>:8000/services/learnflow/'."
        )
    c.JupyterHub.setdefault("spawner_class", spawner)
    section = c[name]
    for trait, value in traits.items():
        if trait not in section:
            section[trait] = value
        elif isinstance(value, dict) and isinstance(section[trait], dict):
            section[trait] = {**value, **section[trait]}
    section.environment = {TEACHES: teaches, **section.environment}


def use_docker(c: Config) -> None:
    """Start each user's server in a hardened container: call it before `setup_learnflow(c)`.

    The hub needs the extra `docker` and an engine's socket; users' servers never see it. ValueError (a
    sentence) when servers could not find the service.
    """
    _use(c, "dockerspawner.DockerSpawner", "DockerSpawner", docker_traits(LearnFlowContainers(config=c)))


def use_kubernetes(c: Config) -> None:
    """Start each user's server in a hardened pod: call it before `setup_learnflow(c)`.

    The hub needs `jupyterhub-kubespawner`; nodes need the filter that `seccomp_profile` gives, in
    `/var/lib/kubelet/seccomp/learnflow/student.json`.
    """
    _use(c, "kubespawner.KubeSpawner", "KubeSpawner", kubernetes_traits(LearnFlowContainers(config=c)))
