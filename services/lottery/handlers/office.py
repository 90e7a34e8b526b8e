"""A step of the draw: one turn, in one transaction, by the rules of the domain; else refused, recorded and shown."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from services.lottery.domain.canonical import line_of
from services.lottery.domain.faults import Refused
from services.lottery.domain.transcript import Transcript
from services.lottery.handlers.draws import check_not_replaced, standing
from services.lottery.settings import LotterySettings
from services.lottery.store import (
    REFUSALS,
    DrawState,
    Phase,
    draw_key,
    keep_draw,
    keep_lines,
    load_draw,
)
from services.lottery.transcripts import Held, Transcripts
from shared.contracts.envelope import derived_id, moment_text, new_id
from shared.contracts.lottery import DrawStepRefused, DrawStepTaken, Step
from shared.contracts.programme import Programme
from shared.messaging.jobs import Jobs
from shared.messaging.transaction import Transaction, Transactions
from shared.platform.clock import Clock
from shared.platform.mongo import Database
from shared.platform.problems import Problem
from shared.platform.programmes import Programmes

T = TypeVar("T")
MOST_LINES_IN_AN_EVENT = 200
MOST_UNSIGNED_REFUSALS = 50


class StepRefused(Refused):
    """A refusal with a code of its own, where the domain's field alone would not say what to do."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(code, reason)


@dataclass
class Turn:
    """One step: what it reads, and what it leaves behind. `spoilt`: the transcript was changed before the main act."""

    tx: Transaction
    jobs: Jobs
    programme: Programme
    state: DrawState
    now: datetime
    by: tuple[str, ...] = ()
    held: Held | None = None
    refusal: Refused | None = None
    other: Callable[[str], AbstractAsyncContextManager[Turn]] | None = None
    spoilt: bool = False

    @property
    def replaces(self) -> str | None:
        """The draw that this one takes the place of."""
        return self.programme.draw.previous.draw if self.programme.draw.previous else None

    def beside(self, draw: str) -> AbstractAsyncContextManager[Turn]:
        """A turn of another draw of the programme, in the same transaction."""
        assert self.other is not None, "asked for by steps only"
        return self.other(draw)

    @property
    def at(self) -> str:
        """Now, as the protocol writes it."""
        return moment_text(self.now)

    @property
    def transcript(self) -> Transcript:
        """The draw as it stands; refused before there is an announcement."""
        if self.held is None:
            raise StepRefused("not-announced", "the draw is not announced yet: register the witnesses and announce it")
        return self.held.transcript

    def must_be_held(self, slot: str | None) -> None:
        """Refuses seats for a slot that is cancelled: whoever was told of it can't be un-told."""
        if slot in self.state.cancelled:
            raise StepRefused("slot-cancelled", f"{slot} is cancelled, and stays so")

    def keep(self, phase: Phase, order: str, *records: Mapping[str, Any]) -> list[bytes]:
        """Adds records to the stored transcript; gives their lines."""
        lines = [line_of(record) for record in records]
        keep_lines(self.tx, self.state.id, phase, order, lines)
        return lines

    def said(
        self, step: Step, lines: Sequence[bytes] = (), *, digest: str | None = None,
        counts: Mapping[str, int] | None = None, event_id: str | None = None, replaces: str | None = None,
    ) -> None:
        """Says that the step was taken. Many lines are left out of the event: the transcript has them."""
        few = tuple(line.decode().rstrip("\n") for line in lines) if len(lines) <= MOST_LINES_IN_AN_EVENT else ()
        event = DrawStepTaken(
            draw=self.state.draw, step=step, at=self.now, digest=digest, lines=few, counts=dict(counts or {}),
            by=self.by, replaces=replaces,
        )
        self.tx.say(event, subject=self.state.draw, programme=self.state.programme, at=self.now, event_id=event_id)

    def refuse(self, code: str, reason: str) -> None:
        """Refuses, but keeps what the turn changed: for refusals that clear what was typed."""
        self.refusal = StepRefused(code, reason)

    def event_id(self, *parts: str) -> str:
        """An id that follows from the draw and `parts`, so that a repeated job says the same."""
        return derived_id("lottery", self.state.id, *parts)


Work = Callable[[Turn], Awaitable[T]]


