"""The programme file of the seed's event says what the ward's report says (S01, S03, S04, S13, S16)."""

import tomllib
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from services.retention.domain.programme_file import parse
from shared.contracts.programme import Programme

FOLDER = Path(__file__).parents[3] / "programmes"


@pytest.fixture
def live_site() -> Programme:
    programme = parse((FOLDER / "live-site-2020.toml").read_text())
    assert isinstance(programme, Programme), programme
    return programme


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("*.toml")))
def test_every_programme_file_may_be_published_and_is_named_after_its_programme(name: str) -> None:
    programme = parse((FOLDER / f"{name}.toml").read_text())
    assert isinstance(programme, Programme), programme
    assert programme.id == name


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("*.toml")))
def test_b14_every_programme_speaks_to_the_public_in_each_language_that_it_offers(name: str) -> None:
    """Only where postcards are sent to stands in Japanese alone: so it is written on the card."""
    programme = tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
    said = dict(spoken(programme))
    assert len(said) > 20 and said.pop("ward.address", None) in (None, {"ja"})
    assert {where: set(programme["languages"]) - found for where, found in said.items()
            if not found >= set(programme["languages"])} == {}


def spoken(part: Any, where: str = "") -> Iterator[tuple[str, set[str]]]:
    """Where a programme file has words, and in which languages."""
    if isinstance(part, dict) and "ja" in part:
        yield where, set(part)
    elif isinstance(part, dict | list):
        for key, inner in part.items() if isinstance(part, dict) else enumerate(part, 1):
            yield from spoken(inner, f"{where}.{key}".lstrip("."))


def test_32_days_at_two_venues_in_two_periods(live_site: Programme) -> None:
    assert [len(list(period.days())) for period in live_site.periods] == [19, 13]
    assert live_site.first_day == date(2021, 7, 21)
    assert live_site.last_day == date(2021, 9, 5)
    assert {venue.name.ja for venue in live_site.venues} == {"新宿住友ビル", "工学院大学"}
    assert len({(slot.day, slot.venue) for slot in live_site.slots}) == 64


def test_about_20000_visitors_with_room_for_5000_walk_in_groups(live_site: Programme) -> None:
    assert 19_500 <= sum(slot.capacity for slot in live_site.slots) <= 20_500
    assert sum(slot.walk_in for slot in live_site.slots) >= 5_000
    assert live_site.cards is not None
    assert live_site.cards.last - live_site.cards.first + 1 >= 5_000


def test_s01_two_weeks_of_applications(live_site: Programme) -> None:
    assert live_site.window.closes - live_site.window.opens == timedelta(weeks=2)


def test_s04_the_representative_lives_in_the_ward(live_site: Programme) -> None:
    assert live_site.residency is not None
    assert "新宿区" in live_site.residency.addresses


def test_s13_exactly_the_items_of_the_report_each_with_purpose_and_approval(live_site: Programme) -> None:
    items = {item.item: item for item in live_site.data_items}
    assert set(items) == {"name", "address", "age", "telephone", "email", "companions"}
    assert items["email"].channels == ("web",)
    assert all(item.purposes and item.approval and item.until.ja for item in items.values())


def test_each_service_receives_only_what_its_purpose_needs(live_site: Programme) -> None:
    """S27: the notifier never receives an age, the reception never an address."""
    assert live_site.items_for("notifier") == {"name", "address", "email", "telephone"}
    assert live_site.items_for("checkin") == {"name", "companions"}
    assert live_site.items_for("intake") == {"name", "address", "age", "telephone", "email", "companions"}


def test_s16_cards_are_destroyed_by_the_last_day_of_the_contract(live_site: Programme) -> None:
    assert live_site.cards is not None
    destroyed = live_site.last_day + timedelta(days=live_site.cards.destroyed_days_after_event)
    assert destroyed == live_site.contract.last == date(2021, 10, 5)
    assert live_site.contract.first == date(2021, 4, 1)


def test_one_party_is_at_most_a_twentieth_of_a_slot(live_site: Programme) -> None:
    """LOTTERY: above 5 % the preflight of the draw warns that large parties have worse odds."""
    assert all(live_site.party.max_seats * 20 <= slot.seats for slot in live_site.slots)


def test_b14_the_public_words_are_there_in_every_language_of_the_programme(live_site: Programme) -> None:
    public = (live_site.title, live_site.about, live_site.purpose_of_use, live_site.party.seats_rule)
    names = [part.name for part in (*live_site.venues, *live_site.periods, *live_site.times)]
    for words in (*public, *names):
        assert all((words.en, words.zh_hans, words.ko)), words.ja
