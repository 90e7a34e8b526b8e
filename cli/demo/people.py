"""The staff of the campaign: designated and trained, each for what they do."""

from __future__ import annotations

from datetime import date

from cli.interfaces import Interfaces

OFFICER = "officer-1"
DEPUTY = "officer-2"
DESK = "desk-1"
NOTICES = "notices-1"
ATTENDANT = "attendant-1"
SECOND_ATTENDANT = "attendant-2"
AUDITOR = "auditor-1"

_STAFF = (
    (DEPUTY, "鈴木 次長", ("officer",), "ward"),
    (DESK, "佐藤 受付", ("desk",), "contractor"),
    (NOTICES, "田中 通知", ("notices",), "contractor"),
    (ATTENDANT, "伊藤 案内", ("attendant",), "contractor"),
    (SECOND_ATTENDANT, "山本 案内", ("attendant",), "contractor"),
    (AUDITOR, "渡辺 監査", ("auditor",), "audit"),
)
STAFF_NAMES = tuple(name for _, name, _, _ in _STAFF)


async def designate(interfaces: Interfaces, programmes: list[str], trained_on: date) -> dict[str, str]:
    """Puts everybody on the register; their first passwords come back once, and are returned."""
    passwords = {}
    for staff, name, roles, employer in _STAFF:
        answer = await interfaces.call(
            "POST",
            "retention",
            "/retention/api/staff",
            staff=OFFICER,
            json={
                "staff": staff,
                "name": name,
                "employer": employer,
                "roles": list(roles),
                "responsible": "officer" in roles,
                "programmes": programmes,
                "trained_on": trained_on.isoformat(),
            },
        )
        if answer["password"] is None:  # known from an earlier campaign: a password comes back only once
            path = f"/retention/api/staff/{staff}/password"
            answer = await interfaces.call("POST", "retention", path, staff=OFFICER, json={})
        interfaces.knows(staff, answer["password"])
        passwords[staff] = answer["password"]
    return passwords
