"""What intake's API answers when all is well, as its description says it.

Nothing is validated against these at run time; a test holds every answer of a running intake to them.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from services.intake.domain.likeness import Reason
from services.intake.handlers.judging import Judgement, Question

Hex32 = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
Hex64 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Instant = Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$", description="UTC, to the second.")]
Receipt = Annotated[str, Field(pattern=r"^[A-Z]{1,3}-[2-9A-Z]{4}-[2-9A-Z]{4}$", description="The receipt number.")]
PairName = Annotated[str, Field(pattern=r"^[0-9a-f]{32}/[0-9a-f]{32}$", description="Its place under the list.")]
Wishes = Annotated[list[str], Field(description="Slots, best first.")]

_AT = "2021-06-01T03:00:00Z"
_RECEIPT, _ENTRY, _SECRET = "LS-4F7K-9QXD", "5b1f" * 8, "0f3a" * 8
_NAME = f"{'5b1f' * 8}/{'7d' * 16}"
_PAIR = {"pair": _NAME, "score": 68, "reasons": ["name-same", "telephone-same"], "about": "applicant", "state": "open",
         "question": None, "receipts": [_RECEIPT, "LS-7M2R-XK4H"]}


def _like(**example: Any) -> ConfigDict:
    return ConfigDict(extra="forbid", json_schema_extra={"examples": [example]})


class Taken(BaseModel):
    """An application that was taken. Whoever has number and secret can see, amend and withdraw it."""

    model_config = _like(
        receipt=_RECEIPT, secret=_SECRET, entry=_ENTRY, taken_at=_AT, announcement="9c" * 32, counted=True, reason=None)
    receipt: Receipt
    secret: Annotated[Hex32, Field(description="Shown once; only a hash is stored. Keep it out of addresses and logs.")]
    entry: Annotated[Hex32, Field(description="What the public record of the draw shows in place of a name.")]
    taken_at: Instant
    announcement: Annotated[Hex64 | None, Field(description="Digest of the announced draw; null before that.")]
    counted: Annotated[bool, Field(description="Whether it came in time for the draw; a retry hears the same.")]
    reason: Annotated[str | None, Field(description="Why it is kept but not in the draw: a code, such as `late`.")]


class CardKept(BaseModel):
    """A postcard that was kept, whether it counts or not."""

    model_config = _like(card="H-000123", receipt=_RECEIPT, entry=_ENTRY, counted=False, reason="late-postmark")
    card: Annotated[str, Field(description="Its number as a custody object.")]
    receipt: Receipt
    entry: Hex32
    counted: bool
    reason: Annotated[str | None, Field(description="Why it does not count: a code.")]


class SheetRow(BaseModel):
    """What became, or would become, of one row of a sheet of postcards."""

    model_config = ConfigDict(extra="forbid")
    row: Annotated[int, Field(ge=2, description="As the spreadsheet counts.")]
    card: Annotated[str, Field(description="Its number as a custody object.")]
    counted: bool
    reason: Annotated[str | None, Field(description="Why it does not count: a code.")]
    receipt: Annotated[Receipt | None, Field(description="Null while the card is not kept.")]


class CellNote(BaseModel):
    """A cell that was read otherwise than it stands there: a lost 0, a day in another writing."""

    model_config = ConfigDict(extra="forbid")
    row: int
    cell: str | None
    field: str
    reason: str
    message: str


class SheetJudged(BaseModel):
    """A sheet of postcards, of which every row can be kept; all of them are, unless it was a dry run."""

    model_config = ConfigDict(extra="forbid")
    dry_run: bool
    found: Annotated[str, Field(description="What kind of file it is, by its own bytes.")]
    counted: Annotated[int, Field(ge=0)]
    not_counted: Annotated[dict[str, int], Field(description="Reason, a code → cards.")]
    mended: list[CellNote]
    cards: list[SheetRow]


class WindowState(BaseModel):
    """Where the period for applications stands."""

    model_config = _like(state="open", applications=1204)
    state: Literal["before", "open", "ended", "closed"]
    applications: Annotated[int, Field(ge=0, description="Taken so far, by web and by postcard.")]


class ClosingAsked(BaseModel):
    """An officer asked for the closing; nothing has changed yet."""

    model_config = _like(state="asked", asked_by="officer-1", asked_at=_AT, until=_AT)
    state: Literal["asked"]
    asked_by: str
    asked_at: Instant
    until: Annotated[Instant, Field(description="From then on it would have to be asked for again.")]


class Closing(BaseModel):
    """Closing has begun; the window's state becomes `closed` when all is decided."""

    model_config = _like(state="ended")
    state: Literal["ended"]


class Pass(BaseModel):
    """What lets the party in at one slot."""

    model_config = ConfigDict(extra="forbid")
    slot: str
    token: Annotated[str, Field(description="The text of the QR code.")]


class DrawDigests(BaseModel):
    """What binds the draw, as far as it has been said."""

    model_config = ConfigDict(extra="forbid")
    announcement: str | None
    root: str | None
    closing: str | None
    result: str | None


class Access(BaseModel):
    """Once that personal data was opened."""

    model_config = ConfigDict(extra="forbid")
    at: Instant
    role: Annotated[str | None, Field(description="In which role; null for a service.")]
    service: str
    kind: Literal["staff", "service"]
    purpose: str
    items: list[str]


