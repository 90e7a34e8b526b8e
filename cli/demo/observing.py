"""The observer: reads topics, public pages and mails, and says whether the promises hold."""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cli.demo.reading import Facts
from cli.demo.searching import Place
from shared.contracts.audit import AuditReport
from shared.contracts.checkin import GroupSeated, PartyAdmitted
from shared.contracts.intake import ApplicationTaken
from shared.contracts.lottery import ResultDrawn
from shared.contracts.notifier import BESIDE_RESULT, NoticeFellDue, NoticePosted, NoticeSent
from shared.contracts.programme import Programme


@dataclass(frozen=True)
class Finding:
    """One promise, whether it holds, and the figures behind that."""

    promise: str
    holds: bool
    figures: str

    def row(self) -> dict[str, Any]:
        """For report.json."""
        return asdict(self)


def applications_taken(facts: Facts, programme: Programme, receipts: Iterable[dict[str, Any]]) -> Finding:
    """Each receipt that was given out is one application on the topic, and there is no other."""
    given = Counter(receipt["entry"] for receipt in receipts)
    taken = Counter(message.data.entry for message in facts.of(ApplicationTaken, programme.id))
    return Finding(
        "every receipt is one application, and every application has a receipt",
        given == taken,
        f"{len(given)} receipts, {sum(taken.values())} applications",
    )


def one_notice_each(facts: Facts, programme: Programme, mails: list[dict[str, Any]]) -> Finding:
    """Every application has exactly one notice, which was sent or posted once; every mail has one recipient (B05)."""
    due: dict[str, set[str]] = defaultdict(set)
    for message in facts.of(NoticeFellDue, programme.id):
        if message.data.kind in BESIDE_RESULT:  # of a change, not of the result
            continue
        due[message.data.application].add(message.data.notice)
    outcomes = Counter(
        message.data.notice for kind in (NoticeSent, NoticePosted) for message in facts.of(kind, programme.id)
    )
    applications = {message.data.application for message in facts.of(ApplicationTaken, programme.id)}
    single = applications == due.keys() and all(len(notices) == 1 for notices in due.values())
    accounted = single and all(outcomes[notice] == 1 for notices in due.values() for notice in notices)
    sent = {message.data.notice for message in facts.of(NoticeSent, programme.id)}
    mailed = Counter(_header(mail, "x-kujibiki-notice") for mail in mails)
    delivered = sent <= mailed.keys() and all(mailed[notice] == 1 for notice in sent)
    alone = all(len(mail["recipients"]) == 1 for mail in mails)
    return Finding(
        "every applicant has exactly one accounted notice",
        accounted and delivered and alone,
        f"{len(applications)} applications, {sum(map(len, due.values()))} notices, {sum(outcomes.values())} outcomes, "
        f"{len(sent)} sent, {sum(mailed[notice] for notice in sent)} mails of one recipient",
    )


def _header(mail: dict[str, Any], name: str) -> str:
    headers = mail["headers"]
    pairs = headers.items() if isinstance(headers, dict) else headers
    return next((str(value) for key, value in pairs if str(key).lower() == name), "")


