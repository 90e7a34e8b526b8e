"""What keeps a request from being fulfilled, in words: the same for the API and for pages."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from services.intake.domain.desk import DeskRefused
from services.intake.domain.fault import Fault
from services.intake.domain.window import WindowRefused
from shared.contracts.envelope import moment_text
from shared.contracts.programme import Programme
from shared.contracts.programme_base import Words
from shared.platform.mongo import Document
from shared.platform.problems import Problem
from shared.ui.formats import jst
from shared.ui.language import Phrase

Say = Callable[..., Phrase]
RETRY_AFTER_SECONDS = 5


def own_words(say: Say, words: Words) -> str:
    """What a programme says of itself, in the language that `say` speaks."""
    return words.text(say("field.name").page_language)


def fault_words(say: Say, faults: Iterable[Fault]) -> dict[str, str]:
    """Field → what is wrong with it; the first fault of a field."""
    words: dict[str, str] = {}
    for fault in faults:
        words.setdefault(fault.field, fault_said(say, f"fault.{fault.code}", fault))
    return words


def fault_said(say: Say, key: str, fault: Fault) -> str:
    """A fault in the words of `key`, with its field's name, and with what it quotes in the same language."""
    name, _, position = fault.field.partition(".")
    quoted = {what: own_words(say, value) if isinstance(value, Words) else value
              for what, value in fault.values.items()}
    return str(say(key, field=str(say(f"field.{name}", position=position)), **quoted))


def unfit(say: Say, faults: list[Fault]) -> Problem:
    """422: each fault with its field, its code and its words."""
    words = fault_words(say, faults)
    errors = [{"field": fault.field, "reason": fault.code, "message": words[fault.field]} for fault in faults]
    return Problem(422, "unfit-application", str(say("refusal.unfit")), str(say("refusal.unfit-do")), errors=errors)


def window_words(say: Say, programme: Programme, refused: WindowRefused) -> tuple[str, str]:
    """What happened and what to do, with the times."""
    values: dict[str, Any] = {
        "opens": local_words(programme, programme.window.opens),
        "closes": local_words(programme, programme.window.closes),
        "at": local_words(programme, refused.at) if refused.at else "",
        "office": own_words(say, programme.ward.office), "telephone": programme.ward.telephone, **refused.values,
    }
    return str(say(f"window.{refused.code}", **values)), str(say(f"window.{refused.code}-do", **values))


def out_of_window(say: Say, programme: Programme, refused: WindowRefused) -> Problem:
    """409: too early, too late, closed, or not yet to be closed."""
    what, todo = window_words(say, programme, refused)
    return Problem(
        409, refused.code, what, todo, opens=moment_text(programme.window.opens),
        closes=moment_text(programme.window.closes), at=moment_text(refused.at) if refused.at else None,
        **refused.values,
    )


def desk_words(say: Say, refused: DeskRefused) -> tuple[str, str]:
    """What the postcard desk cannot do, and what to do instead."""
    values = dict(refused.values)
    if "place" in values:
        values["place"] = str(say(f"desk.place.{values['place']}"))
    return str(say(f"desk.refused.{refused.code}", **values)), str(say(f"desk.refused.{refused.code}-do", **values))


def desk_refused(say: Say, refused: DeskRefused) -> Problem:
    """404: no such batch or card; 403: another person must do it; 422: not among these numbers; 409 otherwise."""
    what, todo = desk_words(say, refused)
    status = {"no-batch": 404, "own-card": 403, "same-person": 422, "not-designated": 422, "number": 422,
              "no-card": 422}.get(refused.code, 409)
    return Problem(status, f"desk-{refused.code}", what, todo, **refused.values)


def busy(say: Say) -> Problem:
    """503: too many at once; nothing was taken."""
    return Problem(503, "busy", str(say("refusal.busy")), str(say("refusal.busy-do")),
                   headers={"Retry-After": str(RETRY_AFTER_SECONDS)})


def key_used(say: Say) -> Problem:
    """422: the idempotency key belongs to an application with other content."""
    return Problem(422, "idempotency-key-used", str(say("refusal.key-used")), str(say("refusal.key-used-do")))


def secret_renewed(say: Say) -> Problem:
    """409: sent again after its secret was renewed at the enquiry desk."""
    return Problem(409, "secret-renewed", str(say("refusal.renewed")), str(say("refusal.renewed-do")))


def overtaken(say: Say) -> Problem:
    """409: amended, withdrawn or erased meanwhile."""
    return Problem(409, "changed-meanwhile", str(say("refusal.overtaken")), str(say("refusal.overtaken-do")))


def not_found(say: Say) -> Problem:
    """404: wrong secret and unknown number alike, so that nobody learns which numbers exist."""
    return Problem(404, "no-such-application", str(say("refusal.not-found")), str(say("refusal.not-found-do")))


class Erased(Problem):
    """410: it was here, and its data is erased; `shown` is what its owner may still see (B16)."""

    def __init__(self, say: Say, shown: Document) -> None:
        certificate, removed_at = shown["certificate"], shown["removed_at"]
        super().__init__(
            410, "erased", str(say("refusal.erased")), str(say("refusal.erased-do")),
            ordered_at=moment_text(shown["ordered_at"]), removed_at=moment_text(removed_at) if removed_at else None,
            certificate=certificate["number"] if certificate else None,
            accesses=[{**access, "at": moment_text(access["at"])} for access in shown["accesses"]],
        )
        self.shown = shown


def slow_down(say: Say, seconds: int) -> Problem:
    """429: too many wrong numbers or secrets from one address."""
    return Problem(429, "too-many-tries", str(say("refusal.slow-down")),
                   str(say("refusal.slow-down-do", seconds=seconds)), headers={"Retry-After": str(seconds)})


def local_words(programme: Programme, moment: datetime) -> str:
    """The moment on the clocks of the event."""
    return jst(moment, timedelta(minutes=programme.utc_offset_minutes))
