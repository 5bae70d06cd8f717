"""The Helm chart: what Helm makes of it is what Kubernetes takes, hardened, and without a secret in it.

Rendered by Helm itself and held against Kubernetes' own schemas. No cluster has seen it here.
"""

from __future__ import annotations

import json
import re
import shutil
import textwrap
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import sqlalchemy
import yaml
from chart import CHART, SCHOOL, Document, Refused, helm, of_kind, picks, pods, rendered, text

from learnflow_ext.events import progress_consumer, struggle_consumer
from learnflow_ext.service.handlers.table import TABLE
from learnflow_ext.service.worker import ROLES
from learnflow_ext.settings import CLASSES, LearnFlow, LearnFlowKafka, load_config
from learnflow_ext.store import practice_wishes
from learnflow_ext.store.clock import now
from learnflow_ext.store.database import Database
from learnflow_ext.store.models import STATUSES

FULL = ("--values", str(SCHOOL))
DEFAULT = rendered()
SCHOOLS = rendered(*FULL)
BOTH = [pytest.param(DEFAULT, id="default"), pytest.param(SCHOOLS, id="school")]
SECRET = re.compile(r"PASSWORD|TOKEN|KEY|SECRET|MAIL_URL")
HUB = {"app": "jupyterhub", "component": "hub", "release": "hub"}
SERVICE = pods(DEFAULT)["learnflow"]["metadata"]["labels"]

TEXT = {"type": "string", "minLength": 1}
COUNT = {"type": "integer", "minimum": 0}


def shape(required: list[str], **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "required": required,
        "properties": properties,
        "additionalProperties": False,
    }


# Kubernetes has no schema for what KEDA and the Prometheus operator define. These are ours, from what their
# documentation says, and hold no more than what the chart uses.
THEIR_KINDS = {
    ("keda.sh/v1alpha1", "ScaledObject"): shape(
        ["scaleTargetRef", "triggers"],
        scaleTargetRef=shape(["name"], name=TEXT),
        minReplicaCount=COUNT,
        maxReplicaCount=COUNT,
        pollingInterval=COUNT,
        cooldownPeriod=COUNT,
        triggers={
            "type": "array",
            "minItems": 1,
            "items": shape(
                ["type", "metadata"],
                type={"enum": ["kafka", "postgresql"]},
                # KEDA takes these as texts alone.
                metadata={
                    "type": "object",
                    "additionalProperties": TEXT,
                    "anyOf": [
                        {"required": ["bootstrapServers", "consumerGroup", "lagThreshold"]},
                        {"required": ["host", "port", "userName", "dbName", "query", "targetQueryValue"]},
                    ],
                },
                authenticationRef=shape(["name"], name=TEXT),
            ),
        },
    ),
    ("monitoring.coreos.com/v1", "ServiceMonitor"): shape(
        ["selector", "endpoints"],
        selector=shape(["matchLabels"], matchLabels={"type": "object", "additionalProperties": TEXT}),
        endpoints={
            "type": "array",
            "minItems": 1,
            "items": shape(
                ["port", "path"],
                port=TEXT,
                path={"type": "string", "pattern": "^/"},
                interval=TEXT,
                authorization=shape(
                    ["type", "credentials"],
                    type=TEXT,
                    credentials=shape(["name", "key"], name=TEXT, key=TEXT),
                ),
            ),
        },
    ),
}


def explained(part: dict[str, Any], path: str) -> Iterator[tuple[str, str]]:
    """Each value's path in the schema, and what is said of it."""
    for name, below in part.get("properties", {}).items():
        yield f"{path}.{name}", below.get("description", "")
        yield from explained(below, f"{path}.{name}")
    if isinstance(many := part.get("additionalProperties"), dict) and "properties" in many:
        yield from explained(many, f"{path}.*")


def containers(documents: list[Document]) -> list[tuple[str, Document]]:
    return [(name, one) for name, pod in pods(documents).items() for one in pod["spec"]["containers"]]


