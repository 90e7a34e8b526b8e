"""From counts to the rows that templates show."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from fastapi import Request
from markupsafe import Markup

from services.retention.domain.state import STAGES, HeldItem, StandingCount, State
from services.retention.office import Office
from shared.contracts.programme import Programme
from shared.contracts.retention import StaffDesignated
from shared.contracts.topics import SERVICES
from shared.platform.mongo import Document
from shared.ui import Chrome, Link, StaffBar
from shared.ui.formats import day, moment, number
from shared.ui.language import Phrase

Say = Callable[..., Phrase]
Row = list[object]

_DESKS = (
    ("intake", "/intake/{}/desk", "start.postcards"), ("lottery", "/lottery/{}/desk", "start.draw-desk"),
    ("notifier", "/notifier/{}/desk", "start.notices"), ("checkin", "/checkin/{}/cards", "start.cards"),
    ("checkin", "/checkin/{}/cluster", "start.cluster"), ("checkin", "/checkin/{}/destruction", "start.destruction"),
)


def chrome(office: Office, request: Request) -> Chrome:
    """The surroundings of a staff page, with roles in words."""
    usual, say = replace(office.service.chrome(request), languages=()), office.service.pages.words_for(request)
    person = office.service.sign_in.person(request)
    if person is None:
        return usual
    roles = joined(sorted(person.roles), "role", say)
    bar = StaffBar(person.staff, roles, "/retention/session/end")
    nav = (Link("", "/retention/", "start.title"), Link("", "/retention/staff", "staff.title"),
           Link("", "/retention/alarms", "alarms.title"))
    return replace(usual, staff=bar, nav=nav)


def joined(codes: Sequence[str], family: str, say: Say) -> str:
    """Codes in words, one after the other."""
    return "、".join(str(word(family, code, say)) for code in codes)


def word(family: str, code: str, say: Say) -> object:
    """A code in words; one that came later than these words stands for itself and breaks no page."""
    try:
        return say(f"{family}.{code}")
    except KeyError:
        return code


def programmes(office: Office) -> list[dict[str, Any]]:
    """Each programme with its time and the desks of the other services."""
    clock = office.service.clock
    return [
        {
            "id": one.id, "title": one.title.ja, "version": one.version, "now": clock.now(one.id),
            "offset": timedelta(minutes=one.utc_offset_minutes), "simulated": clock.tick_number(one.id) > 0,
            "desks": [
                {"service": service, "words": words, "href": desk_link(service, path.format(one.id))}
                for service, path, words in _DESKS
            ],
        }
        for one in office.service.programmes.all()
    ]


def desk_link(service: str, path: str) -> str:
    """To another service's page, by way of the hand-over."""
    return f"/retention/signin?service={service}&next={path}"


def alarms(found: Sequence[Document], say: Say) -> list[Row]:
    """Alarms as rows: what, when, and in a sentence."""
    rows: list[Row] = []
    for one in found:
        values = {name: _shown(name, value, say) for name, value in one["values"].items()}
        rows.append([word("alarm.title", one["kind"], say), moment(one["at"]), _sentence(one["kind"], values, say)])
    return rows


_FAMILIES = {"pattern": "alarm.pattern", "fault": "alarm.fault", "role": "role", "service": "service"}


def _shown(name: str, value: object, say: Say) -> object:
    if isinstance(value, datetime):
        return moment(value)
    if name == "duty":
        return duty_name(str(value), say)
    if name == "waits_for" and isinstance(value, list):
        return "、".join(str(waits_for(code, say)) for code in value)
    family = _FAMILIES.get(name)
    if family is None:
        return value
    return joined(value, family, say) if isinstance(value, list) else word(family, str(value), say)


def _sentence(kind: str, values: Mapping[str, object], say: Say) -> object:
    try:
        return say(f"alarm.says.{kind}", **values)
    except KeyError:  # a kind that came later than these words is shown all the same
        return "、".join(f"{name} {value}" for name, value in values.items())


def state(found: State, alarms_found: Sequence[Document], programme: Programme, say: Say) -> dict[str, Any]:
    """All tables of the page on the state of handling."""
    offset, counts = timedelta(minutes=programme.utc_offset_minutes), found.counts
    return {
        "offset": offset,
        "total": sum(row.count for row in counts.applications),
        "items": [_item(item, say) for item in found.items],
        "applications": [
            [word("channel", row.channel, say), word("contact", row.contact, say), word("standing", row.state, say),
             number(row.count)]
            for row in counts.applications
        ],
        "standings": standings(found.standings, say),
        "accesses": [
            [word("service", row.service, say), word("purpose", row.purpose, say), word("role", row.role, say),
             number(row.opened), number(row.refused), moment(row.last_at, offset) if row.last_at else ""]
            for row in counts.accesses
        ],
        "progress": [
            [say(f"progress.{family}"), word("progress.state", name, say), number(count)]
            for family, by in (("notices", counts.notices), ("passes", counts.passes),
                               ("postcards", counts.postcards), ("reception", counts.reception),
                               ("cards", counts.cards), ("incidents", counts.incidents), ("contacts", counts.contacts),
                               ("destroyed", counts.destroyed))
            for name, count in by.items()
        ],
        "designated": [_designated(one, say) for one in found.designated],
        "alarms": alarms(alarms_found, say),
    }


def _item(item: HeldItem, say: Say) -> Row:
    held: object = number(item.held) if item.exact else say("state.up-to", n=number(item.held))
    return [
        word("item", item.item, say), held, joined(item.purposes, "purpose", say),
        joined(item.services, "service", say),
        word("medium", item.medium, say), item.until.ja, item.approval,
    ]


def _designated(one: StaffDesignated, say: Say) -> Row:
    return [one.staff, joined(one.roles, "role", say), word("employer", one.employer, say), trained(one, say)]


def trained(one: StaffDesignated, say: Say) -> object:
    """The day of the training, or that it is still to come (S20); what nobody put on record is no day."""
    if one.vouched:
        return say("state.vouched")
    return day(one.trained_on) if one.trained_on else say("state.not-trained")


def button(office: Office, label: object, action: str, hidden: Mapping[str, str] | None = None) -> Markup:
    """A button in a table's row that posts by itself."""
    macros = office.service.pages.environment.globals["forms"]
    return Markup(macros.post_button(label, action, hidden or {}))  # type: ignore[attr-defined]  # noqa: S704


def standings(found: Sequence[StandingCount], say: Say) -> list[Row]:
    """How many of each standing are held, ordered, erased, final."""
    return [[word("erasure.standing", one.standing, say), *(number(one.counts[stage]) for stage in STAGES)]
            for one in found]


def duty_name(code: str, say: Say) -> object:
    """A duty of the calendar in words: what, and whose data where it is an erasure."""
    what, _, rest = code.partition(".")
    if what == "erase" and "." in rest:
        return say("erasure.duty.erase", who=joined(rest.rpartition(".")[2].split("+"), "erasure.standing", say))
    return word("erasure.duty", code.replace(".", "-"), say)


def waits_for(code: str, say: Say) -> object:
    """What a batch waits for, in words."""
    if code in SERVICES:
        return say("erasure.waits.service", service=word("service", code, say))
    if code.startswith("keys-"):
        return say("erasure.waits.keys", service=word("service", code.removeprefix("keys-"), say))
    return word("erasure.waits", code, say)
