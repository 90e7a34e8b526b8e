"""The transcript, step after step, from the announcement to the end.

announce → freeze → struck, adjusted → reveals → closed → beacon → draw → changes → end.

A `Transcript` is told what happened and answers with the records that follow. A step out of its turn raises
OutOfOrder and says which is next; a step against the rules raises Refused; after either the transcript is
as it was. It does no I/O: a service keeps the lines, and `replay` builds the same object from them again,
at any step.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import NamedTuple

from services.lottery.domain import beacon as chance
from services.lottery.domain.beacon import AnyBeacon
from services.lottery.domain.canonical import Json, LineDigest, line_of
from services.lottery.domain.changes import Holdings, Moved
from services.lottery.domain.closing import check_closing, propose_closing
from services.lottery.domain.entries import Entries
from services.lottery.domain.faults import OutOfOrder, Refused
from services.lottery.domain.mechanism import seats_as_adjusted
from services.lottery.domain.records import Adjusted, CeremonyBeacon, Freeze, Reveal, Struck, read_change
from services.lottery.domain.results import Results, add_leaves
from services.lottery.domain.rules import Rules, read_commitments, read_rules
from services.lottery.domain.seed import seed_of
from services.lottery.domain.stages import NEXT_STEP, STEPS, Stage
from services.lottery.domain.times import epoch
from services.lottery.domain.witness import closing_digest, opens


class Frozen(NamedTuple):
    """What a freeze fixes: its record, the entries, and the digest of all lines to the last of theirs."""

    record: Freeze
    entries: Entries
    digest: LineDigest


class Drawn(NamedTuple):
    """What the seed decides: the results, their `outcome` record, the digest of all lines to it, who holds what."""

    results: Results
    outcome: dict[str, Json]
    digest: LineDigest
    holdings: Holdings


class Transcript:
    """One draw. Times are text of the protocol; records go in and out as plain data.

    Public: `rules`, `stage`, `announcement` and `closing_digest`, `seed`, `result_digest` (64 hex, None
    before their step), `entries`, `drawn`, `holdings`.
    """

    def __init__(self, rules: Mapping[str, Json], commitments: Sequence[Mapping[str, Json]]) -> None:
        """Announce the draw: its rules, and each witness's commitment in the rules' order."""
        self.rules: Rules = read_rules(rules)
        self.commitments = {c.witness: c.commitment for c in read_commitments(commitments, self.rules)}
        self._head = [line_of(rules), *map(line_of, commitments)]
        self._digest = LineDigest()
        self._digest.add(self._head)
        self.announcement: str = self._digest.hex()
        self.stage: Stage = Stage.ANNOUNCED
        self.freeze_record: Freeze | None = None
        self.entries: Entries | None = None
        self._struck: dict[int, Struck] = {}
        self._adjusted: list[Adjusted] = []
        self._reveals: dict[str, Reveal] = {}
        self._closed: dict[str, Json] | None = None
        self.closing_digest: str | None = None
        self._beacon: dict[str, Json] | None = None
        self.seed: str | None = None
        self.drawn: Drawn | None = None
        self.result_digest: str | None = None
        self.holdings: Holdings | None = None
        self._after: list[bytes] = []

    def freeze(self, entries: Iterable[Mapping[str, Json]], at: str) -> dict[str, Json]:
        """Fix the entries (records in any order) under their root; gives the `freeze` record."""
        return self.take_freeze(self.compute_freeze(entries, at))

    def compute_freeze(self, entries: Iterable[Mapping[str, Json]], at: str) -> Frozen:
        """What `freeze` would fix. It changes nothing: millions of entries can be hashed ahead of their step."""
        self._expect("freeze", Stage.ANNOUNCED)
        frozen = Entries.frozen(entries, self.rules)
        # The freeze line stands ahead of the entries it speaks of, so their root is hashed before their
        # lines.
        root = add_leaves(frozen.leaves(), LineDigest())
        record = Freeze.read({"type": "freeze", "count": len(frozen), "root": root, "at": at})
        _not_before(at, self.rules.timetable.freeze_from, "freeze_from", "before-freeze-from")
        digest = self._digest.copy()
        digest.add([line_of(record.plain())])
        add_leaves(frozen.leaves(), digest)
        return Frozen(record, frozen, digest)

    def take_freeze(self, frozen: Frozen) -> dict[str, Json]:
        """Freeze as computed; gives the `freeze` record."""
        self._expect("freeze", Stage.ANNOUNCED)
        self.freeze_record, self.entries, self._digest = frozen
        self.stage = Stage.FROZEN
        return frozen.record.plain()

    def strike(self, entry: str, reason: str, decision: str, at: str) -> dict[str, Json]:
        """Take an entry out of the draw: it keeps its ticket and takes no seat."""
        self._expect("strike", Stage.FROZEN)
        record = Struck.read({"type": "struck", "entry": entry, "reason": reason, "decision": decision, "at": at})
        number = self._frozen_entries().number(entry)
        if number in self._struck:
            raise Refused("entry", f"{entry} is struck already", "struck-already")
        _not_before(at, self._frozen_at(), "the freeze", "before-freeze")
        self._struck[number] = record
        return record.plain()

    def adjust(self, slot: str, seats: int, reason: str, decision: str, at: str) -> dict[str, Json]:
        """Add or cut (signed) seats of a slot by a decision, from `commit_until` to the close."""
        self._expect("adjust", Stage.ANNOUNCED, Stage.FROZEN)
        record = Adjusted.read(
            {
                "type": "adjusted",
                "slot": slot,
                "seats": seats,
                "reason": reason,
                "decision": decision,
                "at": at,
            }
        )
        _not_before(at, self.rules.timetable.commit_until, "commit_until", "before-commit-until")
        if self._adjusted:
            _not_before(at, self._adjusted[-1].at, "the adjustment ahead of it", "at")
        self._seats_after([*self._adjusted, record])
        self._adjusted.append(record)
        return record.plain()

    def reveal(self, witness: str, secret: str, at: str) -> dict[str, Json]:
        """Take a witness's secret (64 hex); Refused if it does not open the commitment."""
        self._expect("reveal", Stage.FROZEN)
        record = Reveal.read({"type": "reveal", "witness": witness, "secret": secret, "at": at})
        committed = self.commitments.get(witness)
        if committed is None:
            raise Refused("witness", f"{witness} is not a witness of this draw")
        if witness in self._reveals:
            raise Refused("witness", f"{witness} has revealed already", "revealed-already")
        _not_before(at, self._frozen_at(), "the freeze", "before-freeze")
        if not opens(committed, self.rules.draw, witness, secret):
            raise Refused("secret", f"does not open the commitment of {witness}")
        self._reveals[witness] = record
        return record.plain()

    def propose_closing(self, at: str) -> dict[str, Json]:
        """The unsigned `closed` record for the witnesses to sign. From now on nothing else is taken before the close.

        Asked again, it proposes again (another time, say); a witness signs one closing only, so do that
        before any has.
        """
        self._expect("closing", Stage.FROZEN, Stage.CLOSING)
        proposal = self._closing_at(at)
        self.stage = Stage.CLOSING
        return proposal

    def abandon_closing(self) -> None:
        """Take a proposed closing back, so that strikes and reveals go on: only while no witness has signed."""
        self._expect("abandon", Stage.CLOSING)
        self.stage = Stage.FROZEN

    def close(self, record: Mapping[str, Json]) -> str:
        """Close with the proposed record and its signatures; gives the closing digest."""
        self._expect("close", Stage.CLOSING)
        closed = check_closing(record, self.rules)
        if {**self._closing_at(closed.at), "signatures": record["signatures"]} != record:
            raise Refused("digest", "the record is not the closing of this transcript: propose and sign it again")
        self._digest.add([*self._lines_before_close(), line_of(record)])
        self._closed, self.closing_digest, self.stage = dict(record), closing_digest(record), Stage.CLOSED
        return self.closing_digest

    @property
    def awaited_beacon(self) -> AnyBeacon:
        """The announced beacon that counts, once the draw is closed."""
        if self._closed is None:
            raise OutOfOrder("beacon", f"can't be awaited now: {NEXT_STEP[self.stage]}", "beacon-early")
        return chance.beacon_that_counts(self.rules.beacons, self._closed["at"])

    def propose_beacon(self, value: str, at: str) -> dict[str, Json]:
        """The unsigned `beacon` record of a ceremony, `value` its digits as they fell, for the witnesses to sign."""
        self._expect("ceremony", Stage.CLOSED)
        announced = self.awaited_beacon
        if not isinstance(announced, CeremonyBeacon):
            raise Refused("source", f"the beacon that counts is round {announced.round} of {announced.source}")
        return chance.propose_ceremony(announced, value, at, self.closing_digest or "")

    def take_beacon(self, record: Mapping[str, Json]) -> str:
        """Take the beacon: `drand_record` or a signed ceremony; gives the seed.

        A drand signature's BLS check is the caller's (`beacon.is_drand_signature`): a second of work, best
        off the loop.
        """
        self._expect("beacon", Stage.CLOSED)
        digest = self.closing_digest or ""
        chance.check_beacon(record, self.awaited_beacon, self.rules.keys, digest)
        self.seed = seed_of(self.rules.draw, digest, record)
        self._beacon = dict(record)
        self._digest.add([line_of(record), line_of({"type": "seed", "seed": self.seed})])
        self.stage = Stage.BEACON
        return self.seed

    def draw(self) -> Results:
        """Draw: order, wins, outcome; then `result_digest` is what stands in every notice."""
        return self.take_draw(self.compute_draw())

    def compute_draw(self) -> Drawn:
        """What `draw` would decide. It changes nothing: millions of tickets can be sorted ahead of their step."""
        self._expect("draw", Stage.BEACON)
        assert self.seed is not None and self._beacon is not None
        entries, struck = self._frozen_entries(), self._struck.keys()
        results = Results.drawn(self.rules, entries, struck, self.seats, self.seed)
        digest = self._digest.copy()
        outcome: dict[str, Json] = {"type": "outcome", "root": add_leaves(results.leaves(), digest)}
        digest.add([line_of(outcome)])
        holdings = Holdings(self.rules, entries, results.order, results.allotment, struck, self._beacon["at"])
        return Drawn(results, outcome, digest, holdings)

    def take_draw(self, drawn: Drawn) -> Results:
        """Draw as computed."""
        self._expect("draw", Stage.BEACON)
        # The digest goes on with each change, so it is not the one that `drawn` keeps.
        self.drawn, self._digest, self.holdings = drawn, drawn.digest.copy(), drawn.holdings
        self.result_digest = self._digest.hex()
        self.stage = Stage.DRAWN
        return drawn.results

    def change(self, record: Mapping[str, Json]) -> None:
        """Take one `change` record; all of a local day come before `settle_day`."""
        self._expect("change", Stage.DRAWN)
        line = line_of(record)
        self._drawn_holdings().take(read_change(record))
        self._append(line)

    def settle_day(self) -> list[dict[str, Json]]:
        """End the day of the changes taken last: gives its `revoked` and `promotion` records, in order."""
        self._expect("settle", Stage.DRAWN)
        settled = self._drawn_holdings().settle_day()
        records = [self._moved("revoked", move) for move in settled.revoked]
        records += [self._moved("promotion", move) for move in settled.promoted]
        for record in records:
            self._append(line_of(record))
        return records

    def end_record(self) -> dict[str, Json]:
        """The `end` of the transcript as it stands: each published copy ends with one, until the next day's copy."""
        self._expect("end", Stage.DRAWN, Stage.ENDED)
        if self._drawn_holdings().day_is_open:
            raise OutOfOrder("end", "a day of changes is open: settle it first")
        return {"type": "end", "records": self._digest.records, "digest": self._digest.hex()}

    def end(self) -> dict[str, Json]:
        """End the transcript for good: no change is taken after it."""
        record = self.end_record()
        self.stage = Stage.ENDED
        return record

    @property
    def seats(self) -> list[int]:
        """Seats of each slot by its number, as adjusted, and after the draw as changed."""
        return self.holdings.seats if self.holdings is not None else self._seats_after(self._adjusted)

    def seats_by_slot(self) -> dict[str, int]:
        """The same, by the slots' names."""
        return {slot.slot: seats for slot, seats in zip(self.rules.slots, self.seats, strict=True)}

    @property
    def struck(self) -> list[str]:
        """The entries that take no seat, in no order of theirs."""
        return [record.entry for record in self._struck.values()]

    def strike_of(self, number: int) -> Struck | None:
        """The decision by which an entry, by its number, takes no seat; None for one that was not struck."""
        return self._struck.get(number)

    def changes(self) -> Iterator[tuple[int, dict[str, Json]]]:
        """Each change after the draw, revocation and promotion, with its line's number in the transcript."""
        first = self._digest.records - len(self._after) + 1
        return ((line, json.loads(data)) for line, data in enumerate(self._after, first))

    @property
    def results(self) -> Results | None:
        """Order, wins and outcome of everybody, once drawn."""
        return self.drawn.results if self.drawn else None

    @property
    def digest(self) -> str:
        """Digest of all lines that stand for good: strikes, adjustments and reveals are among them after the close."""
        return self._digest.hex()

    def digest_of_lines(self) -> LineDigest:
        """Digest and number of all `lines()`, without making them again."""
        so_far = self._digest.copy()
        if self.stage < Stage.CLOSED:
            so_far.add(self._lines_before_close())
        if self.stage is Stage.ENDED:
            so_far.add([line_of(self.end_record())])
        return so_far

    def lines(self) -> Iterator[bytes]:
        """All lines so far in the order of the transcript; before the close, those that wait for it too."""
        return chain(self._lines_to_freeze(), self._entry_lines(), self._lines_after_entries(), self._result_lines(),
                     self._lines_after_results())  # fmt: skip

    def public_lines(self) -> Iterator[bytes]:
        """What the public page shows: all lines, without entries and results where `publication` is "digest"."""
        if self.rules.publication == "full":
            return self.lines()
        return chain(self._lines_to_freeze(), self._lines_after_entries(), self._lines_after_results())

    def _lines_to_freeze(self) -> list[bytes]:
        return [*self._head, *([line_of(self.freeze_record.plain())] if self.freeze_record else [])]

    def _entry_lines(self) -> Iterator[bytes]:
        return (leaf + b"\n" for leaf in (self.entries.leaves() if self.entries else ()))

    def _lines_after_entries(self) -> list[bytes]:
        seed = {"type": "seed", "seed": self.seed} if self.seed else None
        return [*self._lines_before_close(), *(line_of(r) for r in (self._closed, self._beacon, seed) if r)]

    def _result_lines(self) -> Iterator[bytes]:
        return (leaf + b"\n" for leaf in (self.drawn.results.leaves() if self.drawn else ()))

    def _lines_after_results(self) -> list[bytes]:
        outcome = [line_of(self.drawn.outcome)] if self.drawn else []
        return [*outcome, *self._after, *([line_of(self.end_record())] if self.stage is Stage.ENDED else [])]

    def _lines_before_close(self) -> list[bytes]:
        struck = [self._struck[number] for number in sorted(self._struck)]
        reveals = [self._reveals[witness] for witness in sorted(self._reveals)]
        return [line_of(record.plain()) for record in (*struck, *self._adjusted, *reveals)]

    def _closing_at(self, at: str) -> dict[str, Json]:
        so_far = self._digest.copy()
        so_far.add(self._lines_before_close())
        missing = self.rules.keys.keys() - self._reveals.keys()
        proposal = propose_closing(so_far.hex(), at, self._reveals, missing, self.rules)
        for record in (self.freeze_record, *self._struck.values(), *self._adjusted, *self._reveals.values()):
            if record is not None and epoch(record.at) > epoch(at):
                raise Refused("at", f"a {record.type} record is dated {record.at}, after this closing", "after-closing")
        return proposal

    def _seats_after(self, adjustments: Sequence[Adjusted]) -> list[int]:
        return seats_as_adjusted(self.rules, [(self.rules.slot_number(a.slot), a.seats) for a in adjustments])

    def _moved(self, kind: str, move: Moved) -> dict[str, Json]:
        entry, slot = self._frozen_entries().entry(move.number), self.rules.slots[move.slot].slot
        return {"type": kind, "entry": entry, "slot": slot}

    def _append(self, line: bytes) -> None:
        self._after.append(line)
        self._digest.add([line])

    def _expect(self, step: str, *stages: Stage) -> None:
        if self.stage not in stages:
            when = "early" if self.stage < min(stages) else "late"
            raise OutOfOrder("step", f"can't {STEPS[step]} now: {NEXT_STEP[self.stage]}", f"{step}-{when}")

    def _frozen_entries(self) -> Entries:
        assert self.entries is not None, "asked for by steps after the freeze only"
        return self.entries

    def _frozen_at(self) -> str:
        assert self.freeze_record is not None, "asked for by steps after the freeze only"
        return self.freeze_record.at

    def _drawn_holdings(self) -> Holdings:
        assert self.holdings is not None, "asked for by steps after the draw only"
        return self.holdings


def _not_before(at: str, earliest: str, name: str, code: str) -> None:
    if epoch(at) < epoch(earliest):
        raise Refused("at", f"{at} is before {name} ({earliest})", code)
