"""B03: one applicant, one application that counts: what follows from pairs that were judged."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from services.intake.domain.blocking import LARGEST, pairs_to_compare
from services.intake.domain.duplicates import Candidate, Same, Surplus, contradicts, groups, surplus

NOON = datetime(2021, 6, 1, 3, tzinfo=UTC)
A, B, C = Candidate("a", NOON, 1), Candidate("b", NOON, 2), Candidate("c", NOON + timedelta(days=1), 1)


def test_b03_the_first_counts_and_hears_of_the_others() -> None:
    assert list(surplus([C, B, A], [Same("b", "c"), Same("a", "b")], "first")) == [
        Surplus("b", "a", "duplicate"), Surplus("c", "a", "duplicate")]


def test_b03_the_last_counts_where_the_programme_says_so() -> None:
    assert list(surplus([A, B, C], [Same("a", "b"), Same("b", "c")], "last")) == [
        Surplus("b", "c", "duplicate"), Surplus("a", "c", "duplicate")]


def test_b03_whoever_withdrew_binds_the_others_together_and_takes_no_part() -> None:
    gone = Candidate("a", NOON, 1, living=False)
    assert list(surplus([gone, B, C], [Same("a", "b"), Same("a", "c")], "first")) == [Surplus("c", "b", "duplicate")]


def test_b03_a_family_that_split_has_a_reason_of_its_own() -> None:
    assert list(surplus([A, B], [Same("a", "b", "party")], "first")) == [Surplus("b", "a", "split-party")]


def test_b03_pairs_hang_together_and_apart() -> None:
    found = groups([("a", "b"), ("x", "y"), ("b", "c")])
    assert sorted(map(sorted, found)) == [["a", "b", "c"], ["x", "y"]]
    assert contradicts([("a", "b"), ("b", "c")], [("a", "c")]) == ("a", "c")
    assert contradicts([("a", "b")], [("b", "c"), ("x", "y")]) is None


def test_b03_whoever_shares_a_key_is_compared_once() -> None:
    keys = {"a": ["t:1", "n:1"], "b": ["t:1", "n:1"], "c": ["n:2"], "d": ["n:2"]}
    assert pairs_to_compare(keys, {"a", "b", "c", "d"}) == {("a", "b"), ("c", "d")}
    assert pairs_to_compare(keys, {"b", "c", "d"}) == {("c", "d")}


def test_b03_a_telephone_of_a_whole_house_needs_a_second_key_and_a_flood_stays_a_chain() -> None:
    crowd = {f"{number:04}": ["t:1", f"n:{number // 2}"] for number in range(4 * LARGEST)}
    assert len(pairs_to_compare(crowd, crowd)) == 2 * LARGEST
    flood = {f"{number:04}": ["t:1", "n:1"] for number in range(20 * LARGEST)}
    assert len(pairs_to_compare(flood, flood)) == 20 * LARGEST - 1
