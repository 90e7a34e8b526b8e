"""What retention counts for the state of handling (S28): ids, states and times from everybody's facts."""

from __future__ import annotations

from services.retention import store
from services.retention.domain.standing import changed
from services.retention.handlers import subjects
from services.retention.handlers.planning import plan
from shared.contracts.checkin import (
    AdmissionRefused,
    CardMoved,
    GroupSeated,
    PartyAdmitted,
    PassIssued,
    PassVoided,
)
from shared.contracts.envelope import Envelope
from shared.contracts.intake import (
    ApplicationAmended,
    ApplicationDecided,
    ApplicationTaken,
    ApplicationWithdrawn,
    ApplicationWithdrawnLate,
)
from shared.contracts.lottery import DrawStepTaken, ResultChanged, ResultDrawn, SlotsCancelled
from shared.contracts.messaging import MessageDismissed, MessageReplayed, MessageSetAside
from shared.contracts.notifier import (
    BESIDE_RESULT,
    NoticeCalled,
    NoticeFact,
    NoticeFailed,
    NoticeFellDue,
    NoticePosted,
    NoticePrinted,
    NoticeSent,
    NoticesLate,
    NoticeUnreached,
)
from shared.contracts.postcards import CardFact, PostcardGivenUp, PostcardHeld, PostcardKeyedIn
from shared.contracts.privacy import Access, AccessExported, AccessOpened, AccessRefused
from shared.contracts.retention import SignInLocked
from shared.messaging.transaction import Transaction

_NOTICE_STATES: dict[type[NoticeFact], str] = {
    NoticeFellDue: "due", NoticeSent: "sent", NoticePrinted: "printed", NoticePosted: "posted",
    NoticeCalled: "called", NoticeUnreached: "unreached",
}

_POSTCARD_STATES: dict[type[CardFact], str] = {
    PostcardKeyedIn: "keyed-in", PostcardHeld: "held", PostcardGivenUp: "given-up",
}

_THROUGH = ("sent", "posted", "called", "unreached")
"""A notice that keeps nobody's data back any more (S07)."""


async def application_taken(tx: Transaction, message: Envelope[ApplicationTaken]) -> None:
    """One more subject whose data is held."""
    fact = message.data
    subjects.put(tx, message.programme, fact.application, {
        "channel": fact.channel, "contact": fact.contact, "state": "taken", "receipt": fact.receipt,
    })


async def application_amended(tx: Transaction, message: Envelope[ApplicationAmended]) -> None:
    """The way to reach the applicant may be another now."""
    subjects.put(tx, message.programme, message.data.application, {"contact": message.data.contact})


async def application_withdrawn(
    tx: Transaction, message: Envelope[ApplicationWithdrawn | ApplicationWithdrawnLate]
) -> None:
    """Withdrawn: held until its erasure."""
    subjects.put(tx, message.programme, message.data.application, {
        "state": "withdrawn", "withdrawn_at": message.time,
    })


async def application_decided(tx: Transaction, message: Envelope[ApplicationDecided]) -> None:
    """Counted in the draw or not."""
    state = "counted" if message.data.counted else "not-counted"
    known = await subjects.of(tx, message.data.application)
    if known.get("state") != "withdrawn":
        subjects.put(tx, message.programme, message.data.application, {"state": state})


async def result_drawn(tx: Transaction, message: Envelope[ResultDrawn]) -> None:
    """How the application came out: its term depends on it (S17)."""
    subjects.put(tx, message.programme, message.data.application, {"result": message.data.outcome})


async def result_changed(tx: Transaction, message: Envelope[ResultChanged]) -> None:
    """Given up, taken away or promoted after the draw."""
    fact = message.data
    known = await subjects.of(tx, fact.application)
    result = changed(known.get("result"), fact.kind, fact.slot, fact.holds)
    gone = {"withdrawn_at": message.time} if result == "withdrawn" else {}
    subjects.put(tx, message.programme, fact.application, {"result": result, **gone})


async def accessed(tx: Transaction, message: Envelope[AccessOpened | AccessExported | AccessRefused]) -> None:
    """Somebody, or a service, opened personal data, fetched a file of it, or was refused."""
    access: Access = message.data
    tx.insert(store.ACCESSES, {
        "_id": message.id, "programme": message.programme, "service": access.service, "purpose": access.purpose,
        "role": access.role, "actor": access.actor, "subject": access.subject, "items": list(access.items),
        "opened": not isinstance(access, AccessRefused), "reason": getattr(access, "reason", None), "at": access.at,
    })


async def notice_moved(tx: Transaction, message: Envelope[NoticeFact]) -> None:
    """A notice fell due, went out, or failed."""
    fact = message.data
    given_up = isinstance(fact, NoticeFailed) and fact.final
    state = _NOTICE_STATES.get(type(fact)) or ("failed" if given_up else "due")
    await store.put(tx, store.NOTICES, fact.notice, {
        "programme": message.programme, "kind": fact.kind, "way": fact.way, "state": state,
    })
    await subjects.notice(tx, message.programme, fact.application, fact.notice, through=state in _THROUGH,
                          result=fact.kind not in BESIDE_RESULT)


