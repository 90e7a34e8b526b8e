"""A transcript out of its lines again: how a service takes up a draw where it stood, to the byte."""

import json
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby

from services.lottery.domain.canonical import Json, LineDigest, parse_line
from services.lottery.domain.faults import Refused
from services.lottery.domain.records import Adjusted, Closed, Freeze, Reveal, Struck, read_change
from services.lottery.domain.stages import Stage
from services.lottery.domain.transcript import Transcript

_Record = dict[str, Json]
_RESULT: _Record = {"type": "result"}
_Groups = Iterator[tuple[Json, Iterator[_Record]]]


def replay(lines: Iterable[bytes]) -> Transcript:
    """The transcript whose `lines()` these are, at whatever step they stop; Refused if it would have said others.

    What follows from the inputs (root, seed, results, revocations, promotions) is computed again and
    compared. A day of changes without consequences at the very end counts as open; a proposed closing is to
    be proposed again.
    """
    read = LineDigest()
    groups: _Groups = groupby(_records(lines, read), key=lambda record: record.get("type"))
    transcript = Transcript(_group("rules", groups)[0], _group("commitment", groups))
    for kind, group in groups:
        if kind == "freeze":
            freeze = Freeze.read(next(group))
            _, entries = next(groups, (None, iter(())))
            transcript.freeze(entries, freeze.at)
            continue
        step = _STEPS.get(kind)
        if step is None:
            raise Refused("type", f"{kind} is no record that can stand here")
        for record in group:
            step(transcript, record)
    again = transcript.digest_of_lines()
    if (again.records, again.hex()) != (read.records, read.hex()):
        raise Refused("lines", "are not those that their own inputs lead to")
    return transcript


def _records(lines: Iterable[bytes], read: LineDigest) -> Iterator[_Record]:
    for line in lines:
        read.add([line])
        yield _one_of_many(line) or parse_line(line)


def _one_of_many(line: bytes) -> _Record | None:
    """An entry, or that here is a result; None for all others. Quickly, as there are millions of them: whether they
    are written canonically, and what the results say, is known when all lines are made again and compared."""
    if b'"type":"result"' in line:
        return _RESULT
    if b'"type":"entry"' not in line:
        return None
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise Refused("line", f"is not JSON of this protocol ({error})") from None
    return record if isinstance(record, dict) else None


def _group(kind: str, groups: _Groups) -> list[_Record]:
    found, group = next(groups, (None, iter(())))
    if found != kind:
        raise Refused("lines", f"a {kind} record is missing at the start")
    return list(group)


def _strike(transcript: Transcript, record: _Record) -> None:
    said = Struck.read(record)
    transcript.strike(said.entry, said.reason, said.decision, said.at)


def _adjust(transcript: Transcript, record: _Record) -> None:
    said = Adjusted.read(record)
    transcript.adjust(said.slot, said.seats, said.reason, said.decision, said.at)


def _reveal(transcript: Transcript, record: _Record) -> None:
    said = Reveal.read(record)
    transcript.reveal(said.witness, said.secret, said.at)


def _close(transcript: Transcript, record: _Record) -> None:
    transcript.propose_closing(Closed.read(record).at)
    transcript.close(record)


def _beacon(transcript: Transcript, record: _Record) -> None:
    transcript.take_beacon(record)


def _draw_once(transcript: Transcript, _: _Record) -> None:
    if transcript.stage < Stage.DRAWN:
        transcript.draw()


def _change(transcript: Transcript, record: _Record) -> None:
    if transcript.holdings is not None and transcript.holdings.starts_new_day(read_change(record).at):
        transcript.settle_day()
    transcript.change(record)


def _settle_once(transcript: Transcript, _: _Record) -> None:
    if transcript.holdings is not None and transcript.holdings.day_is_open:
        transcript.settle_day()


def _end(transcript: Transcript, record: _Record) -> None:
    _settle_once(transcript, record)
    transcript.end()


def _compared_at_the_end(_: Transcript, __: _Record) -> None:
    return


_STEPS: dict[Json, Callable[[Transcript, _Record], None]] = {
    "struck": _strike,
    "adjusted": _adjust,
    "reveal": _reveal,
    "closed": _close,
    "beacon": _beacon,
    "seed": _compared_at_the_end,
    "result": _draw_once,
    "outcome": _compared_at_the_end,
    "change": _change,
    "revoked": _settle_once,
    "promotion": _settle_once,
    "end": _end,
}
