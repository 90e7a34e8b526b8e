"""The form that carries a token to another service."""

from __future__ import annotations

from fastapi import Request
from fastapi.responses import HTMLResponse

from services.retention.domain.handover import safe_next, session_url
from services.retention.office import Office
from shared.ui.policy import content_security_policy


def hand_over(office: Office, request: Request, service: str, next_path: str, token: str) -> HTMLResponse:
    """The form that carries the token to the service's own origin, in a body and never in an address."""
    target = session_url(office.settings.public_urls, service)
    response = office.service.pages.render(
        request, "handover.html", target=service, next=safe_next(next_path, service), token=token, session_url=target)
    origin = office.settings.public_urls.get(service, "")
    # Both the post and the redirect that answers it go to that origin.
    response.headers["Content-Security-Policy"] = content_security_policy({"form-action": [origin] if origin else []})
    return response
