"""The start page: links to everything that runs, and its state as JSON.

Run as `python -m deploy.local.start_page <state> <port>`.
"""

import signal
import sys
from dataclasses import asdict
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.templating import Jinja2Templates

from deploy.local.environment import Endpoints
from deploy.local.overview import overview
from deploy.local.ports import LOOPBACK
from deploy.local.state import State
from deploy.local.table import SERVICES

_TEMPLATES = Jinja2Templates(Path(__file__).parent / "pages")
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_ABOUT = {
    "intake": ("申込み", "Apply, see a receipt, key in postcards"),
    "lottery": ("抽選", "Draw desk, public transcript"),
    "notifier": ("通知", "Notices, print runs"),
    "checkin": ("受付", "Terminal at the gate, contact cards"),
    "retention": ("記録", "Records office, sign-in, erasure, audits"),
    "mail": ("メール", "Every mail this stack sent, caught"),
    "traces": ("トレース", "What happened, across services"),
}


def application(state: State) -> Starlette:
    """The page, its JSON and its health."""

    async def page(request: Request) -> Response:
        links = _links(Endpoints.load(state))
        shown = {"links": links, "overview": overview(state)}
        response = _TEMPLATES.TemplateResponse(request, "start.html", shown)
        response.headers["Content-Security-Policy"] = _POLICY
        return response

    async def status(request: Request) -> Response:
        return JSONResponse({**asdict(overview(state)), "links": Endpoints.load(state).public_urls()})

    async def health(request: Request) -> Response:
        return PlainTextResponse("ok")

    return Starlette(
        routes=[
            Route("/", page),
            Route("/status.json", status),
            Route("/healthz", health),
            Route("/readyz", health),
        ]
    )


def _links(points: Endpoints) -> list[dict[str, str]]:
    urls = points.public_urls()
    # Services serve their pages under their own path, so that an ingress can put all on one origin.
    return [
        {
            "url": f"{urls[name]}/{name}/" if name in SERVICES else urls[name],
            "name": name,
            "title": title,
            "about": about,
        }
        for name, (title, about) in _ABOUT.items()
        if urls.get(name)
    ]


def main() -> None:
    """Serve until told to end."""
    state, port = sys.argv[1:]
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    uvicorn.run(application(State(Path(state))), host=LOOPBACK, port=int(port), log_level="warning", access_log=False)


if __name__ == "__main__":
    main()
