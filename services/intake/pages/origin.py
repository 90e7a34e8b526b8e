"""Forms are posted from our own pages only. No cookie is involved; this keeps foreign sites from posting in a name."""

from __future__ import annotations

from urllib.parse import urlsplit

from fastapi import Request

from services.intake.refusals import Say
from shared.platform.problems import Problem


def refuse_foreign_post(request: Request, say: Say) -> None:
    """Raises problem 403 for a post whose `Origin` is another host."""
    origin = request.headers.get("origin")
    if origin is None or urlsplit(origin).netloc == request.headers.get("host"):
        return
    raise Problem(403, "foreign-origin", str(say("refusal.foreign-origin")), str(say("refusal.foreign-origin-do")))
