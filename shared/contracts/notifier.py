"""What notifier says: the notices that fell due, and what became of each (S07, B05)."""

from __future__ import annotations

from typing import ClassVar, Literal

from shared.contracts.envelope import Event, Id, Moment, derived_id

Kind = Literal["won", "waiting", "lost", "not-counted", "withdrawn", "struck", "changed", "receipt"]
LETTER_KINDS: frozenset[Kind] = frozenset({"changed", "receipt"})
"""Notices beside that of the result: a change of the application was made (B04), a receipt was renewed (B19)."""
Way = Literal["mail", "post"]
State = Literal["due", "sent", "printed", "posted", "failed", "unreached", "withheld"]


def letter_id(programme: str, application: Id, version: int) -> Id:
    """The id of the notice that tells of version `version` of an application's record: exactly one a change."""
    return derived_id("notice", programme, application, "letter", str(version))


class NoticeFact(Event):
    """A fact about one notice; an application has one for its result, and one for each change (`LETTER_KINDS`)."""

    TOPIC: ClassVar[str] = "notifier.notices.v1"
    notice: Id
    application: Id
    kind: Kind
    way: Way


class NoticeFellDue(NoticeFact):
    """The applicant is to be told by `due_by`: five days after the draw, where the programme says nothing else."""

    TYPE: ClassVar[str] = "notifier.notice-fell-due.v1"
    due_by: Moment


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
