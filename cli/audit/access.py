"""How an auditor reaches what is audited: read-only users of Kafka and MongoDB, the services' addresses, files.

On the embedded stack all of it follows from its state folder. Elsewhere the ward writes a file (TOML):

    [kafka]
    bootstrap = "broker:9093"
    security = "SASL_SSL"
    user = "auditor"
    password_file = "/run/secrets/auditor-kafka"
    ca_file = "/etc/kujibiki/ca.pem"
    [mongo]
    uri_file = "/run/secrets/auditor-mongo-uri"
    [urls]
    intake = "https://apply.example"
    ...
    [key_folders]            # where they can be seen; left out, key files are attested only
    intake = "/var/lib/kujibiki/intake/keys"
"""

from __future__ import annotations

import ssl
import tomllib
from pathlib import Path
from typing import Any, Self

from aiokafka import AIOKafkaConsumer
from pydantic import BaseModel, ConfigDict, ValidationError

from deploy.local.environment import Endpoints
from deploy.local.errors import StackError
from deploy.local.state import State
from deploy.local.table import AUDITOR, SERVICES


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class KafkaReader(_Strict):
    """Kafka, as somebody who may read."""

    bootstrap: str
    security: str = "SASL_SSL"
    user: str = AUDITOR
    password_file: Path | None = None
    ca_file: Path | None = None

    def consumer(self) -> AIOKafkaConsumer:
        """A client that reads from the first offset and commits nothing."""
        told: dict[str, Any] = {}
        if self.security.startswith("SASL") and self.password_file is not None:
            told = {"sasl_mechanism": "SCRAM-SHA-512", "sasl_plain_username": self.user,
                    "sasl_plain_password": self.password_file.read_text(encoding="utf-8").strip()}
        if self.security.endswith("SSL"):
            told["ssl_context"] = ssl.create_default_context(cafile=self.ca_file)
        return AIOKafkaConsumer(
            bootstrap_servers=self.bootstrap, security_protocol=self.security, enable_auto_commit=False,
            auto_offset_reset="earliest", isolation_level="read_committed",
            max_partition_fetch_bytes=4 * 1024 * 1024, **told)


class MongoReader(_Strict):
    """MongoDB, as somebody who may read."""

    uri_file: Path


class Access(_Strict):
    """All that an audit needs to reach."""

    kafka: KafkaReader
    mongo: MongoReader
    urls: dict[str, str]
    key_folders: dict[str, Path] = {}

    @classmethod
    def of_state(cls, state: State) -> Self:
        """The embedded stack's."""
        points = Endpoints.load(state)
        own = state.user(AUDITOR)
        return cls(
            kafka=KafkaReader(bootstrap=points.kafka_bootstrap, security=points.kafka_security,
                              password_file=own / "kafka-password"),
            mongo=MongoReader(uri_file=own / "mongo-uri"), urls=points.public_urls(),
            key_folders={name: state.user(name) / "keys" for name in SERVICES},
        )

    @classmethod
    def of_file(cls, path: Path) -> Self:
        """What the ward wrote. Raises `StackError` that says what is wrong with it."""
        try:
            return cls.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
        except (OSError, tomllib.TOMLDecodeError, ValidationError) as problem:
            raise StackError(f"{path} cannot be used: {problem}") from problem

    def mongo_uri(self) -> str:
        """The address with user and password."""
        return self.mongo.uri_file.read_text(encoding="utf-8").strip()
