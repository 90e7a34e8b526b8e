"""Retention in the test's process on the real stack; other services are plain ones that hear and say."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.local.stack import Stack
from services.retention.settings import RetentionSettings
from services.retention.wiring import build
from shared.contracts.envelope import Event, new_id
from shared.platform.service import Service
from tests.conftest import PATIENCE_SECONDS, settings_of, until
from tests.stack import infrastructure

__all__ = ["infrastructure"]

LIVE_SITE = (Path(__file__).parents[3] / "programmes" / "live-site-2020.toml").read_text()


@dataclass
class Records:
    """Retention, its first officer, and another service that hears what it says."""

    retention: Service
    http: httpx.AsyncClient
    other: Service
    officer_file: Path

    async def sign_in(self, staff: str, password: str, service: str = "retention") -> httpx.Response:
        return await self.http.post(
            "/retention/api/signin", json={"staff": staff, "password": password, "service": service})

    async def officer(self) -> dict[str, str]:
        """The header of the first officer."""
        told = json.loads(self.officer_file.read_text())
        response = await self.sign_in(told["staff_id"], told["password"])
        assert response.status_code == 200, response.text
        header = {"Authorization": f"Bearer {response.json()['token']}"}
        await until(lambda: self.retention.register.fresh)
        return header

    async def publish(self, text: str) -> httpx.Response:
        header = {**await self.officer(), "Content-Type": "application/toml"}
        return await self.http.post("/retention/api/programmes", content=text.encode(), headers=header)

    async def programme(self) -> tuple[str, str]:
        """A fresh programme of its own, known everywhere: its id and its file."""
        name = f"live-{new_id()[:8]}"
        text = LIVE_SITE.replace('"live-site-2020"', f'"{name}"').replace('"live-site-2020-1"', f'"{name}-1"')
        response = await self.publish(text)
        assert response.status_code == 201, response.text
        await until(lambda: all(service.programmes.find(name) for service in (self.retention, self.other)))
        return name, text

    async def designate(self, programme: str, **changes: Any) -> httpx.Response:
        body = {
            "staff": f"staff-{new_id()[:8]}", "name": "受付 花子", "employer": "contractor", "roles": ["desk"],
            "programmes": [programme], "trained_on": "2021-04-20", **changes,
        }
        return await self.http.post("/retention/api/staff", json=body, headers=await self.officer())

    async def has(self, collection: str, query: dict[str, Any]) -> bool:
        """Whether retention's store holds such a document."""
        return await self.retention.database[collection].find_one(query) is not None

    async def said_by(self, service: Service, programme: str, *events: tuple[str, Event]) -> None:
        """The other service says these events, each under its key."""
        for key, event in events:
            await service.transactions.run(
                lambda tx, key=key, event=event: _say(tx, event, key, programme, service))  # type: ignore[misc]


async def _say(tx: Any, event: Event, key: str, programme: str, service: Service) -> None:
    tx.say(event, subject=key, programme=programme, at=service.clock.now(programme))


@pytest.fixture(scope="package")
async def records(infrastructure: Stack) -> AsyncIterator[Records]:
    settings = settings_of(infrastructure, "retention", RetentionSettings).model_copy(
        update={"checkpoint_seconds": 0.2})
    retention, other = build(settings), Service(settings_of(infrastructure, "intake"))
    transport = httpx.ASGITransport(app=retention.app)
    async with asyncio.timeout(2 * PATIENCE_SECONDS):
        await retention.start()
        await other.start()
        await until(lambda: retention.ready()[0])
    async with httpx.AsyncClient(transport=transport, base_url="http://retention") as http:
        yield Records(retention, http, other, settings.first_officer_file)
    await other.stop()
    await retention.stop()