class Mine(BaseModel):
    """My application. `state` and `next` are in the language asked for."""

    model_config = _like(
        state="Accepted, waiting for the draw", entry=_ENTRY, receipt=_RECEIPT, taken_at=_AT,
        wishes=["2021-07-23-sumitomo-am"], seats=2, outcome=None, won=[], passes=[], next="The draw is planned for …",
        erasure_asked_at=None, draw={"announcement": None, "root": None, "closing": None, "result": None},
        second_draw=False, accesses=[])
    state: str
    entry: Hex32
    receipt: Receipt
    taken_at: Instant
    wishes: Wishes
    seats: int
    outcome: Literal["won", "waiting", "lost", "struck", "withdrawn"] | None
    won: Annotated[list[str], Field(description="The slots it holds now.")]
    passes: list[Pass]
    next: Annotated[str, Field(description="What happens next, and when.")]
    erasure_asked_at: Instant | None
    draw: DrawDigests
    second_draw: Annotated[bool, Field(description="Whether the draw that stands takes the place of an earlier one.")]
    accesses: list[Access]


class Changed(BaseModel):
    """Once that the application was changed; no data."""

    model_config = ConfigDict(extra="forbid")
    at: Instant
    what: Annotated[str, Field(description="`amended` for everything, `details` for what the draw does not look at.")]
    caller: Annotated[str | None, Field(description="Who asked for it at a desk: a code; null where nobody had to.")]


class OwnData(BaseModel):
    """What the applicant gave, as written; items that were not given are not there."""

    model_config = _like(
        name="髙橋　﨑子", address="東京都新宿区西新宿二丁目8番1号", age=34, telephone="090-1234-5678",
        email="takahashi@mail.example", companions=["髙橋　太郎"], seats=2, wishes=["2021-07-23-sumitomo-am"],
        taken_at=_AT, history=[])
    name: str | None = None
    address: str | None = None
    age: int | None = None
    telephone: str | None = None
    email: str | None = None
    companions: list[str] = []
    seats: int
    wishes: Wishes
    taken_at: Instant
    history: list[Changed]


class Amended(BaseModel):
    """The application as it is now."""

    model_config = _like(entry=_ENTRY, seats=1, wishes=["2021-07-23-sumitomo-am"], amended_at=_AT)
    entry: Hex32
    seats: int
    wishes: Wishes
    amended_at: Instant


class Withdrawn(BaseModel):
    """It was withdrawn, now or before."""

    model_config = _like(state="Withdrawn", withdrawn_at=_AT)
    state: str
    withdrawn_at: Instant


class ErasureAsked(BaseModel):
    """The request is with the ward."""

    model_config = _like(erasure_asked_at=_AT)
    erasure_asked_at: Instant


class Finding(BaseModel):
    """Pairs are looked for; the list says when that is over."""

    model_config = _like(finding=True)
    finding: Literal[True]


class PairFound(BaseModel):
    """Two applications that may be one applicant's: points and codes, no personal data."""

    model_config = ConfigDict(extra="forbid")
    pair: PairName
    score: Annotated[int, Field(ge=0, le=100)]
    reasons: Annotated[list[Reason], Field(description="What is alike and what is not, in the order of the form.")]
    about: Annotated[Literal["applicant", "party"] | None, Field(
        description="Whether one applicant may have applied twice, or one party in two parts.")]
    state: Literal["open", "ask", "same", "different"]
    question: Annotated[Question | None, Field(description="What a call is to find out, while the state is `ask`.")]


class PairWaiting(PairFound):
    """A pair that waits for somebody, with the receipt numbers of the two."""

    receipts: Annotated[list[Receipt], Field(min_length=2, max_length=2)]


class Pairs(BaseModel):
    """What waits for somebody before the window can be closed, and whether more is looked for."""

    model_config = _like(window="open", finding=False, undecided=1, to_ask=0, pairs=[_PAIR])
    window: Literal["open", "closing", "closed"]
    finding: bool
    undecided: Annotated[int, Field(ge=0, description="Pairs whose state is `open`.")]
    to_ask: Annotated[int, Field(ge=0, description="Pairs whose state is `ask`.")]
    pairs: list[PairWaiting]


class PairSide(BaseModel):
    """One of the two, as written; items that the search does not compare, or that were not given, are not there."""

    model_config = ConfigDict(extra="forbid")
    receipt: Receipt
    channel: Literal["web", "postcard"]
    taken_at: Instant
    counts_if_same: Annotated[bool, Field(description="Whether it is the one that counts if the two are the same.")]
    name: str | None = None
    address: str | None = None
    age: int | None = None
    telephone: str | None = None
    email: str | None = None
    companions: list[str] = []


class SideBySide(PairFound):
    """A pair with its two applications, first the one that counts if they are the same."""

    applications: Annotated[list[PairSide], Field(min_length=2, max_length=2)]


class Judged(BaseModel):
    """A person judged the pair."""

    model_config = _like(pair=_NAME, judgement="same")
    pair: PairName
    judgement: Judgement


class Download(BaseModel):
    """Once that an archive was fetched."""

    model_config = _like(by="records-1", role="records", at=_AT)
    by: str
    role: Literal["officer", "records"]
    at: Instant
