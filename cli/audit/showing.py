"""The audit's report for people."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from shared.contracts.audit import AuditReport


def show(report: AuditReport, console: Console) -> None:
    """What was seen, in a few tables, and the verdict in one line."""
    console.print(f"\n[bold]Audit of {report.programme}[/bold] by {report.by}: {report.orders} orders to erase, "
                  f"{report.subjects} subjects; {sum(topic.records for topic in report.topics):,} records read in "
                  f"{len({topic.topic for topic in report.topics})} topics, "
                  f"{(report.ended_at - report.began_at).total_seconds():.1f} s")
    _personal(report, console)
    stores = Table("store", "rows", "of erased subjects")
    for row in report.stores:
        stores.add_row(f"{row.service}.{row.collection}", f"{row.rows:,}", _bad(row.erased))
    console.print(stores)
    trials = Table("key holder", "old copies tried", "opened", "canaries tried", "opened", "epochs destroyed")
    destroyed = {epoch.service: len(epoch.destroyed) for epoch in report.epochs}
    for trial in report.trials:
        trials.add_row(trial.service, str(trial.old_copies), _bad(trial.old_opened), str(trial.canaries),
                       str(trial.canaries_opened), str(destroyed.get(trial.service, 0)))
    console.print(trials)
    console.print(f"access log: {report.log.records:,} lines, {report.log.checkpoints} signed checkpoints, "
                  f"{report.log.problem or 'nothing changed, nothing missing'}")
    if report.clean:
        console.print("[bold green]nothing is left[/bold green] of whom an order names, as far as can be seen")
    else:
        console.print(f"[bold red]not clean[/bold red]: {', '.join(report.missing)}")


def _personal(report: AuditReport, console: Console) -> None:
    table = Table("topic with personal records", "living", "erased, yet there", "tombstones")
    for name in sorted({topic.topic for topic in report.topics if topic.topic.endswith(".personal.v1")}):
        parts = [topic for topic in report.topics if topic.topic == name]
        table.add_row(name, f"{sum(p.living for p in parts):,}", _bad(sum(p.erased for p in parts)),
                      f"{sum(p.tombstones for p in parts):,}")
    console.print(table)


def _bad(count: int) -> str:
    return f"[bold red]{count:,}[/bold red]" if count else "0"
