"""Kubernetes manifests for student code, built from plain data: nothing here asks a cluster."""

from __future__ import annotations

import math
from typing import Any

from learnflow_ext.contracts.runner import RunLimits
from learnflow_kernels.bubblewrap import HOME, TMP
from learnflow_kernels.docker_box import COMMAND, environment

_SCRATCH = "64Mi"
_START_S = 60
"""Seconds a pod may take to be placed and to fetch its image, beside the time of its runs."""


def container_security(uid: int) -> dict[str, Any]:
    """A `securityContext` that meets the `restricted` pod security standard, and has a read-only root."""
    return {
        "runAsUser": uid,
        "runAsGroup": uid,
        "runAsNonRoot": True,
        "privileged": False,
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def job_manifest(
    name: str, image: str, limits: RunLimits, *, runs: int = 1, uid: int = 1000, cpus: float = 1.0
) -> dict[str, Any]:
    """A `batch/v1` Job for one batch of `runs` runs: tried once, ended by the cluster, cleared away after.

    It gets no service account, and no names or addresses of the cluster's services. What keeps it from the
    network is a NetworkPolicy for the label `learnflow.org/network: none`: see `network_policy`.
    """
    folders = {"home": str(HOME), "tmp": str(TMP)}
    amount = {"cpu": f"{cpus:g}", "memory": f"{limits.memory_mb}Mi", "ephemeral-storage": "256Mi"}
    container = {
        "name": "run",
        "image": image,
        "command": list(COMMAND),
        "stdin": True,
        "stdinOnce": True,
        "workingDir": str(HOME),
        "env": [{"name": key, "value": value} for key, value in sorted(environment(limits).items())],
        "securityContext": container_security(uid),
        "resources": {"limits": amount, "requests": amount},
        "volumeMounts": [{"name": volume, "mountPath": path} for volume, path in folders.items()],
    }
    labels = {"app.kubernetes.io/part-of": "learnflow", "learnflow.org/network": "none"}
    pod = {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "hostNetwork": False,
        "hostPID": False,
        "hostIPC": False,
        "dnsPolicy": "None",
        "dnsConfig": {"nameservers": ["127.0.0.1"]},
        "securityContext": {"fsGroup": uid, "runAsNonRoot": True},
        "terminationGracePeriodSeconds": 0,
        "containers": [container],
        "volumes": [
            {"name": volume, "emptyDir": {"medium": "Memory", "sizeLimit": _SCRATCH}} for volume in folders
        ],
    }
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "labels": labels},
        "spec": {
            "backoffLimit": 0,
            "activeDeadlineSeconds": _START_S + math.ceil(limits.wall_s * runs),
            "ttlSecondsAfterFinished": 60,
            "template": {"metadata": {"labels": labels}, "spec": pod},
        },
    }


def network_policy() -> dict[str, Any]:
    """Cuts pods with the label `learnflow.org/network: none` off in both directions."""
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "learnflow-no-network"},
        "spec": {
            "podSelector": {"matchLabels": {"learnflow.org/network": "none"}},
            "policyTypes": ["Ingress", "Egress"],
        },
    }
