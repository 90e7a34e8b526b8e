"""Alarms about the access log (S24, S25), and what an officer decided about an alarm."""

from __future__ import annotations

from datetime import datetime, timedelta

from services.retention import store
from shared.contracts.envelope import Envelope
from shared.contracts.erasure import AccessLogAltered, AccessUnusual, AlarmDecided, AlarmDecision
from shared.messaging.transaction import Transaction


async def access_unusual(tx: Transaction, message: Envelope[AccessUnusual]) -> None:
    """More is opened than usual. The watch's windows overlap: what goes on is one alarm, with the highest count."""
    seen, alarms = message.data, tx.database[store.ALARMS]
    who = {"pattern": seen.pattern, "actor": seen.actor, "role": seen.role, "service": seen.service}
    touching = seen.first_at - timedelta(minutes=seen.minutes)
    merged = await alarms.update_one(
        {"programme": message.programme, "kind": "access-unusual", "decided": None,
         **{f"values.{name}": value for name, value in who.items()},
         "values.first_at": {"$lte": seen.last_at}, "values.last_at": {"$gte": touching}},
        {"$max": {"values.count": seen.count, "values.last_at": seen.last_at, "at": message.time},
         "$min": {"values.first_at": seen.first_at}}, session=tx.session)
    if not merged.matched_count:
        # Not buffered: the next window's alarm may be handled in the same transaction and must find this one.
        await alarms.insert_one({
            "_id": message.id, "programme": message.programme, "kind": "access-unusual", "at": message.time,
            "values": {**who, "count": seen.count, "minutes": seen.minutes, "first_at": seen.first_at,
                       "last_at": seen.last_at}}, session=tx.session)


async def log_altered(tx: Transaction, message: Envelope[AccessLogAltered]) -> None:
    """The access log is not what was signed."""
    found = message.data
    tx.insert(store.ALARMS, {
        "_id": message.id, "programme": message.programme, "kind": "log-altered", "at": message.time,
        "values": found.model_dump(include={
            "topic", "partition", "fault", "checkpoint", "first_line", "last_line"})})


async def decide(tx: Transaction, alarm: str, decision: AlarmDecision, by: str, now: datetime) -> bool:
    """An officer has seen an alarm and says what follows; returns whether it was still open."""
    said = AlarmDecided(alarm=alarm, by=by, decision=decision, at=now)
    row = await tx.database[store.ALARMS].find_one({"_id": alarm, "decided": None}, session=tx.session)
    if row is None:
        return False
    await _keep(tx, said)
    tx.say(said, subject=row["programme"], programme=row["programme"], at=now)
    return True


async def decided(tx: Transaction, message: Envelope[AlarmDecided]) -> None:
    """The decision is kept where the alarm stands; after a replay it comes from here alone."""
    await _keep(tx, message.data)


async def _keep(tx: Transaction, said: AlarmDecided) -> None:
    await tx.database[store.ALARMS].update_one(
        {"_id": said.alarm, "decided": None},
        {"$set": {"decided": {"by": said.by, "at": said.at, "decision": said.decision}}}, session=tx.session)
