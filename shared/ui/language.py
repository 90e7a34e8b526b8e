"""Which language a page speaks, and the words it says.

Words live in TOML files, one a language, in a `words/` folder beside each service's templates; the shared
ones are in `shared/ui/words/`. Japanese is complete. What another language lacks is said in Japanese, and
marked as Japanese for screen readers.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from markupsafe import Markup, escape

DEFAULT = "ja"
COOKIE = "kujibiki_lang"
NAMES: Mapping[str, str] = {"ja": "日本語", "en": "English", "zh-Hans": "简体中文", "ko": "한국어"}

_ALIASES = {"zh": "zh-Hans", "zh-cn": "zh-Hans", "zh-sg": "zh-Hans", "zh-hans": "zh-Hans"}


class MissingWords(KeyError):
    """A template asked for words that not even the Japanese catalogue has."""


def choose_language(asked: str | None, remembered: str | None, accepted: str | None) -> str:
    """The language of a page: the one asked for, else the remembered, else what the browser accepts."""
    for tag in (asked, remembered, *_by_preference(accepted or "")):
        language = _known(tag)
        if language:
            return language
    return DEFAULT


def _known(tag: str | None) -> str | None:
    if not tag:
        return None
    lowered = tag.strip().lower()
    exact = next((name for name in NAMES if name.lower() == lowered), None)
    primary = lowered.split("-")[0]
    # Traditional Chinese readers are better served by the next language of their list than by a wrong script.
    if exact or lowered.startswith("zh"):
        return exact or _ALIASES.get(lowered) or (_ALIASES["zh"] if lowered.startswith("zh-hans-") else None)
    return primary if primary in NAMES else None


def _by_preference(header: str) -> list[str]:
    ranked: list[tuple[float, int, str]] = []
    for position, part in enumerate(header.split(",")[:20]):
        tag, _, parameters = part.partition(";")
        ranked.append((-_quality(parameters), position, tag))
    return [tag for weight, _, tag in sorted(ranked) if weight < 0]


def _quality(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name != "q":
        return 1.0
    try:
        return min(max(float(value), 0.0), 1.0)
    except ValueError:
        return 0.0


@dataclass(frozen=True, eq=False)
class Phrase:
    """A text and the language it is in; in HTML it says so where that isn't the page's language."""

    template: str
    values: Mapping[str, object]
    language: str
    page_language: str

    def __str__(self) -> str:
        return self.template.format(**self.values)

    def __html__(self) -> str:
        text = escape(self.template).format(**self.values)
        if self.language == self.page_language:
            return text
        return Markup('<span lang="{}">{}</span>').format(self.language, text)

    def __bool__(self) -> bool:
        return bool(self.template)

    def __eq__(self, other: object) -> bool:
        return str(self) == str(other) if isinstance(other, str | Phrase) else NotImplemented

    def __hash__(self) -> int:
        return hash(str(self))

    def __len__(self) -> int:
        return len(str(self))

    @cached_property
    def plain(self) -> str:
        """The bare text, for attributes and titles, where no element can mark its language."""
        return str(self)


class Words:
    """The catalogues of several folders as one; a later folder's words win over an earlier one's."""

    def __init__(self, folders: Iterable[Path]) -> None:
        self._texts: dict[str, dict[str, str]] = {language: {} for language in NAMES}
        for folder in folders:
            for language in NAMES:
                self._texts[language].update(_read(folder / f"{language}.toml"))

    def say(self, language: str, key: str, values: Mapping[str, object]) -> Phrase:
        """The words for `key` in `language`, or in Japanese where that language has none yet."""
        for spoken in (language, DEFAULT):
            texts = self._texts[spoken]
            # Only English of our four has a singular of its own.
            template = texts.get(f"{key}.one") if values.get("count") == 1 else None
            template = template if template is not None else texts.get(key)
            if template is not None:
                return Phrase(template, values, spoken, language)
        raise MissingWords(key)

    def keys(self, language: str) -> frozenset[str]:
        """What the catalogue of a language holds, so that a test can tell what is left to translate."""
        return frozenset(self._texts[language])


def _read(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    return dict(_flatten("", tomllib.loads(path.read_text(encoding="utf-8"))))


def _flatten(prefix: str, table: Mapping[str, object]) -> Iterable[tuple[str, str]]:
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _flatten(f"{prefix}{key}.", value)
        else:
            yield f"{prefix}{key}", str(value)


# The page being rendered. A context variable rather than a template variable, because Jinja's macros don't
# see the variables of the page that calls them.
_speaking: ContextVar[tuple[Words, str] | None] = ContextVar("kujibiki_speaking", default=None)


@contextmanager
def speaking(words: Words, language: str) -> Iterator[None]:
    """`with speaking(words, "en"):` — within it `t()` and the filters speak that language."""
    token = _speaking.set((words, language))
    try:
        yield
    finally:
        _speaking.reset(token)


def t(key: str, /, **values: object) -> Phrase:
    """The words for `key` in the language of the page being rendered."""
    current = _speaking.get()
    if current is None:
        raise RuntimeError("t() was called outside a page")
    words, language = current
    return words.say(language, key, values)


def spoken_language() -> str:
    """The language of the page being rendered; Japanese outside one."""
    current = _speaking.get()
    return current[1] if current else DEFAULT


def plain(text: object) -> str:
    """Bare text for an attribute: a phrase without its language mark; anything else as it is."""
    return text.plain if isinstance(text, Phrase) else str(text)
