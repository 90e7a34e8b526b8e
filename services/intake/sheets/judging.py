"""A sheet's rows as if the desk had keyed them in: each with its faults, or with what would become of it."""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from services.intake.domain.desk import DeskRefused
from services.intake.domain.fault import Fault
from services.intake.domain.sheet import Columns, Sheet, SheetRow, columns_of, fields_of, rows_of
from services.intake.domain.window import Verdict, WindowRefused
from services.intake.front import Front
from services.intake.handlers.cards import Told, numbered_card
from services.intake.handlers.documents import Card, Draft
from services.intake.handlers.importing import Known, import_key, keep_cards, known_cards
from services.intake.handlers.taking import KeyUsed, Taken, Unfit, card_draft, check_postcard
from services.intake.pages.fields import CARD, SentCard, read, read_card
from services.intake.refusals import Say
from services.intake.sheets.reading import Readers
from services.intake.store import OPEN
from shared.contracts.envelope import Id
from shared.contracts.programme import Programme
from shared.messaging.transaction import Busy
from shared.platform.mongo import Document
from shared.ui.form import Form

_TRIES = 3
# A fault in one cell makes others of these fields look wrong that may be right.
_FOLLOWING = {"companions": {"companions", "seats"}, "wishes": {"wishes"}}


@dataclass(frozen=True)
class JudgedRow:
    """One row: its faults, or the draft that it makes. `kept`: the card is in already, alike."""

    row: SheetRow
    card: str
    faults: tuple[Fault, ...]
    draft: Draft | None = None
    kept: Taken | None = None

    @property
    def verdict(self) -> Verdict | None:
        """Whether it would count, or counts; None for a row with faults."""
        if self.kept:
            return Verdict(self.kept.counted, self.kept.reason)
        return self.draft.verdict if self.draft and not self.faults else None


@dataclass(frozen=True)
class Judged:
    """A whole sheet. `digest`: SHA-256 of the file, for this request only."""

    sheet: Sheet
    columns: Columns
    rows: tuple[JudgedRow, ...]
    digest: str

    @property
    def faulty(self) -> tuple[JudgedRow, ...]:
        """The rows with faults, in order: while there is one, nothing is kept."""
        return tuple(row for row in self.rows if row.faults)

    @property
    def drafts(self) -> list[Draft]:
        """All cards, where no row is faulty."""
        return [row.draft for row in self.rows if row.draft]

    @property
    def counting(self) -> int:
        """How many would take part in the draw."""
        return sum(row.verdict.counted for row in self.rows if row.verdict)

    @property
    def not_counting(self) -> Mapping[str, int]:
        """How many would not, by reason."""
        return Counter(row.verdict.reason or "" for row in self.rows if row.verdict and not row.verdict.counted)


async def judge_and_keep(
    front: Front, readers: Readers, programme: Programme, person: str, data: bytes
) -> tuple[Judged, list[Taken] | None]:
    """Keeps all cards of a file, or none: then the faults say why. Raises `SheetRefused`, `WindowRefused`, `Busy`."""
    for _ in range(_TRIES):
        judged = await judge(front, readers, programme, person, data)
        if judged.faulty:
            return judged, None
        try:
            return judged, await keep_cards(front.means, programme, judged.drafts)
        except KeyUsed:  # one of the cards was keyed in just now: judged again, it has a fault
            continue
    raise Busy


@dataclass(frozen=True)
class Importer:
    """Whose sheet it is, and for which programme; `imported` is the file as facts name it, `batches` are all there are.
    """

    front: Front
    programme: Programme
    person: str
    imported: Id
    today: date
    batches: Mapping[str, Document]


async def judge(front: Front, readers: Readers, programme: Programme, person: str, data: bytes) -> Judged:
    """Reads and judges a file; stores nothing. Raises `SheetRefused` and `WindowRefused`."""
    titles, digest = titles_of(programme, japanese(front)), hashlib.sha256(data).hexdigest()
    batches = {row["batch"]: row for row in await front.means.postcards.batches(programme.id)}
    importer = Importer(front, programme, person, import_key(front.means, programme, digest),
                        programme.local(front.means.now(programme)).date(), batches)
    sheet = await readers.read(data, titles)
    columns = columns_of(sheet.rows[0] if sheet.rows else (), titles)
    # Two thousand rows take a second or two, in which others are answered as well.
    rows = await asyncio.to_thread(_judged_all, importer, sheet, columns)
    known = await known_cards(front.means, programme, [row.draft for row in rows if row.draft])
    judged = Judged(sheet, columns, tuple(_compared(row, known) for row in rows), digest)
    if any(row.kept is None for row in judged.rows) and (await front.means.store.window(programme.id)).state != OPEN:
        raise WindowRefused("closed")
    return judged


