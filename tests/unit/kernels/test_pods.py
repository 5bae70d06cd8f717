"""Manifests for Kubernetes, checked against its own schemas."""

from __future__ import annotations

import kubernetes_validate
import pytest
from learnflow_kernels.pods import job_manifest, network_policy

from learnflow_ext.contracts.runner import RunLimits

JOB = job_manifest("batch-1", "learnflow/grader", RunLimits(memory_mb=128, wall_s=2.5), runs=3)


@pytest.mark.parametrize("manifest", [JOB, network_policy()], ids=["job", "policy"])
def test_kubernetes_takes_it(manifest: dict[str, object]) -> None:
    kubernetes_validate.validate(manifest, kubernetes_validate.latest_version(), strict=True)


def test_the_schemas_would_notice() -> None:
    broken = {**JOB, "spec": {**JOB["spec"], "backoffLimit": "none", "unknown": 1}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(broken, kubernetes_validate.latest_version(), strict=True)


def test_it_reaches_nothing_owns_nothing_and_ends() -> None:
    pod = JOB["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert pod["automountServiceAccountToken"] is False
    assert not any(pod[name] for name in ("hostNetwork", "hostPID", "hostIPC", "enableServiceLinks"))
    assert all("emptyDir" in volume for volume in pod["volumes"])
    security = container["securityContext"]
    assert (security["runAsNonRoot"], security["readOnlyRootFilesystem"]) == (True, True)
    assert (security["allowPrivilegeEscalation"], security["capabilities"]) == (False, {"drop": ["ALL"]})
    assert container["resources"]["limits"]["memory"] == "128Mi"
    assert (JOB["spec"]["backoffLimit"], JOB["spec"]["activeDeadlineSeconds"]) == (0, 68)
    labels = JOB["spec"]["template"]["metadata"]["labels"]
    assert network_policy()["spec"]["podSelector"]["matchLabels"].items() <= labels.items()
