"""Bad values through API and form alike: refused with a clear word at their field, nothing is left of them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from html import unescape
from typing import Any

import pytest
from bs4 import BeautifulSoup

from shared.contracts.intake import WorkCounted
from shared.contracts.programme import Programme
from shared.platform.mongo import connect
from tests.integration.intake.conftest import Opened
from tests.integration.intake.hostile import HOUSES, KEPT, REFUSED, another_telephone
from tests.integration.intake.stage import Stage, a_family, settings_of

LANGUAGES = ("ja", "en", "zh-Hans", "ko")
FIELDS = ("name", "companions.2")
MORE: list[tuple[str, dict[str, Any], str, str]] = [
    ("1,000 companions", {"companions": ["山田"] * 1000}, "companions", "too_long"),
    ("6 companions", {"companions": ["山田"] * 6}, "companions.5", "too-many-companions"),
    ("a seat too many", {"seats": 4}, "seats", "more-seats-than-people"),
    ("no seat", {"seats": 0}, "seats", "seats"),
    ("seats without end", {"seats": 10**300}, "seats", "seats"),
    ("a negative age", {"age": -1}, "age", "age"),
    ("an age of a tree", {"age": 2**70}, "age", "age"),
    ("an age in words", {"age": "34"}, "age", "int_type"),
    ("an address of 201", {"address": "東京都新宿区西新宿二丁目8番1号" + "あ" * 185}, "address", "too-long"),
    ("a name of 1,001", {"name": "山" * 1001}, "name", "string_too_long"),
    ("a telephone in letters", {"telephone": "おでんわ"}, "telephone", "telephone"),
    ("a Cyrillic mailbox", {"email": "tаkahashi@mail.example"}, "email", "mixed-script"),
    ("two lines of mail", {"email": "a@mail.example\r\nBcc: b@mail.example"}, "email", "control"),
    ("a slot that is none", {"wishes": ["$where"]}, "wishes.1", "unknown-slot"),
    ("a slot twice", {"wishes": ["2021-07-23-sumitomo-am"] * 2}, "wishes.2", "wished-twice"),
    ("no wish", {"wishes": []}, "wishes.1", "no-wish"),
    ("100 wishes", {"wishes": ["2021-07-23-sumitomo-am"] * 100}, "wishes.3", "too-many-wishes"),
    ("a query for a name", {"name": {"$ne": None}}, "name", "string_type"),
]


class Traces:
    """What intake has stored and said so far."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        settings = settings_of(stage.stack, "intake")
        self._client, self._database = connect(settings.mongo_uri(), "intake")

    async def count(self) -> tuple[dict[str, int], dict[str, int]]:
        """Rows a collection, and records a topic that intake writes about applications, its own counts apart."""
        collections = ("applications", "personal", "windows")
        rows = {name: await self._database[name].count_documents({}) for name in collections}
        topics = ("intake.applications.v1", "intake.personal.v1", "intake.windows.v1")
        return rows, {topic: sum(WorkCounted.TYPE.encode() not in (value or b"")
                                 for _, value in await self._stage.read_raw(topic)) for topic in topics}

    def close(self) -> None:
        """Ends its connection."""
        self._client.close()


@pytest.fixture
async def traces(stage: Stage) -> AsyncIterator[Traces]:
    """What is stored and said."""
    it = Traces(stage)
    yield it
    it.close()


def with_text(field: str, text: str) -> dict[str, Any]:
    """A family that wrote `text` in the field."""
    family = a_family()
    if field == "companions.2":
        return {**family, "companions": [family["companions"][0], text]}
    return {**family, field: text}


def as_form(family: dict[str, Any]) -> dict[str, str]:
    """The same on the form's fields."""
    plain = {name: str(family[name]) for name in ("name", "address", "age", "telephone", "email", "seats")}
    for group in ("companions", "wishes"):
        plain |= {f"{group}.{at}": text for at, text in enumerate(family[group], 1)}
    return {**plain, "key": "h" * 32}


