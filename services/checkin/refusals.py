"""What keeps a request from being fulfilled, in words that say what to do: the same for the API and for pages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from services.checkin.domain import destruction, incidents
from services.checkin.domain.admission import Refusal, Scan
from services.checkin.domain.custody import Misfit
from services.checkin.domain.seating import Full
from services.checkin.handlers.admissions import TooManyForged
from services.checkin.handlers.custody import NotDesignated, NotRecorded
from services.checkin.handlers.groups import CardInUse
from shared.contracts.envelope import moment_text
from shared.contracts.programme import PaperCards, Programme, Slot
from shared.platform.problems import Problem
from shared.ui.formats import day
from shared.ui.language import Phrase

Say = Callable[..., Phrase]

_STATUS = {"forged": 422, "unknown-pass": 422, "from-the-future": 422}


def slot_words(programme: Programme, slot: Slot) -> str:
    """`2021年7月23日（金）午前の部 10:00–13:00 新宿住友ビル`."""
    venue = programme.venue_by_id[slot.venue].name.ja
    return f"{day(slot.day)} {slot.time_name.ja} {slot.starts:%H:%M}–{slot.ends:%H:%M} {venue}"


def refusal_words(say: Say, programme: Programme, slot: Slot, refusal: Refusal) -> tuple[str, str]:
    """What the attendant reads, and what they then say or do."""
    right = programme.slot_by_id.get(refusal.entitlement.slot) if refusal.entitlement else None
    opens, closes = refusal.window or (None, None)
    first = refusal.first
    values: dict[str, Any] = {
        "right": slot_words(programme, right) if right else str(say("refusal.elsewhere")),
        "opens": _clock(programme, opens), "closes": _clock(programme, closes), "day": day(slot.day),
        "first_at": _clock(programme, first.scanned_at if first else None),
        "first_terminal": first.terminal if first else "",
    }
    key = f"refusal.{refusal.reason}"
    return str(say(f"{key}.word")), str(say(f"{key}.say", **values))


def _clock(programme: Programme, moment: datetime | None) -> str:
    return f"{programme.local(moment):%H:%M}" if moment else ""


def refused(say: Say, programme: Programme, scan: Scan, refusal: Refusal) -> Problem:
    """The problem of a refusal: 422 where there is no pass at all, else 409."""
    word, todo = refusal_words(say, programme, scan.slot, refusal)
    extra: dict[str, Any] = {}
    if refusal.first:
        extra["first"] = {
            "admission": refusal.first.id, "scanned_at": moment_text(refusal.first.scanned_at),
            "terminal": refusal.first.terminal,
        }
    if refusal.entitlement:
        extra |= {"slot": refusal.entitlement.slot, "seats": refusal.entitlement.seats}
    if refusal.window:
        opens, closes = refusal.window
        extra |= {"opens": moment_text(opens), "closes": moment_text(closes)}
    return Problem(_STATUS.get(refusal.reason, 409), refusal.reason, word, todo, **extra)


def slow_down(say: Say, error: TooManyForged) -> Problem:
    """429: the terminal sent too many tokens that are none."""
    word, todo = slow_down_words(say, error)
    return Problem(429, "too-many-forged", word, todo, headers={"Retry-After": str(error.seconds)})


def slow_down_words(say: Say, error: TooManyForged) -> tuple[str, str]:
    """The same for the terminal."""
    return str(say("refusal.too-many-forged.word")), str(say("refusal.too-many-forged.say", seconds=error.seconds))


def group_refused(say: Say, programme: Programme, slot: Slot, outcome: Full | CardInUse | Refusal) -> Problem:
    """409: no room, a card that is in use, or doors that are not open."""
    word, todo = group_words(say, programme, slot, outcome)
    match outcome:
        case Full(free=free):
            return Problem(409, "full", word, todo, free=free)
        case CardInUse(place=place, seat=seat):
            return Problem(409, "card-in-use", word, todo, place=place, seat=seat)
        case Refusal(reason=reason):
            return Problem(409, reason, word, todo)


def group_words(say: Say, programme: Programme, slot: Slot, outcome: Full | CardInUse | Refusal) -> tuple[str, str]:
    """The same for the page."""
    match outcome:
        case Full(free=free):
            return str(say("group.full.word")), str(say("group.full.say", free=free))
        case CardInUse(card=card, place=place, seat=seat):
            where = str(say(f"place.{place}")) + (f"（{seat}）" if seat and place == "seat" else "")
            return str(say("group.card-in-use.word", card=card)), str(say("group.card-in-use.say", where=where))
        case Refusal() as refusal:
            return refusal_words(say, programme, slot, refusal)


def unknown_card(say: Say, cards: PaperCards | None) -> Problem:
    """422: no such card in this programme."""
    return Problem(422, "unknown-card", str(say("card.unknown.word")), unknown_card_words(say, cards))


def unknown_card_words(say: Say, cards: PaperCards | None) -> str:
    """What to do about it."""
    if cards is None:
        return str(say("card.none"))
    return str(say("card.unknown.say", prefix=cards.numbers, first=cards.first, last=cards.last))


def not_recorded(say: Say, outcome: NotRecorded | NotDesignated) -> Problem:
    """409: the ledger cannot take this move; 422: somebody named may not handle cards."""
    word, todo = custody_words(say, outcome)
    if isinstance(outcome, NotDesignated):
        return Problem(422, "not-designated", word, todo, staff=outcome.staff, reason=outcome.reason)
    misfit = outcome.misfit
    return Problem(409, f"custody-{misfit.why}", word, todo, object=outcome.object, at=outcome.at,
                   expected=misfit.expected, ways=list(misfit.ways))


def custody_words(say: Say, outcome: NotRecorded | NotDesignated) -> tuple[str, str]:
    """The same for the page."""
    if isinstance(outcome, NotDesignated):
        return str(say("custody.not-designated.word", staff=outcome.staff)), str(say("custody.not-designated.say"))
    misfit: Misfit = outcome.misfit
    ways = "、".join(str(say(f"place.{place}")) for place in misfit.ways) or str(say("custody.nowhere"))
    values = {"object": outcome.object, "at": str(say(f"place.{outcome.at}")), "ways": ways,
              "expected": misfit.expected}
    key = f"custody.{misfit.why}"
    return str(say(f"{key}.word", **values)), str(say(f"{key}.say", **values))


def incident_refused(say: Say, refused: incidents.Refused) -> Problem:
    """403: another person or role must do it; 409: the incident or the card is not where the step begins."""
    extra: dict[str, Any] = dict(refused.values)
    values = extra | {"place": str(say(f"place.{extra['place']}"))} if "place" in extra else extra
    status = 403 if refused.why in ("same-person", "not-yours", "not-one-of-two") else 409
    key = f"incident.refused.{refused.why}"
    return Problem(status, refused.why, str(say(f"{key}.word", **values)), str(say(f"{key}.say", **values)),
                   **extra)


def not_destroyed(say: Say, refused: destruction.Refused) -> Problem:
    """409: the cards may not be destroyed, or not like this."""
    values = {"expected": refused.expected, "cards": "、".join(refused.cards),
              "since": day(refused.since) if refused.since else ""}
    key = f"destruction.refused.{refused.why}"
    return Problem(409, f"destruction-{refused.why}", str(say(f"{key}.word", **values)),
                   str(say(f"{key}.say", **values)), expected=refused.expected, cards=list(refused.cards))
