"""S24: what nobody should send to the steps of a draw: refused as a problem, whoever sends it, and nothing changes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from tests.integration.lottery.stage import OFFICERS, Campaign, Stage

SIGNED_BY_ITSELF = "/signatures"
VALID: dict[str, Any] = {
    "key": "ab" * 32, "commitment": "0" * 64, "witness": "ward", "secret": "0" * 64, "signature": "0" * 96,
    "value": "6" * 25, "round": 1, "entry": "0" * 32, "reason": "withdrawn", "decision": "R3-1", "slot": "none",
    "seats": 1, "kind": "seats", "scope": "slot", "over": "invented", "count": 1,
}
WRONG: tuple[Any, ...] = (None, [], {}, True, 1.5, -1, 0, 2**63, 10**30, "", "x" * 10_000, "\x00", "名前", "a\r\nb")
STRANGE = (
    b'{"seats":', b'{"reason":"\xff\xfe"}', b"[" * 100_000, b'{"a":' + b"9" * 5000 + b"}", b"[]", b"", b"null",
    b'\xef\xbb\xbf{}', b'{"reason":"\\ud800"}', b'{"__proto__":{}}', b" " * 300_000,
)


def spoilt(fields: list[str]) -> Iterator[dict[str, Any]]:
    """A body of these fields, with one of them missing, wrong, or one too many."""
    right = {field: VALID[field] for field in fields}
    yield {**right, "name": "Hanako"}
    for field in fields:
        yield {name: value for name, value in right.items() if name != field}
        yield from ({**right, field: value} for value in WRONG)


async def test_s24_steps_take_nothing_but_what_they_describe_and_nothing_from_nobody(
    stage: Stage, campaign: Callable[..., Campaign]
) -> None:
    it = campaign("bad-bodies")
    await it.announce()
    before = await it.state()
    document = (await stage.http.get("/lottery/api/openapi.json")).json()
    fields = {name: list(schema["properties"]) for name, schema in document["components"]["schemas"].items()
              if "properties" in schema}
    steps = [(method, path.partition("{draw}")[2].replace("{name}", "ward"), operation)
             for path, item in document["paths"].items() if "/api/draws/{draw}" in path
             for method, operation in item.items() if method != "get"]
    assert len(steps) >= 13
    for method, path, operation in steps:
        address = f"{it.base}{path}"
        if not path.endswith(SIGNED_BY_ITSELF):
            assert (await stage.http.request(method, address)).status_code == 401, path
            assert (await stage.http.request(method, address, json=VALID)).status_code == 401, path
        if "requestBody" not in operation:
            continue
        schema = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
        sent = [*STRANGE, *(json.dumps(body).encode() for body in spoilt(fields[schema]))]
        for body in sent:
            answer = await stage.http.request(method, address, content=body, headers={
                **stage.headers(OFFICERS[0]), "Content-Type": "application/json"})
            told = (method, path, body[:80], answer.status_code, answer.text[:200])
            assert answer.status_code in (400, 409, 413, 422), told
            assert answer.headers["content-type"] == "application/problem+json", told
            assert answer.json()["detail"], told
    assert await it.state() == before
