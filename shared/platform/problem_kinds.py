"""The types of problem that any service may answer, as its API's description and its clients know them.

A service adds its own (`services/<name>/problem_kinds.py`). A type never changes its meaning, and none is answered
that is not listed: `docs/api.md` and the OpenAPI document are made from these lists, and tests hold the code to them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.platform.problems import Problem


@dataclass(frozen=True)
class Kind:
    """A type of problem: when it is answered, and what a client does about it."""

    status: int
    type: str
    when: str
    todo: str
    retry_after: bool = False
    members: Mapping[str, Any] = field(default_factory=dict)
    """Further members of the answer, each with an example."""

    def example(self) -> dict[str, Any]:
        """Such an answer."""
        return Problem(self.status, self.type, self.when, self.todo, **self.members).body()


def by_type(kinds: Iterable[Kind]) -> dict[str, Kind]:
    """Each kind by its type, which no two share."""
    found: dict[str, Kind] = {}
    for kind in kinds:
        if kind.type in found:
            raise ValueError(f"{kind.type} is listed twice")
        found[kind.type] = kind
    return found


_ERRORS = [{"field": "companions.2", "reason": "string_type", "message": "This must be a text"}]

SHARED = (
    Kind(400, "unreadable-body", "The body cannot be read: it is no JSON in UTF-8, or a name occurs twice in an object",
         "Send one JSON object whose names occur once each."),
    Kind(400, "malformed", "The request is no HTTP that can be read", "Mend the client."),
    Kind(401, "sign-in-needed", "Nobody is signed in, or the token is over", "Sign in at `sign_in` and send the token.",
         members={"sign_in": "https://retention.example/retention/signin?service=intake&next=/intake/"}),
    Kind(403, "not-permitted", "The register does not allow this to whoever is signed in",
         "`reason` says why, `roles` who may.", members={"reason": "role", "roles": ["officer"]}),
    Kind(403, "foreign-origin", "A form or a cookie came from another site's page", "Open the page itself."),
    Kind(403, "sign-in-refused", "The token that was handed over is not valid here", "Sign in again."),
    Kind(403, "access-refused", "The door did not open this personal data for this purpose",
         "Ask the responsible person; the refusal is on record.", members={"reason": "purpose"}),
    Kind(404, "unknown-programme", "No programme of that name was published", "Check the name in the path."),
    Kind(404, "no-such-letter", "There is no dead letter of that name, or it waits behind another", "List them."),
    Kind(404, "status-404", "There is nothing at this address", "Check the path."),
    Kind(405, "status-405", "This address knows other methods", "Use one of the header `Allow`."),
    Kind(408, "too-slow", "The body did not arrive within 10 seconds", "Send it again."),
    Kind(413, "too-large", "The body is over 256 KiB", "Send less."),
    Kind(415, "unsupported-media-type", "The body is not sent as JSON", "Send `Content-Type: application/json`."),
    Kind(422, "invalid-request", "The request has not the shape that this document describes",
         "`errors` names each field, a code and the reason in the language asked for.", members={"errors": _ERRORS}),
    Kind(431, "head-too-large", "The header fields are too large", "Send less; forget cookies that are not needed."),
    Kind(500, "internal", "Something went wrong here", "It is on record. Try again later."),
    Kind(503, "busy", "More requests wait than can be served", "Nothing was stored. Send it again, the same key too.",
         True),
    Kind(503, "starting", "The service has only just started", "Try again in a moment.", True),
    Kind(503, "store-away", "The database cannot be reached", "Nothing was stored. Send it again later.", True),
)

ANYWHERE = ("internal", "busy", "starting", "store-away")
"""What any operation may answer."""
WITH_BODY = ("unreadable-body", "too-slow", "too-large", "unsupported-media-type", "invalid-request")
FOR_STAFF = ("sign-in-needed", "not-permitted", "foreign-origin")
