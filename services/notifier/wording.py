"""A notice's content in words: what mail and postcard say in the same way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import time
from pathlib import Path

from services.notifier.domain.content import Content, Lost
from shared.ui import formats
from shared.ui.language import Words, speaking, t

LANGUAGE = "ja"
"""Notices are in Japanese until another language's words are complete: half a translation would mislead."""

_WORDS = Words((Path(formats.__file__).parent / "words", Path(__file__).parent / "words"))


@contextmanager
def words() -> Iterator[None]:
    """Within it `t()` and the formats of dates speak the notices' language."""
    with speaking(_WORDS, LANGUAGE):
        yield


def heading(content: Content) -> str:
    """What it is about, above all else."""
    if _is_cancelled(content):
        return str(t("card.cancelled"))
    return str(t("card.letter" if content.letter else "card.title"))


def said_is(content: Content) -> str:
    """What stands before the result."""
    return str(t("notice.letter-is" if content.letter else "notice.result-is"))


def result(content: Content) -> str:
    """The result in a word or two: 「当選」."""
    return str(t(f"notice.result.{_key(content)}"))


def sentence(content: Content) -> str:
    """The result in a sentence; of a second draw's, first that it takes the place of the earlier one."""
    said = str(t(
        f"notice.sentence.{_key(content)}", until=formats.day(content.promote_until.date()),
        at=formats.day(content.changed_at.date()) if content.changed_at else "", telephone=content.telephone,
    ))
    return f"{t('notice.again')}{said}" if content.again else said


def subject(content: Content) -> str:
    """The subject of the mail: the same for every outcome, and for every letter, and without a name."""
    key = "notice.cancelled-subject" if _is_cancelled(content) else (
        "notice.letter-subject" if content.letter else "notice.subject")
    return str(t(key, ward=content.ward, title=content.title))


def lost_slots(slots: Sequence[Lost]) -> list[str]:
    """`2021年7月23日（金）10:00〜13:00（午前の部） 新宿住友ビル`, a line each."""
    return [f"{formats.day(slot.day)} {hour(slot.starts)}〜{hour(slot.ends)}（{slot.time_name}） {slot.venue}"
            for slot in slots]


def abroad(content: Content) -> list[str]:
    """What is cancelled, once more in the applicant's language; nothing where that is Japanese."""
    said = content.abroad
    if said is None:
        return []
    with speaking(_WORDS, said.language):
        reason = [str(t("abroad.reason", reason=said.reason))] if said.reason else []
        return [str(t(f"abroad.{content.letter}", title=said.title)), *lost_slots(said.lost), *reason,
                str(t("abroad.contact", telephone=content.telephone))]


def digests(content: Content) -> list[tuple[str, str]]:
    """The digests that are published by then, each with its name (B01)."""
    named = (
        ("notice.announcement", content.draw.announcement), ("notice.closing", content.draw.closing),
        ("notice.result-digest", content.draw.result),
    )
    return [(str(t(key)), digest) for key, digest in named if digest]


def _is_cancelled(content: Content) -> bool:
    """Whether a slot is not held at all: of seats that were cut, others are."""
    return bool(content.lost) and content.letter != "revoked"


def hour(moment: time) -> str:
    """`10:00`."""
    return f"{moment:%H:%M}"


def _key(content: Content) -> str:
    if content.letter:
        return f"letter-{content.letter}"
    return "promotion" if content.promotion else content.kind
