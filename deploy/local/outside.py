"""Parts that run already elsewhere: named by environment variable, then used instead of started."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.local.errors import StackError
from deploy.local.kafka_admin import KafkaAccess


@dataclass(frozen=True)
class Outside:
    """What the environment names; None means: start our own. Spans go nowhere where `zipkin` is empty."""

    kafka: KafkaAccess | None = None
    mongo_uri: str | None = None
    zipkin: str | None = None
    smtp: tuple[str, int] | None = None
    smtp_extra: tuple[tuple[str, str], ...] = ()

    @classmethod
    def read(cls, environment: Mapping[str, str] = os.environ) -> "Outside":
        """What KUJIBIKI_KAFKA_BOOTSTRAP, …_MONGO_URI_ADMIN, …_ZIPKIN_ENDPOINT and …_SMTP_HOST say."""
        return cls(
            kafka=_kafka(environment),
            mongo_uri=environment.get("KUJIBIKI_MONGO_URI_ADMIN"),
            zipkin=environment.get("KUJIBIKI_ZIPKIN_ENDPOINT"),
            smtp=_smtp(environment),
            smtp_extra=tuple(
                (key, environment[key])
                for key in ("KUJIBIKI_SMTP_CA_FILE", "KUJIBIKI_SMTP_USER", "KUJIBIKI_SMTP_PASSWORD_FILE")
                if key in environment
            ),
        )

    def addresses(self) -> dict[str, str]:
        """Part → where it is, for people: without passwords."""
        found = {
            "kafka": self.kafka.bootstrap if self.kafka else None,
            "mongo": self.mongo_uri.rpartition("@")[2].partition("?")[0] if self.mongo_uri else None,
            "zipkin": self.zipkin,
            "mail": f"{self.smtp[0]}:{self.smtp[1]}" if self.smtp else None,
        }
        return {name: address for name, address in found.items() if address}


def _kafka(environment: Mapping[str, str]) -> KafkaAccess | None:
    bootstrap = environment.get("KUJIBIKI_KAFKA_BOOTSTRAP")
    if not bootstrap:
        return None
    security = environment.get("KUJIBIKI_KAFKA_SECURITY", "SASL_PLAINTEXT")
    if not security.startswith("SASL"):
        return KafkaAccess(bootstrap, security=security)
    user, file = (
        environment.get("KUJIBIKI_KAFKA_ADMIN_USER"),
        environment.get("KUJIBIKI_KAFKA_ADMIN_PASSWORD_FILE"),
    )
    if not user or not file:
        raise StackError(
            f"KUJIBIKI_KAFKA_BOOTSTRAP names a Kafka at {bootstrap}, but not who may administer it. Set "
            "KUJIBIKI_KAFKA_ADMIN_USER and KUJIBIKI_KAFKA_ADMIN_PASSWORD_FILE; or KUJIBIKI_KAFKA_SECURITY="
            "PLAINTEXT if it knows no users (rights are then not enforced)."
        )
    return KafkaAccess(bootstrap, user, _password(Path(file)), security)


def _password(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8").strip()
    except OSError as problem:
        raise StackError(f"The password file {file} cannot be read: {problem.strerror}.") from problem


def _smtp(environment: Mapping[str, str]) -> tuple[str, int] | None:
    host = environment.get("KUJIBIKI_SMTP_HOST")
    if not host:
        return None
    port = environment.get("KUJIBIKI_SMTP_PORT", "25")
    if not port.isdigit():
        raise StackError(f"KUJIBIKI_SMTP_PORT is {port!r}: give a number.")
    return host, int(port)
