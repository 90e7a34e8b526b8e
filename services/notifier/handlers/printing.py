"""Postcards: the print run is the recorded intent; the PDF is made in memory when it is fetched (S02, S07, B05)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from services.notifier.domain.addressees import Addressee
from services.notifier.domain.content import content_of
from services.notifier.domain.delivery import GiveUp
from services.notifier.domain.notices import Draw
from services.notifier.handlers.erasing import CAUSE as ERASED
from services.notifier.handlers.erasing import Erased
from services.notifier.handlers.opening import addressees
from services.notifier.handlers.outcomes import Outcomes
from services.notifier.postcards import Card, CardStopped, Half, print_cards, print_halves
from services.notifier.store import RUNS, Store
from shared.contracts.envelope import Id, derived_id, new_id
from shared.contracts.notifier import NoticeFact, NoticePosted, NoticePrinted
from shared.contracts.programme import Programme
from shared.messaging.transaction import Transaction, Transactions
from shared.platform.clock import Clock
from shared.platform.problems import Problem
from shared.platform.programmes import Programmes
from shared.platform.register import Person
from shared.privacy.door import Door

MOST_CARDS = 500
"""A run that a person can check, carry and post in one go."""


class Printing:
    """Print runs, from the intent to the post office."""

    def __init__(
        self, store: Store, transactions: Transactions, programmes: Programmes, clock: Clock, door: Door,
        outcomes: Outcomes, erased: Erased, urls: dict[str, str],
    ) -> None:
        self._store, self._transactions, self._programmes, self._clock = store, transactions, programmes, clock
        self._door, self._outcomes, self._erased, self._urls = door, outcomes, erased, urls

    async def begin(self, person: Person, programme: str) -> dict[str, Any]:
        """Takes up to `MOST_CARDS` notices that wait for print into a new run.

        Fresh cards come first, by receipt number. Reply halves, which their applicants addressed, are runs of
        their own, by the number of the card, as they lie in their batches (S02).
        """
        run = new_id()
        await self._erased.end_waiting_for_print(programme)
        return await self._transactions.run(lambda tx: self._begin(tx, person, programme, run))

    async def _begin(self, tx: Transaction, person: Person, programme: str, run: Id) -> dict[str, Any]:
        ids = await self._waiting(tx, {"programme": programme, "reply_card": None}, "receipt")
        halves = [] if ids else await self._waiting(
            tx, {"programme": programme, "reply_card": {"$type": "string"}}, "reply_card")
        ids = ids or halves
        if not ids:
            raise Problem(409, "nothing-to-print", "No notice waits for a postcard",
                          "Look again when the next results or refused mails have come.")
        await self._store.notices.update_many(
            {"_id": {"$in": ids}}, {"$set": {"state": "in-run", "run": run}}, session=tx.session)
        document = {
            "_id": run, "programme": programme, "notices": ids, "state": "made", "by_hand": False,
            "reply_halves": bool(halves), "made_by": person.staff, "made_at": self._clock.now(programme),
        }
        tx.insert(RUNS, document)
        return document

    async def _waiting(self, tx: Transaction, query: dict[str, Any], order: str) -> list[Id]:
        rows = self._store.notices.find({**query, "state": "to-print"}, {"_id": 1}, session=tx.session)
        return [row["_id"] async for row in rows.sort([(order, 1), ("_id", 1)]).limit(MOST_CARDS)]

    async def cards(self, person: Person, programme: str, run: Id) -> bytes:
        """The PDF of the run, opened through the door for this person; its notices are printed with that.

        For reply halves nothing is opened: the applicant wrote the address, and only the result is printed.

        Raises `Problem` 409 for a card that can't be set, or a record that is not here: nothing is printed then.
        """
        document = await self.run(programme, run)
        if document["by_hand"]:
            raise Problem(409, "written-by-hand", "This card is written by hand", "Write it, post it, and say so here.")
        notices = [notice for notice in await self._store.notices_by_id(document["notices"])
                   if notice.get("cause") != ERASED]
        if not notices:
            raise Problem(409, "run-erased", "Everybody in this run was erased by order",
                          "There is nothing to print. The notices are accounted for.")
        try:
            if document.get("reply_halves"):
                halves = await self._halves_of(self._programmes.get(programme), notices)
                document_bytes = await asyncio.to_thread(print_halves, halves)
            else:
                opened = await addressees(self._door, person, "notices", programme, notices, ("name", "address"))
                _all_there(notices, opened)
                cards = await self._cards_of(self._programmes.get(programme), notices, opened)
                document_bytes = await asyncio.to_thread(print_cards, cards)
        except CardStopped as stopped:
            raise _stopped(stopped, notices) from None
        await self._transactions.run(lambda tx: self._printed(tx, programme, run, notices))
        return document_bytes

    async def _cards_of(
        self, programme: Programme, notices: Sequence[dict[str, Any]], opened: dict[Id, Addressee]
    ) -> list[Card]:
        draws = await self._store.draws_of(programme.id)
        return [
            Card(notice["_id"], to["name"], to["address"],
                 content_of(notice, programme, draws.get(notice["draw"], Draw()), self._urls, secret=to.get("secret")))
            for notice in notices for to in (opened[notice["_id"]],)
        ]

    async def _halves_of(self, programme: Programme, notices: Sequence[dict[str, Any]]) -> list[Half]:
        draws = await self._store.draws_of(programme.id)
        return [
            Half(notice["_id"], notice["reply_card"],
                 content_of(notice, programme, draws.get(notice["draw"], Draw()), self._urls)) for notice in notices
        ]

    async def _printed(self, tx: Transaction, programme: str, run: Id, notices: Sequence[dict[str, Any]]) -> None:
        fresh = await self._advance(tx, run, notices, "in-run", {"state": "printed"})
        await self._store.runs.update_one({"_id": run, "state": "made"}, {"$set": {"state": "printed"}},
                                          session=tx.session)
        for notice in fresh:
            self._say(tx, notice, NoticePrinted, "printed", run)

    async def post(self, person: Person, programme: str, run: Id) -> int:
        """A named person handed the run's cards to the post; returns how many."""
        document = await self.run(programme, run)
        if document["state"] == "made" and not document["by_hand"]:
            raise Problem(409, "not-printed", "The cards were not fetched yet", "Fetch and print the cards first.")
        return await self._transactions.run(lambda tx: self._post(tx, person, document))

    async def _post(self, tx: Transaction, person: Person, document: dict[str, Any]) -> int:
        run, now = document["_id"], self._clock.now(document["programme"])
        notices = await self._store.notices_by_id(document["notices"], tx.session)
        state = "in-run" if document["by_hand"] else "printed"
        posted = await self._advance(tx, run, notices, state, {"state": "posted", "ended_at": now})
        await self._store.runs.update_one(
            {"_id": run, "state": {"$ne": "posted"}},
            {"$set": {"state": "posted", "posted_by": person.staff, "posted_at": now}}, session=tx.session)
        for notice in posted:
            self._say(tx, notice, NoticePosted, "posted", run, by=person.staff)
        return len(posted)

    async def set_aside(self, person: Person, programme: str, run: Id, notice: Id) -> Id:
        """Takes a card that can't be printed out of the run, to be written by hand; returns its own run."""
        by_hand = derived_id("by-hand", run, notice)

        async def work(tx: Transaction) -> None:
            taken = await self._store.notices.update_one(
                {"_id": notice, "programme": programme, "run": run, "state": "in-run"}, {"$set": {"run": by_hand}},
                session=tx.session)
            if not taken.matched_count:
                raise Problem(409, "not-in-run", "The card is not in this run", "Look at the run again.")
            await self._store.runs.update_one({"_id": run}, {"$pull": {"notices": notice}}, session=tx.session)
            tx.insert(RUNS, {
                "_id": by_hand, "programme": programme, "notices": [notice], "state": "made", "by_hand": True,
                "made_by": person.staff, "made_at": self._clock.now(programme),
            })

        await self._transactions.run(work)
        return by_hand

    async def returned(self, programme: str, notice: Id) -> None:
        """A posted card came back: the other channel opens, or the applicant is unreached."""
        found = next(iter(await self._store.notices_by_id([notice])), None)
        if found is None or found["programme"] != programme or found["state"] != "posted":
            raise Problem(409, "not-posted", "This notice was not posted", "Check the receipt number on the card.")
        outcome = GiveUp("returned", self._outcomes.next_way(self._programmes.get(programme), found))
        await self._transactions.run(
            lambda tx: self._outcomes.record(tx, found, found["attempt"] + 1, outcome, ("posted",)))

    async def run(self, programme: str, run: Id) -> dict[str, Any]:
        """The print run. Raises `Problem` 404."""
        document: dict[str, Any] | None = await self._store.runs.find_one({"_id": run, "programme": programme})
        if document is None:
            raise Problem(404, "unknown-print-run", "There is no such print run", "Choose it from the notice desk.")
        return document

    async def _advance(
        self, tx: Transaction, run: Id, notices: Sequence[dict[str, Any]], state: str, change: dict[str, Any]
    ) -> list[dict[str, Any]]:
        """Changes those that are in `state` within this run; returns them."""
        ids = [notice["_id"] for notice in notices]
        query = {"_id": {"$in": ids}, "run": run, "state": state}
        fresh: list[dict[str, Any]] = await self._store.notices.find(query, session=tx.session).to_list(None)
        await self._store.notices.update_many(query, {"$set": change}, session=tx.session)
        return fresh

    def _say(
        self, tx: Transaction, notice: dict[str, Any], event: type[NoticeFact], what: str, run: Id, **fields: Any
    ) -> None:
        programme, kind = notice["programme"], notice["kind"]
        tx.say(
            event(notice=notice["_id"], application=notice["about"], kind=kind, way="post", run=run, **fields),
            subject=notice["about"], programme=programme, at=self._clock.now(programme),
            event_id=derived_id(f"notice-{what}", notice["_id"], run), traceparent=notice.get("traceparent"),
        )


def _all_there(notices: Sequence[dict[str, Any]], opened: dict[Id, Addressee]) -> None:
    known = {id_ for id_, items in opened.items() if {"name", "address"} <= items.keys()}
    lacking = [notice["receipt"] for notice in notices if notice["_id"] not in known]
    if lacking:
        raise Problem(
            409, "record-missing", f"The address of {len(lacking)} cards is not here",
            "Nothing was printed. Try again in a minute; if it stays so, set these cards aside.", receipts=lacking[:50])


def _stopped(stopped: CardStopped, notices: Sequence[dict[str, Any]]) -> Problem:
    receipt = next(notice["receipt"] for notice in notices if notice["_id"] == stopped.notice)
    missing = f"U+{stopped.code_point:04X}" if stopped.code_point else None
    return Problem(
        409, "card-stopped", f"The card of receipt {receipt} can't be set", "Nothing was printed. Set this card aside "
        "to write it by hand, and fetch the others again.", notice=stopped.notice, receipt=receipt, cause=stopped.cause,
        character=missing)