async def draw_reproduced(
    verifier: Path, transcript: Path, state: dict[str, Any], facts: Facts, programme: Programme, announcement: str
) -> Finding:
    """The stand-alone verifier accepts the transcript against what people kept, and the topic says the same results."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(verifier),
        str(transcript),
        "--announcement",
        announcement,
        "--root",
        state["root"],
        "--closed",
        state["closing_digest"],
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    lines = [json.loads(line) for line in (await asyncio.to_thread(transcript.read_text)).splitlines()]
    published = {(line["entry"], line["outcome"], tuple(line["won"])) for line in lines if line["type"] == "result"}
    said = {
        (message.data.entry, message.data.outcome, message.data.won) for message in facts.of(ResultDrawn, programme.id)
    }
    last = output.decode().strip().splitlines()[-1] if output else ""
    return Finding(
        "the verifier reproduces the draw, and the results on the topic are the same",
        process.returncode == 0 and published == said,
        f"exit {process.returncode}; {len(published)} results; {last[:120]}",
    )


def capacity_kept(facts: Facts, programme: Programme) -> Finding:
    """No slot has more seats won than there are, nor more people inside than it holds."""
    won: Counter[str] = Counter()
    for message in facts.of(ResultDrawn, programme.id):
        won.update(dict.fromkeys(message.data.won, message.data.seats))
    inside: Counter[str] = Counter()
    for message in facts.of(PartyAdmitted, programme.id):
        inside[message.data.slot] += message.data.seats
    for message in facts.of(GroupSeated, programme.id):
        inside[message.data.slot] += message.data.people
    slots = programme.slot_by_id
    over = [slot for slot in won if won[slot] > slots[slot].seats]
    over += [slot for slot in inside if inside[slot] > slots[slot].capacity]
    fullest = max((won[slot] / slots[slot].seats for slot in won), default=0.0)
    return Finding(
        "capacity is never exceeded",
        not over and bool(won),
        f"{sum(won.values())} seats won in {len(won)} slots, the fullest at {fullest:.0%}; "
        f"{sum(inside.values())} people inside",
    )


def no_pass_twice(facts: Facts, programme: Programme, tried_again: int) -> Finding:
    """No pass was admitted twice, although it was tried."""
    admitted = Counter(message.data.pass_id for message in facts.of(PartyAdmitted, programme.id))
    return Finding(
        "no pass is admitted twice",
        bool(admitted) and max(admitted.values()) == 1,
        f"{len(admitted)} passes admitted; {tried_again} tried a second time",
    )


def nothing_in_the_clear(places: list[Place]) -> Finding:
    """Nothing typed was found anywhere, by a search that found the canary everywhere it was planted."""
    planted = {"topics", "database rows", "database files", "spans", "logs"}
    blind = [place.name for place in places if place.name in planted and not place.canary]
    found = {place.name: sorted(place.where) for place in places if place.found}
    searched = sum(place.searched for place in places) / 1e6
    figures = f"{searched:,.0f} MB searched in {len(places)} places"
    if blind:
        figures += f"; the canary was not found in: {', '.join(blind)}"
    if found:
        figures += f"; found in: {found}"
    return Finding(
        "no typed name, address, telephone or mail address lies anywhere in the clear", not blind and not found, figures
    )


def nothing_left(report: AuditReport) -> Finding:
    """An audit that could see found nothing of anybody whom an order names (B09, S18)."""
    opened = sum(trial.canaries_opened for trial in report.trials)
    return Finding(
        "nothing is left of whoever was erased, and no key holder can open an old copy",
        report.clean and report.subjects > 0 and opened > 0,
        f"{report.subjects} subjects in {report.orders} orders; {sum(t.records for t in report.topics):,} records and "
        f"{sum(row.rows for row in report.stores):,} rows read; {sum(t.old_copies for t in report.trials)} old copies "
        f"tried, {sum(t.old_opened for t in report.trials)} opened; {opened} canaries opened"
        + (f"; missing: {', '.join(report.missing)}" if report.missing else ""),
    )


def returned(records: int, as_typed: bool) -> Finding:
    """The archive that the ward opened holds what its applicants typed (S17)."""
    return Finding(
        "what was returned to the ward is what was typed", as_typed, f"{records} records opened and compared")


def still_told(mine: dict[str, Any]) -> Finding:
    """The person who was erased still sees when, and who looked; nothing else (B16)."""
    return Finding(
        "whoever was erased still sees when, and who had looked",
        mine["removed_at"] is not None and mine["certificate"] is not None and bool(mine["accesses"]),
        f"removed at {mine['removed_at']}, certificate {mine['certificate']}, {len(mine['accesses'])} accesses",
    )


def certified(certificate: dict[str, Any], verified: str) -> Finding:
    """The certificate stands, and its verifier says so (B11)."""
    last = verified.strip().splitlines()[-1] if verified.strip() else ""
    return Finding(
        "the certificate of erasure verifies by itself",
        bool(certificate.get("number")) and bool(last),
        f"{certificate.get('number')}: {certificate.get('subjects')} subjects; {last[:100]}",
    )


def replayed(reports: dict[str, dict[str, Any]]) -> Finding:
    """Stores rebuilt from the topics are the living ones; draw and counts are the same before and after (B12)."""
    same = [report["equal"] for report in reports.values()]
    figures = [
        {(one["service"], one["name"]): one["rebuilt"] for one in report["figures"]
         if one["about"] in ("draw", "counts")}
        for report in reports.values()
    ]
    events = sum(service["events"] for report in reports.values() for service in report["services"])
    return Finding(
        "stores rebuilt from the topics are the living ones, and erasing changed neither draw nor counts",
        len(same) == 2 and all(same) and figures[0] == figures[1] and bool(figures[0]),
        f"{events:,} events in {len(reports)} replays; {len(figures[0])} figures of draw and counts compared",
    )