@dataclass
class Office:
    """Where turns are taken: everything a handler needs, handed in by the wiring."""

    transactions: Transactions
    database: Database
    clock: Clock
    programmes: Programmes
    jobs: Jobs
    settings: LotterySettings
    transcripts: Transcripts
    ends_turn: Callable[[Turn], None] = lambda _: None
    """What is looked at whenever a turn ends well."""

    async def step(
        self, programme: str, draw: str, step: Step, work: Work[T], *, by: Sequence[str] = (), signed_in: bool = True
    ) -> T:
        """Takes one step in a transaction of its own.

        Raises `Problem` 409 where the rules refuse it, after the refusal was recorded and said; 404 for a draw that
        the programme does not have.
        """
        self.known(programme, draw)
        who = tuple(by)

        async def attempt(tx: Transaction) -> tuple[T | None, Refused | None]:
            async with self.turn(tx, programme, draw, who) as turn:
                check_not_replaced(turn.state)
                result = await work(turn)
                if turn.refusal is not None:
                    record_refusal(turn, step, turn.refusal)
                return result, turn.refusal

        try:
            result, refusal = await self.transactions.run(attempt)
        except Refused as error:
            await self.note_refusal(programme, draw, step, error, who, signed_in=signed_in)
            raise _problem(error) from None
        if refusal is not None:
            raise _problem(refusal)
        return result  # type: ignore[return-value]

    @asynccontextmanager
    async def turn(
        self, tx: Transaction, programme: str, draw: str, by: tuple[str, ...] = ()
    ) -> AsyncIterator[Turn]:
        """A turn inside a transaction that the caller commits; the state is kept when the block ends well."""
        async with self.transcripts.alone(draw_key(programme, draw)):
            # Before the transaction reads anything, and so begins.
            if (await load_draw(self.database, programme, draw)).is_at_least("announced"):
                await self.transcripts.ready(programme, draw)
            state = await load_draw(self.database, programme, draw, tx.session)
            held = self.transcripts.take(state) if state.is_at_least("announced") else None
            turn = Turn(tx, self.jobs, self.defined(programme, draw), state, self.clock.now(programme), by, held,
                        other=lambda another: self.turn(tx, programme, another, by))
            try:
                yield turn
            except Refused:
                # A refusal leaves a transcript as it was, unless something else was done to it in the same turn.
                if held is not None and not turn.spoilt:
                    self.transcripts.put(state, held)
                raise
            self.ends_turn(turn)
            await keep_draw(tx, state)
            if turn.held is not None:
                self.transcripts.put(state, turn.held)

    def known(self, programme: str, draw: str) -> None:
        """Raises `Problem` 404 for a draw that the programme does not have."""
        self.defined(programme, draw)

    def defined(self, programme: str, draw: str) -> Programme:
        """The programme as it defines, or last defined, this draw; raises `Problem` 404 where it never did."""
        latest, found = self.programmes.get(programme), self.programmes.of_draw(programme, draw)
        if found is None:
            raise Problem(404, "unknown-draw", "There is no such draw",
                          f"The draw of this programme is {latest.draw.id}.")
        return found

    async def state(self, programme: str, draw: str) -> DrawState:
        """How far a draw of the programme is."""
        return await load_draw(self.database, programme, draw)

    async def standing(self, programme: str) -> DrawState:
        """The programme's draw that stands: the one announced last."""
        return await standing(self.database, self.programmes, programme)

    async def note_refusal(
        self, programme: str, draw: str, step: Step, error: Refused, by: tuple[str, ...] = (), *,
        signed_in: bool = True,
    ) -> None:
        """Records and says that a step was refused."""
        await self.transactions.run(
            lambda tx: self._note(tx, programme, draw, step, error, by, signed_in=signed_in))

    async def note_in(self, tx: Transaction, programme: str, step: Step, error: Refused) -> None:
        """Records and says, with a transaction of the caller's, that something nobody signed in for was refused."""
        if self.programmes.find(programme) is not None:
            stands = await standing(self.database, self.programmes, programme, tx.session)
            await self._note(tx, programme, stands.draw, step, error, (), signed_in=False)

    async def _note(
        self, tx: Transaction, programme: str, draw: str, step: Step, error: Refused, by: tuple[str, ...], *,
        signed_in: bool,
    ) -> None:
        state = await load_draw(self.database, programme, draw, tx.session)
        if not signed_in:
            # A fact is for good: whoever is not signed in can't fill the topic with them.
            known = await self.database[REFUSALS].count_documents(
                {"draw": state.id, "by": []}, limit=MOST_UNSIGNED_REFUSALS, session=tx.session)
            if known >= MOST_UNSIGNED_REFUSALS:
                return
        turn = Turn(tx, self.jobs, self.defined(programme, draw), state, self.clock.now(programme), by)
        record_refusal(turn, step, error)


def record_refusal(turn: Turn, step: Step, error: Refused, by: tuple[str, ...] | None = None) -> None:
    """Records and says, in the turn's transaction, that a step was refused; `by` where it was not the turn's own."""
    who = turn.by if by is None else by
    code = error.code
    turn.tx.insert(REFUSALS, {
        "_id": new_id(), "draw": turn.state.id, "programme": turn.state.programme, "step": step, "code": code,
        "reason": error.reason, "field": error.field, "by": list(who), "at": turn.now,
    })
    event = DrawStepRefused(draw=turn.state.draw, step=step, reason=code, by=who)
    turn.tx.say(event, subject=turn.state.draw, programme=turn.state.programme, at=turn.now)


def _problem(error: Refused) -> Problem:
    detail = error.reason if isinstance(error, StepRefused) else f"{error.field}: {error.reason}"
    return Problem(
        409, "step-refused", "The step was refused", f"{detail}. The refusal is recorded and shown at the draw desk.",
        code=error.code, field=error.field,
    )
