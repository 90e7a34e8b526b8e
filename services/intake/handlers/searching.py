"""Search keys of applications: what a party is found by, hashed under the epoch's local key (B03)."""

from __future__ import annotations

from services.intake.domain.application import Party
from services.intake.domain.keys import PASSING, key_texts
from services.intake.handlers.means import Means
from shared.contracts.programme import Programme, Purpose

KEY_DIGITS = 32
"""128 bits: enough that no two texts meet, and half the index."""


def search_keys(means: Means, programme: Programme, party: Party) -> list[str]:
    """The keys of all that is given of `party`, as `<kind>:<hash>`; give what somebody knows, to find who it is."""
    return [f"{one.kind}:{means.search_keys.of(one.kind, scoped(programme, one.text))[:KEY_DIGITS]}"
            for one in key_texts(party)]


def searched_items(programme: Programme, purpose: Purpose = "duplicates") -> frozenset[str]:
    """What is looked into for `purpose`: keys are made of nothing else (S13)."""
    declared = programme.items_for("intake") & programme.items_for_purpose(purpose)
    return declared if programme.duplicates.companions == "show" else declared - {"companions"}


def keys_to_keep(means: Means, programme: Programme, party: Party) -> list[str]:
    """The keys under which an application is kept."""
    searched = searched_items(programme)
    return search_keys(means, programme, Party.of(
        {item: value for item, value in party.items().items() if item in searched}))


def lasting(keys: list[str]) -> list[str]:
    """Those of the keys that stay when the window is closed."""
    return [key for key in keys if key.partition(":")[0] not in PASSING]


def scoped(programme: Programme, text: str) -> str:
    """`text` within its programme: nothing is known again across programmes."""
    return f"{programme.id}\x1f{text}"