async def test_s13_s14_bad_texts_are_refused_by_api_and_form_and_leave_no_trace(
    stage: Stage, opened: Opened, traces: Traces
) -> None:
    """Each in the language asked for, at its field; the form keeps what was typed; no store, topic or log has it."""
    programme = await opened("hostile")
    before = await traces.count()
    for at, (what, (text, code)) in enumerate(REFUSED.items()):
        field, language = FIELDS[at % 2], LANGUAGES[at % 4]
        if code == "required" and field != "name":
            field = "name"  # an empty companion is one who does not come
        message = await refused_by_api(stage, programme, with_text(field, text), (field, code), language, what)
        await refused_by_form(stage, programme, with_text(field, text), (field, message), language, what)
    assert await traces.count() == before
    log = stage.process.log
    assert "髙橋" not in log and "Yаmada" not in log and not any(
        text in log for text, _ in REFUSED.values() if len(text.strip()) > 3)


async def test_b14_limits_and_shapes_are_refused_in_each_language(stage: Stage, opened: Opened) -> None:
    """Shape, limits and rules: one code at one field, and the words of it differ from language to language."""
    programme = await opened("in-each-language")
    for what, change, field, code in MORE:
        messages = set()
        for language in LANGUAGES:
            said = await stage.http.post(
                f"/intake/{programme.id}/api/applications", json={**a_family(), **change},
                headers={"Accept-Language": language})
            assert said.status_code == 422, (what, said.text)
            errors = {one["field"]: one for one in said.json()["errors"]}
            assert field in errors and errors[field]["reason"] == code, (what, said.text)
            messages.add(errors[field]["message"])
        assert len(messages) == len(LANGUAGES), (what, messages)


async def test_names_of_every_script_are_kept_exactly_as_they_were_written(stage: Stage, opened: Opened) -> None:
    """S05, B14: what a person is really called is taken, shown again and never changed, neither folded nor run."""
    programme = await opened("kept")
    for what, name in KEPT.items():
        family = {**with_text("name", name), "telephone": another_telephone(), "address": HOUSES["Greek in a building"]}
        checked = await stage.http.post(f"/intake/{programme.id}", data={**as_form(family), "step": "check"})
        assert checked.status_code == 200, what
        page = BeautifulSoup(checked.text, "html.parser")
        sent = {str(one["name"]): str(one["value"]) for one in page.select("main form input[type=hidden]")}
        assert sent["name"] == name and name in (page.main.get_text() if page.main else ""), what
        taken = await stage.apply(programme, **family)
        assert taken.status_code == 201, (what, taken.text)
        keys = {name: taken.json()[name] for name in ("receipt", "secret")}
        own = (await stage.post(f"/intake/{programme.id}/api/mine/data", keys)).json()
        assert (own["name"], own["address"]) == (name, family["address"]), what


async def refused_by_api(
    stage: Stage, programme: Programme, family: dict[str, Any], fault: tuple[str, str], language: str, what: str
) -> str:
    """Asserts that it is; returns the message at the field."""
    said = await stage.http.post(
        f"/intake/{programme.id}/api/applications", json=family, headers={"Accept-Language": language})
    assert said.status_code == 422, (what, said.text)
    errors = [(one["field"], one["reason"]) for one in said.json()["errors"]]
    assert errors == [fault], what
    return str(said.json()["errors"][0]["message"])


async def refused_by_form(
    stage: Stage, programme: Programme, family: dict[str, Any], fault: tuple[str, str], language: str, what: str
) -> None:
    """Asserts that the page comes back in that language with the same message at the field, and all that was typed."""
    field, message = fault
    typed = as_form(family)
    answer = await stage.http.post(
        f"/intake/{programme.id}", data={**typed, "step": "check"}, headers={"Accept-Language": language})
    assert answer.status_code == 422, what
    page = BeautifulSoup(answer.text, "html.parser")
    assert page.html is not None and page.html["lang"] == language
    error = page.find(id=f"f-{field}-error")
    assert error is not None and message in unescape(error.get_text()), what
    assert page.select_one(f'.summary a[href="#f-{field}"]') is not None, what
    shown = {str(one["name"]): one.get("value", "") for one in page.select("main form input[name]")}
    for name, text in typed.items():
        if name.startswith("wishes"):
            assert page.select_one(f'[name="{name}"] [selected][value="{text}"]') is not None
        elif name == field:
            assert as_parsed(str(shown[name])) == as_parsed(text), what
        else:
            assert shown[name] == text, (what, name)


def as_parsed(text: str) -> str:
    """An HTML parser reads a NUL as U+FFFD and ends of line as one kind; browsers do the same."""
    return text.replace("\0", "\ufffd").replace("\r\n", "\n").replace("\r", "\n")
