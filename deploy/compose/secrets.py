"""Passwords, keys and the broker's configuration for the containers, one folder a container; made once, kept after.

    kafka/      kafka.properties, cluster-id, secrets/…   mongo/    admin-password, key-file
    provision/  kafka-admin-password, mongo-uri           grafana/  admin-password
    mail/       certificate.pem, key.pem                  trust/    mail-ca.pem
"""

import os
import secrets
from pathlib import Path

from deploy.compose.certificate import self_signed
from deploy.local.credentials import mongo_key_file, secret
from deploy.local.kafka_server import KafkaServer, render
from deploy.local.mongo_server import ADMIN, REPLICA_SET
from deploy.local.ports import Ports
from deploy.local.state import State, private_folder, write_private

KAFKA, MONGO, MAIL = "kafka:9092", "mongo:27017", "mail"
KAFKA_DATA = "/var/lib/kafka/data"
# Who reads each folder: the users that the images run as. Ours is that of deploy/Dockerfile.
OWNERS = {"kafka": 1000, "mongo": 999, "grafana": 472, "provision": 10001, "mail": 10001, "trust": 10001}


def make_secrets(folder: Path) -> None:
    """Write what is missing; what is there stays as it is."""
    for name in OWNERS:
        private_folder(folder / name)
    kafka_password = _kafka(folder / "kafka")
    mongo_password = secret(folder / "mongo" / "admin-password")
    mongo_key_file(folder / "mongo" / "key-file")
    secret(folder / "grafana" / "admin-password", 16)
    write_private(folder / "provision" / "kafka-admin-password", kafka_password)
    write_private(
        folder / "provision" / "mongo-uri",
        f"mongodb://{ADMIN}:{mongo_password}@{MONGO}/?authSource=admin&replicaSet={REPLICA_SET}",
    )
    _mail(folder)
    if os.geteuid() == 0:
        _hand_over(folder)


def _kafka(folder: Path) -> str:
    """The embedded broker's settings, which the tests run, with the addresses of a container."""
    server = KafkaServer(State(folder), Ports(), ())
    settings = server.settings() | {
        "controller.quorum.voters": "1@localhost:9093",
        "listeners": "BROKER://:9092,CONTROLLER://localhost:9093",
        "advertised.listeners": f"BROKER://{KAFKA}",
        "log.dirs": KAFKA_DATA,
    }
    write_private(folder / "kafka.properties", render(settings))
    if not (folder / "cluster-id").exists():
        # A letter in front: an id that began with a hyphen would be read as an option.
        write_private(folder / "cluster-id", "k" + secrets.token_urlsafe(16)[1:])
    return secret(server.admin_password_file)


def _mail(folder: Path) -> None:
    if (folder / "trust" / "mail-ca.pem").exists():
        return
    certificate, key = self_signed(MAIL)
    write_private(folder / "mail" / "key.pem", key)
    write_private(folder / "mail" / "certificate.pem", certificate)
    write_private(folder / "trust" / "mail-ca.pem", certificate)


def _hand_over(folder: Path) -> None:
    # Only root can; a container's user must own what is readable for its owner only.
    for name, owner in OWNERS.items():
        for path in (folder / name, *(folder / name).rglob("*")):
            os.chown(path, owner, owner)
