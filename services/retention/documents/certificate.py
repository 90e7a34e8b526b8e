"""The certificate of erasure as a document in Japanese, made from its signed statement alone (S18, B11)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from services.retention.documents import certificate_appendix
from services.retention.documents.blocks import (
    Block,
    Code,
    Document,
    Facts,
    Grid,
    Heading,
    Sender,
    Signatures,
    Text,
    Title,
)
from services.retention.documents.words import WORDS, coded, count, era_day, grouped, local, short, zone_name
from services.retention.domain.certificate import digest

Signed = dict[str, Any]


def certificate_document(signed: Signed) -> Document:
    """The document for a signed certificate: `{statement, signature, key_id, public_key}`."""
    said = signed["statement"]
    blocks = (
        *_letter(said), *_contract(said), *_batches(said), *_method(said), *_attested(said), *_keys(said),
        *_seen(said), *_paper(said), *_exceptions(said), *_remaining(said), *_people(said), *_signatures(said),
        *_check(signed), *certificate_appendix.blocks(said),
    )
    return Document(WORDS["short"].format(number=said["number"]), WORDS["pages"], tuple(blocks))


def _letter(said: Signed) -> Iterator[Block]:
    programme = said["programme"]
    issued = local(said["issued_at"], programme["utc_offset_minutes"]).date()
    yield Text(WORDS["issue-number"].format(number=said["number"]), "right")
    yield Text(WORDS["issue-date"].format(date=era_day(issued)), "right")
    yield Text(WORDS["to"].format(ward=programme["ward"]))
    yield Text(WORDS["to-office"].format(office=programme["office"]))
    yield Sender(WORDS["from"], (WORDS["from-address"], WORDS["from-name"], WORDS["from-person"]), WORDS["seal"])
    yield Title(WORDS["title"])
    if said["simulated_time"]:
        yield Text(WORDS["simulated"], "centre")
    yield Text(WORDS["body"])
    yield Text(WORDS["record"], "centre")
    yield Text(WORDS["zone"].format(zone=zone_name(programme["utc_offset_minutes"])), "right", small=True)


def _contract(said: Signed) -> Iterator[Block]:
    words, programme = WORDS["contract"], said["programme"]
    first, last = (era_day(date.fromisoformat(programme["contract"][end])) for end in ("first", "last"))
    yield Heading(words["heading"])
    yield Facts((
        (words["title"], programme["title"]),
        (words["programme"], words["programme-value"].format(id=programme["id"], version=programme["version"])),
        (words["term"], f"{first} ～ {last}"),
        (words["items"], "、".join(coded(WORDS["item"], item) for item in programme["items"])),
        (words["scope"], words["scope-value"]),
    ))


def _batches(said: Signed) -> Iterator[Block]:
    words, minutes = WORDS["batches"], said["programme"]["utc_offset_minutes"]
    rows = [
        (coded(words["kind"], one["kind"]), coded(words["why"], one["why"]), count(one["subjects"]),
         *(short(one[name], minutes) for name in ("ordered_at", "removed_at", "final_at")))
        for one in said["batches"]
    ]
    yield Heading(words["heading"])
    yield Grid(tuple(words["columns"]), (*rows, (WORDS["total"], "", count(said["subjects"]), "", "", "")),
               (5, 5, 3, 6, 6, 6), frozenset({2}), last_is_total=True)
    yield Text(words["note"], small=True)


def _method(said: Signed) -> Iterator[Block]:
    words = WORDS["method"]
    yield Heading(words["heading"])
    yield Text(words["standard"].format(standard=said["method"]["standard"]))
    for step in said["method"]["steps"]:
        yield Text(coded(words["step"], step))


def _attested(said: Signed) -> Iterator[Block]:
    words, minutes = WORDS["attested"], said["programme"]["utc_offset_minutes"]
    rows = []
    for service in said["attested"]["services"]:
        receipts = [one for order in said["attested"]["orders"] for one in order["receipts"]
                    if one["service"] == service]
        rows.append((
            WORDS["service"][service], count(len(receipts)), count(sum(one["subjects"] for one in receipts)),
            count(sum(sum(one["rows"].values()) for one in receipts)),
            count(sum(one["records"] for one in receipts)), count(sum(one["files"] for one in receipts)),
            short(max(one["at"] for one in receipts), minutes),
        ))
    yield Heading(words["heading"])
    yield Grid(tuple(words["columns"]), tuple(rows), (4, 4, 3, 4, 4, 3, 6), frozenset({1, 2, 3, 4, 5}))
    yield Text(words["note"], small=True)


def _keys(said: Signed) -> Iterator[Block]:
    words, minutes = WORDS["keys"], said["programme"]["utc_offset_minutes"]
    yield Heading(words["heading"])
    yield Grid(tuple(words["columns"]), tuple(
        (WORDS["service"][key["service"]], key["key"], short(key["destroyed_at"], minutes))
        for key in said["attested"]["keys"]), (2, 3, 3))


def _seen(said: Signed) -> Iterator[Block]:
    words, seen, minutes = WORDS["seen"], said["seen"], said["programme"]["utc_offset_minutes"]
    trials, searches = seen["trials"], seen["searches"]
    rows = [
        (words["by"], seen["by"]),
        (words["when"], f"{short(seen['began_at'], minutes)} ～ {short(seen['ended_at'], minutes)}"),
        (words["orders"], words["orders-value"].format(orders=count(seen["orders"]), subjects=count(seen["subjects"]))),
        (words["topics"], words["topics-value"].format(
            partitions=len(seen["topics"]), erased=_sum(seen["topics"], "erased"))),
        (words["stores"], words["stores-value"].format(
            stores=len(seen["stores"]), erased=_sum(seen["stores"], "erased"))),
        (words["trials"], words["trials-value"].format(
            old=_sum(trials, "old_copies"), opened=_sum(trials, "old_opened"), canaries=_sum(trials, "canaries"),
            opened_canaries=_sum(trials, "canaries_opened"))),
        (words["log"], words["log-value"].format(
            checkpoints=count(seen["log"]["checkpoints"]), records=count(seen["log"]["records"]))),
    ]
    if seen["files"]:
        rows.append((words["files"], words["files-value"].format(
            places=len(seen["files"]), files=_sum(seen["files"], "files"), left=_sum(seen["files"], "left"))))
    if searches:
        size = sum(one["searched_bytes"] for one in searches)
        rows.append((words["searches"], words["searches-value"].format(
            places=len(searches), size=count(-(-size // 1_000_000)), found=_sum(searches, "found"))))
    rows.append((words["report"], grouped(seen["report_digest"])))
    yield Heading(words["heading"])
    yield Facts(tuple(rows))


def _sum(rows: list[Signed], name: str) -> str:
    return count(sum(row[name] for row in rows))


def _paper(said: Signed) -> Iterator[Block]:
    words, paper, minutes = WORDS["paper"], said["paper"], said["programme"]["utc_offset_minutes"]
    yield Heading(words["heading"])
    if paper["destroyed"]:
        rows = [
            (short(one["at"], minutes), count(one["count"]), coded(words["method"], one["method"]),
             "、".join(one["destroyed_by"]), "、".join(one["witnessed_by"]))
            for one in paper["destroyed"]
        ]
        total = (WORDS["total"], count(paper["count"]), "", "", "")
        yield Grid(tuple(words["columns"]), (*rows, total), (4, 2, 2, 4, 4), frozenset({1}), last_is_total=True)
    if paper["due"]:
        yield Text(words["left"].format(left=paper["left"]))
    elif not paper["destroyed"]:
        yield Text(words["not-due"] if any(one["code"] == "paper-not-due" for one in said["exceptions"])
                   else words["none"])


def _exceptions(said: Signed) -> Iterator[Block]:
    words = WORDS["exceptions"]
    yield Heading(words["heading"], room=20)
    if not said["exceptions"]:
        yield Text(words["none"])
    for one in said["exceptions"]:
        values = dict(one)
        if "until" in one:
            values["until"] = era_day(date.fromisoformat(one["until"]))
        if "basis" in one:
            values["basis"] = coded(words["basis"], one["basis"])
        yield Text(words[one["code"]].format(**values))


def _remaining(said: Signed) -> Iterator[Block]:
    words, minutes = WORDS["remaining"], said["programme"]["utc_offset_minutes"]
    rows = []
    for one in said["remaining"]:
        until = words["until"].get(one["until"]) or short(one["until"], minutes)
        rows.append((words["copy"][one["code"]].format(**one), words["readable" if one["readable"] else "unreadable"],
                     until))
    yield Heading(words["heading"])
    yield Grid(tuple(words["columns"]), tuple(rows), (6, 4, 5))


def _people(said: Signed) -> Iterator[Block]:
    words = WORDS["people"]
    yield Heading(words["heading"])
    yield Grid(tuple(words["columns"]), tuple(
        (one["staff"], "、".join(coded(words["role"], role) for role in one["roles"]),
         coded(words["employer"], one["employer"])) for one in said["people"]), (3, 5, 3))
    yield Text(words["note"], small=True)


def _signatures(said: Signed) -> Iterator[Block]:
    words = WORDS["sign"]
    yield Heading(words["heading"], room=65)
    yield Signatures(tuple(words["columns"]), tuple(
        (role.format(issued_by=said["issued_by"]), words["date"], "", "") for role in words["roles"]))


def _check(signed: Signed) -> Iterator[Block]:
    words, said = WORDS["check"], signed["statement"]
    found = digest(said)
    yield Heading(words["heading"], room=72)
    yield Text(words["text"].format(number=said["number"]), small=True)
    yield Text(words["command"].format(number=said["number"]), small=True)
    yield Code(f"{said['number']} sha256:{found} key:{signed['key_id']}", Facts((
        (words["digest"], grouped(found)), (words["key-id"], signed["key_id"]),
        (words["key"], grouped(signed["public_key"])),
        (words["sealed"], short(said["sealed_at"], said["programme"]["utc_offset_minutes"])),
    )))
    yield Text(words["not-proved"], small=True)
