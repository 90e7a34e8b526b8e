"""What all parts of a programme are made of: names, numbers of decisions, words in up to four languages."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,64}$")]
"""Names of programmes, slots, venues, draws, witnesses and reason codes."""

Decision = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z-]{1,40}$")]
"""The number under which the ward approved something."""


class Strict(BaseModel):
    """Unknown fields are refused, not dropped: a typing mistake in a programme must not pass for a rule."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Words(Strict):
    """The same words in up to four languages; Japanese is the one that must be there."""

    ja: Annotated[str, StringConstraints(min_length=1)]
    en: str | None = None
    zh_hans: str | None = Field(default=None, alias="zh-Hans")
    ko: str | None = None

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, serialize_by_alias=True)

    def text(self, language: str) -> str:
        """The words in `language`, else in Japanese."""
        return {"en": self.en, "zh-Hans": self.zh_hans, "ko": self.ko}.get(language) or self.ja
