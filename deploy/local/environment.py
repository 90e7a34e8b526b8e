"""What each service is told: nothing but its own addresses, its own passwords, its own folder."""

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path

from deploy.local.errors import StackError
from deploy.local.ports import LOOPBACK, Ports
from deploy.local.state import State, private_folder, read_json, write_json
from deploy.local.table import SERVICES

# What programs need from the surroundings; the supervisor's own variables can name an admin's password.
_PASSED_ON = ("PATH", "HOME", "USER", "LANG", "LC_ALL", "TZ", "TMPDIR", "VIRTUAL_ENV", "PYTHONPATH")


@dataclass(frozen=True)
class Endpoints:
    """Where the parts of a stack are reached; kept in `stack.json` for whoever starts a service by hand."""

    port_base: int
    kafka_bootstrap: str
    kafka_security: str
    zipkin_spans: str
    smtp_host: str
    smtp_port: int
    smtp_extra: dict[str, str] = field(default_factory=dict)
    traces_url: str = ""
    mail_url: str = ""

    def save(self, state: State) -> None:
        """Write them for this start."""
        write_json(state.endpoints, asdict(self))

    @classmethod
    def load(cls, state: State) -> "Endpoints":
        """Those of the last start."""
        content = read_json(state.endpoints)
        if content is None:
            raise StackError(f"No stack was started on {state.root} yet. Run `kujibiki up` first.")
        return cls(**content)

    def public_urls(self) -> dict[str, str]:
        """What a browser opens, by name."""
        ports = Ports(self.port_base)
        pages = {name: ports.url(name) for name in (*SERVICES, "start")}
        return {**pages, "mail": self.mail_url, "traces": self.traces_url}


def service_environment(state: Path, name: str, *, replica: int = 1, beside: bool = False) -> dict[str, str]:
    """The variables of one service (`lottery`) or of its Faust view (`lottery.live`).

    `beside`: it is one of several replicas, which share the service's port; each has one of its own too.
    """
    folder = State(state)
    points = Endpoints.load(folder)
    service = name.partition(".")[0]
    own = folder.user(service)
    private_folder(own / "keys")
    told = {
        "KUJIBIKI_SERVICE": service,
        "KUJIBIKI_REPLICA": f"{name.replace('.', '-')}-{replica}",
        "KUJIBIKI_KAFKA_BOOTSTRAP": points.kafka_bootstrap,
        "KUJIBIKI_KAFKA_USER": service,
        "KUJIBIKI_KAFKA_PASSWORD_FILE": str(own / "kafka-password"),
        "KUJIBIKI_KAFKA_SECURITY": points.kafka_security,
        "KUJIBIKI_MONGO_URI_FILE": str(own / "mongo-uri"),
        "KUJIBIKI_KEYS_DIR": str(own / "keys"),
        "KUJIBIKI_HTTP_HOST": LOOPBACK,
        "KUJIBIKI_HTTP_PORT": str(Ports(points.port_base).of(name)),
        "KUJIBIKI_ZIPKIN_ENDPOINT": points.zipkin_spans,
        "KUJIBIKI_ALLOW_TICKS": "1",
        "KUJIBIKI_ERASURE_LOOK_SECONDS": "1",
        "KUJIBIKI_PUBLIC_URLS": json.dumps(points.public_urls()),
    }
    if beside:
        told |= {"KUJIBIKI_HTTP_PORT": str(Ports(points.port_base).of(f"{service}-{replica}")),
                 "KUJIBIKI_HTTP_SHARED_PORT": told["KUJIBIKI_HTTP_PORT"]}
    return told | _particular(service, points, folder)


def surroundings() -> dict[str, str]:
    """The few variables that any program may have, ours left out."""
    passed = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return {**passed, "PYTHONUNBUFFERED": "1"}


def _particular(service: str, points: Endpoints, folder: State) -> dict[str, str]:
    if service == "notifier":
        address = {"KUJIBIKI_SMTP_HOST": points.smtp_host, "KUJIBIKI_SMTP_PORT": str(points.smtp_port)}
        return address | points.smtp_extra
    if service == "retention":
        return {
            "KUJIBIKI_FIRST_OFFICER_FILE": str(folder.user("retention") / "first-officer.json"),
            "KUJIBIKI_CHECKPOINT_SECONDS": "5",
        }
    return {}
