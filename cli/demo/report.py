"""What the campaign did and what the observer saw: gathered, kept as report.json, shown."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from cli.audit.access import Access
from cli.demo import observing, reading, searching
from cli.demo.campaign import FIRST, SECOND, Campaign, bars, now_text
from cli.demo.people import STAFF_NAMES
from cli.interfaces import Interfaces, Unexpected
from deploy.local.environment import Endpoints
from deploy.local.errors import StackError
from deploy.local.state import State
from shared.contracts.intake import ApplicationDecided, ApplicationWithdrawn
from shared.contracts.lottery import ResultDrawn


def live_through(state: State, applications: int, seed: int) -> dict[str, Any]:
    """The campaign and its checks on the running system of `state`; returns the report."""
    try:
        return asyncio.run(_campaign_and_checks(state, applications, seed))
    except Unexpected as problem:
        raise StackError(
            f"The campaign stopped: {problem}. The system still runs; `kujibiki logs` shows why."
        ) from None


async def _campaign_and_checks(state: State, count: int, seed: int) -> dict[str, Any]:
    points = Endpoints.load(state)
    officer = json.loads((state.user("retention") / "first-officer.json").read_text())
    folder = state.root / "demo"
    with bars() as progress:
        async with Interfaces(points.public_urls()) as interfaces:
            campaign = Campaign(folder, interfaces, progress, access=Access.of_state(state))
            try:
                await campaign.run(count, seed, officer["password"])
            finally:
                _keep_applicants(folder, campaign)
            erased = await _after_erasure(campaign)
            with campaign.step("the observer reads topics, mails and every file", 3) as advance:
                findings, facts = await _observe(state, campaign, points.mail_url, advance)
    report = {
        "at": now_text(),
        "applications": count,
        "seed": seed,
        "counts": _counts(campaign, facts),
        "timings_seconds": {k: round(v, 2) for k, v in campaign.timings.items()},
        "door": campaign.door,
        "draw": campaign.draw,
        "erasing_seconds": {k: round(v, 2) for k, v in campaign.ending.waits.items()} if campaign.ending else {},
        "findings": [finding.row() for finding in (*findings, *erased)],
        "links": points.public_urls(),
    }
    (folder / "report.json").write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n")
    return report


async def _after_erasure(campaign: Campaign) -> list[observing.Finding]:
    ending = campaign.ending
    if ending is None or ending.report is None:
        return []
    as_typed = ending.returned_as_typed(campaign.applicants, campaign.receipts)
    return [
        observing.nothing_left(ending.report),
        observing.returned(len(ending.returned), as_typed),
        observing.still_told(await ending.mine(ending.early)),
        observing.certified(ending.certificate, ending.verified),
        observing.replayed(ending.replayed),
    ]


async def _observe(
    state: State, campaign: Campaign, mail_url: str, advance: Any
) -> tuple[list[observing.Finding], reading.Facts]:
    programme = campaign.programmes[FIRST]
    facts = await reading.read_facts(state)
    advance()
    mails = await reading.read_mails(mail_url)
    advance()
    tried = sum(count for what, count in campaign.door.items() if what.startswith("again: "))
    searching.plant_in_logs_and_spans(state, campaign.canary)
    search = searching.Search([*campaign.typed(), *STAFF_NAMES], campaign.canary)
    places = await searching.search_everywhere(state, search, [state.root / "demo"])
    folder = state.root / "demo"
    return [
        observing.applications_taken(facts, programme, campaign.receipts.values()),
        observing.one_notice_each(facts, programme, mails),
        await observing.draw_reproduced(
            folder / "verify_draw.py",
            folder / "transcript.jsonl",
            campaign.draw,
            facts,
            programme,
            campaign.announcement,
        ),
        observing.capacity_kept(facts, programme),
        observing.no_pass_twice(facts, programme, tried),
        observing.nothing_in_the_clear(places),
    ], facts


def _keep_applicants(folder: Path, campaign: Campaign) -> None:
    with (folder / "applicants.jsonl").open("w") as file:
        for applicant in campaign.applicants:
            receipt = campaign.receipts.get(applicant.number)
            file.write(json.dumps({**applicant.row(), "receipt": receipt}, ensure_ascii=False) + "\n")


def _counts(campaign: Campaign, facts: reading.Facts) -> dict[str, int]:
    outcomes = Counter(message.data.outcome for message in facts.of(ResultDrawn, FIRST))
    reasons = Counter(
        f"not counted: {message.data.reason}"
        for message in facts.of(ApplicationDecided, FIRST)
        if not message.data.counted
    )
    refused = {f"refused at the form: {case}": count for case, count in campaign.refused.items()}
    by_post = sum(1 for a in campaign.applicants if a.number in campaign.receipts and a.channel == "postcard")
    return {
        "applications taken by web": len(campaign.receipts) - by_post,
        "applications taken by postcard": by_post,
        **refused,
        **reasons,
        "withdrawn": len(facts.of(ApplicationWithdrawn, FIRST)),
        **{outcome: outcomes[outcome] for outcome in ("won", "waiting", "lost", "struck")},
        "postcards printed and posted": campaign.cards_printed,
        **{f"at the door: {k}": v for k, v in campaign.door.items()},
    }


def show(report: dict[str, Any], state: State, console: Console) -> None:
    """Tables for people."""
    counts = Table("outcome", "number", title="What became of them", title_justify="left")
    for name, number in report["counts"].items():
        counts.add_row(name, f"{number:,}")
    timings = Table("step", "seconds", title="How long it took", title_justify="left")
    for name, seconds in report["timings_seconds"].items():
        timings.add_row(name, f"{seconds:.1f}")
    promises = Table("", "promise", "seen", title="What an observer outside sees", title_justify="left")
    for finding in report["findings"]:
        mark = "[green]holds[/green]" if finding["holds"] else "[red]BROKEN[/red]"
        promises.add_row(mark, finding["promise"], finding["figures"])
    links = Table("page", "where", title="To look at", title_justify="left")
    urls = report["links"]
    for name, address in (
        ("start page", urls["start"]),
        ("application form (second programme, open)", f"{urls['intake']}/intake/{SECOND}"),
        ("the draw", f"{urls['lottery']}/lottery/{FIRST}"),
        ("mails that were sent", urls["mail"]),
        ("traces", urls["traces"]),
        ("draw desk", f"{urls['lottery']}/lottery/{FIRST}/desk"),
        ("notices", f"{urls['notifier']}/notifier/{FIRST}/desk"),
        ("door terminal", f"{urls['checkin']}/checkin/{FIRST}/terminal"),
        ("state of handling", f"{urls['retention']}/retention/state/{FIRST}"),
        ("erasure", f"{urls['retention']}/retention/erasure/{FIRST}"),
        ("certificates", f"{urls['retention']}/retention/certificates/{FIRST}"),
    ):
        links.add_row(name, address)
    for table in (counts, timings, promises, links):
        console.print(table)
    console.print(f"Staff sign in as officer-1 with the password in {state.user('retention') / 'first-officer.json'}.")
    console.print(f"Report, transcript, audit and certificate are in {state.root / 'demo'}.")
