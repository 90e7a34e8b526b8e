"""What pages and API of erasing share: requests, holds and rotations decided, and all there is to see (S17, B10)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from services.retention import erasure_store, store
from services.retention.domain.schedule import Duty, calendar, contract_end
from services.retention.domain.staff import EVERY_PROGRAMME
from services.retention.domain.state import StandingCount
from services.retention.erasure_store import DUTIES, HOLDS, REQUESTS, ROTATIONS
from services.retention.handlers import holds, requests
from services.retention.handlers.holds import Basis, HoldRefused
from services.retention.handlers.requests import RequestRefused
from services.retention.handlers.rotations import RotationRuns, Rotations
from services.retention.office import Office
from shared.contracts.envelope import Id
from shared.messaging.transaction import Work
from shared.platform.mongo import Document
from shared.platform.problems import Problem
from shared.platform.register import Person

T = TypeVar("T")

MOST_HELD = 250
"""A hold names at most so many subjects: more is a hold on the programme."""

_REQUESTS = {
    "unknown": (404, "There is no such application", "Check the receipt number."),
    "decided": (409, "This request was decided already", "Reload the page to see the decision."),
    "not-asked": (409, "Nobody asked for this, and it was not withdrawn",
                  "Early erasure needs the applicant's request or withdrawal."),
    "ordered": (409, "The erasure of this application is ordered already", "See its batch."),
    "held": (409, "A legal hold keeps this application's data", "The hold must be lifted first, by two people."),
}
_HOLDS = {
    "unknown": (404, "There is no such hold", "Reload the page."),
    "same-person": (409, "The second person must be another one", "Ask a colleague to confirm."),
    "not-proposed": (409, "There is nothing to confirm or to take back", "Reload the page to see how the hold stands."),
    "not-placed": (409, "Only a hold that binds can be lifted", "Reload the page to see how the hold stands."),
    "unknown-subjects": (422, "Some of these applications are not known here", "Check the numbers in `receipts`."),
    "ordered": (409, "It is too late for some: their erasure is ordered already",
                "An order cannot be called back. Leave out the numbers in `receipts` and propose the hold again."),
}


@dataclass(frozen=True)
class Dated:
    """A duty with its document, and of how many subjects the data is still held under it."""

    duty: Duty
    document: Document
    held: int


@dataclass(frozen=True)
class Progress:
    """A batch, what it waits for, and how many orders each service has answered."""

    batch: Document
    waits_for: tuple[str, ...]
    answered: dict[str, int]


@dataclass(frozen=True)
class Erasure:
    """All there is to see of a programme's erasing, as of `as_of`."""

    programme: str
    as_of: datetime
    contract_end: datetime
    calendar: tuple[Dated, ...]
    standings: tuple[StandingCount, ...]
    batches: tuple[Progress, ...]
    requests: tuple[Document, ...]
    holds: tuple[Document, ...]
    rotations: tuple[Document, ...]


