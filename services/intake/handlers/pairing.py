"""Finding pairs: applications that share a key are opened for `duplicates`, compared, and what was found is kept as
points and codes (B03). A pass goes through all applications, a part a step; a later pass opens again only what is new
or was amended.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from services.intake import pair_store
from services.intake.domain.application import Party
from services.intake.domain.blocking import pairs_to_compare
from services.intake.domain.duplicates import contradicts
from services.intake.domain.likeness import contacts_agree, likeness, shared_people
from services.intake.handlers.means import Means
from services.intake.handlers.searching import searched_items
from services.intake.pair_store import DIFFERENT, OPEN, SAME, UNLIKE
from shared.contracts.envelope import Id, new_id
from shared.contracts.programme import Programme
from shared.messaging.transaction import Transaction
from shared.platform.mongo import Document
from shared.privacy.door import Door, ServiceActor

JOB = "find-duplicates"
CHUNK = 100
_FOUND = ("score", "reasons", "about")


@dataclass(frozen=True)
class Finding:
    """Finds pairs; its jobs are passes that the desk began."""

    means: Means
    door: Door

    def register(self) -> None:
        """Makes the kind of job known."""
        self.means.jobs.register(JOB, self.go_on)

    async def begin(self, programme: Programme) -> None:
        """Begins a pass; one that goes on already changes nothing about it."""
        await self.means.transactions.run(
            lambda tx: self.means.jobs.start(tx, JOB, f"{JOB}/{programme.id}/{new_id()}", programme.id, {}))

    async def go_on(self, tx: Transaction, job: Document) -> dict[str, Any] | None:
        """A step of such a job."""
        after = await self.step(tx, self.means.programmes.get(job["programme"]), (job["cursor"] or {}).get("after", ""))
        return None if after is None else {"after": after}

    async def step(self, tx: Transaction, programme: Programme, after: Id) -> Id | None:
        """Compares the next applications with all they share a key with; where to go on, None at the end."""
        chunk = await pair_store.next_to_compare(tx, programme.id, after, CHUNK)
        if not chunk:
            return None
        firsts = {row["_id"] for row in chunk}
        sharing = await pair_store.sharing_a_key(
            tx, programme.id, {key for row in chunk for key in row.get("keys", ())})
        known = {pair["_id"]: pair for pair in await pair_store.of_applications(tx, firsts)}
        others = await pair_store.living(tx, {one for pair in known.values() for one in pair["applications"]})
        rows = {row["_id"]: row for row in (*others, *sharing, *chunk)}
        met = pairs_to_compare({one: row.get("keys", ()) for one, row in rows.items()}, firsts)
        # Amended since, they may share no key any more: that too must be seen.
        met |= {(one, other) for one, other in (pair["applications"] for pair in known.values())
                if one in firsts and one in rows and other in rows}
        fresh = [pair for pair in sorted(met) if _is_new(known.get("/".join(pair)), _versions(rows, pair))]
        await self._compare(tx, programme, fresh, rows, known)
        return str(chunk[-1]["_id"])

    async def _compare(
        self, tx: Transaction, programme: Programme, pairs: list[tuple[Id, Id]], rows: dict[Id, Document],
        known: dict[str, Document],
    ) -> None:
        if not pairs:
            return
        opened = await self.door.open_many(
            ServiceActor("intake"), "service", programme.id, "duplicates",
            sorted({one for pair in pairs for one in pair}), searched_items(programme))
        parties = {application: Party.of(items) for application, items in opened.items()}
        kept = []
        for one, other in pairs:
            if one in parties and other in parties:
                pair = _pair(programme, one, other, parties, _versions(rows, (one, other)))
                kept.append(_as_judged(pair, known.get(pair["_id"])))
        await pair_store.keep(tx, kept)
        await self._leave_to_people(tx, [pair for pair in kept if pair["state"] == SAME and pair["by"] is None])

    async def _leave_to_people(self, tx: Transaction, certain: Iterable[Document]) -> None:
        """What is certain but does not fit what a person judged is a person's to judge."""
        for pair in certain:
            if contradiction(await pair_store.judged_with(tx, pair["applications"])):
                await pair_store.judge(tx, pair["_id"], {"state": OPEN, "at": None})


def contradiction(judged: Iterable[Document]) -> tuple[Id, Id] | None:
    """Two that were judged different and the same at once."""
    pairs = list(judged)
    return contradicts(*(
        [(pair["applications"][0], pair["applications"][1]) for pair in pairs if pair["state"] == state]
        for state in (SAME, DIFFERENT)))


def _pair(
    programme: Programme, one: Id, other: Id, parties: dict[Id, Party], versions: list[int]
) -> Document:
    policy, first, second = programme.duplicates, parties[one], parties[other]
    found = likeness(first, second)
    shared = shared_people(first, second) if policy.companions == "show" else 0
    certain = found.certain and contacts_agree(first, second, found, policy.counts)
    about = "applicant" if found.shown else "party" if shared else None
    return {
        "_id": pair_store.pair_id(one, other), "programme": programme.id, "applications": [one, other],
        "versions": versions, "score": found.score, "reasons": list(found.reasons), "about": about,
        "state": SAME if certain else OPEN if about else UNLIKE, "by": None, "at": None, "question": None,
    }


def _as_judged(pair: Document, before: Document | None) -> Document:
    """What a person judged stands, as long as what was found is what they saw."""
    if before is None or before["by"] is None or any(before[name] != pair[name] for name in _FOUND):
        return pair
    return {**pair, **{name: before[name] for name in ("state", "by", "at", "question")}}


def _is_new(known: Document | None, versions: list[int]) -> bool:
    return known is None or known["versions"] != versions


def _versions(rows: dict[Id, Document], pair: tuple[Id, Id]) -> list[int]:
    return [rows[one].get("version", 1) for one in pair]