def variables(container: Document) -> dict[str, Any]:
    """Name of each variable, and its value, or where it comes from."""
    return {one["name"]: one.get("value", one.get("valueFrom")) for one in container["env"]}


class TestWhatHelmMakes:
    @pytest.mark.parametrize("values", [(), FULL], ids=["default", "school"])
    def test_helm_finds_nothing_to_say(self, values: tuple[str, ...]) -> None:
        said = helm("lint", "--strict", str(CHART), *values)
        assert "0 chart(s) failed" in said
        assert "WARNING" not in said

    @pytest.mark.parametrize("documents", BOTH)
    def test_kubernetes_takes_each(self, documents: list[Document]) -> None:
        for each in documents:
            theirs = THEIR_KINDS.get((each["apiVersion"], each["kind"]))
            if theirs is None:
                kubernetes_validate.validate(each, kubernetes_validate.latest_version(), strict=True)
            else:
                jsonschema.validate(each["spec"], theirs)

    @pytest.mark.parametrize("documents", BOTH)
    def test_names_are_used_once_and_selectors_find_their_pods(self, documents: list[Document]) -> None:
        names = [(each["kind"], each["metadata"]["name"]) for each in documents]
        assert len(names) == len(set(names))
        for deployment in of_kind(documents, "Deployment").values():
            labels = deployment["spec"]["template"]["metadata"]["labels"]
            assert picks(deployment["spec"]["selector"], labels)
        labels = {name: pod["metadata"]["labels"] for name, pod in pods(documents).items()}
        for name, service in of_kind(documents, "Service").items():
            picked = [pod for pod in labels if service["spec"]["selector"].items() <= labels[pod].items()]
            assert picked == [name]

    def test_every_value_is_explained_and_no_other_is_taken(self) -> None:
        schema = json.loads((CHART / "values.schema.json").read_text())
        found = list(explained(schema, ""))
        assert [path for path, words in found if len(words.split()) < 3] == []
        own = yaml.safe_load((CHART / "values.yaml").read_text())
        assert {f".{name}" for name in own} <= {path for path, _ in found}
        with pytest.raises(Refused, match="replcas"):
            rendered(service__replcas=3)

    def test_replicas_need_a_folder_that_all_can_mount(self) -> None:
        with pytest.raises(Refused, match="Several replicas share the state folder"):
            rendered(state__accessMode="ReadWriteOnce")
        alone = rendered(state__accessMode="ReadWriteOnce", service__replicas=1)
        assert of_kind(alone, "PersistentVolumeClaim")["learnflow-state"]

    def test_a_course_whose_name_is_too_long_for_kubernetes_is_told(self) -> None:
        with pytest.raises(Refused, match=r"give the course .* a shorter id"):
            rendered(courses={"a" * 48: ""})


