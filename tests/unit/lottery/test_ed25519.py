"""B01: Ed25519 of RFC 8032 in all three places: the service, the witnesses' program and the verifier."""

from types import ModuleType

import pytest

from services.lottery.domain.faults import Refused
from services.lottery.domain.witness import is_signed_by
from tests.unit.lottery.campaign import load_program

ORDER = 2**252 + 27742317777372353535851937790883648493
# RFC 8032 §7.1, tests 1 to 3: private key, public key, message, signature.
VECTORS = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
        "d25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
        "387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
        "4a7c15e9716ed28dc027beceea1ec40a",
    ),
]
vectors = pytest.mark.parametrize(("private", "public", "message", "signature"), VECTORS, ids=["1", "2", "3"])


@vectors
def test_the_rfcs_signatures(private: str, public: str, message: str, signature: str, verifier: ModuleType) -> None:
    """B01."""
    witness, said = load_program("kujibiki-witness.py"), bytes.fromhex(message)
    assert witness.public_key(bytes.fromhex(private)).hex() == public
    assert witness.sign(bytes.fromhex(private), said).hex() == signature
    assert is_signed_by(public, said, signature)
    assert verifier.is_signed(public, said, signature)
    assert verifier.is_good_key(public)


@vectors
def test_wrong_signatures_are_refused_by_both(
    private: str, public: str, message: str, signature: str, verifier: ModuleType
) -> None:
    """B01: another message, any changed byte, and an S that is not reduced (a second way to write the same one)."""
    said = bytes.fromhex(message)
    data = bytes.fromhex(signature)
    s = int.from_bytes(data[32:], "little") + ORDER
    wrong = [data[:32] + s.to_bytes(32, "little"), data[32:] + data[:32]]
    wrong += [data[:i] + bytes([data[i] ^ 1]) + data[i + 1 :] for i in range(0, 64, 7)]
    for other in wrong:
        assert not is_signed_by(public, said, other.hex())
        assert not verifier.is_signed(public, said, other.hex())
    assert not is_signed_by(public, said + b"x", signature)
    assert not verifier.is_signed(public, said + b"x", signature)


def test_a_key_of_small_order_signs_nothing(verifier: ModuleType) -> None:
    """B01: with the identity as key, R = identity and S = 0 would fit every message."""
    identity = "01" + "00" * 31
    with pytest.raises(Refused, match="small order"):
        is_signed_by(identity, b"anything", identity + "00" * 32)
    assert not verifier.is_good_key(identity)
