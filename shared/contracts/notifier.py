"""What notifier says: the notices that fell due, and what became of each (S07, B05)."""

from __future__ import annotations

from typing import ClassVar, Literal

from shared.contracts.envelope import Event, Id, Moment, derived_id

Kind = Literal[
    "won", "waiting", "lost", "not-counted", "withdrawn", "struck", "changed", "receipt", "second-draw", "cancelled",
]
LETTER_KINDS: frozenset[Kind] = frozenset({"changed", "receipt"})
"""Notices about the application's record: a change of it was made (B04), a receipt was renewed (B19)."""
BESIDE_RESULT: frozenset[Kind] = LETTER_KINDS | {"second-draw", "cancelled"}
"""Notices beside that of the result: also that a second draw was announced, before it freezes (B01), and that slots
were cancelled (B17)."""
Way = Literal["mail", "post", "call"]
State = Literal["due", "sent", "printed", "posted", "called", "failed", "unreached", "withheld"]


def second_draw_id(programme: str, application: Id, draw: str) -> Id:
    """The id of the notice that tells that the second draw `draw` was announced: one an application."""
    return derived_id("notice", programme, application, "second-draw", draw)


def letter_id(programme: str, application: Id, version: int) -> Id:
    """The id of the notice that tells of version `version` of an application's record: exactly one a change."""
    return derived_id("notice", programme, application, "letter", str(version))


class NoticeFact(Event):
    """A fact about one notice; an application has one for its result, and others (`BESIDE_RESULT`)."""

    TOPIC: ClassVar[str] = "notifier.notices.v1"
    notice: Id
    application: Id
    kind: Kind
    way: Way


class NoticeFellDue(NoticeFact):
    """The applicant is to be told by `due_by`: five days after the draw, where the programme says nothing else.

    `draw`: the second draw whose announcement it tells.
    """

    TYPE: ClassVar[str] = "notifier.notice-fell-due.v1"
    due_by: Moment
    draw: str | None = None


class NoticeSent(NoticeFact):
    """The relay took the mail (its answer had code 250)."""

    TYPE: ClassVar[str] = "notifier.notice-sent.v1"
    attempt: int


class NoticePrinted(NoticeFact):
    """The notice is on a postcard of print run `run`."""

    TYPE: ClassVar[str] = "notifier.notice-printed.v1"
    run: Id


class NoticePosted(NoticeFact):
    """The postcard was handed to the post, as a named person says."""

    TYPE: ClassVar[str] = "notifier.notice-posted.v1"
    run: Id
    by: str


class NoticeCalled(NoticeFact):
    """A named person told the applicant by telephone, as they say."""

    TYPE: ClassVar[str] = "notifier.notice-called.v1"
    by: str


class NoticeFailed(NoticeFact):
    """An attempt failed; `cause` is a code, `final` says whether this way is given up."""

    TYPE: ClassVar[str] = "notifier.notice-failed.v1"
    attempt: int
    cause: str
    final: bool


class NoticeUnreached(NoticeFact):
    """No way is left: the applicant was not told, and `cause` (a code) is why. `way` is the last one tried (B05)."""

    TYPE: ClassVar[str] = "notifier.notice-unreached.v1"
    cause: str


class NoticesLate(Event):
    """Notices are open past their day, or threaten to be."""

    TOPIC: ClassVar[str] = "notifier.alarms.v1"
    TYPE: ClassVar[str] = "notifier.notices-late.v1"
    open: int
    due_by: Moment
