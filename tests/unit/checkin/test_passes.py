"""Passes and their tokens (S08, B06)."""

from __future__ import annotations

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.checkin.domain.passes import (
    ALGORITHM,
    Change,
    Forged,
    Held,
    Pass,
    change,
    pass_id,
    sign,
    typed_code,
    verify,
)
from shared.contracts.checkin import pass_code

KEY, OTHER = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
PASS = Pass(pass_id("ls-1", "a" * 32, "2021-07-23-sumitomo-am"), "live-site-2020", "2021-07-23-sumitomo-am", 4)


def test_b06_a_token_is_checked_with_the_public_key_alone() -> None:
    assert verify(sign(PASS, KEY), [OTHER.public_key(), KEY.public_key()]) == PASS


def test_s08_a_token_is_small_enough_for_a_qr_code_of_61_modules() -> None:
    assert len(sign(PASS, KEY)) <= 251  # version 11, error correction M, bytes


@pytest.mark.parametrize("spoil", [
    lambda token: token[:-3] + "AAA", lambda token: "x" + token, lambda token: token.rpartition(".")[0] + ".",
    lambda token: "", lambda token: token + "A" * 600, lambda token: token.replace(".", "", 1),
])
def test_b06_a_spoilt_token_is_forged(spoil) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(Forged):
        verify(spoil(sign(PASS, KEY)), [KEY.public_key()])


def test_b06_another_services_key_makes_no_pass() -> None:
    with pytest.raises(Forged):
        verify(sign(PASS, OTHER), [KEY.public_key()])


def test_b06_a_token_without_signature_is_forged() -> None:
    claims = {"p": "live-site-2020", "i": "AAAAAAAAAAAAAAAAAAAAAA", "s": "x", "n": 1}
    with pytest.raises(Forged):
        verify(jwt.encode(claims, None, "none"), [KEY.public_key()])


@pytest.mark.parametrize("claims", [
    {}, {"p": "x", "i": "AAAA", "s": "x"}, {"p": "x", "i": "AAAA", "s": "x", "n": "4"},
    {"p": "x", "i": "AAAA", "s": "x", "n": 0}, {"p": "x", "i": "AAAA", "s": "x", "n": 1, "more": 1},
])
def test_b06_what_is_signed_and_no_pass_is_refused(claims: dict[str, object]) -> None:
    with pytest.raises(Forged):
        verify(jwt.encode(claims, KEY, ALGORITHM), [KEY.public_key()])


def test_s08_a_code_is_typed_in_any_spelling() -> None:
    written = pass_code(PASS.id)
    for typed in (written, written.lower(), written.replace("-", ""), written.replace("-", " "), PASS.id):
        assert typed_code(typed) in (PASS.id[:10], PASS.id)
    for other in ("", "12345", sign(PASS, KEY), "G" * 10):
        assert typed_code(other) is None


def test_s08_ids_follow_from_what_the_pass_is_for() -> None:
    assert pass_id("d", "a", "s") == pass_id("d", "a", "s")
    assert len({pass_id("d", "a", "s"), pass_id("d", "a", "t"), pass_id("d", "b", "s"), pass_id("d", "a", "s", 1)}) == 4


@pytest.mark.parametrize(("before", "holds", "void", "issue"), [
    ([], ["s"], [], [("s", 0)]),
    ([("s", False)], ["s"], [], []),
    ([("s", False)], [], ["s"], []),
    ([("s", False), ("t", False)], ["t", "u"], ["s"], [("u", 0)]),
    ([("s", True)], ["s"], [], [("s", 1)]),
    ([("s", True), ("s", True)], ["s"], [], [("s", 2)]),
    ([("s", True)], [], [], []),
])
def test_b17_passes_become_what_is_held(
    before: list[tuple[str, bool]], holds: list[str], void: list[str], issue: list[tuple[str, int]]
) -> None:
    held = [Held(str(number), slot, is_void) for number, (slot, is_void) in enumerate(before)]
    todo = change(held, holds)
    assert todo == Change(tuple(one for one in held if one.slot in void), tuple(issue))
