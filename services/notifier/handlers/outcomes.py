"""What became of a notice: its state, its events, and the other channel where this one leads nowhere (B05)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from services.notifier.domain.cancelling import begins, in_time
from services.notifier.domain.delivery import Called, GiveUp, Outcome, Sent, TryAgain, first_state
from services.notifier.domain.notices import other_way
from services.notifier.handlers.deciding import say_due, usable_items
from services.notifier.store import Store
from shared.contracts.envelope import derived_id
from shared.contracts.notifier import NoticeCalled, NoticeFact, NoticeFailed, NoticeSent, NoticeUnreached, Way
from shared.contracts.programme import Programme
from shared.messaging.transaction import Transaction
from shared.platform.clock import Clock


class Outcomes:
    """Records outcomes; every one is committed together with its events."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock

    def next_way(self, programme: Programme, notice: dict[str, Any]) -> Way | None:
        """The channel that is left when the notice's present one has failed."""
        items, tried = usable_items(programme), frozenset(notice["tried"])
        other = other_way(notice["way"], notice["contact"], items, tried)
        if notice["kind"] != "cancelled":
            return other
        now, first = self._clock.now(programme.id), begins(programme, notice["cancelled"])
        return in_time(other, notice["way"], first, now, items, tried)

    async def record(
        self, tx: Transaction, notice: dict[str, Any], attempt: int, outcome: Outcome, states: Sequence[str] = ("due",)
    ) -> None:
        """Records the outcome of an attempt on a notice in one of `states`; a second time changes nothing."""
        programme = notice["programme"]
        change = self._change(programme, notice, outcome)
        if not await self._store.change_notice(notice["_id"], states, attempt, change, tx.session):
            return
        if isinstance(outcome, Sent):
            self._say(tx, notice, NoticeSent, f"sent-{attempt}", attempt=attempt)
            return
        if isinstance(outcome, Called):
            self._say(tx, notice, NoticeCalled, "called", by=outcome.by)
            return
        self._say(tx, notice, NoticeFailed, f"failed-{attempt}", attempt=attempt, cause=outcome.cause,
                  final=isinstance(outcome, GiveUp))
        if isinstance(outcome, GiveUp) and outcome.next_way:
            say_due(tx, programme, notice, outcome.next_way, self._clock)
        elif isinstance(outcome, GiveUp):
            self._say(tx, notice, NoticeUnreached, "unreached", cause=outcome.cause)

    def _change(self, programme: str, notice: dict[str, Any], outcome: Outcome) -> dict[str, Any]:
        now = self._clock.now(programme)
        change: dict[str, Any] = {"tries": 0, "intent_at": None}
        match outcome:
            case Sent():
                return change | {"state": "sent", "ended_at": now}
            case Called():
                return change | {"state": "called", "ended_at": now}
            case TryAgain(at=at, cause=cause):
                return change | {"due_at": at, "cause": cause, "failures": notice["failures"] + 1}
            case GiveUp(cause=cause, next_way=next_way):
                tried = [*notice["tried"], notice["way"]]
                change |= {"cause": cause, "failures": notice["failures"] + 1, "tried": tried}
                if next_way is None:
                    return change | {"state": "unreached", "ended_at": now}
                return change | {"way": next_way, "state": first_state(next_way), "due_at": now, "run": None}

    def _say(
        self, tx: Transaction, notice: dict[str, Any], event: type[NoticeFact], what: str, **fields: Any
    ) -> None:
        programme = notice["programme"]
        tx.say(
            event(notice=notice["_id"], application=notice["about"], kind=notice["kind"], way=notice["way"], **fields),
            subject=notice["about"], programme=programme, at=self._clock.now(programme),
            event_id=derived_id(f"notice-{what}", notice["_id"]), traceparent=notice.get("traceparent"),
        )
