"""The watch over the access log, a Faust view: `python -m services.retention.live` (see `messaging.view_process`)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from services.retention.domain.unusual import MINUTES, Unusual, Watch
from services.retention.settings import RetentionSettings
from shared.contracts.envelope import Envelope, derived_id, moment_text
from shared.contracts.erasure import AccessUnusual
from shared.contracts.privacy import Access
from shared.messaging.view_process import Now, Statement, ViewProcess, run

PART = "retention.live"


class AccessWatch:
    """Counts accesses, and says what is unusual once a pattern and window."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch

    def hear(self, message: Envelope[Any]) -> None:
        """One access; other events of the topic don't count."""
        if isinstance(message.data, Access):
            self._watch.hear(message.id, message.programme, message.data)

    def changes(self, now: Now) -> Iterator[Statement]:
        """The alarms that were not said by this process yet."""
        for found in list(self._watch.findings()):
            yield _alarm(found)
        self._watch.forget(now)


def _alarm(found: Unusual) -> Statement:
    who = found.who
    event = AccessUnusual(
        pattern=found.pattern, actor=who.actor, role=who.role, service=who.service, count=found.count,
        minutes=MINUTES, first_at=found.first_at, last_at=found.last_at)
    event_id = derived_id(
        "unusual", found.pattern, who.programme, who.service, who.actor, who.role, moment_text(found.window))
    return Statement(event, who.programme, who.programme, found.last_at, event_id)


def process(settings: RetentionSettings) -> ViewProcess:
    """The view, not started."""
    watch = AccessWatch(Watch(settings.unusual))
    return ViewProcess(settings, PART, Access.TOPIC, AccessUnusual.TOPIC, watch)


if __name__ == "__main__":
    run(process(RetentionSettings()))
