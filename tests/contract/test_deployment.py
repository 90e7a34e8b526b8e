"""The two deployments by containers hold to the contract table and to the services' settings (S23, S24).

Offline, without Docker and without a cluster: what is checked is what the files say, not that it runs.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import re
import ssl
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import kubernetes_validate  # type: ignore[import-untyped]
import pytest
import yaml

from deploy.compose.secrets import MAIL, make_secrets
from shared.contracts.topics import SERVICES, TOPIC, TOPICS
from shared.platform.settings import Settings
from tests.contract.manifests import BASE, ROOT, WARD, Manifest, compose, containers, kustomization, of_kind, render

COMPOSE = compose()
WARD_OBJECTS = render(WARD)
DEPLOYMENTS = of_kind(WARD_OBJECTS, "Deployment")
VIEWS = ("lottery-live", "retention-live")
PARTS = (*SERVICES, *VIEWS)
KUBERNETES = "1.33"
NOT_OURS = {"FORWARDED_ALLOW_IPS"}  # uvicorn's
# What each custom resource must have for us to be safe; its own schema is its operator's.
NEEDED = {
    "Kafka": ("spec.kafka.listeners", "spec.kafka.authorization.type", "spec.kafka.config",
              "spec.entityOperator.topicOperator", "spec.entityOperator.userOperator"),
    "KafkaNodePool": ("spec.replicas", "spec.roles", "spec.storage.type", "metadata.labels"),
    "KafkaTopic": ("spec.partitions", "spec.replicas", "spec.config", "metadata.labels"),
    "KafkaUser": ("spec.authentication.type", "spec.authorization.acls", "metadata.labels"),
    "MongoDBCommunity": ("spec.type", "spec.members", "spec.version", "spec.security.tls.enabled",
                         "spec.security.authentication.modes", "spec.users"),
    "ScaledObject": ("spec.scaleTargetRef.name", "spec.minReplicaCount", "spec.maxReplicaCount", "spec.triggers"),
    "TriggerAuthentication": ("spec.secretTargetRef",),
}
HAND_MADE_SECRETS = {f"mongodb-{name}-password" for name in SERVICES} | {
    "mongodb-tls", "mongodb-ca", "mail-relay", "first-officer", "kujibiki-tls"}


def settings_of(part: str) -> type[Settings]:
    name = part.partition("-")[0]
    module = importlib.import_module(f"services.{name}.settings")
    kind: type[Settings] = getattr(module, f"{name.capitalize()}Settings")
    return kind


def compose_environment(part: str) -> dict[str, str]:
    return {name: str(value) for name, value in COMPOSE["services"][part]["environment"].items()}


def kubernetes_environment(part: str) -> dict[str, str]:
    container = DEPLOYMENTS[part]["spec"]["template"]["spec"]["containers"][0]
    maps = of_kind(WARD_OBJECTS, "ConfigMap")
    shared = {k: v for each in container["envFrom"] for k, v in maps[each["configMapRef"]["name"]]["data"].items()}
    return shared | {each["name"]: each.get("value", "by reference") for each in container["env"]}


def told(where: str, part: str) -> dict[str, str]:
    return compose_environment(part) if where == "compose" else kubernetes_environment(part)


def at(manifest: Manifest, path: str) -> Any:
    for part in path.split("."):
        assert part in manifest, f"{manifest.get('metadata', {}).get('name', '')} has no {path}"
        manifest = manifest[part]
    return manifest


def release() -> str:
    version: str = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    return version


# -- both --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["compose", "kubernetes"])
@pytest.mark.parametrize("part", PARTS)
def test_a_service_is_told_all_that_it_needs_and_nothing_it_does_not_know(where: str, part: str) -> None:
    fields, names = settings_of(part).model_fields, told(where, part)
    known = {f"KUJIBIKI_{name.upper()}" for name in fields} | NOT_OURS
    needed = {f"KUJIBIKI_{name.upper()}" for name, field in fields.items() if field.is_required()}
    assert set(names) <= known
    assert needed <= set(names)
    assert names["KUJIBIKI_SERVICE"] == names["KUJIBIKI_KAFKA_USER"] == part.partition("-")[0]
    assert set(json.loads(names["KUJIBIKI_PUBLIC_URLS"])) == set(SERVICES)


@pytest.mark.parametrize("part", PARTS)
def test_the_image_is_this_release_everywhere(part: str) -> None:
    assert COMPOSE["services"][part]["image"] == f"kujibiki:{release()}"
    (container,) = DEPLOYMENTS[part]["spec"]["template"]["spec"]["containers"]
    assert container["image"].endswith(f"/kujibiki:{release()}")
    module = ["python", "-m", f"services.{part.replace('-', '.')}"]
    assert COMPOSE["services"][part]["command"] == container["args"] == module
    assert importlib.util.find_spec(f"services.{part.replace('-', '.')}") is not None


def test_no_secret_is_written_anywhere() -> None:
    files = [ROOT / "docker-compose.yml", ROOT / "deploy/Dockerfile", *_below("deploy/k8s"),
             *_below("deploy/observability")]
    for path in files:
        text = path.read_text()
        assert not re.search(r"://[^/\s:@]+:[^/\s@]+@|-----BEGIN|kind: Secret\b", text), path
    for where in ("compose", "kubernetes"):
        for part in PARTS:
            for name, value in told(where, part).items():
                assert not re.search("PASSWORD|SECRET|_URI|_KEY|OFFICER", name) or value.startswith("/"), name
    for name, service in COMPOSE["services"].items():
        for variable, value in service.get("environment", {}).items():
            assert "PASSWORD" not in variable or str(value).startswith("/"), (name, variable)


def _below(folder: str) -> Iterator[Path]:
    return (path for path in (ROOT / folder).rglob("*") if path.is_file())


# -- compose -----------------------------------------------------------------------------------------------------------


def test_the_compose_file_holds_to_the_specification() -> None:
    package = importlib.util.find_spec("check_jsonschema")
    assert package is not None
    assert package.origin is not None
    schema = Path(package.origin).parent / "builtin_schemas/vendor/compose-spec.json"
    jsonschema.Draft202012Validator(json.loads(schema.read_text())).validate(COMPOSE)


@pytest.mark.parametrize("part", PARTS)
def test_a_container_sees_the_folder_of_its_own_service_only(part: str) -> None:
    service = COMPOSE["services"][part]
    state = [mount for mount in service["volumes"] if mount["source"] == "state"]
    assert [mount["volume"]["subpath"] for mount in state] == [f"services/{part.partition('-')[0]}"]
    assert {mount["volume"]["subpath"] for mount in service["volumes"] if mount["source"] == "secrets"} <= {"trust"}
    assert service["depends_on"]["provision"]["condition"] == "service_completed_successfully"
    assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])


def test_compose_publishes_on_loopback_only_and_pins_its_images() -> None:
    for name, service in COMPOSE["services"].items():
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ())), name
        assert re.search(r":v?\d+\.\d+", service["image"]), name
        # With `secrets`, which makes everything, as the one that must give files away.
        assert service.get("cap_add", []) == ([] if name != "secrets" else ["CHOWN", "DAC_OVERRIDE", "FOWNER"])


def test_every_file_that_compose_mounts_is_there() -> None:
    mounts = [mount for service in COMPOSE["services"].values() for mount in service.get("volumes", ())]
    files = [mount.partition(":")[0] for mount in mounts if isinstance(mount, str) and mount.startswith("./")]
    assert len(files) == 4
    assert all((ROOT / name).exists() for name in files)


def test_traces_go_where_tempo_listens_and_the_dashboard_asks_tempo() -> None:
    folder = ROOT / "deploy/observability"
    tempo = yaml.safe_load((folder / "tempo.yaml").read_text())
    port = tempo["distributor"]["receivers"]["zipkin"]["endpoint"].rpartition(":")[2]
    assert compose_environment("intake")["KUJIBIKI_ZIPKIN_ENDPOINT"] == f"http://tempo:{port}/api/v2/spans"
    (source,) = yaml.safe_load((folder / "grafana/provisioning/datasources/tempo.yaml").read_text())["datasources"]
    dashboard = json.loads((folder / "grafana/dashboards/traces.json").read_text())
    tables = [panel for panel in dashboard["panels"] if panel["type"] != "text"]
    assert {panel["datasource"]["uid"] for panel in tables} == {source["uid"]}
    listed = next(each["query"] for each in dashboard["templating"]["list"] if each["name"] == "service")
    assert listed.split(",") == list(SERVICES)


def test_the_notifier_trusts_the_mail_catcher_and_secrets_are_made_once(tmp_path: Path) -> None:
    make_secrets(tmp_path)
    files = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert all(path.stat().st_mode & 0o077 == 0 for path in files)
    make_secrets(tmp_path)
    assert {path: path.read_bytes() for path in files} == files
    assert f":-{MAIL}}}" in compose_environment("notifier")["KUJIBIKI_SMTP_HOST"]
    client = ssl.create_default_context(cafile=tmp_path / "trust/mail-ca.pem")
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(tmp_path / "mail/certificate.pem", tmp_path / "mail/key.pem")
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [client.wrap_bio(back, there, server_hostname=MAIL), server.wrap_bio(there, back, server_side=True)]
    for end in ends * 3:
        with suppress(ssl.SSLWantReadError):
            end.do_handshake()
    assert ends[0].version() is not None


# -- kubernetes --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("folder", [BASE, WARD], ids=lambda folder: folder.name)
def test_a_kustomization_lists_all_its_files_and_no_other(folder: Path) -> None:
    listed = kustomization(folder)
    files = {name for name in listed["resources"] if name.endswith(".yaml")}
    files |= {patch["path"] for patch in listed.get("patches", ())}
    assert files | {"kustomization.yaml"} == {path.name for path in folder.iterdir()}


@pytest.mark.parametrize("rendered", WARD_OBJECTS, ids=lambda each: f"{each['kind']}-{each['metadata']['name']}")
def test_an_object_holds_to_its_schema(rendered: Manifest) -> None:
    if rendered["kind"] not in NEEDED:
        kubernetes_validate.validate(rendered, KUBERNETES, strict=True)
        return
    for path in NEEDED[rendered["kind"]]:
        assert at(rendered, path) not in (None, "", [])


def test_names_are_not_taken_twice() -> None:
    names = [(each["kind"], each["metadata"]["name"]) for each in WARD_OBJECTS]
    assert len(names) == len(set(names))


def test_every_topic_of_the_table_is_there_with_three_replicas() -> None:
    topics = of_kind(WARD_OBJECTS, "KafkaTopic")
    assert {name: topic["spec"]["partitions"] for name, topic in topics.items()} == {
        topic.name: topic.partitions for topic in TOPICS}
    assert all(topic["spec"]["replicas"] == 3 for topic in topics.values())


def test_kafka_loses_nothing_and_lets_only_its_users_in_by_tls() -> None:
    spec = of_kind(WARD_OBJECTS, "Kafka")["kujibiki"]["spec"]["kafka"]
    (listener,) = spec["listeners"]
    assert (listener["tls"], listener["authentication"]["type"]) == (True, "scram-sha-512")
    assert spec["authorization"] == {"type": "simple"}
    config = spec["config"]
    assert (config["default.replication.factor"], config["min.insync.replicas"]) == (3, 2)
    assert (config["unclean.leader.election.enable"], config["auto.create.topics.enable"]) == (False, False)
    assert of_kind(WARD_OBJECTS, "KafkaNodePool")["node"]["spec"]["replicas"] == 3
    assert set(of_kind(WARD_OBJECTS, "KafkaUser")) == set(SERVICES)


def test_each_service_has_its_own_database_and_no_other() -> None:
    spec = of_kind(WARD_OBJECTS, "MongoDBCommunity")["mongodb"]["spec"]
    assert (spec["members"], spec["security"]["tls"]["enabled"]) == (3, True)
    assert {user["name"]: user["roles"] for user in spec["users"]} == {
        name: [{"name": "readWrite", "db": name}] for name in SERVICES}


@pytest.mark.parametrize("part", PARTS)
def test_a_pod_may_do_as_little_as_possible(part: str) -> None:
    pod = DEPLOYMENTS[part]["spec"]["template"]["spec"]
    container = pod["containers"][0]
    assert (pod["automountServiceAccountToken"], pod["securityContext"]["runAsNonRoot"]) == (False, True)
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}
    assert set(container["resources"]) == {"requests", "limits"}
    own, mounts = part.partition("-")[0], {mount["name"]: mount for mount in container["volumeMounts"]}
    for volume in pod["volumes"]:
        secret = volume.get("secret")
        if secret:
            assert (secret["defaultMode"], mounts[volume["name"]]["readOnly"]) == (0o400, True)
            assert not any(name in secret["secretName"] for name in SERVICES if name != own)
        if "persistentVolumeClaim" in volume:
            assert volume["persistentVolumeClaim"]["claimName"] == f"{own}-keys"
            # Or each mount would open the key files to the group, and the service would refuse to start.
            assert pod["securityContext"]["fsGroupChangePolicy"] == "OnRootMismatch"
    assert set(mounts) == {volume["name"] for volume in pod["volumes"]}


@pytest.mark.parametrize("part", PARTS)
def test_each_file_that_a_pod_is_told_of_is_mounted(part: str) -> None:
    pod = DEPLOYMENTS[part]["spec"]["template"]["spec"]
    paths = {mount["name"]: mount["mountPath"] for mount in pod["containers"][0]["volumeMounts"]}
    files = {f"{paths[volume['name']]}/{item['path']}" for volume in pod["volumes"] if "secret" in volume
             for item in volume["secret"]["items"]}
    wanted = {value for name, value in kubernetes_environment(part).items() if name.endswith("_FILE")}
    uri = of_kind(WARD_OBJECTS, "MongoDBCommunity")["mongodb"]["spec"]["additionalConnectionStringConfig"]
    assert wanted | {uri["tlsCAFile"]} == files


def test_every_secret_is_made_by_an_operator_or_named_in_the_handbook() -> None:
    named = {match for path in BASE.glob("*.yaml") for match in re.findall(r"secretName: ([\w-]+)", path.read_text())}
    users = of_kind(WARD_OBJECTS, "MongoDBCommunity")["mongodb"]["spec"]["users"]
    made = {"kujibiki-cluster-ca-cert", *SERVICES, *(user["connectionStringSecretName"] for user in users)}
    assert named - made <= HAND_MADE_SECRETS
    assert {user["passwordSecretRef"]["name"] for user in users} <= HAND_MADE_SECRETS
    handbook = (ROOT / "docs/operations.md").read_text()
    for name in HAND_MADE_SECRETS:
        assert f"`{re.sub('|'.join(SERVICES), '<service>', name)}`" in handbook


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_probed_budgeted_scaled_and_reached(name: str) -> None:
    (container,) = DEPLOYMENTS[name]["spec"]["template"]["spec"]["containers"]
    assert container["readinessProbe"]["httpGet"]["path"] == "/readyz"
    assert container["livenessProbe"]["httpGet"]["path"] == "/healthz"
    assert "replicas" not in DEPLOYMENTS[name]["spec"], "its ScaledObject says how many"
    label = {"app.kubernetes.io/name": name}
    assert of_kind(WARD_OBJECTS, "Service")[name]["spec"]["selector"] == label
    assert of_kind(WARD_OBJECTS, "PodDisruptionBudget")[name]["spec"]["selector"]["matchLabels"] == label
    assert DEPLOYMENTS[name]["spec"]["template"]["metadata"]["labels"].items() >= label.items()
    (rule,) = of_kind(WARD_OBJECTS, "Ingress")["kujibiki"]["spec"]["rules"]
    paths = {path["path"]: path["backend"]["service"]["name"] for path in rule["http"]["paths"]}
    assert paths[f"/{name}"] == name
    assert json.loads(kubernetes_environment(name)["KUJIBIKI_PUBLIC_URLS"])[name] == f"https://{rule['host']}"


@pytest.mark.parametrize("name", SERVICES)
def test_replicas_follow_the_lag_of_topics_that_the_service_reads(name: str) -> None:
    spec = of_kind(WARD_OBJECTS, "ScaledObject")[name]["spec"]
    assert spec["scaleTargetRef"]["name"] == name
    lags = [trigger for trigger in spec["triggers"] if trigger["type"] == "kafka"]
    for trigger in lags:
        assert trigger["metadata"]["consumerGroup"] == name
        assert name in TOPIC[trigger["metadata"]["topic"]].readers
        assert trigger["authenticationRef"]["name"] in of_kind(WARD_OBJECTS, "TriggerAuthentication")
    assert spec["maxReplicaCount"] <= max(TOPIC[trigger["metadata"]["topic"]].partitions for trigger in lags)


@pytest.mark.parametrize("view", VIEWS)
def test_there_is_one_replica_of_a_faust_view_and_never_two(view: str) -> None:
    spec = DEPLOYMENTS[view]["spec"]
    assert (spec["replicas"], spec["strategy"]) == (1, {"type": "Recreate"})
    assert view not in of_kind(WARD_OBJECTS, "ScaledObject")


def test_nothing_talks_to_anything_by_default_and_only_the_notifier_leaves_the_cluster() -> None:
    policies = of_kind(WARD_OBJECTS, "NetworkPolicy")
    assert policies["default-deny"]["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    assert [name for name, each in policies.items() if "ipBlock" in json.dumps(each)] == ["mail-relay"]
    assert policies["mail-relay"]["spec"]["podSelector"]["matchLabels"] == {"app.kubernetes.io/name": "notifier"}
    open_ways = {name for name, each in policies.items() for rule in each["spec"].get("egress", ()) if "to" not in rule}
    assert open_ways == {"kafka-out", "mongodb"}, "to the Kubernetes API, which no selector can name"
    assert set(policies["services-out"]["spec"]["podSelector"]["matchExpressions"][0]["values"]) == set(PARTS)


def test_the_renderer_found_all_containers() -> None:
    assert len(containers(WARD_OBJECTS)) == len(PARTS)
