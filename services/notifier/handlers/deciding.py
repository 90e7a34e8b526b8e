"""Which notice an application gets: looked at when something of it was heard, decided from its document alone."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any

from services.notifier.domain.application import Application, application_of
from services.notifier.domain.cancelling import cancellations_due
from services.notifier.domain.delivery import first_state
from services.notifier.domain.ledger import Term
from services.notifier.domain.notices import Draw, Notice, Waits, letters_due, next_notice, reply_card
from services.notifier.store import NOTICES, Store, draw_key
from shared.contracts.envelope import Id, derived_id
from shared.contracts.notifier import NoticeFellDue, Way
from shared.contracts.programme import Programme
from shared.messaging.transaction import Transaction, Transactions
from shared.platform.clock import Clock
from shared.platform.programmes import Programmes

BATCH = 200
LOOK_AGAIN = timedelta(hours=1)
"""What waits is looked at when the missing fact comes; this is for a fact that came in the same instant."""


class Deciding:
    """Makes notices of applications."""

    def __init__(self, store: Store, transactions: Transactions, programmes: Programmes, clock: Clock) -> None:
        self._store, self._transactions = store, transactions
        self._programmes, self._clock = programmes, clock

    async def decide(self, documents: list[dict[str, Any]]) -> None:
        """Work of `DueWork` on `applications`."""
        programme = self._programmes.get(documents[0]["programme"])
        ids = [document["_id"] for document in documents]
        await self._transactions.run(lambda tx: self._decide(tx, programme, ids))

    async def _decide(self, tx: Transaction, programme: Programme, ids: list[Id]) -> None:
        rows = await self._store.applications_by_id(ids, tx.session)
        known = {id_: application_of(row) for id_, row in rows.items()}
        elsewhere = {application.addressee for application in known.values()} - known.keys()
        others = await self._store.applications_by_id(elsewhere, tx.session)
        known |= {id_: application_of(row) for id_, row in others.items()}
        draws = await self._store.draws_of(programme.id, tx.session)
        changes, terms = [], []
        for id_, row in rows.items():
            letters = [*letters_due(programme.id, known[id_]), *cancellations_due(
                programme, known[id_], self._clock.now(programme.id), usable_items(programme))]
            made, waits = _notices(programme, known[id_], draws, known)
            for notice in (*letters, *made):
                self._make(tx, programme, notice, row, known[notice.to], draws)
                terms.append(Term(self._clock.now(programme.id), notice.due_by).warn_at)
            change = self._settled(programme.id, known[id_], made, waits)
            if letters:
                change["lettered"] = [*known[id_].lettered, *(letter.id for letter in letters)]
            changes.append((id_, change))
        await self._store.settle(changes, tx.session)
        if terms:
            await self._store.watch(tx, programme.id, min(terms))

    def _settled(
        self, programme: str, application: Application, made: list[Notice], waits: Waits | None
    ) -> dict[str, Any]:
        told = [*application.told, *(notice.id for notice in made)]
        change: dict[str, Any] = {"told": told} if told else {}
        if not application.told and made:
            change["told_kind"] = made[0].kind
        if waits is None:
            return change | {"state": "told" if told else "open", "waits": None, "tries": 0}
        return change | {"due_at": self._clock.now(programme) + LOOK_AGAIN, "waits": waits.missing, "tries": 0}

    def _make(
        self, tx: Transaction, programme: Programme, notice: Notice, row: dict[str, Any], to: Application,
        draws: dict[str, Draw],
    ) -> None:
        now = self._clock.now(programme.id)
        document = {
            "_id": notice.id, "programme": programme.id, "about": notice.about, "to": notice.to, "kind": notice.kind,
            "promotion": notice.promotion, "reason": _reason(programme, notice), "way": notice.way,
            "contact": notice.letter.contact if notice.letter else to.contact,
            "letter": {"what": notice.letter.what, "at": notice.letter.at} if notice.letter else None,
            "again": _is_told_anew(notice, application_of(row)),
            "tried": [], "state": first_state(notice.way), "due_at": now, "due_by": notice.due_by, "made_at": now,
            "attempt": 0, "failures": 0, "receipt": row.get("receipt"), "entry": row.get("entry") or "",
            "cancelled": list(notice.slots) if notice.kind == "cancelled" else [], "language": to.language,
            "draw": _draw_told(programme, notice, application_of(row), draws),
            "passes": [asdict(issued) for issued in notice.passes],
            "reply_card": reply_card(programme.id, notice, to), "traceparent": row.get("traceparent"),
        }
        tx.insert(NOTICES, document)
        say_due(tx, programme.id, document, notice.way, self._clock)


def usable_items(programme: Programme) -> frozenset[str]:
    """The data items by which a notice may reach somebody."""
    return programme.items_for("notifier") & programme.items_for_purpose("notice")


def say_due(tx: Transaction, programme: str, notice: dict[str, Any], way: Way, clock: Clock) -> None:
    """Says that the notice is due on `way`; once a way, however often the work is repeated."""
    tx.say(
        NoticeFellDue(notice=notice["_id"], application=notice["about"], kind=notice["kind"], way=way,
                      due_by=notice["due_by"],
                      draw=notice["draw"].partition("/")[2] if notice["kind"] == "second-draw" else None),
        subject=notice["about"], programme=programme, at=clock.now(programme),
        event_id=derived_id("notice-fell-due", notice["_id"], way), traceparent=notice.get("traceparent"),
    )


def _notices(
    programme: Programme, application: Application, draws: dict[str, Draw], known: dict[Id, Application]
) -> tuple[list[Notice], Waits | None]:
    """All notices that can be made now, and what the next one waits for."""
    draw = draws.get(_draw_key(programme, application, draws), Draw())
    made: list[Notice] = []
    while True:
        found = next_notice(programme.id, application, draw, known.get(application.addressee),
                            programme.notices.within_days)
        if not isinstance(found, Notice):
            return made, found
        made.append(found)
        application = replace(application, told=(*application.told, found.id))


def _is_told_anew(notice: Notice, application: Application) -> bool:
    """Whether it is a result that takes the place of one that was told before."""
    return notice.letter is None and not notice.promotion and bool(application.redrawn and application.told)


def _draw_told(programme: Programme, notice: Notice, application: Application, draws: dict[str, Draw]) -> str:
    second = notice.letter.draw if notice.letter else None
    return draw_key(programme.id, second) if second else _draw_key(programme, application, draws)


def _reason(programme: Programme, notice: Notice) -> str | None:
    """The code of why: of what does not count, and of a second draw."""
    previous = programme.draw.previous
    announces = notice.letter is not None and notice.letter.draw == programme.draw.id
    return previous.reason if announces and previous else notice.reason


def _draw_key(programme: Programme, application: Application, draws: dict[str, Draw]) -> str:
    """The draw of its result; where it has none, the one that stands: a second draw does once it is announced."""
    draw = programme.draw
    announced = draws.get(draw_key(programme.id, draw.id), Draw()).announcement is not None
    standing = draw.previous.draw if draw.previous and not announced else draw.id
    return draw_key(programme.id, application.result.draw if application.result else standing)
