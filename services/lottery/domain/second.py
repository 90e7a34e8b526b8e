"""When a draw may be replaced by a second one (B01): never because somebody dislikes the first."""

from collections.abc import Sequence

from services.lottery.domain.beacon import CEREMONY_LASTS, AnyBeacon, beacon_that_counts
from services.lottery.domain.canonical import LineDigest
from services.lottery.domain.faults import Refused
from services.lottery.domain.records import CeremonyBeacon
from services.lottery.domain.times import HOUR, epoch
from services.lottery.domain.transcript import Transcript


def beacons_missed(beacons: Sequence[AnyBeacon], closed_at: str | None, now: str, *, seen: bool) -> bool:
    """Whether no announced beacon can be taken any more, so that the draw can never be done.

    `closed_at` is the closing's time (proposed or done), None where none was proposed; `seen`: enough witnesses have
    signed what fell in time. A round of drand is waited for, however long.
    """
    if closed_at is None:
        return epoch(now) + HOUR > epoch(beacons[-1].at)
    try:
        awaited = beacon_that_counts(beacons, closed_at)
    except Refused:
        return True
    late = epoch(now) > epoch(awaited.at) + CEREMONY_LASTS
    return isinstance(awaited, CeremonyBeacon) and late and not seen


def digest_so_far(transcript: Transcript | None) -> str:
    """The digest of a draw's lines as they stand, by which a second draw names it; of none where none was announced."""
    digest = LineDigest()
    digest.add(transcript.lines() if transcript is not None else ())
    return digest.hex()
