"""Replica set and users on MongoDB: one user a service, who can use its own database and no other."""

import time
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError
from pymongo.uri_parser import parse_uri

from deploy.local.errors import StackError
from deploy.local.mongo_server import ADMIN, REPLICA_SET, MongoServer

_UNAUTHORIZED = 13
_ALREADY_INITIALIZED = 23
_USER_EXISTS = 51003
_SECONDS = 5_000

Client = MongoClient[dict[str, Any]]


def become_primary(server: MongoServer) -> None:
    """First start: found the replica set and its admin. Later: follow a move of the ports."""
    with _direct(server.address, None) as anonymous:
        # MongoDB lets an unknown caller on loopback do these two as long as it has no user. A start that was
        # killed between them is made good by the next one.
        if _permitted(anonymous, "replSetInitiate", _founding(server.address)):
            await_primary(anonymous)
        _permitted(anonymous, "createUser", ADMIN, pwd=server.admin_password, roles=["root"])
    with _direct(server.address, server.admin_password) as admin:
        _follow_address(admin, server.address)
        await_primary(admin)


def is_primary(uri: str) -> bool:
    """Whether the address answers this user as a primary that takes writes."""
    try:
        with client(uri) as connection:
            return bool(connection.admin.command("hello").get("isWritablePrimary"))
    except PyMongoError:
        return False


def client(uri: str) -> Client:
    """A client that gives up soon, for probes and for setting up."""
    return MongoClient(uri, serverSelectionTimeoutMS=_SECONDS, connectTimeoutMS=_SECONDS)


def ensure_user(connection: Client, name: str, password: str, roles: Mapping[str, str]) -> None:
    """Create the user with these roles (database → role), or bring it in line with them."""
    granted = [{"role": role, "db": database} for database, role in roles.items()]
    try:
        connection.admin.command("createUser", name, pwd=password, roles=granted)
    except OperationFailure as problem:
        if problem.code != _USER_EXISTS:
            raise StackError(
                f"MongoDB refused to create the user {name} ({problem.details}). The admin user needs the "
                "role userAdminAnyDatabase (KUJIBIKI_MONGO_URI_ADMIN)."
            ) from problem
        connection.admin.command("updateUser", name, pwd=password, roles=granted)


def user_uri(admin_uri: str, name: str, password: str, database: str) -> str:
    """The admin's address with another user and a default database, all other options kept."""
    parsed = parse_uri(admin_uri)
    hosts = ",".join(f"{host}:{port}" for host, port in parsed["nodelist"])
    options = {key: _option(value) for key, value in parsed["options"].items() if key.lower() != "authsource"}
    query = urlencode(sorted({"authSource": "admin", **options}.items()))
    return f"mongodb://{name}:{password}@{hosts}/{database}?{query}"


def _option(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def await_primary(connection: Client, patience: float = 30.0) -> None:
    """Wait until the member takes writes."""
    end = time.monotonic() + patience
    while not connection.admin.command("hello").get("isWritablePrimary"):
        if time.monotonic() > end:
            raise StackError("MongoDB did not become primary; its log says why (`kujibiki logs mongo`).")
        time.sleep(0.05)


def _direct(address: str, password: str | None) -> Client:
    user = f"{ADMIN}:{password}@" if password else ""
    return client(f"mongodb://{user}{address}/?directConnection=true")


def _founding(address: str) -> dict[str, Any]:
    return {"_id": REPLICA_SET, "members": [{"_id": 0, "host": address}]}


def _permitted(anonymous: Client, command: str, value: Any, **more: Any) -> bool:
    """Whether the command was done; False if it was done before, or is no longer for an unknown caller."""
    try:
        anonymous.admin.command(command, value, **more)
    except OperationFailure as problem:
        if problem.code in (_UNAUTHORIZED, _ALREADY_INITIALIZED, _USER_EXISTS):
            return False
        raise
    return True


def _follow_address(admin: Client, address: str) -> None:
    config = admin.admin.command("replSetGetConfig")["config"]
    if config["members"][0]["host"] == address:
        return
    config["members"] = [{**config["members"][0], "host": address}]
    config["version"] += 1
    admin.admin.command("replSetReconfig", config, force=True)


def ensure_service_users(connection: Client, passwords: Mapping[str, str]) -> None:
    """One user a service, with its own database only."""
    for name, password in passwords.items():
        ensure_user(connection, name, password, {name: "readWrite"})


def ensure_scratch_user(connection: Client, name: str, password: str, services: Iterable[str]) -> None:
    """A user who may write the scratch databases `replay_<service>`, and see no other."""
    ensure_user(connection, name, password, {f"replay_{service}": "readWrite" for service in services})


def ensure_reader(connection: Client, name: str, password: str, databases: Iterable[str]) -> None:
    """A user who may read these databases and change nothing."""
    ensure_user(connection, name, password, dict.fromkeys(databases, "read"))
