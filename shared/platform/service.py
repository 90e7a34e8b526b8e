"""What every service is made of, put together in one place; `services/<name>/wiring.py` adds what is its own."""

from __future__ import annotations

import asyncio
import gc
import importlib
import logging
import os
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse, Response

from shared.messaging.consumer import Consumer, Subscription
from shared.messaging.due import DueWork
from shared.messaging.jobs import JOBS, Jobs
from shared.messaging.letters import LETTERS, Letters
from shared.messaging.relay import Relay
from shared.messaging.transaction import OUTBOX, Transaction, Transactions
from shared.messaging.views import Apply, Views
from shared.platform import http, letters_api, logs, telemetry, trials_api
from shared.platform.clock import Clock
from shared.platform.entrances import Entrances
from shared.platform.lanes import Lane
from shared.platform.mongo import StoreError, connect
from shared.platform.openapi import describe
from shared.platform.problem_kinds import SHARED, Kind, by_type
from shared.platform.programmes import Programmes
from shared.platform.progress import Progress
from shared.platform.register import Register
from shared.platform.settings import Settings
from shared.platform.signin import SignIn
from shared.platform.wire import serve
from shared.privacy.canaries import Canaries
from shared.privacy.door import Door
from shared.privacy.epochkeys import KeyFolder
from shared.privacy.erasing import Erasing
from shared.privacy.keyring import KeyRing
from shared.privacy.records import Records
from shared.privacy.rotating import Rotating
from shared.privacy.sealing import Sealer
from shared.privacy.searchkeys import SearchKeys
from shared.ui import Chrome, Link, Pages, StaffBar
from shared.ui.language import NAMES

STUCK_SECONDS = 90.0
STUCK, PART_FAILED = 70, 71  # exit codes
KEY_CHECK_SECONDS = 1.0
STOP_AGAIN_SECONDS = 10.0
SWITCH_SECONDS = 0.0005
"""After which a busy event loop lets another thread on: MongoDB's answers come by threads, and waited 5 ms for it."""
GARBAGE_AFTER = 20_000
"""Allocations between two looks for garbage; at Python's 700 a tenth of the time under load went into looking."""

log = logging.getLogger(__name__)
S = TypeVar("S", bound=Settings)