class ErasureOffice:
    """What officers decide, and what everybody with a right to it sees."""

    def __init__(self, office: Office, rotations: Rotations) -> None:
        self.office, self._rotations = office, rotations
        self._service = office.service
        self._database = office.service.database

    # -- seeing ----------------------------------------------------------------------------------------------------

    async def see(self, programme: str) -> Erasure:
        """Calendar, batches, requests, holds, rotations of a programme. Raises `UnknownProgramme`."""
        definition = self._service.programmes.get(programme)
        query = {"programme": programme}
        return Erasure(
            programme=programme, as_of=self.office.now(programme), contract_end=contract_end(definition),
            calendar=await self._calendar(programme),
            standings=await erasure_store.standings(self._database, programme),
            batches=await self._batches(programme),
            requests=tuple(await self._database[REQUESTS].find(query).sort("asked_at", -1).to_list(200)),
            holds=tuple(await self._database[HOLDS].find(query).sort("proposed_at", -1).to_list(200)),
            rotations=await self.rotations(),
        )

    async def _calendar(self, programme: str) -> tuple[Dated, ...]:
        definition = self._service.programmes.get(programme)
        documents = {row["_id"]: row async for row in self._database[DUTIES].find(
            {"programme": programme, "planned": True})}
        found = []
        for duty in calendar(definition, await erasure_store.drawn_at(self._database, programme),
                             await erasure_store.cancellation(self._database, programme)):
            held = await self._database[store.APPLICATIONS].count_documents(
                {"programme": programme, "standing": {"$in": list(duty.standings)}, "batch": None})
            found.append(Dated(duty, documents.get(f"{programme}/{duty.code}", {}), held))
        return tuple(found)

    async def _batches(self, programme: str) -> tuple[Progress, ...]:
        rows = await erasure_store.batches_of(self._database, programme)
        answered = await erasure_store.answers(self._database, [row["_id"] for row in rows])
        return tuple([
            Progress(row, await erasure_store.batch_waits_for(self._database, row), answered.get(row["_id"], {}))
            for row in rows
        ])

    async def rotations(self) -> tuple[Document, ...]:
        """The rotations, the latest first."""
        return tuple(await self._database[ROTATIONS].find({}).sort("ordered_at", -1).to_list(24))

    async def receipts_of(self, subjects: Sequence[Id]) -> dict[Id, str]:
        """The receipt numbers of subjects: what people say, where ids are what machines say."""
        rows = self._database[store.APPLICATIONS].find({"_id": {"$in": list(subjects)}}, {"receipt": 1})
        return {row["_id"]: row.get("receipt", "") async for row in rows}

    # -- deciding --------------------------------------------------------------------------------------------------

    async def grant(self, programme: str, application: Id, decision: str, officer: Person) -> Id:
        """Orders one person's erasure by the ward's decision; returns the batch."""
        definition, now = self._service.programmes.get(programme), self.office.now(programme)
        try:
            return await self._service.transactions.run(partial(
                requests.grant, programme=definition, application=application, decision=decision,
                officer=officer.staff, now=now))
        except RequestRefused as refused:
            raise _problem("request", refused.code, _REQUESTS) from None

    async def decline(self, programme: str, application: Id, reason: str, officer: Person) -> None:
        """The data stays, for a reason that the programme knows."""
        if reason not in self._service.programmes.get(programme).reasons:
            raise Problem(422, "unknown-reason", "The programme knows no such reason",
                          "Take one of `reasons`.", reasons=sorted(self._service.programmes.get(programme).reasons))
        try:
            await self._service.transactions.run(partial(
                requests.decline, programme=programme, application=application, reason=reason,
                officer=officer.staff, now=self.office.now(programme)))
        except RequestRefused as refused:
            raise _problem("request", refused.code, _REQUESTS) from None

    async def propose_hold(
        self, programme: str, basis: Basis, officer: Person, *, subjects: Sequence[Id] = (),
        receipts: Sequence[str] = (),
    ) -> Id:
        """Proposes a hold on these subjects, or on the whole programme where there are none."""
        self._service.programmes.get(programme)
        wanted = list(dict.fromkeys([*subjects, *await self._of_receipts(programme, receipts)]))
        return await self._hold(partial(
            holds.propose, programme=programme, subjects=wanted, basis=basis, officer=officer.staff,
            now=self.office.now(programme)))

    async def confirm_hold(self, programme: str, hold: Id, officer: Person) -> Document:
        """The second person confirms the hold or its lifting."""
        return await self._hold(partial(holds.confirm, programme=programme, hold=hold, officer=officer.staff,
                                        now=self.office.now(programme)))

    async def lift_hold(self, programme: str, hold: Id, officer: Person) -> None:
        """Proposes that a hold ends."""
        await self._hold(partial(holds.propose_lifting, programme=programme, hold=hold, officer=officer.staff,
                                 now=self.office.now(programme)))

    async def drop_proposal(self, programme: str, hold: Id) -> None:
        """Takes a proposal back."""
        await self._hold(partial(holds.drop, programme=programme, hold=hold, now=self.office.now(programme)))

    async def rotate(self, officer: Person) -> Id:
        """Orders new keys everywhere, on demand."""
        if EVERY_PROGRAMME not in officer.programmes:
            raise Problem(403, "not-permitted", "You may not do this",
                          "Keys are common to all programmes: an officer for all of them orders new ones.",
                          reason="programme")
        try:
            return await self._service.transactions.run(
                lambda tx: self._rotations.order(tx, "demand", (officer.staff,)))
        except RotationRuns as running:
            raise Problem(409, "rotation-runs", "Keys are being changed just now",
                          "Wait until every service has destroyed its older keys.",
                          rotation=running.rotation) from None

    async def _of_receipts(self, programme: str, receipts: Sequence[str]) -> list[Id]:
        wanted = [receipt.strip().upper() for receipt in receipts if receipt.strip()]
        rows = self._database[store.APPLICATIONS].find(
            {"programme": programme, "receipt": {"$in": wanted}}, {"receipt": 1})
        found = {row["receipt"]: row["_id"] async for row in rows}
        unknown = [receipt for receipt in wanted if receipt not in found]
        if unknown:
            status, title, detail = _HOLDS["unknown-subjects"]
            raise Problem(status, "hold-unknown-subjects", title, detail, receipts=unknown)
        return [found[receipt] for receipt in wanted]

    async def _hold(self, work: Work[T]) -> T:
        try:
            return await self._service.transactions.run(work)
        except HoldRefused as refused:
            receipts = sorted((await self.receipts_of(refused.subjects)).values())
            raise _problem("hold", refused.code, _HOLDS, receipts) from None


def is_overdue(batch: Document, now: datetime) -> bool:
    """Whether a batch has missed one of its deadlines and still does."""
    steps = (("removed_at", "deadline"), ("final_at", "final_deadline"))
    return any(batch.get(done) is None and batch[deadline] <= now for done, deadline in steps)


def _problem(
    what: str, code: str, words: dict[str, tuple[int, str, str]], receipts: Sequence[str] = ()
) -> Problem:
    status, title, detail = words[code]
    extra: dict[str, Any] = {"receipts": list(receipts)} if receipts else {}
    return Problem(status, f"{what}-{code}", title, detail, **extra)