def _judged_all(importer: Importer, sheet: Sheet, columns: Columns) -> list[JudgedRow]:
    return list(_once_each([_judged(importer, row) for row in rows_of(sheet, columns, importer.programme)]))


def _judged(importer: Importer, row: SheetRow) -> JudgedRow:
    front, programme = importer.front, importer.programme
    sent = read(row.values.items(), programme, japanese(front), "ja", CARD)
    card = read_card(Form(row.values), programme)
    keyed, card_faults = _card(importer, card)
    try:
        verdict, of_domain = check_postcard(front.means, programme, sent.application, keyed), list[Fault]()
    except Unfit as unfit:
        verdict, of_domain = None, unfit.faults
    faults = _merged(row.faults, [*card.faults, *card_faults, *sent.all_faults(of_domain)])
    if faults or verdict is None:
        return JudgedRow(row, card.number or "", faults)
    return JudgedRow(row, keyed.number, (), card_draft(front.means, programme, sent.application, keyed, verdict))


def _card(importer: Importer, card: SentCard) -> tuple[Card, list[Fault]]:
    """The card as the desk would have it. A day that cannot be read is stood in for, so that the rest is judged too."""
    programme, received = importer.programme, card.received_on or card.postmarked_on or importer.today
    told = Told(card.number or "?", None, card.postmarked_on, received)
    try:
        keyed = numbered_card(programme, importer.batches, told, importer.person)
    except DeskRefused as refused:
        keyed = numbered_card(programme, {}, told, importer.person)
        return keyed, [Fault("card", "cell-not-in-batch", refused.values)]
    other_day = card.received_on is not None and card.received_on != keyed.received_on
    faults = [Fault("received_on", "cell-batch-day", {"day": keyed.received_on.isoformat()})] if other_day else []
    return replace(keyed, imported=importer.imported), faults


def _merged(of_cells: Sequence[Fault], of_rules: Iterable[Fault]) -> tuple[Fault, ...]:
    """The cells' own faults, then those of the rules that do not only follow from them."""
    shown = {fault.field for fault in of_cells}
    silent = {kind for fault in of_cells for kind in _FOLLOWING.get(_kind(fault), ())}
    return (*of_cells, *(fault for fault in of_rules if fault.field not in shown and _kind(fault) not in silent))


def _kind(fault: Fault) -> str:
    return fault.field.partition(".")[0]


def _once_each(rows: Sequence[JudgedRow]) -> Iterator[JudgedRow]:
    """A card's number may stand in one row only; each of several is told of the others."""
    by_number: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        by_number[row.card].append(row.row.number)
    for row in rows:
        others = [number for number in by_number[row.card] if number != row.row.number]
        if row.card and others:
            listed = "、".join(map(str, others[:5])) + ("…" if len(others) > 5 else "")
            yield _with_fault(row, Fault("card", "cell-card-twice", {"rows": listed}))
        else:
            yield row


def _compared(row: JudgedRow, known: Known) -> JudgedRow:
    if row.draft is None:
        return row
    if row.card in known.erased:
        return _with_fault(row, Fault("card", "cell-card-erased"))
    if row.card in known.otherwise:
        return _with_fault(row, Fault("card", "cell-card-used"))
    return replace(row, kept=known.alike.get(row.card))


def _with_fault(row: JudgedRow, fault: Fault) -> JudgedRow:
    faults = row.faults if any(one.field == fault.field for one in row.faults) else (fault, *row.faults)
    return replace(row, faults=faults, draft=None)


def titles_of(programme: Programme, say: Say) -> dict[str, str]:
    """Field → title of its column, in the template's order."""
    titles = {}
    for field in fields_of(programme):
        name, _, position = field.partition(".")
        titles[field] = str(say(f"field.{name}", position=position))
    return titles


def japanese(front: Front) -> Say:
    """Words as sheets have them: in Japanese, whoever asks."""
    return lambda key, /, **values: front.pages.words.say("ja", key, values)