class TestPods:
    @pytest.mark.parametrize("documents", BOTH)
    def test_none_owns_anything_or_can_become_anything(self, documents: list[Document]) -> None:
        for name, pod in pods(documents).items():
            spec = pod["spec"]
            assert spec["automountServiceAccountToken"] is False, name
            assert not any(spec.get(word) for word in ("hostNetwork", "hostPID", "hostIPC", "hostUsers"))
            assert (spec["securityContext"]["runAsNonRoot"], spec["securityContext"]["runAsUser"]) == (
                True,
                1000,
            )
            assert not any("hostPath" in volume for volume in spec["volumes"])
            for container in spec["containers"]:
                security = container["securityContext"]
                assert (security["privileged"], security["allowPrivilegeEscalation"]) == (False, False)
                assert (security["readOnlyRootFilesystem"], security["runAsNonRoot"]) == (True, True)
                assert security["capabilities"] == {"drop": ["ALL"]}
                assert {"requests", "limits"} <= set(container["resources"]), name
                assert "memory" in container["resources"]["limits"]
                assert not container["image"].endswith((":", ":latest"))

    @pytest.mark.parametrize("documents", BOTH)
    def test_only_what_runs_students_code_may_make_sandboxes(self, documents: list[Document]) -> None:
        for name, pod in pods(documents).items():
            (container,) = pod["spec"]["containers"]
            security = container["securityContext"]
            roles = " ".join(container.get("command", ()))
            runs_code = "grading" in roles or "generation" in roles
            if name == "learnflow" or "formgrader" in name or runs_code:
                profile = {"type": "Localhost", "localhostProfile": "learnflow/student.json"}
                assert security["seccompProfile"] == profile
                assert (security["procMount"], pod["spec"]["hostUsers"]) == ("Unmasked", False)
            else:
                assert security["seccompProfile"] == {"type": "RuntimeDefault"}
                assert "procMount" not in security

    def test_without_sandboxes_all_have_the_usual_filter(self) -> None:
        for _, container in containers(rendered(sandbox__enabled=False)):
            assert container["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}

    def test_the_service_is_asked_how_it_is_at_addresses_that_it_has(self) -> None:
        (container,) = pods(DEFAULT)["learnflow"]["spec"]["containers"]
        paths = {
            container[probe]["httpGet"]["path"]
            for probe in ("startupProbe", "livenessProbe", "readinessProbe")
        }
        assert paths == {"/services/learnflow/health/live", "/services/learnflow/health/ready"}
        known = {route.path for route in TABLE}
        assert {path.removeprefix("/services/learnflow/") for path in paths} <= known
        (below,) = pods(rendered(hub__baseUrl="/school/"))["learnflow"]["spec"]["containers"]
        assert below["livenessProbe"]["httpGet"]["path"] == "/school/services/learnflow/health/live"

    @pytest.mark.parametrize("documents", BOTH)
    def test_each_role_has_workers_and_no_other_is_named(self, documents: list[Document]) -> None:
        named: set[str] = set()
        for name, container in containers(documents):
            if "-worker-" in name:
                assert container["command"][:3] == ["learnflow", "worker", "--roles"]
                named |= set(container["command"][3].split(","))
        assert named == set(ROLES)

    @pytest.mark.parametrize("documents", BOTH)
    def test_what_has_several_replicas_keeps_all_but_one(self, documents: list[Document]) -> None:
        budgets = of_kind(documents, "PodDisruptionBudget")
        several = {
            name: each["spec"]["template"]["metadata"]["labels"]
            for name, each in of_kind(documents, "Deployment").items()
            if each["spec"].get("replicas", 2) > 1
        }
        assert set(budgets) == set(several)
        for name, labels in several.items():
            assert budgets[name]["spec"]["maxUnavailable"] == 1
            assert picks(budgets[name]["spec"]["selector"], labels)
        assert not of_kind(rendered(service__replicas=1, workers=None), "PodDisruptionBudget")

    def test_lag_decides_how_many_workers_there_are(self) -> None:
        scaled = of_kind(SCHOOLS, "ScaledObject")
        deployments = of_kind(SCHOOLS, "Deployment")
        groups = set()
        for each in scaled.values():
            deployment = deployments[each["spec"]["scaleTargetRef"]["name"]]
            assert "replicas" not in deployment["spec"], "an upgrade would undo what KEDA did"
            (trigger,) = each["spec"]["triggers"]
            if trigger["type"] == "kafka":
                groups.add(trigger["metadata"]["consumerGroup"])
        assert groups == {f"school.{part.GROUP}" for part in (progress_consumer, struggle_consumer)}
        assert not of_kind(DEFAULT, "ScaledObject")

    async def test_what_waits_in_the_database_decides_how_many_grade_and_make_exercises(
        self, tmp_path: Path
    ) -> None:
        db = Database(f"sqlite+aiosqlite:///{tmp_path / 'learnflow.sqlite'}")
        await db.open()
        async with db.begin() as conn:
            # Two to be made, and one that nobody waits for any more.
            for name, minutes in (("ada", 1), ("ben", 1), ("chen", -1)):
                until = now() + timedelta(minutes=minutes)
                await practice_wishes.put(conn, name, "c", "{}", until)
        scaling = {"minReplicas": 1, "maxReplicas": 2, "waiting": 3}
        both = {"roles": ["grading", "generation"], "replicas": 1, "autoscaling": scaling}
        mixed = rendered(*FULL, workers__both=both)
        for name, waiting in (("grading", 0), ("generation", 2), ("both", 2)):
            (trigger,) = of_kind(mixed, "ScaledObject")[f"learnflow-worker-{name}"]["spec"]["triggers"]
            asked = trigger["metadata"]
            assert (asked["host"], asked["port"]) == ("pg-rw.databases.svc", "5432")
            assert (asked["userName"], asked["dbName"]) == ("learnflow", "learnflow")
            (container,) = pods(mixed)[f"learnflow-worker-{name}"]["spec"]["containers"]
            assert asked["passwordFromEnv"] in variables(container)
            async with db.connect() as conn:
                assert await conn.scalar(sqlalchemy.text(asked["query"])) == waiting
            words = re.findall(r"'(\w+)'", asked["query"])
            assert set(words) <= set(STATUSES) and bool(words) == (name != "generation")
        await db.close()

    def test_what_has_no_queue_in_the_database_is_not_scaled_by_it(self) -> None:
        wrong = {"minReplicas": 1, "maxReplicas": 2, "waiting": 3}
        with pytest.raises(Refused, match=r"workers\.relay\.autoscaling\.waiting is for the roles"):
            rendered(*FULL, workers__relay__autoscaling=wrong)

    def test_kubernetes_waits_until_a_pod_has_drained(self) -> None:
        settings = json.loads(of_kind(DEFAULT, "ConfigMap")["learnflow"]["data"]["settings.json"])
        drain, notice = (settings["LearnFlow"][f"drain_{name}"] for name in ("seconds", "notice_seconds"))
        for name, pod in pods(DEFAULT).items():
            if name == "learnflow":
                assert pod["spec"]["terminationGracePeriodSeconds"] >= drain + notice + 10
                (container,) = pod["spec"]["containers"]
                probe = container["readinessProbe"]
                assert notice >= probe["periodSeconds"], "it is noticed before it goes"
            elif "worker" in name:
                assert pod["spec"]["terminationGracePeriodSeconds"] >= drain + 10

    def test_the_services_grade_only_where_no_worker_does(self) -> None:
        settings = json.loads(of_kind(DEFAULT, "ConfigMap")["learnflow"]["data"]["settings.json"])
        assert settings["LearnFlowGrading"]["workers"] == 0
        (container,) = pods(DEFAULT)["learnflow-worker-grading"]["spec"]["containers"]
        assert container["command"][3:6] == ["grading", "--graders", "2"]
        mounted = {mount["mountPath"] for mount in container["volumeMounts"]}
        assert settings["LearnFlow"]["state_dir"] in mounted


class TestSecrets:
    @pytest.mark.parametrize("documents", BOTH)
    def test_they_are_named_and_never_written(self, documents: list[Document]) -> None:
        assert not of_kind(documents, "Secret")
        for name, container in containers(documents):
            for variable, value in variables(container).items():
                if SECRET.search(variable):
                    assert set(value) == {"secretKeyRef"}, f"{variable} of {name}"

    def test_a_password_among_the_values_is_refused(self) -> None:
        with pytest.raises(Refused, match="database"):
            rendered(database__url="postgresql://learnflow:swordfish@db/learnflow")
        with pytest.raises(Refused, match="LearnFlowKafka"):
            rendered(settings={"LearnFlowKafka": {"client": {"sasl.password": "swordfish"}}})

    def test_each_part_gets_what_it_needs_and_no_more(self) -> None:
        for name, container in containers(SCHOOLS):
            secret = {variable for variable in variables(container) if SECRET.search(variable)}
            if name == "learnflow":
                both = {"PGPASSWORD", "LEARNFLOW_KAFKA_PASSWORD", "LEARNFLOW_MODEL_KEY"}
                browsers = {"JUPYTERHUB_API_TOKEN", "LEARNFLOW_COOKIE_SECRET"}
                assert secret == both | browsers | {"LEARNFLOW_MAIL_URL"}
            elif "formgrader" in name:
                assert secret == {"JUPYTERHUB_API_TOKEN"}
            elif "migrate" in name or "grading" in name:
                assert secret == {"PGPASSWORD"}
            elif "generation" in name:
                assert secret == {"PGPASSWORD", "LEARNFLOW_MODEL_KEY"}
            else:
                assert secret == {"PGPASSWORD", "LEARNFLOW_KAFKA_PASSWORD"}

    def test_a_service_of_the_hub_lets_in_only_who_may_come(self) -> None:
        for name, container in containers(SCHOOLS):
            told = variables(container)
            if "JUPYTERHUB_API_TOKEN" in told:
                service = name.removeprefix("learnflow-")
                assert told["JUPYTERHUB_OAUTH_ACCESS_SCOPES"] == f'["access:services!service={service}"]'
                assert (
                    told["JUPYTERHUB_API_TOKEN"]["secretKeyRef"]["key"] == f"hub.services.{service}.apiToken"
                )


class TestNetwork:
    @staticmethod
    def allowed(policy: Document) -> list[tuple[Any, Any]]:
        """Peers and ports of each rule for what goes out."""
        return [
            (peer, [(port["port"], port["protocol"]) for port in rule["ports"]])
            for rule in policy["spec"]["egress"]
            for peer in rule["to"]
        ]

    def test_a_students_pod_reaches_the_hub_and_the_service_and_nothing_else(self) -> None:
        policies = of_kind(rendered(networkPolicy__dns=False), "NetworkPolicy")
        student = {"learnflow.org/server": "student", "component": "singleuser-server"}
        mine = [each for each in policies.values() if picks(each["spec"]["podSelector"], student)]
        (policy,) = mine
        assert set(policy["spec"]["policyTypes"]) == {"Ingress", "Egress"}
        (hub, hub_ports), (service, service_ports) = self.allowed(policy)
        assert (hub_ports, service_ports) == ([(8081, "TCP")], [(8888, "TCP")])
        # Peers without a namespace or an address range: pods of this namespace.
        assert set(hub) == set(service) == {"podSelector"}
        others = [pod["metadata"]["labels"] for pod in pods(DEFAULT).values()]
        proxy = HUB | {"component": "proxy"}
        assert [labels for labels in (*others, HUB, proxy, student) if picks(hub["podSelector"], labels)] == [
            HUB
        ]
        picked = [
            labels for labels in (*others, HUB, proxy, student) if picks(service["podSelector"], labels)
        ]
        assert picked == [SERVICE]

    def test_names_are_asked_of_the_cluster_alone(self) -> None:
        policy = of_kind(DEFAULT, "NetworkPolicy")["learnflow-students"]
        (_, _, (dns, ports)) = self.allowed(policy)
        assert ports == [(53, "UDP"), (53, "TCP")]
        assert dns["namespaceSelector"]["matchLabels"] == {"kubernetes.io/metadata.name": "kube-system"}
        assert dns["podSelector"]["matchLabels"] == {"k8s-app": "kube-dns"}

    def test_nobody_but_the_hub_and_its_proxy_reaches_a_students_pod(self) -> None:
        (rule,) = of_kind(DEFAULT, "NetworkPolicy")["learnflow-students"]["spec"]["ingress"]
        label = {"hub.jupyter.org/network-access-singleuser": "true"}
        assert rule["from"] == [{"podSelector": {"matchLabels": label}}]

    def test_every_other_pod_has_a_policy_and_workers_are_reached_by_nobody(self) -> None:
        policies = of_kind(rendered(formgraders__enabled=False), "NetworkPolicy").values()
        for name, pod in pods(rendered(formgraders__enabled=False)).items():
            mine = [
                each
                for each in policies
                if picks(each["spec"]["podSelector"], pod["metadata"]["labels"])
                and "Ingress" in each["spec"]["policyTypes"]
            ]
            assert len(mine) == 1, name
            assert bool(mine[0]["spec"].get("ingress")) == (name == "learnflow"), name

    def test_turning_them_off_is_told(self, tmp_path: Path) -> None:
        # Helm shows its notes only where there is a cluster, so they are rendered as a document.
        copy = Path(shutil.copytree(CHART, tmp_path / "learnflow"))
        notes = (copy / "templates" / "NOTES.txt").read_text()
        (copy / "templates" / "notes.yaml").write_text("notes: |\n" + textwrap.indent(notes, "  "))
        warning = "WARNING: networkPolicy.enabled is false"
        assert warning in helm("template", "learnflow", str(copy), "--set", "networkPolicy.enabled=false")
        assert warning not in helm("template", "learnflow", str(copy))


class TestMigrations:
    def test_the_tables_are_made_before_anything_starts_that_reads_them(self) -> None:
        (job,) = of_kind(DEFAULT, "Job").values()
        hooks = job["metadata"]["annotations"]["helm.sh/hook"].split(",")
        assert set(hooks) == {"pre-install", "pre-upgrade"}
        assert not any(
            "helm.sh/hook" in each["metadata"].get("annotations", {}) for each in DEFAULT if each != job
        )
        (container,) = job["spec"]["template"]["spec"]["containers"]
        assert container["command"][:3] == ["learnflow", "db", "upgrade"]
        url = yaml.safe_load((CHART / "values.yaml").read_text())["database"]["url"]
        assert container["command"][3:] == ["--database-url", url]

    def test_it_needs_nothing_that_is_made_after_it(self) -> None:
        (job,) = of_kind(DEFAULT, "Job").values()
        volumes = job["spec"]["template"]["spec"]["volumes"]
        assert all(set(volume) == {"name", "emptyDir"} for volume in volumes)
        assert "configMap" not in json.dumps(job)


class TestConfiguration:
    """What the ConfigMap holds is read the way the service reads it."""

    @pytest.fixture(params=BOTH)
    def file(self, request: pytest.FixtureRequest, tmp_path: Path) -> Path:
        (found,) = of_kind(request.param, "ConfigMap").values()
        for name, words in found["data"].items():
            (tmp_path / name).write_text(words)
        return tmp_path / "learnflow_config.py"

    def test_the_service_takes_it(self, file: Path) -> None:
        config = load_config(file)
        for each in CLASSES:
            each(config=config)  # a wrong name or value would be an error
        known = {each.__name__: each for each in CLASSES}
        for section, traits in config.items():
            assert set(traits) <= set(known[section].class_trait_names(config=True)), section
        settings = LearnFlow(config=config)
        assert str(settings.state_path) == "/srv/learnflow"
        assert settings.database_url.startswith("postgresql+psycopg://learnflow@")
        assert Path(settings.courses["python-basics"]).is_dir()

    def test_kafkas_password_comes_from_the_environment(
        self, file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert "sasl.password" not in LearnFlowKafka(config=load_config(file)).client
        monkeypatch.setenv("LEARNFLOW_KAFKA_PASSWORD", "swordfish")
        assert LearnFlowKafka(config=load_config(file)).client["sasl.password"] == "swordfish"

    def test_a_change_of_it_starts_the_pods_again(self) -> None:
        before = pods(DEFAULT)["learnflow"]["metadata"]["annotations"]
        after = pods(rendered(settings={"LearnFlowTutor": {"policy": "open"}}))
        assert before != after["learnflow"]["metadata"]["annotations"]

    def test_nothing_of_the_text_is_left_to_fill_in(self) -> None:
        assert not re.search(r"<no value>|\{\{ ?\.", text(*FULL))
