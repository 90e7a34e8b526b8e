"""What a person typed and what was wrong with it, so that a form can be shown again without losing a word."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

Errors = Mapping[str, object]


@dataclass(frozen=True)
class Form:
    """Values and errors by field name. Macros take it as `form=` and find their own value and error in it."""

    values: Mapping[str, str | Sequence[str]] = field(default_factory=dict)
    errors: Errors = field(default_factory=dict)

    def value(self, name: str) -> str:
        """The one value of a field, empty where nothing was typed."""
        found = self.values.get(name, "")
        return found if isinstance(found, str) else next(iter(found), "")

    def chosen(self, name: str) -> tuple[str, ...]:
        """All values of a field that allows several."""
        found = self.values.get(name, ())
        return (found,) if isinstance(found, str) else tuple(found)

    def error(self, name: str) -> object | None:
        """What is wrong with a field, or None."""
        return self.errors.get(name)


def form_of(pairs: Iterable[tuple[str, object]], errors: Errors | None = None) -> Form:
    """A form from the pairs a browser sent (`(await request.form()).multi_items()`); files are left out."""
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        if isinstance(value, str):
            values.setdefault(name, []).append(value)
    return Form(values, errors or {})
