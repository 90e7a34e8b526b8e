"""Errors as answers: RFC 9457 problem details for APIs, a page for people. They say what to do."""

from __future__ import annotations

from typing import Any

CONTENT_TYPE = "application/problem+json"


class Problem(Exception):
    """A request that cannot be fulfilled.

    `type` is a slug that programs may rely on; `title` and `detail` are for people; `extra` are further members.
    """

    def __init__(
        self, status: int, type: str, title: str, detail: str, *, headers: dict[str, str] | None = None, **extra: Any
    ) -> None:
        super().__init__(title)
        self.status, self.type, self.title, self.detail = status, type, title, detail
        self.headers, self.extra = headers or {}, extra

    def body(self) -> dict[str, Any]:
        """The members of the problem document."""
        return {"type": f"/problems/{self.type}", "title": self.title, "status": self.status, "detail": self.detail,
                **self.extra}
