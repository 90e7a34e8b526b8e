"""The catcher's web side: a list, a search by recipient, one mail with its parts; and the same as JSON."""

from dataclasses import asdict
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.templating import Jinja2Templates

from deploy.local.mail.store import MailStore, MailSummary

PAGE = 100
MOST = 1000
# Mails may hold anything; no script runs and nothing is loaded from elsewhere.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data: 'self'; frame-src 'self'; form-action 'self'"
_PART_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"
_TEMPLATES = Jinja2Templates(Path(__file__).parent / "pages")


class MailPages:
    """The handlers, on one store."""

    def __init__(self, store: MailStore) -> None:
        """All pages show this store."""
        self._store = store

    async def listing(self, request: Request) -> Response:
        """The newest mails, or those to one recipient."""
        to, before = request.query_params.get("to", ""), request.query_params.get("before", "")
        mails = self._store.find(to, limit=PAGE + 1, before=before)
        shown = {
            "to": to,
            "total": self._store.count(to),
            "mails": [(mail, _shown_time(mail)) for mail in mails[:PAGE]],
            "next": mails[PAGE - 1].id if len(mails) > PAGE else None,
        }
        return _guarded(_TEMPLATES.TemplateResponse(request, "list.html", shown))

    async def one(self, request: Request) -> Response:
        """One mail."""
        mail, message = self._mail(request)
        shown = {"mail": mail, "time": _shown_time(mail), "message": message, "parts": _parts(message)}
        return _guarded(_TEMPLATES.TemplateResponse(request, "mail.html", shown))

    async def part(self, request: Request) -> Response:
        """One part of a mail: a text, a page, an attachment."""
        _, message = self._mail(request)
        leaves = _leaves(message)
        number = int(request.path_params["number"])
        if number >= len(leaves):
            raise HTTPException(404, "This mail has no such part.")
        leaf = leaves[number]
        kind = leaf.get_content_type()
        headers = {"Content-Security-Policy": _PART_POLICY, "X-Content-Type-Options": "nosniff"}
        if kind.startswith("text/"):
            return Response(str(leaf.get_content()), media_type=f"{kind}; charset=utf-8", headers=headers)
        headers["Content-Disposition"] = "attachment"
        return Response(_bytes(leaf), media_type=kind, headers=headers)

    async def api_list(self, request: Request) -> Response:
        """`GET /api/mails?to=&since=&limit=&before=`: newest first; `since` as epoch seconds or ISO 8601."""
        asked = request.query_params
        limit = min(int(asked.get("limit", PAGE)), MOST) if asked.get("limit", "1").isdigit() else PAGE
        mails = self._store.find(asked.get("to", ""), _since(asked.get("since", "")), limit, asked.get("before", ""))
        return JSONResponse({"total": self._store.count(asked.get("to", "")), "mails": [_as_json(m) for m in mails]})

    async def api_one(self, request: Request) -> Response:
        """`GET /api/mails/{id}`: headers, text and the list of parts."""
        mail, message = self._mail(request)
        body = message.get_body(("plain", "html"))
        return JSONResponse(
            {
                **_as_json(mail),
                "headers": [[name, str(value)] for name, value in message.items()],
                "text": str(body.get_content()) if body else "",
                "parts": _parts(message),
            }
        )

    async def api_raw(self, request: Request) -> Response:
        """`GET /api/mails/{id}/raw`: the mail as it came."""
        content = self._store.raw(request.path_params["id"])
        if content is None:
            raise HTTPException(404, "There is no such mail.")
        return Response(content, media_type="message/rfc822", headers={"Content-Disposition": "attachment"})

    async def health(self, request: Request) -> Response:
        """For the supervisor."""
        return PlainTextResponse("ok")

    def _mail(self, request: Request) -> tuple[MailSummary, EmailMessage]:
        identity = request.path_params["id"]
        mail, content = self._store.get(identity), self._store.raw(identity)
        if mail is None or content is None:
            raise HTTPException(404, "There is no such mail.")
        return mail, message_from_bytes(content, policy=policy.default)


def pages(store: MailStore) -> Starlette:
    """The application."""
    shown = MailPages(store)
    return Starlette(
        routes=[
            Route("/", shown.listing),
            Route("/mails/{id}", shown.one),
            Route("/mails/{id}/parts/{number:int}", shown.part),
            Route("/api/mails", shown.api_list),
            Route("/api/mails/{id}", shown.api_one),
            Route("/api/mails/{id}/raw", shown.api_raw),
            Route("/healthz", shown.health),
        ]
    )


def _parts(message: EmailMessage) -> list[dict[str, Any]]:
    return [
        {
            "number": number,
            "type": leaf.get_content_type(),
            "filename": leaf.get_filename(),
            "size": len(_bytes(leaf)),
        }
        for number, leaf in enumerate(_leaves(message))
    ]


def _leaves(message: EmailMessage) -> list[EmailMessage]:
    return [leaf for leaf in message.walk() if not leaf.is_multipart()]


def _bytes(leaf: EmailMessage) -> bytes:
    content = leaf.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def _as_json(mail: MailSummary) -> dict[str, Any]:
    return {**asdict(mail), "received_at": datetime.fromtimestamp(mail.received, UTC).isoformat()}


def _since(text: str) -> float:
    if not text:
        return 0.0
    try:
        return float(text)
    except ValueError:
        pass
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError as problem:
        raise HTTPException(400, "`since` is seconds since 1970 or an ISO 8601 time.") from problem


def _shown_time(mail: MailSummary) -> str:
    return datetime.fromtimestamp(mail.received).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def _guarded(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = _POLICY
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