async def pass_moved(tx: Transaction, message: Envelope[PassIssued | PassVoided]) -> None:
    """A pass was issued or became void."""
    state = "issued" if isinstance(message.data, PassIssued) else "voided"
    await store.put(tx, store.PASSES, message.data.pass_id, {
        "programme": message.programme, "slot": message.data.slot, "state": state,
    })


async def received(tx: Transaction, message: Envelope[PartyAdmitted | AdmissionRefused | GroupSeated]) -> None:
    """Somebody came to the door."""
    kinds = {PartyAdmitted: "admitted", AdmissionRefused: "refused", GroupSeated: "walked-in"}
    tx.insert(store.RECEPTIONS, {
        "_id": message.id, "programme": message.programme, "kind": kinds[type(message.data)],
        "slot": message.data.slot,
    })


async def postcard_moved(
    tx: Transaction, message: Envelope[PostcardKeyedIn | PostcardHeld | PostcardGivenUp]
) -> None:
    """An applicant's postcard is an application, or lies aside without one (S02)."""
    card = message.data
    await store.put(tx, store.POSTCARDS, f"{message.programme}/{card.card}", {
        "programme": message.programme, "batch": card.batch, "state": _POSTCARD_STATES[type(card)],
    })


async def card_moved(tx: Transaction, message: Envelope[CardMoved]) -> None:
    """A paper card or a case is somewhere else now."""
    moved = message.data
    await store.put(tx, store.CARDS, f"{message.programme}/{moved.object}", {
        "programme": message.programme, "kind": moved.kind, "place": moved.place, "venue": moved.venue,
        "at": moved.moved_at,
    })


async def draw_stepped(tx: Transaction, message: Envelope[DrawStepTaken]) -> None:
    """A step of a draw: an announcement fixes the rules of its programme. Terms count from the draw that stands.

    From a second draw's announcement on nothing falls due by the first one's day: its losers may win yet.
    """
    fact = message.data
    await tx.database[store.DRAWS].insert_one({
        "_id": message.id, "programme": message.programme, "draw": fact.draw, "step": fact.step, "at": fact.at,
        "digest": fact.digest, **({"replaces": fact.replaces} if fact.replaces else {}),
    }, session=tx.session)
    row = await store.programme_row(tx, message.programme)
    if row is not None and (fact.step == "drawn" or fact.replaces):
        await plan(tx, store.programme_of(row))


async def slots_cancelled(tx: Transaction, message: Envelope[SlotsCancelled]) -> None:
    """Slots are not held: what counts from the event's end, or from a draw that nobody needs any more, moves (B17)."""
    fact = message.data
    await tx.database[store.DRAWS].insert_one({
        "_id": message.id, "programme": message.programme, "draw": fact.draw, "step": "cancelled", "at": fact.at,
        "slots": list(fact.slots), "digest": None,
    }, session=tx.session)
    row = await store.programme_row(tx, message.programme)
    if row is not None:
        await plan(tx, store.programme_of(row))


async def notices_late(tx: Transaction, message: Envelope[NoticesLate]) -> None:
    """Alarm: notices miss their day (S07)."""
    tx.insert(store.ALARMS, {
        "_id": message.id, "programme": message.programme, "kind": "notices-late", "at": message.time,
        "values": {"count": message.data.open, "due_by": message.data.due_by},
    })


async def sign_in_locked(tx: Transaction, message: Envelope[SignInLocked]) -> None:
    """Alarm: somebody's password, or PIN on a tablet, was tried too often (S24)."""
    locked = message.data
    kind = "pin-locked" if locked.terminal else "sign-in-locked"
    values = {"staff": locked.staff, "until": locked.until} | ({"terminal": locked.terminal} if locked.terminal else {})
    tx.insert(store.ALARMS, {
        "_id": message.id, "programme": "*", "kind": kind, "at": message.time, "values": values})


async def message_set_aside(tx: Transaction, message: Envelope[MessageSetAside]) -> None:
    """Alarm: a service could not handle an event; later ones of its key wait."""
    letter = message.data
    await store.put(tx, store.ALARMS, _letter(letter), {
        "programme": "*", "kind": "set-aside", "at": letter.at,
        "values": {"group": letter.group, "topic": letter.topic, "cause": letter.cause},
    })


async def message_settled(tx: Transaction, message: Envelope[MessageReplayed | MessageDismissed]) -> None:
    """What was set aside is handled or dismissed: its alarm is over."""
    await tx.database[store.ALARMS].delete_one({"_id": _letter(message.data)}, session=tx.session)


def _letter(letter: MessageSetAside | MessageReplayed | MessageDismissed) -> str:
    return f"{letter.group}/{letter.topic}/{letter.partition}/{letter.offset}"