class Service:
    """One service: its store, its messaging, its privacy, its pages. Nothing runs before `start()`."""

    def __init__(self, settings: Settings) -> None:
        self.settings, self.name = settings, settings.service
        self.started = self._ending = False
        self._client, self.database = connect(settings.mongo_uri(), self.name)
        self.relay = Relay(settings, self.database)
        self.transactions = Transactions(
            self._client, self.database, self.name, self.relay.wake, pace=settings.group_pace)
        self.clock, self.programmes = Clock(), Programmes()
        self.register = Register(self.programmes.offset)
        self.jobs = Jobs(self.database, self.transactions)
        self.letters = Letters(settings, self.database, self.transactions)
        self.views = Views(settings)
        self._build_privacy()
        self._build_http()
        self._subscriptions: list[Subscription] = []
        self._due: list[DueWork] = [self.jobs.work]
        self._indexes: list[tuple[str, Any, dict[str, Any]]] = [
            (OUTBOX, [("order", 1)], {}),
            (LETTERS, [("topic", 1), ("key", 1), ("offset", 1)], {}),
            (JOBS, [("state", 1), ("programme", 1), ("due_at", 1)], {}),
        ]
        self._background: list[Callable[[], Any]] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._at_start: list[Callable[[], Any]] = []
        self.consumer: Consumer | None = None
        self.on_failure: Callable[[int], None] = _say_failure
        self._follow_shared_topics()

    def _build_privacy(self) -> None:
        self.key_folder = KeyFolder(self.settings.keys_dir)
        self.ring = KeyRing(self.name, self.key_folder.load(), self.key_folder.load)
        self.sealer, self.search_keys = Sealer(self.ring), SearchKeys(self.ring, self.key_folder.naming_key())
        self.records = Records(self.name, self.database)
        self.door = Door(self.name, self.transactions, self.records, self.ring, self.register, self.programmes,
                         self.clock)
        self.erasing = Erasing(self.settings, self.database, self.transactions, self.clock)
        self.rotating = Rotating(self.settings, self.database, self.transactions, self.records, self.ring,
                                 self.key_folder, lambda: self.recipients)
        self.canaries = Canaries(self.name, self.database, self.transactions, self.sealer, self.records)

    def _build_http(self) -> None:
        package = Path(importlib.import_module(f"services.{self.name}").__file__ or "").parent
        self.pages = Pages(package / "pages", self.name, f"/{self.name}", chrome=self.chrome)
        self.sign_in = SignIn(self.name, self.register, self.clock, self.settings.public_urls, self.pages)
        self.app = FastAPI(
            title=f"Kujibiki: {self.name}", version="1", lifespan=self._lifespan, docs_url=None, redoc_url=None,
            openapi_url=f"/{self.name}/api/openapi.json",
            # Its own spans hold paths and queries as they were typed; ours hold routes (`shared.platform.telemetry`).
            telemetry={"tracing": False, "metrics": False, "logs": False},
        )
        self.app.state.sign_in = self.sign_in
        self.app.state.larger_bodies = {}
        self.problem_kinds: Mapping[str, Kind] = by_type(SHARED)
        self.app.openapi = self._description  # type: ignore[method-assign]
        self.entrances, self.lanes = Entrances(), list[Lane]()
        http.install(self.app, self.pages, lambda: self.started, self.entrances, self.lanes)
        self.pages.mount_static(self.app)
        self.app.add_api_route("/healthz", self._healthz, include_in_schema=False)
        self.app.add_api_route("/readyz", self._readyz, include_in_schema=False)
        self.serves(self.sign_in.router(), letters_api.router(self.letters), trials_api.router(self.door))

    def _description(self) -> dict[str, Any]:
        """The OpenAPI document; made at the first request for it, when all routes are there."""
        if self.app.openapi_schema is None:
            self.app.openapi_schema = describe(self.app, self.problem_kinds)
        return self.app.openapi_schema

    def _follow_shared_topics(self) -> None:
        self.follows("programme.definitions.v1", self.programmes.apply)
        self.follows("programme.clock.v1", self.clock.apply)
        self.follows("retention.staff.v1", self.register.apply)
        self.follows("privacy.recipients.v1", self.ring.apply)
        self.clock.on_tick(self._wake_due)

    def chrome(self, request: Request) -> Chrome:
        """What surrounds a page: the programme it is about, and who is signed in."""
        programme = self.programmes.find(request.path_params.get("programme", ""))
        person = self.sign_in.person(request)
        say = self.pages.words_for(request)
        roles = "・".join(str(say(f"role.{role}")) for role in sorted(person.roles)) if person else ""
        staff = StaffBar(person.staff, roles, f"/{self.name}/session/end", roles=person.roles) if person else None
        title = programme.title.text(self.pages.language(request)) if programme else None
        offered = programme.languages if programme else tuple(NAMES)
        return Chrome(programme=title, staff=staff, width="wide" if staff else "text",
                      languages=() if staff else offered)

    # -- what a service adds -------------------------------------------------------------------------------------

    def hears(self, *subscriptions: Subscription) -> None:
        """Events that change the service's state, each handled once."""
        self._subscriptions.extend(subscriptions)

    def does(self, *due: DueWork) -> None:
        """Work on a due time."""
        self._due.extend(due)

    def serves(self, *routers: APIRouter) -> None:
        """Routes under `/<service>`."""
        for router in routers:
            self.app.include_router(router, prefix=f"/{self.name}")

    def describes(self, about: str, tags: Mapping[str, str], kinds: Mapping[str, Kind]) -> None:
        """What the OpenAPI document says of the API as a whole, of each tag, and every problem that it may answer."""
        self.app.description = about
        self.app.openapi_tags = [{"name": name, "description": text} for name, text in tags.items()]
        self.problem_kinds = kinds

    def takes_larger(self, path_end: str, most: int) -> None:
        """Routes whose path ends so take bodies of up to `most` bytes from whoever of the staff is signed in."""
        self.app.state.larger_bodies[path_end] = most

    def begins_at(self, path: str) -> None:
        """`/<service>/` lists the programmes; each leads to `/<service>/<programme><path>`."""

        async def begin(request: Request) -> Response:
            language = self.pages.language(request)
            links = [Link(p.title.text(language), f"/{self.name}/{p.id}{path}") for p in self.programmes.all()]
            return self.pages.render(request, "programmes.html", programmes=links)

        self.app.add_api_route(f"/{self.name}/", begin, include_in_schema=False)

    def indexes(self, *indexes: tuple[str, Any, dict[str, Any]]) -> None:
        """(collection, keys, options), made at the start."""
        self._indexes.extend(indexes)

    def follows(self, topic: str, apply: Apply) -> None:
        """A view in memory of a whole (small) topic."""
        self.views.follow(topic, apply)

    def runs(self, background: Callable[[], Any]) -> None:
        """A coroutine function that runs as long as the service does."""
        self._background.append(background)

    def at_start(self, hook: Callable[[], Any]) -> None:
        """A coroutine function awaited once at the start, when store and views are there."""
        self._at_start.append(hook)

    # -- life ----------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Starts everything; returns when the service is ready for its first request."""
        await self._until_store()
        for collection, keys, options in self._indexes:
            await self.database[collection].create_index(keys, **options)
        await self.letters.load()
        self._spawn(self.views.run, self.relay.run)
        await self.views.caught_up.wait()
        for hook in self._at_start:
            await hook()
        await self.erasing.apply_again()
        heard = {subscription.topic for subscription in self._subscriptions}
        self.hears(self.erasing.subscription(), *self.rotating.subscriptions(heard))
        self.consumer = Consumer(self.settings, self.database, self.transactions, self.letters, self._subscriptions)
        self._spawn(self.consumer.run, self._watchdog, self.erasing.run, partial(self.rotating.run, heard))
        for work in self._due:
            self._spawn(partial(work.run, self.database, self.clock, self.programmes.ids))
        progress = Progress(
            self.settings, self.database, self.transactions, self.views, self.clock,
            self.consumer.topics, self.name, self._anything_due)
        self._spawn(progress.run, self._keep_keys, *self._background)
        self.started = True

    async def stop(self) -> None:
        """Stops everything; what was said and not yet sent stays in the outbox."""
        self._ending, ending = True, set(self._tasks)
        while ending:
            for task in ending:
                task.cancel()
            # A client may swallow a cancellation that meets its answer: whoever is left is told again.
            _, ending = await asyncio.wait(ending, timeout=STOP_AGAIN_SECONDS)
        self._tasks.clear()
        self._client.close()

    @property
    def recipients(self) -> frozenset[str]:
        """Whom this service seals for: the recipients of all programmes if it collects, and itself."""
        if self.name not in ("intake", "checkin"):
            return frozenset({self.name})
        return frozenset({self.name}).union(*(p.recipients for p in self.programmes.all()))

    def ready(self) -> tuple[bool, dict[str, bool]]:
        """Whether requests can be served, and what is there of what is needed."""
        parts = {
            "started": self.started,
            "views": self.views.caught_up.is_set(),
            "consumer": self.consumer is not None and self.consumer.started.is_set(),
            "keys": self.ring.introduced and self.ring.ready_for(self.recipients),
        }
        return all(parts.values()), parts

    @asynccontextmanager
    async def _lifespan(self, _: FastAPI) -> AsyncIterator[None]:
        provider = telemetry.set_up(self.name, self.settings.zipkin_endpoint)
        starting = asyncio.create_task(self.start())
        starting.add_done_callback(self._check_part)
        yield
        starting.cancel()
        await self.stop()
        await asyncio.to_thread(provider.shutdown)

    async def _until_store(self) -> None:
        while True:
            try:
                await self.database.command("ping")
                return
            except StoreError as error:
                log.warning("waiting for the database: %s", type(error).__name__)
                await asyncio.sleep(1)

    def _spawn(self, *coroutines: Callable[[], Any]) -> None:
        for coroutine in coroutines:
            task = asyncio.create_task(coroutine())
            task.add_done_callback(self._check_part)
            self._tasks.append(task)

    def _wake_due(self, _: str) -> None:
        for work in self._due:
            work.wake()

    async def _anything_due(self) -> bool:
        ids = self.programmes.ids()
        for work in self._due:
            if await work.anything_due(self.database, self.clock, ids):
                return True
        return False

    async def _keep_keys(self) -> None:
        """Publishes our key, and makes pair keys for recipients that have none of ours yet."""
        while True:
            events = [] if self.ring.published else [self.ring.publication()]
            pairs = [self.ring.new_pair(name) for name in self.ring.missing(self.recipients)] if not events else []
            for event in (*events, *pairs):
                await self.transactions.run(partial(self._say_key, event=event))
            if self.ring.published and self.ring.ready_for(self.recipients):
                await self.canaries.keep(self.recipients)
            await asyncio.sleep(KEY_CHECK_SECONDS if not (events or pairs) else KEY_CHECK_SECONDS / 4)

    async def _say_key(self, tx: Transaction, *, event: Any) -> None:
        tx.say(event, subject=self.name, programme="-", at=self.clock.now("-"))

    async def _watchdog(self) -> None:
        """A consumer that got nowhere for long although its database answers is ended; its supervisor restarts it."""
        while True:
            await asyncio.sleep(STUCK_SECONDS / 6)
            if self.consumer is None or time.monotonic() - self.consumer.progress.at < STUCK_SECONDS:
                continue
            try:
                await self.database.command("ping")
            except StoreError:
                continue
            log.critical("the consumer has not moved for %d s: ending the process", STUCK_SECONDS)
            self.on_failure(STUCK)

    def _check_part(self, task: asyncio.Task[None]) -> None:
        """A background part that died would fail silently: better the whole process, which a supervisor restarts."""
        if task.cancelled() and self._ending:
            return
        error = asyncio.CancelledError() if task.cancelled() else task.exception()
        if error is not None:
            log.critical("a background part failed", exc_info=error)
            self.on_failure(PART_FAILED)

    async def _healthz(self) -> JSONResponse:
        stuck = self.consumer is not None and time.monotonic() - self.consumer.progress.at > STUCK_SECONDS
        return JSONResponse({"alive": not stuck}, 503 if stuck else 200)

    async def _readyz(self) -> JSONResponse:
        ready, parts = self.ready()
        return JSONResponse({"ready": ready, **parts}, 200 if ready else 503)


async def _keep_what_is_there() -> None:
    """What a started service holds stays as long as it runs: no need to look through it for garbage."""
    gc.collect()
    gc.freeze()


def _say_failure(code: int) -> None:
    log.critical("the service failed with code %d", code)


def run(build: Callable[[S], Service], settings: Callable[[], S]) -> None:
    """Runs the service until it is told to stop."""
    told = settings()
    sys.setswitchinterval(SWITCH_SECONDS)
    logs.set_up(told.log_level)
    service = build(told)
    gc.set_threshold(GARBAGE_AFTER)
    service.runs(_keep_what_is_there)
    service.on_failure = os._exit  # not sys.exit: nothing that hangs may keep the process
    serve(service.app, told.http_host, told.http_port, shared_port=told.http_shared_port,
          ready=lambda: service.ready()[0])
