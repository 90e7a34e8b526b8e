"""Typed settings from the environment; every name begins with `KUJIBIKI_`."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What a service must be told. Secrets come as paths of files that only the service can read."""

    model_config = SettingsConfigDict(env_prefix="KUJIBIKI_", extra="ignore", frozen=True, env_ignore_empty=True)

    service: str
    kafka_bootstrap: str
    kafka_user: str
    kafka_password_file: Path
    kafka_security: str = "SASL_SSL"
    kafka_ca_file: Path | None = None
    mongo_uri_file: Path
    keys_dir: Path
    http_host: str = "127.0.0.1"
    http_port: int
    http_shared_port: int | None = None
    """Where replicas on one machine all listen, each once it is ready; the kernel deals out connections among them."""
    zipkin_endpoint: str = ""
    allow_ticks: bool = False
    public_urls: dict[str, str] = Field(default_factory=dict)
    replica: str = "1"
    erasure_look_seconds: float = 60.0
    """How often a pending erasure's topic is marked and read again: a fraction of what compaction takes there."""
    group_pace: float = 0.0
    """Seconds from one shared commit to the next: what waits longer is committed at less cost."""
    log_level: str = "INFO"

    def kafka_password(self) -> str:
        """The password of this service's Kafka user."""
        return self.kafka_password_file.read_text().strip()

    def mongo_uri(self) -> str:
        """The connection string of this service's MongoDB user, with its password."""
        return self.mongo_uri_file.read_text().strip()
