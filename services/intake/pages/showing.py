"""What pages show of a programme: its slots to choose from, the demand, the data items and their purposes."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import timedelta

from services.intake.domain.application import declared_items
from services.intake.domain.residency import eligibility
from services.intake.refusals import Say
from shared.contracts.intake import Channel
from shared.contracts.lottery import DemandCounted
from shared.contracts.programme import Programme, Slot
from shared.ui.formats import day, short_day

Options = dict[str, list[tuple[str, str]]]


@dataclass(frozen=True)
class Words:
    """A programme's words in one language."""

    programme: Programme
    language: str
    say: Say
    cancelled: frozenset[str] = frozenset()

    @property
    def offset(self) -> timedelta:
        """The event's distance from UTC."""
        return timedelta(minutes=self.programme.utc_offset_minutes)

    def hours(self, slot: Slot) -> str:
        """`午前の部 10:00〜13:00`."""
        return f"{slot.time_name.text(self.language)} {slot.starts:%H:%M}〜{slot.ends:%H:%M}"

    def venue(self, slot: Slot) -> str:
        """The venue's name."""
        return self.programme.venue_by_id[slot.venue].name.text(self.language)

    def slot(self, slot_id: str) -> str:
        """A slot in full: day, hours, venue."""
        slot = self.programme.slot_by_id[slot_id]
        return f"{day(slot.day)} {self.hours(slot)} {self.venue(slot)}"

    def options(self, demand: DemandCounted | None, kept: Collection[str] = ()) -> Options:
        """The slots that are drawn, by day and venue, with the demand so far in each; cancelled ones only if `kept`."""
        options: Options = {}
        for slot in self.programme.slots:
            if slot.seats and (slot.id not in self.cancelled or slot.id in kept):
                group = f"{day(slot.day)} {self.venue(slot)}"
                options.setdefault(group, []).append((slot.id, self._option(slot, demand)))
        return options

    def _option(self, slot: Slot, demand: DemandCounted | None) -> str:
        seats = str(self.say("wish.seats", seats=slot.seats))
        if slot.id in self.cancelled:
            seats = str(self.say("wish.cancelled"))
        elif demand is not None:
            seats = str(self.say("wish.demand", first=demand.first.get(slot.id, 0), seats=slot.seats))
        # A telephone shows only the beginning of what is chosen: what tells slots apart comes first.
        return f"{short_day(slot.day)} {self.venue(slot)} {self.hours(slot)} {seats}"

    def times(self) -> list[tuple[str, str]]:
        """The parts of a day: name and hours."""
        return [(time.name.text(self.language), f"{time.starts:%H:%M}〜{time.ends:%H:%M}")
                for time in self.programme.times]

    def items(self, channel: Channel) -> list[tuple[str, str, str]]:
        """Each data item that is asked for: its name, what for, until when (S11)."""
        declared = declared_items(self.programme, channel)
        return [
            (str(self.say(f"item.{item.item}")), self._purposes(item.purposes), item.until.text(self.language))
            for item in self.programme.data_items if item.item in declared
        ]

    def _purposes(self, purposes: Iterable[str]) -> str:
        return str(self.say("value.between")).join(str(self.say(f"purpose.{purpose}")) for purpose in purposes)

    def residence(self, address: str | None) -> str | None:
        """By which part of the rule an address may apply; None where there is no rule, or it may not (S04)."""
        if not address or self.programme.residency is None:
            return None
        found = eligibility(address, self.programme.residency)
        return f"{found.matched}{found.town.name if found.town else ''}" if found.resident else None

    def reason(self, code: str) -> str:
        """A reason code in the programme's words, else in ours."""
        words = self.programme.reasons.get(code)
        return words.text(self.language) if words else str(self.say(f"reason.{code}"))
