"""Which language a page gets, and what happens where words are missing (B14)."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.ui import Chrome, Pages
from shared.ui.language import NAMES, MissingWords, Words, choose_language
from shared.ui.rendering import HERE
from tests.unit.ui.conftest import Render, request_of


@pytest.mark.parametrize(
    ("asked", "remembered", "accepted", "chosen"),
    [
        (None, None, None, "ja"),
        ("en", "ko", "zh-CN", "en"),
        (None, "ko", "en", "ko"),
        (None, None, "zh-CN,zh;q=0.9,en;q=0.8", "zh-Hans"),
        (None, None, "zh-TW,en;q=0.8", "en"),
        (None, None, "fr-FR, en-GB;q=0.5, ko;q=0.7", "ko"),
        (None, None, "en;q=0, ja;q=0.1", "ja"),
        ("xx", "<script>", ";;q=,,", "ja"),
        ("ZH-HANS", None, None, "zh-Hans"),
        (None, None, "ko;q=nonsense, en;q=0.2", "en"),
    ],
)
def test_asked_then_remembered_then_accepted_then_japanese(
    asked: str | None, remembered: str | None, accepted: str | None, chosen: str
) -> None:
    assert choose_language(asked, remembered, accepted) == chosen


def test_words_that_are_missing_are_said_in_japanese_and_marked_so(render: Render) -> None:
    page = render('<p id="a">{{ t("own.only-ja", count=3) }}</p><p id="b">{{ t("own.both") }}</p>', "en")
    marked = page.select("#a span[lang=ja]")
    assert marked[0].text == "残り3席"
    assert str(page.select("#b")[0]) == '<p id="b">both</p>'


def test_in_an_attribute_words_are_bare(render: Render) -> None:
    page = render('<p title="{{ t("own.only-ja", count=3) | plain }}">x</p>', "en")
    assert page.select("p[title]")[0]["title"] == "残り3席"


def test_values_in_words_are_escaped(render: Render) -> None:
    assert render('<p id="a">{{ t("own.only-ja", count=bad) }}</p>', bad="<b>x</b>").select("#a b") == []


def test_unknown_words_fail_loudly(render: Render) -> None:
    with pytest.raises(MissingWords):
        render('{{ t("own.nothing") }}')


def test_the_shared_words_are_complete_in_all_languages() -> None:
    words = Words([HERE / "words"])
    japanese = words.keys("ja")
    for language in NAMES:
        # A singular is English's own.
        assert {key for key in words.keys(language) if not key.endswith(".one")} == japanese


def test_english_has_a_singular(render: Render) -> None:
    page = render('<p id="a">{{ 1 | seats }} {{ 2 | seats }}</p>', "en")
    assert page.select("#a")[0].text == "1 seat 2 seats"


def test_the_choice_is_remembered_in_a_cookie(pages: Pages, folder: Path) -> None:
    (folder / "a.html").write_text("x", encoding="utf-8")
    response = pages.render(request_of(query="lang=ko"), "a.html")
    cookie = response.headers["set-cookie"]
    assert "kujibiki_lang=ko" in cookie
    assert "HttpOnly" in cookie
    assert "Secure" in cookie
    assert "set-cookie" not in pages.render(request_of(query="lang=xx"), "a.html").headers


def test_the_switch_keeps_the_rest_of_the_address_and_is_absent_after_a_post(pages: Pages, folder: Path) -> None:
    (folder / "a.html").write_text("{{ page.switch }}", encoding="utf-8")
    assert "/x/a?page=2&amp;lang=en" in str(pages.render(request_of(query="page=2"), "a.html").body, "utf-8")
    assert pages.render(request_of(method="POST"), "a.html").body == b"()"


def test_the_switch_offers_a_programmes_languages_and_is_absent_where_there_is_one(pages: Pages, folder: Path) -> None:
    (folder / "a.html").write_text("{% for one in page.switch %}{{ one[1] }} {% endfor %}", encoding="utf-8")
    two = pages.render(request_of(), "a.html", chrome=Chrome(languages=("ja", "en")))
    assert str(two.body, "utf-8").strip() == "日本語 English"
    assert pages.render(request_of(), "a.html", chrome=Chrome(languages=("ja",))).body == b""
