"""The public randomness that nobody controls: which announced beacon counts, and whether its value is one.

drand quicknet: genesis 1692803367, a round every 3 s, scheme bls-unchained-g1-rfc9380 (signature on G1).
"""

import hashlib
from collections.abc import Mapping, Sequence

from services.lottery.domain.canonical import Json
from services.lottery.domain.faults import Refused
from services.lottery.domain.records import (
    CeremonyBeacon,
    CeremonyValue,
    DrandBeacon,
    DrandValue,
    read_beacon_value,
)
from services.lottery.domain.times import HOUR, epoch, written
from services.lottery.domain.witness import check_signatures

AnyBeacon = DrandBeacon | CeremonyBeacon
DRAND_GENESIS = 1_692_803_367
DRAND_PERIOD = 3
CEREMONY_LASTS = 6 * HOUR
DRAND_PUBLIC_KEY = (
    "83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c8c4b450b6a0a6c3ac6a5776a2d106451"
    "0d1fec758c921cc22b0e17e63aaf4bcb5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a"
)
_DRAND_DOMAIN = b"BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_"


def drand_time(round_number: int) -> str:
    """When a round of drand quicknet is due; rounds count from 1."""
    return written(DRAND_GENESIS + (round_number - 1) * DRAND_PERIOD)


def drand_value(signature: str) -> str:
    """The randomness of a round: SHA-256 of its signature (96 hex)."""
    return hashlib.sha256(bytes.fromhex(signature)).hexdigest()


def check_announced_beacons(beacons: Sequence[AnyBeacon], close_from: str) -> None:
    """Refuse beacons out of order, twice, too early, or announced for a time that is not their round's."""
    seen = set()
    for position, beacon in enumerate(beacons):
        where = f"beacons.{position}"
        if (beacon.source, beacon.round) in seen:
            raise Refused(f"{where}.round", "the same source and round stands here twice")
        seen.add((beacon.source, beacon.round))
        if position and epoch(beacon.at) < epoch(beacons[position - 1].at):
            raise Refused(f"{where}.at", "beacons must ascend by time")
        # Compared as numbers: a round far beyond the calendar has no written time at all.
        if isinstance(beacon, DrandBeacon) and epoch(beacon.at) != DRAND_GENESIS + (beacon.round - 1) * DRAND_PERIOD:
            raise Refused(f"{where}.at", f"is not the time of drand round {beacon.round}")
    if epoch(beacons[0].at) <= epoch(close_from):
        raise Refused("beacons.0.at", f"must be after close_from {close_from}")
    if epoch(beacons[-1].at) < epoch(close_from) + HOUR:
        raise Refused("beacons", "none is an hour or more after close_from, so no closing could be drawn")


def beacon_that_counts(beacons: Sequence[AnyBeacon], closed_at: str) -> AnyBeacon:
    """The first announced beacon at least an hour after the close: nobody has a choice here."""
    earliest = epoch(closed_at) + HOUR
    for beacon in beacons:
        if epoch(beacon.at) >= earliest:
            return beacon
    raise Refused("beacons", "every announced beacon is missed: a second draw must follow", "beacon-missed")


def has_fallen(beacons: Sequence[AnyBeacon], closed_at: str, now: str) -> bool:
    """Whether the beacon that counts for a closing of `closed_at` has fallen: who closes so knows the result before."""
    return epoch(now) >= epoch(beacon_that_counts(beacons, closed_at).at)


def drand_record(announced: DrandBeacon, signature: str, at: str) -> dict[str, Json]:
    """The `beacon` record of a drand round from its signature; `at` is when it was taken."""
    return {
        "type": "beacon",
        "source": announced.source,
        "round": announced.round,
        "value": drand_value(signature),
        "signature": signature,
        "at": at,
    }


def propose_ceremony(announced: CeremonyBeacon, value: str, at: str, closing_digest: str) -> dict[str, Json]:
    """The unsigned `beacon` record of a ceremony, for the witnesses who saw it fall; then `with_signatures`."""
    unsigned = {
        "type": "beacon",
        "source": announced.source,
        "round": announced.round,
        "value": value,
        "at": at,
        "closed": closing_digest,
    }
    _check_ceremony(CeremonyValue.read({**unsigned, "signatures": []}), announced, closing_digest)
    return unsigned


def check_beacon(
    record: Mapping[str, Json], announced: AnyBeacon, keys: Mapping[str, str], closing_digest: str
) -> DrandValue | CeremonyValue:
    """The `beacon` record against the beacon that counts and the witnesses' keys by name.

    Checked in all but the BLS signature, which is a second of work and has a function of its own.
    """
    said = read_beacon_value(record)
    if (said.source, said.round) != (announced.source, announced.round):
        raise Refused("round", f"the beacon that counts is round {announced.round} of {announced.source}")
    if epoch(said.at) < epoch(announced.at):
        raise Refused("at", f"is before the announced time {announced.at}", "beacon-not-yet")
    if isinstance(said, DrandValue):
        if said.value != drand_value(said.signature):
            raise Refused("value", "is not the SHA-256 of the signature")
    elif isinstance(announced, CeremonyBeacon):
        _check_ceremony(said, announced, closing_digest)
        check_signatures(record, keys)
    return said


def is_drand_signature(round_number: int, signature: str) -> bool:
    """Whether drand quicknet signed this round: the BLS12-381 check, about a second in pure Python."""
    from py_ecc.bls.g2_primitives import subgroup_check
    from py_ecc.bls.hash_to_curve import hash_to_G1
    from py_ecc.bls.point_compression import decompress_G1, decompress_G2
    from py_ecc.bls.typing import G1Compressed, G2Compressed
    from py_ecc.fields import optimized_bls12_381_FQ12 as Fq12
    from py_ecc.optimized_bls12_381.optimized_curve import G2, is_inf, neg
    from py_ecc.optimized_bls12_381.optimized_pairing import final_exponentiate, pairing

    try:
        point = decompress_G1(G1Compressed(int(signature, 16)))
    except ValueError:
        return False
    if is_inf(point) or not subgroup_check(point):
        return False
    half = len(DRAND_PUBLIC_KEY) // 2
    upper, lower = int(DRAND_PUBLIC_KEY[:half], 16), int(DRAND_PUBLIC_KEY[half:], 16)
    public_key = decompress_G2(G2Compressed((upper, lower)))
    message = hashlib.sha256(round_number.to_bytes(8, "big")).digest()
    hashed = hash_to_G1(message, _DRAND_DOMAIN, hashlib.sha256)  # type: ignore[arg-type]  # it wants the class
    # e(G2, signature) = e(key, hash of the round), as one product with one final exponentiation.
    signed = pairing(neg(G2), point, final_exponentiate=False)
    product = signed * pairing(public_key, hashed, final_exponentiate=False)
    return bool(final_exponentiate(product) == Fq12.one())


def _check_ceremony(said: CeremonyValue, announced: CeremonyBeacon, closing_digest: str) -> None:
    if len(said.value) != announced.digits:
        raise Refused("value", f"must have exactly {announced.digits} digits, as they fell; it has {len(said.value)}")
    if epoch(said.at) < epoch(announced.at):
        raise Refused("at", f"is before the announced time {announced.at}", "beacon-not-yet")
    if epoch(said.at) > epoch(announced.at) + CEREMONY_LASTS:
        raise Refused(
            "at", "is more than six hours after the announced time: a second draw must follow", "beacon-missed"
        )
    if said.closed != closing_digest:
        raise Refused("closed", "is not the closing digest of this draw")
