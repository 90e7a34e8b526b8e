"""Fields are tied to their labels, hints and errors, and what people type can't become markup (B14)."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup, Tag

from shared.ui import Form, form_of
from tests.unit.ui.conftest import Render

HOSTILE = "\"><script>alert(1)</script><img src=x onerror='x'>{{ 7*7 }}"
FIELDS = {
    "text": '{{ forms.text("n", "名前", form, hint="助け", required=true) }}',
    "code": '{{ forms.code("n", "名前", form, hint="助け", required=true) }}',
    "secret": '{{ forms.secret("n", "名前", form, hint="助け") }}',
    "number": '{{ forms.number("n", "名前", form, hint="助け", required=true, suffix="人") }}',
    "tel": '{{ forms.tel("n", "名前", form, hint="助け", required=true) }}',
    "email": '{{ forms.email("n", "名前", form, hint="助け", required=true) }}',
    "date": '{{ forms.date("n", "名前", form, hint="助け", required=true) }}',
    "select": '{{ forms.select("n", "名前", [("a", "A")], form, hint="助け", required=true, empty="選ぶ") }}',
    "checkbox": '{{ forms.checkbox("n", "名前", form, hint="助け", required=true) }}',
}


def one(page: BeautifulSoup, selector: str) -> Tag:
    found = page.select(selector)
    assert len(found) == 1, f"{selector}: {len(found)}"
    return found[0]


@pytest.mark.parametrize("source", FIELDS.values(), ids=FIELDS.keys())
def test_a_field_has_a_label_a_mark_a_hint_and_an_error_tied_to_it(render: Render, source: str) -> None:
    page = render(source, form=Form({}, {"n": "違います"}))
    field = one(page, "[name=n]")
    assert "名前" in one(page, f"label[for={field['id']}]").text
    assert "※必須" in one(page, f"label[for={field['id']}]").text
    texts = [one(page, f"#{tied}").text for tied in str(field["aria-describedby"]).split()]
    assert "助け" in texts[0]
    assert "違います" in texts[1]
    assert field["aria-invalid"] == "true"
    assert field.has_attr("required")
    assert not field.has_attr("placeholder")


@pytest.mark.parametrize("source", FIELDS.values(), ids=FIELDS.keys())
def test_what_was_typed_comes_back_as_text_only(render: Render, source: str) -> None:
    page = render(source, form=Form({"n": HOSTILE}, {"n": HOSTILE}))
    assert [script.get("src") is not None for script in page.select("script")] == [True]
    assert page.select("main img") == []
    assert HOSTILE in one(page, "#f-n-error").text


def test_a_typed_value_is_shown_again_letter_by_letter(render: Render) -> None:
    page = render('{{ forms.text("n", "名前", form) }}', form=Form({"n": "髙﨑 𠮷子"}))
    assert one(page, "#f-n")["value"] == "髙﨑 𠮷子"
    assert "任意" in one(page, "label[for=f-n]").text


def test_a_secret_is_never_shown_again(render: Render) -> None:
    page = render('{{ forms.secret("n", "名前", form) }}', form=Form({"n": "hush"}))
    assert "hush" not in str(page)


@pytest.mark.parametrize(("macro", "kind"), [("radio", "radio"), ("checkboxes", "checkbox")])
def test_choices_stand_under_a_legend_and_the_first_has_the_fields_id(render: Render, macro: str, kind: str) -> None:
    options = '[("a", "A", "注"), ("b", "B"), ("c", "C", none, true)]'
    page = render(
        f'{{{{ forms.{macro}("n", "希望", {options}, form, required=true) }}}}',
        form=form_of([("n", "b")], {"n": "選んでください"}),
    )
    assert "希望" in one(page, "fieldset legend").text
    assert "選んでください" in one(page, f"#{one(page, 'fieldset')['aria-describedby']}").text
    assert one(page, "#f-n")["value"] == "a"
    assert [box["value"] for box in page.select(f"input[type={kind}][checked]")] == ["b"]
    assert one(page, "input[disabled]")["value"] == "c"
    assert all(page.select(f"label[for={box['id']}]") for box in page.select(f"input[type={kind}]"))


def test_the_summary_links_to_each_field_and_asks_for_the_focus(render: Render) -> None:
    form = Form({}, {"n": "名前がありません", "s": "選んでください"})
    source = (
        '{{ feedback.error_summary(form) }}{{ forms.text("n", "名前", form) }}'
        '{{ forms.radio("s", "S", [("a", "A")], form) }}'
    )
    page = render(source, form=form)
    summary = one(page, "section[data-focus]")
    assert summary["tabindex"] == "-1"
    assert "2件" in summary.text
    for link in summary.select("a"):
        assert one(page, str(link["href"])).name == "input"


def test_no_summary_without_errors(render: Render) -> None:
    assert render("{{ feedback.error_summary(form) }}", form=Form()).select("section") == []


def test_hidden_fields_and_buttons_are_escaped(render: Render) -> None:
    source = '{% call forms.form("/x", {"csrf": bad}) %}{{ forms.button(bad, name="n", value=bad) }}{% endcall %}'
    page = render(source, bad=HOSTILE)
    assert one(page, "input[name=csrf]")["value"] == HOSTILE
    assert one(page, "button[name=n]")["value"] == HOSTILE
