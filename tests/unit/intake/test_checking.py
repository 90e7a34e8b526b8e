"""S02, S12: who is checked by a second person, and what counts as read alike."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import pytest

from services.intake.domain.checking import Reading, differing, must_check
from shared.contracts.programme import Postcards


def test_s02_a_sample_is_as_large_as_the_programme_says_and_follows_from_the_key() -> None:
    keys = [hashlib.sha256(str(number).encode()).hexdigest() for number in range(5000)]
    sample = Postcards(verify="sample", sample_percent=10)
    chosen = [key for key in keys if must_check(sample, key)]
    assert 420 < len(chosen) < 580 and chosen == [key for key in keys if must_check(sample, key)]
    assert not any(must_check(Postcards(verify="none"), key) for key in keys)
    assert all(must_check(Postcards(verify="all"), key) for key in keys)


@pytest.mark.parametrize(("change", "items"), [
    ({"name": "高橋 崎子", "telephone": "０３（３２０９）１１１１"}, ()),
    ({"address": "新宿区西新宿3-8-1"}, ("address",)),
    ({"name": "高橋 崎子", "address": "東京都 新宿区西新宿二丁目８番１号"}, ()),
    ({"name": "高橋 埼子"}, ("name",)), ({"telephone": "03-3209-1112"}, ("telephone",)),
    ({"seats": 3}, ("seats",)), ({"wishes": ("2021-07-23-sumitomo-pm",)}, ("wishes",)),
])
def test_s02_only_what_was_really_read_differently_differs(
    change: dict[str, Any], items: tuple[str, ...]
) -> None:
    first = Reading("髙橋　﨑子", "東京都新宿区西新宿二丁目8番1号", "03-3209-1111", 2, ("2021-07-23-sumitomo-am",))
    assert differing(first, replace(first, **change)) == items
    assert differing(replace(first, telephone=None), replace(first, telephone=None)) == ()
