"""From what there is to see of erasing to the rows and words of its page (S17, S28, B10)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from services.retention.domain.state import STAGES
from services.retention.erasure_office import Dated, Erasure, Progress, is_overdue
from services.retention.pages.show import Row, Say, duty_name, joined, standings, waits_for, word
from shared.contracts.envelope import Id
from shared.contracts.programme import Programme
from shared.contracts.topics import SERVICES
from shared.platform.mongo import Document
from shared.ui.formats import moment, number


@dataclass(frozen=True)
class Showing:
    """One page: the programme, its words, and the receipt numbers of those that decisions are about."""

    programme: Programme
    receipts: Mapping[Id, str]
    say: Say

    @property
    def offset(self) -> timedelta:
        """The clocks of the event's place."""
        return timedelta(minutes=self.programme.utc_offset_minutes)

    def at(self, when: datetime | None) -> object:
        """A moment, or nothing."""
        return moment(when, self.offset) if when else "―"

    def tables(self, found: Erasure) -> dict[str, Any]:
        """All tables of the page."""
        return {
            "totals": {stage: sum(one.counts[stage] for one in found.standings) for stage in STAGES},
            "calendar": [self._duty(one) for one in found.calendar],
            "near": self._near(found),
            "standings": standings(found.standings, self.say),
            "batches": [self._batch(one, found.as_of) for one in found.batches],
            "open_requests": [
                {"id": row["_id"], "receipt": self.receipts.get(row["_id"], ""), "asked_at": self.at(row["asked_at"])}
                for row in found.requests if row["state"] == "open"
            ],
            "decided_requests": [self._request(row) for row in found.requests if row["state"] != "open"],
            "holds": [self._hold(row) for row in found.holds if row["state"] != "dropped"],
            "rotations": [self._rotation(row) for row in found.rotations],
            "rotation_runs": any(row["state"] == "open" for row in found.rotations),
        }

    def _duty(self, one: Dated) -> Row:
        duty, kept = one.duty, one.document.get("kept") or {}
        return [
            self.at(duty.due_at), duty_name(duty.code, self.say), self._term(one),
            self._return(one) if duty.what == "erase" else "―",
            number(one.held) if duty.standings else "―", self._stands(one, kept),
        ]

    def _term(self, one: Dated) -> object:
        duty = one.duty
        term = self.say(f"erasure.term.{duty.after}", days=number(duty.days))
        return self.say("erasure.term.latest", term=term) if duty.waits_for_draw else term

    def _return(self, one: Dated) -> object:
        if one.duty.returned:
            return self.say("erasure.returned")
        return self.say("erasure.not-returned", approval=one.duty.approval or "―")

    def _stands(self, one: Dated, kept: Mapping[str, int]) -> object:
        if one.document.get("state") == "done":
            return self.say("erasure.duty-done")
        for why in ("hold", "notice"):
            if kept.get(why):
                return self.say(f"erasure.kept-{why}", n=number(kept[why]))
        return self.say("erasure.duty-begun" if one.document.get("looked_at") else "erasure.duty-planned")

    def _near(self, found: Erasure) -> dict[str, object] | None:
        coming = [one.duty for one in found.calendar
                  if one.duty.due_at > found.as_of and not one.duty.waits_for_draw]
        if not coming:
            return None
        first = coming[0].due_at
        names = "、".join(str(duty_name(duty.code, self.say)) for duty in coming if duty.due_at == first)
        return {"at": self.at(first), "what": names, "days": number((first - found.as_of).days)}

    def _batch(self, one: Progress, now: datetime) -> dict[str, Any]:
        row = one.batch
        late = is_overdue(row, now)
        return {
            "title": self.say("erasure.batch-title", who=joined(row["standings"], "erasure.standing", self.say),
                              n=number(row["subjects"])),
            "state": word("erasure.batch-state", row["state"], self.say),
            "tone": "bad" if late else "good" if row["state"] in ("final", "certified") else "waiting",
            "late": late,
            "waits_for": "、".join(str(waits_for(code, self.say)) for code in one.waits_for),
            "facts": [
                (self.say("erasure.why"), word("erasure.reason", row["why"], self.say)),
                (self.say("erasure.decided"), self._decided(row)),
                (self.say("erasure.ordered-at"), self.at(row.get("ordered_at"))),
                (self.say("erasure.answered"), self._answered(one)),
                (self.say("erasure.removed-at"), self.at(row.get("removed_at")),
                 self.say("erasure.deadline", at=self.at(row["deadline"]))),
                (self.say("erasure.final-at"), self.at(row.get("final_at")),
                 self.say("erasure.deadline", at=self.at(row["final_deadline"]))),
            ],
        }

    def _decided(self, row: Document) -> object:
        who = "、".join(row["decided_by"]) or self.say("erasure.by-rule")
        return f"{who}（{row['decision']}）" if row.get("decision") else who

    def _answered(self, one: Progress) -> str:
        return "　".join(
            f"{word('service', name, self.say)} {number(one.answered.get(name, 0))}/{number(one.batch['orders'])}"
            for name in SERVICES)

    def _request(self, row: Document) -> Row:
        granted = row["state"] == "granted"
        why = row["decision"] if granted else self.programme.reasons[row["reason"]].ja
        return [self.receipts.get(row["_id"], ""), self.at(row.get("asked_at")),
                self.say("erasure.granted" if granted else "erasure.declined"), why, row["by"],
                self.at(row["decided_at"])]

    def _hold(self, row: Document) -> dict[str, Any]:
        lifting = row["state"] in ("lifting", "lifted")
        receipts = [self.receipts.get(subject, "") for subject in row["subjects"]]
        signed = row.get("lifted_by") if lifting else row.get("placed_by")
        proposer = (row["lift_by"], row["lift_at"]) if lifting else (row["proposed_by"], row["proposed_at"])
        second = (signed[1], row["lifted_at"] if lifting else row["placed_at"]) if signed else None
        role = self.say("erasure.proposes-lifting" if lifting else "erasure.proposes")
        return {
            "id": row["_id"], "state": row["state"], "proposer": proposer[0],
            "title": self.say("erasure.hold-all") if row["whole"] else self.say("erasure.hold-some", n=len(receipts)),
            "receipts": "、".join(receipts), "basis": word("erasure.basis", row["basis"], self.say),
            "stands": word("erasure.hold-state", row["state"], self.say),
            "first": (proposer[0], role, proposer[1]),
            "second": (second[0], self.say("erasure.confirms"), second[1]) if second else None,
        }

    def _rotation(self, row: Document) -> Row:
        gone = "、".join(str(word("service", name, self.say)) for name in SERVICES if name in row["destroyed"])
        return [self.at(row["ordered_at"]), word("erasure.rotation-why", row["why"], self.say),
                "、".join(row["decided_by"]) or self.say("erasure.by-rule"), number(len(row["after"])), gone or "―",
                self.at(row["done_at"]) if row["done_at"] else self.say("erasure.rotation-runs")]
