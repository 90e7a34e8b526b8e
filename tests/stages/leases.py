"""What a killed process held falls free when its minutes are over: tests let the minutes pass at once."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from aiokafka.protocol.group import LeaveGroupRequest
from pymongo import AsyncMongoClient

from deploy.local.stack import Stack
from shared.messaging import kafka
from tests.conftest import settings_of

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


async def lapse(stack: Stack, service: str) -> None:
    """Ends the service's open transactions, its leases and its membership in its consumer group.

    Its processes must be dead, or two might hold the same thing.
    """
    async with AsyncMongoClient[dict[str, Any]](stack.mongo_uri) as admin:
        await admin.admin.command("killAllSessions", [{"user": service, "db": "admin"}])
    async with AsyncMongoClient[dict[str, Any]](settings_of(stack, service).mongo_uri()) as client:
        database = client[service]
        for name in await database.list_collection_names():
            await database[name].update_many({"lease_until": {"$gt": LONG_AGO}}, {"$set": {"lease_until": LONG_AGO}})
        await database["leases"].update_many({}, {"$set": {"until": LONG_AGO}})
    await _leave_group(stack, service)


async def _leave_group(stack: Stack, group: str) -> None:
    admin = kafka.admin(settings_of(stack, group))
    await admin.start()
    try:
        coordinator = await admin.find_coordinator(group)
        (answer,) = await admin.describe_consumer_groups([group], coordinator)
        _, _, _, _, _, members, *_ = answer.groups[0]
        for member, *_ in members:
            # aiokafka has no call for it, as consumers leave by themselves.
            left = await admin._send_request(LeaveGroupRequest(group, member), coordinator)
            assert left.error_code == 0, left
    finally:
        await admin.close()
