"""The closing: who revealed, who stayed away, and the digest of all lines so far, for the witnesses to sign."""

from collections.abc import Iterable, Mapping

from services.lottery.domain.canonical import Json
from services.lottery.domain.faults import Refused
from services.lottery.domain.records import Closed
from services.lottery.domain.rules import Rules
from services.lottery.domain.times import HOUR, epoch
from services.lottery.domain.witness import check_signatures


def propose_closing(
    lines_so_far_digest: str, at: str, revealed: Iterable[str], missing: Iterable[str], rules: Rules
) -> dict[str, Json]:
    """The unsigned `closed` record that every witness is shown and signs; give it to `with_signatures` then.

    Refused when the time leaves no announced beacon, or when nobody revealed.
    """
    unsigned = {
        "type": "closed",
        "at": at,
        "digest": lines_so_far_digest,
        "revealed": sorted(revealed),
        "missing": sorted(missing),
    }
    _check_content(Closed.read({**unsigned, "signatures": []}), rules)
    return unsigned


def check_closing(record: Mapping[str, Json], rules: Rules) -> Closed:
    """The signed `closed` record, checked against the rules and the witnesses' keys."""
    closed = Closed.read(record)
    _check_content(closed, rules)
    check_signatures(record, rules.keys)
    return closed


def _check_content(closed: Closed, rules: Rules) -> None:
    at = epoch(closed.at)
    if at < epoch(rules.timetable.close_from):
        raise Refused("at", f"is before close_from {rules.timetable.close_from}", "before-close-from")
    last = rules.beacons[-1].at
    if at + HOUR > epoch(last):
        raise Refused(
            "at", f"is less than an hour before the last announced beacon ({last}): a second draw must follow",
            "no-beacon-left",
        )
    if sorted(closed.revealed + closed.missing) != sorted(rules.keys):
        raise Refused("missing", "revealed and missing together must name each witness once")
    for field, names in (("revealed", closed.revealed), ("missing", closed.missing)):
        if names != sorted(names):
            raise Refused(field, "must ascend")
