"""A programme file that does not fit is refused with line, field and reason; nothing is dropped (S13)."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.retention.domain.beacons import drand_time
from services.retention.domain.programme_file import Complaint, digest, parse
from shared.contracts.programme import Programme

FOLDER = Path(__file__).parents[3] / "programmes"
LIVE_SITE = (FOLDER / "live-site-2020.toml").read_text()
STAGE = (FOLDER / "summer-stage-2024.toml").read_text()


def complaints(text: str, old: str, new: str) -> tuple[Complaint, ...]:
    """What is said about `text` with one change."""
    assert old in text
    found = parse(text.replace(old, new, 1))
    assert not isinstance(found, Programme)
    return found


def line_of(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


@pytest.mark.parametrize(
    ("old", "new", "field", "says"),
    [
        ("first = 2021-07-21", 'first = "next July"', "periods[1].first", "日付"),
        ("first = 2021-07-21", "first = 2021-09-21", "periods[1].last", ""),
        ("last = 2021-08-08", "last = 2121-08-08", "periods[1].last", "400日"),
        ("seats = 80", "seats = -1", "times[1].seats", "0以上"),
        ("seats = 80", "seats = 3", "times[1].seats", "組（4席）"),
        ("seats = 80", 'seats = "many"', "times[1].seats", "整数"),
        ("seats = 80", "seets = 80", "times[1].seets", "つづり"),
        ("max_wins = 1", "max_wins = 0", "draw.max_wins", "1以上"),
        ("closes = 2021-06-14T12:00:00+09:00", "closes = 2021-06-14T12:00:00", "window.closes", "時差"),
        ("closes = 2021-06-14T12:00:00+09:00", "closes = 2021-05-14T12:00:00+09:00", "window.closes", "順序"),
        ("received_by = 2021-06-18", "received_by = 2021-06-22", "window.received_by", "到着期限"),
        ('id = "kogakuin"', 'id = "工学院"', "venues[2].id", "英小文字"),
        ("starts = 14:30:00", "starts = 12:30:00", "times[2].starts", "重なって"),
        ("at = 2021-06-24", "at = 2021-06-23", "draw.beacons[2].at", "早い順"),
        ("at = 2021-06-23", "at = 2021-06-21", "draw.beacons[1].at", "close_from"),
        ("at = 2021-06-24", "at = 2021-07-24", "draw.beacons[2].at", "初日"),
        ('kind = "ceremony"', 'kind = "coin"', "draw.beacons[1]", "drand"),
        ("digits = 25", "digits = 12", "draw.beacons[1].digits", "25以上"),
        ('purposes = ["duplicates", ', 'purposes = ["marketing", ', "data_items[1].purposes[1]", "notice"),
        ('["intake", "checkin"]', '["intake"]', "data_items[6].recipients", "checkin"),
        ('channels = ["web"]', 'channels = ["web", "postcard"]', "data_items[5].channels", "ウェブ"),
        ("after_event = 30", "after_event = 31", "cards.destroyed_days_after_event", "末日"),
        ('"lost", "not-counted", "with', '"not-counted", "with', "erasure", "lost"),
        ('outcomes = ["won", "waiting"]', 'outcomes = ["won", "waiting", "lost"]', "erasure[2]", "lost"),
        ("days = 14", "days = 140", "erasure[1]", "末日"),
        ('after = "contract"', 'after = "draw"', "erasure[2]", "先に消去"),
        ('approval = "R3-45-1-17"', "", "erasure[1].returned", "approval"),
        ('after = "contract"', 'after = "contract"\ndays = 3', "erasure[2].days", "days"),
        ('after = "draw"', 'after = "withdrawal"', "erasure[1].after", "取下げ"),
        ("days = 30", "days = 29", "erasure[3]", "destroyed_days_after_event"),
    ],
)
def test_a_fault_is_named_by_its_line_field_and_reason(old: str, new: str, field: str, says: str) -> None:
    found = complaints(LIVE_SITE, old, new)
    matching = [complaint for complaint in found if complaint.field == field]
    assert matching, found
    assert says in matching[0].reason
    assert matching[0].line in (near := range(line_of(LIVE_SITE, old) - 4, line_of(LIVE_SITE, old) + 7)), near


def test_s13_a_data_item_that_nobody_knows_cannot_be_collected() -> None:
    (found,) = complaints(LIVE_SITE, 'item = "age"', 'item = "religion"')
    assert found.field == "data_items[3].item"
    assert found.line == line_of(LIVE_SITE, 'item = "age"')


def test_a_day_that_does_not_exist_is_named() -> None:
    (found,) = complaints(LIVE_SITE, "first = 2021-07-21", "first = 2021-07-32")
    assert found.line == line_of(LIVE_SITE, "first = 2021-07-21")
    assert "2021-07-32" in found.reason


def test_an_unclosed_bracket_is_named_by_its_line() -> None:
    (found,) = complaints(LIVE_SITE, "[party]", "[party")
    assert found.line == line_of(LIVE_SITE, "[party]")


def test_all_faults_are_said_at_once_in_the_order_of_the_file() -> None:
    found = parse(LIVE_SITE.replace("seats = 80", "seats = -1").replace("max_wins = 1", "max_wins = 0"))
    assert isinstance(found, tuple)
    assert [complaint.field for complaint in found] == ["times[1].seats", "times[2].seats", "draw.max_wins"]
    assert [complaint.line for complaint in found] == sorted(complaint.line for complaint in found)


def test_a_missing_part_points_at_the_part_around_it() -> None:
    found = parse("id = 'x'\nversion = 1\n")
    assert isinstance(found, tuple)
    assert Complaint(1, "window", "必要な項目がありません。加えてください。") in found


@pytest.mark.parametrize("text", ["a = " + "[" * 5000, "a = 1" + "0" * 5000, "\x00", "a\n=1", "=" * 100])
def test_what_is_no_toml_is_a_complaint_and_never_a_crash(text: str) -> None:
    assert isinstance(parse(text), tuple)


@given(st.integers(0, LIVE_SITE.count("\n")), st.text(max_size=20))
def test_any_line_replaced_by_anything_is_a_programme_or_complaints_by_line(place: int, text: str) -> None:
    lines = LIVE_SITE.split("\n")
    lines[place] = text
    found = parse("\n".join(lines))
    if not isinstance(found, Programme):
        assert found
        assert all(1 <= complaint.line <= len("\n".join(lines).split("\n")) for complaint in found)


def test_the_time_of_a_drand_round_is_what_the_protocol_says() -> None:
    """LOTTERY: genesis + (round - 1) x period; both rounds stand in a test vector with their times."""
    assert drand_time(10024141) == datetime(2024, 8, 5, 16, 36, 27, tzinfo=UTC)
    assert drand_time(10022941) == datetime(2024, 8, 5, 15, 36, 27, tzinfo=UTC)


def test_a_drand_round_before_the_closing_is_refused_with_its_time() -> None:
    (found,) = complaints(STAGE, "round = 10024141", "round = 9990000")
    assert found.field == "draw.beacons[1].round"
    assert "2024-08-04" in found.reason


def test_the_digest_is_of_the_bytes_of_the_file() -> None:
    assert digest("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
