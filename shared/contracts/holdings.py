"""What the services' stores hold of a subject, row by row: an order empties it, and the audit counts it.

One table for both: a service cannot erase less than the audit looks for. Collections that hold pseudonymous facts
only (ids, times, slots, counts: what the fact topics hold for good) are not in it; lottery holds nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Holding:
    """Rows of `collection` whose `field` is a subject's id.

    They go whole, or, where `clears` names fields, those fields go and the pseudonymous rest stays.
    """

    service: str
    collection: str
    field: str
    about: str
    kind: Literal["application", "staff"] = "application"
    clears: tuple[str, ...] = ()


HOLDINGS: tuple[Holding, ...] = (
    Holding("intake", "personal", "_id", "the sealed part of the personal record"),
    Holding("intake", "applications", "_id", "receipt number, proof of the secret, search keys"),
    Holding("intake", "pairs", "applications", "that it may be the same applicant's as another one, and the judgement"),
    Holding("intake", "outcomes", "_id", "result, passes and notice as the applicant sees them"),
    Holding("intake", "accesses", "application", "who opened the data, for the applicant's page"),
    Holding("intake", "postcards", "application", "which application a card is", clears=("application", "check")),
    Holding("intake", "archive_lines", "subject", "the record sealed to the ward's key, until it is acknowledged"),
    Holding("intake", "enquiries", "application", "who asks at the enquiry desk just now"),
    Holding("notifier", "personal", "_id", "the sealed part of the personal record"),
    Holding("checkin", "personal", "_id", "the sealed part of the personal record"),
    Holding("retention", "personal", "_id", "the sealed name of a member of staff", kind="staff"),
)


def holdings_of(service: str) -> tuple[Holding, ...]:
    """What `service` holds of subjects."""
    return tuple(holding for holding in HOLDINGS if holding.service == service)
