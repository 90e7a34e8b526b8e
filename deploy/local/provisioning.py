"""`kujibiki provision`: topics, rights, users and each service's files, for a Kafka and a MongoDB that run elsewhere.

It starts nothing. Containers run it once before the services (docker-compose.yml); it can be repeated at any time.
"""

import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal

from pymongo import MongoClient
from pymongo.errors import ConnectionFailure, OperationFailure
from pymongo.uri_parser import parse_uri

from deploy.local.errors import StackError
from deploy.local.kafka_admin import answers
from deploy.local.mongo_admin import await_primary
from deploy.local.mongo_server import REPLICA_SET
from deploy.local.outside import Outside
from deploy.local.plan import Plan
from deploy.local.ports import Ports
from deploy.local.profile import EMBEDDED, Profile
from deploy.local.provision import provision_files, provision_kafka, provision_mongo
from deploy.local.state import State
from deploy.local.table import contract_topics

Report = Callable[[str], None]
Erasure = Literal["hour", "seconds"]

# As on Kubernetes (shared/contracts/publish.py): an erased record is gone from Kafka after about an hour.
WITHIN_AN_HOUR = {
    "segment.ms": "900000",
    "min.cleanable.dirty.ratio": "0",
    "max.compaction.lag.ms": "1800000",
    "delete.retention.ms": "900000",
}
_NOT_YET_INITIALIZED = 94
_ALREADY_INITIALIZED = 23
_PATIENCE = 120.0


def provision(
    state: Path,
    report: Report,
    *,
    replication: int = 1,
    erasure: Erasure = "hour",
    environment: Mapping[str, str] = os.environ,
    patience: float = _PATIENCE,
) -> None:
    """Wait until both answer, then bring them in line with the contract table and write the services' files."""
    outside = _named(environment)
    plan = Plan(State(state.resolve()), Ports(), outside, ())
    _await_kafka(plan, patience)
    found_replica_set(plan.mongo_uri, patience)
    personal = EMBEDDED.personal if erasure == "seconds" else tuple(WITHIN_AN_HOUR.items())
    provision_kafka(plan, contract_topics(), report, Profile(replication, personal))
    provision_mongo(plan)
    provision_files(plan.state)
    report(f"the services' files are in {plan.state.root / 'services'}")


def found_replica_set(uri: str, patience: float = _PATIENCE) -> None:
    """Make the replica set that the address names, if its first member has none yet; wait until it takes writes."""
    end, parsed = time.monotonic() + patience, parse_uri(uri)
    nodes: list[tuple[str, int]] = parsed["nodelist"]
    options = {key.lower(): str(value) for key, value in parsed["options"].items()}
    host, port = nodes[0]
    while True:
        try:
            with MongoClient[dict[str, object]](
                host, port, username=parsed["username"], password=parsed["password"], directConnection=True,
                authSource=options.get("authsource", "admin"), serverSelectionTimeoutMS=3000,
            ) as member:  # fmt: skip
                _initiate(member, options.get("replicaset", REPLICA_SET), nodes)
            break
        except (ConnectionFailure, OperationFailure) as problem:
            # The image's first start makes its admin on loopback only, and then starts anew.
            if time.monotonic() > end:
                raise StackError(f"MongoDB at {host}:{port} could not be reached as its admin: {problem}") from problem
            time.sleep(1)
    with MongoClient[dict[str, object]](uri, serverSelectionTimeoutMS=int(patience * 1000)) as whole:
        await_primary(whole)


def _initiate(member: MongoClient[dict[str, object]], name: str, nodes: list[tuple[str, int]]) -> None:
    try:
        member.admin.command("replSetGetStatus")
        return
    except OperationFailure as problem:
        if problem.code != _NOT_YET_INITIALIZED:
            raise
    members = [{"_id": number, "host": f"{host}:{port}"} for number, (host, port) in enumerate(nodes)]
    try:
        member.admin.command("replSetInitiate", {"_id": name, "members": members})
    except OperationFailure as problem:
        if problem.code != _ALREADY_INITIALIZED:
            raise


def _named(environment: Mapping[str, str]) -> Outside:
    told, file = dict(environment), environment.get("KUJIBIKI_MONGO_URI_ADMIN_FILE")
    if file:
        try:
            told["KUJIBIKI_MONGO_URI_ADMIN"] = Path(file).read_text(encoding="utf-8").strip()
        except OSError as problem:
            raise StackError(f"The file {file} cannot be read: {problem.strerror}.") from problem
    outside = Outside.read(told)
    if not outside.kafka or not outside.mongo_uri:
        raise StackError(
            "`kujibiki provision` sets up a Kafka and a MongoDB that run already, and must be told both: set "
            "KUJIBIKI_KAFKA_BOOTSTRAP with KUJIBIKI_KAFKA_ADMIN_USER and KUJIBIKI_KAFKA_ADMIN_PASSWORD_FILE, and "
            "KUJIBIKI_MONGO_URI_ADMIN or KUJIBIKI_MONGO_URI_ADMIN_FILE. `kujibiki up` starts its own."
        )
    return outside


def _await_kafka(plan: Plan, patience: float) -> None:
    end = time.monotonic() + patience
    while not answers(plan.kafka_access):
        if time.monotonic() > end:
            raise StackError(
                f"Kafka at {plan.kafka_access.bootstrap} does not let {plan.kafka_access.user} in. Check that it runs, "
                "and the user and password (KUJIBIKI_KAFKA_ADMIN_USER, KUJIBIKI_KAFKA_ADMIN_PASSWORD_FILE)."
            )
        time.sleep(1)
