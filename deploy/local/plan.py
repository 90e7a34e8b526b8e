"""Which parts a stack has, and how each is started and asked whether it is ready."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib.util import find_spec

from deploy.local import jars, mongo_admin
from deploy.local.credentials import secret
from deploy.local.environment import Endpoints, service_environment, surroundings
from deploy.local.errors import StackError
from deploy.local.kafka_admin import KafkaAccess, answers
from deploy.local.kafka_server import ADMIN, KafkaServer
from deploy.local.mail.certificate import MailCertificate
from deploy.local.mongo_server import MongoServer
from deploy.local.outside import Outside
from deploy.local.part import PartSpec
from deploy.local.ports import LOOPBACK, Ports
from deploy.local.probes import both, http_ok, listens
from deploy.local.state import State
from deploy.local.warm_java import cache_options
from deploy.local.zipkin_server import ZipkinServer


@dataclass(frozen=True)
class Plan:
    """All decisions about one stack's parts; it starts nothing itself."""

    state: State
    ports: Ports
    outside: Outside
    service_names: Sequence[str]
    replicas: Mapping[str, int] = field(default_factory=dict)

    def prepare(self, report: Callable[[str], None]) -> None:
        """Fetch what is not there yet, write configurations and secrets."""
        from deploy.local.provision import provision_files

        if not self.outside.kafka:
            jars.provide(jars.KAFKA, report)
            self._kafka.prepare()
        if self.outside.zipkin is None:
            jars.provide(jars.ZIPKIN, report)
        if not self.outside.mongo_uri:
            self._mongo.prepare()
        if not self.outside.smtp:
            self._certificate.provide()
        provision_files(self.state)
        self.endpoints.save(self.state)

    def ports_wanted(self) -> list[str]:
        """The ports that this stack will listen on."""
        ours = {
            "kafka": not self.outside.kafka,
            "controller": not self.outside.kafka,
            "mongo": not self.outside.mongo_uri,
            "zipkin": self.outside.zipkin is None,
            "smtp": not self.outside.smtp,
            "mail": not self.outside.smtp,
            "start": bool(self.service_names),
        }
        own = [f"{name}-{number}" for name, many in self.replicas.items() if many > 1 for number in range(1, many + 1)]
        return [name for name, wanted in ours.items() if wanted] + list(self.service_names) + own

    def infrastructure(self) -> Iterator[PartSpec]:
        """The parts that services need, those that are not elsewhere."""
        if not self.outside.mongo_uri:
            yield self._mongo_part()
        if not self.outside.kafka:
            yield self._kafka_part()
        if not self.outside.smtp:
            yield self._mail_part()
        if self.outside.zipkin is None:
            yield self._zipkin_part()

    def services(self) -> Iterator[PartSpec]:
        """The services, and the Faust views of those that have one."""
        for name in self.service_names:
            if find_spec(f"services.{name}.__main__") is None:
                raise StackError(f"There is no services/{name}/__main__.py in this checkout; is it complete?")
            many = self.replicas.get(name, 1)
            for number in range(1, many + 1):
                yield self._service_part(name, number, beside=many > 1)
            if find_spec(f"services.{name}.live") is not None:
                yield self._view_part(f"{name}.live")

    def start_page(self) -> PartSpec | None:
        """The page that links to everything; a stack without services has none."""
        if not self.service_names:
            return None
        port = self.ports.of("start")
        return PartSpec(
            "start",
            [sys.executable, "-m", "deploy.local.start_page", str(self.state.root), str(port)],
            http_ok(port, "/healthz"),
            surroundings(),
            port,
            self.ports.url("start"),
            quiet=True,
        )

    @property
    def kafka_access(self) -> KafkaAccess:
        """Kafka as its superuser."""
        if self.outside.kafka:
            return self.outside.kafka
        password = secret(self.state.secrets / "kafka-admin-password")
        return KafkaAccess(f"{LOOPBACK}:{self.ports.of('kafka')}", ADMIN, password)

    @property
    def mongo_uri(self) -> str:
        """MongoDB as its admin."""
        return self.outside.mongo_uri or self._mongo.admin_uri

    @property
    def endpoints(self) -> Endpoints:
        """Where everything is reached, ours or elsewhere."""
        smtp = self.outside.smtp or (LOOPBACK, self.ports.of("smtp"))
        own_mail = {"KUJIBIKI_SMTP_CA_FILE": str(self._certificate.authority)}
        kafka = self.kafka_access
        return Endpoints(
            self.ports.base,
            kafka.bootstrap,
            kafka.security,
            self._spans,
            *smtp,
            dict(self.outside.smtp_extra) if self.outside.smtp else own_mail,
            traces_url=self._spans.removesuffix("/api/v2/spans"),
            mail_url="" if self.outside.smtp else self.ports.url("mail"),
        )

    @property
    def _spans(self) -> str:
        own = f"{self.ports.url('zipkin')}/api/v2/spans"
        return own if self.outside.zipkin is None else self.outside.zipkin

    @cached_property
    def _kafka(self) -> KafkaServer:
        return KafkaServer(self.state, self.ports, tuple(jars.cached(jars.KAFKA) or ()), cache_options(jars.KAFKA))

    @property
    def _mongo(self) -> MongoServer:
        return MongoServer(self.state, self.ports)

    @property
    def _certificate(self) -> MailCertificate:
        return MailCertificate(self.state)

    def _kafka_part(self) -> PartSpec:
        port, reach = self.ports.of("kafka"), self.kafka_access
        return PartSpec(
            "kafka",
            self._kafka.command(),
            both(listens(port), lambda: answers(reach)),
            surroundings(),
            port,
            still_ready=listens(port),
            # After SIGKILL it reads its segments again, which can take long on a full disk.
            ready_within=180,
            stop_within=30,
            quiet=True,
        )

    def _mongo_part(self) -> PartSpec:
        port, server = self.ports.of("mongo"), self._mongo
        return PartSpec(
            "mongo",
            server.command(),
            lambda: mongo_admin.is_primary(server.admin_uri),
            surroundings(),
            port,
            still_ready=listens(port),
            reachable=listens(port),
            after_start=lambda: mongo_admin.become_primary(server),
            ready_within=120,
            quiet=True,
        )

    def _zipkin_part(self) -> PartSpec:
        port = self.ports.of("zipkin")
        jar = (jars.cached(jars.ZIPKIN) or [])[0]
        command = ZipkinServer(self.ports, jar, cache_options(jars.ZIPKIN)).command()
        ready = http_ok(port, "/health")
        return PartSpec("zipkin", command, ready, surroundings(), port, self.ports.url("zipkin"), quiet=True)

    def _mail_part(self) -> PartSpec:
        port = self.ports.of("mail")
        return PartSpec(
            "mail",
            [
                sys.executable,
                "-m",
                "deploy.local.mail",
                str(self.state.root),
                str(self.ports.of("smtp")),
                str(port),
            ],
            both(http_ok(port, "/healthz"), listens(self.ports.of("smtp"))),
            surroundings(),
            port,
            self.ports.url("mail"),
            quiet=True,
        )

    def _service_part(self, name: str, number: int, *, beside: bool) -> PartSpec:
        port = self.ports.of(f"{name}-{number}") if beside else self.ports.of(name)
        return PartSpec(
            name if number == 1 else f"{name}-{number}",
            [sys.executable, "-m", f"services.{name}"],
            http_ok(port, "/readyz"),
            surroundings() | service_environment(self.state.root, name, replica=number, beside=beside),
            port,
            self.ports.url(name),
            alive=http_ok(port, "/healthz"),
        )

    def _view_part(self, name: str) -> PartSpec:
        return PartSpec(
            name,
            [sys.executable, "-m", f"services.{name}"],
            # A Faust view serves nothing; it is known by what it publishes. Here: that it runs.
            lambda: True,
            surroundings() | service_environment(self.state.root, name),
        )
