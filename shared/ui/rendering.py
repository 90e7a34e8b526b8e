"""From a template to a page: one `Pages` a service.

pages = Pages(Path(__file__).parent / "pages", "intake", "/intake")
pages.mount_static(app)
return pages.render(request, "apply.html", programme=programme)
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PrefixLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse

from shared.ui import charts, formats
from shared.ui.assets import Assets
from shared.ui.icons import icon
from shared.ui.language import COOKIE, NAMES, Phrase, Words, choose_language, plain, speaking, t
from shared.ui.policy import page_headers

HERE = Path(__file__).parent
MACROS = ("forms", "feedback", "data", "charts")
RESERVED = frozenset((*MACROS, "t", "icon", "asset", "own_asset", "page"))
_A_YEAR = 365 * 24 * 3600


@dataclass(frozen=True)
class Link:
    """A link of header or footer: with a text of its own, or with words that follow the page's language."""

    label: str
    href: str
    words: str | None = None
    """Key of the words that label it."""


@dataclass(frozen=True)
class StaffBar:
    """Who is signed in, shown on every staff page; sign-out is a form post with these hidden fields."""

    name: str
    role: str
    sign_out: str
    hidden: Mapping[str, str] = field(default_factory=dict)
    note: str | None = None
    """Such as the shift: 「早番 9:00–15:00」."""
    change: str | None = None
    """Where a shared tablet's button for a change of person posts to; `next` in `change_hidden` leads back."""
    change_hidden: Mapping[str, str] = field(default_factory=dict)
    roles: Collection[str] = frozenset()
    """Codes of what they may do: navigation shows what is theirs."""


@dataclass(frozen=True)
class Chrome:
    """What surrounds a page's content."""

    programme: str | None = None
    staff: StaffBar | None = None
    nav: tuple[Link, ...] = ()
    footer: tuple[Link, ...] = ()
    theme: Literal["auto", "door"] = "auto"
    width: Literal["text", "wide", "full"] = "text"
    """`text` for reading and forms, `wide` for desks, `full` for terminals and maps."""
    languages: tuple[str, ...] = tuple(NAMES)
    """What the language switch offers: a programme's languages; nothing on staff pages, which are Japanese."""


@dataclass(frozen=True)
class Page:
    """What templates know as `page`."""

    language: str
    service: str
    base_path: str
    path: str
    chrome: Chrome
    switch: tuple[tuple[str, str, str], ...]
    """Language, its own name, and the link to this page in it."""

    def url(self, path: str) -> str:
        """A path of this service: `page.url("/apply")` → `/intake/apply`."""
        return f"{self.base_path}/{path.lstrip('/')}"


ChromeOf = Callable[[Request], Chrome]


def plain_chrome(_: Request) -> Chrome:
    """The surroundings of a public page without a programme."""
    return Chrome()


class Pages:
    """The pages of one service: its templates, words and static files on top of the shared ones."""

    def __init__(
        self,
        package_templates: Path,
        service: str,
        base_path: str,
        *,
        chrome: ChromeOf = plain_chrome,
        policy: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        """Templates lie in `package_templates`; words and static files in its `words/` and `static/`."""
        self.service = service
        self.base_path = base_path.rstrip("/")
        self.words = Words((HERE / "words", package_templates / "words"))
        self.assets = Assets({"ui": HERE / "static", "own": package_templates / "static"})
        self._chrome = chrome
        self._policy = policy
        self.environment = _environment(package_templates)
        self.environment.globals.update(asset=self.asset, own_asset=self.own_asset)
        _add_macros(self.environment)

    def asset(self, name: str) -> str:
        """URL of a shared static file."""
        return f"{self.base_path}/static/{self.assets.path(f'ui/{name}')}"

    def own_asset(self, name: str) -> str:
        """URL of one of the service's own static files."""
        return f"{self.base_path}/static/{self.assets.path(f'own/{name}')}"

    def mount_static(self, app: Starlette, path: str | None = None) -> None:
        """Serve the static files; `path` only where a proxy takes the base path off before us."""
        app.mount(path or f"{self.base_path}/static", self.assets, name=f"{self.service}-static")

    def language(self, request: Request) -> str:
        """The language this request gets: asked, remembered, accepted, else Japanese."""
        asked, remembered = request.query_params.get("lang"), request.cookies.get(COOKIE)
        return choose_language(asked, remembered, request.headers.get("accept-language"))

    def render(
        self,
        request: Request,
        name: str,
        *,
        chrome: Chrome | None = None,
        status_code: int = 200,
        **context: object,
    ) -> HTMLResponse:
        """A page. `chrome` replaces the service's own surroundings for this one."""
        taken = RESERVED & context.keys()
        if taken:
            raise ValueError(f"{', '.join(sorted(taken))}: names of the shared pages; call yours something else")
        page = self._page(request, chrome or self._chrome(request))
        with speaking(self.words, page.language):
            html = self.environment.get_template(name).render(page=page, **context)
        response = HTMLResponse(html, status_code, headers=page_headers(self._policy))
        response.headers["Content-Language"] = page.language
        _remember_language(request, response)
        return response

    def problem(
        self,
        request: Request,
        *,
        status_code: int,
        what: object,
        kept: object,
        todo: object,
        back: Link | None = None,
        reference: str | None = None,
        chrome: Chrome | None = None,
    ) -> HTMLResponse:
        """The error page: what happened, what was kept, what to do. `reference` is for staff to quote."""
        return self.render(
            request, "problem.html", chrome=chrome, status_code=status_code,
            what=what, kept=kept, todo=todo, back=back, reference=reference,
        )  # fmt: skip

    def words_for(self, request: Request) -> Callable[..., Phrase]:
        """`t` for code outside templates, such as error texts: `say = pages.words_for(request)`.

        The language is asked for with the first word: most requests need none.
        """
        return lambda key, /, **values: self.words.say(self.language(request), key, values)

    def _page(self, request: Request, chrome: Chrome) -> Page:
        return Page(
            language=self.language(request),
            service=self.service,
            base_path=self.base_path,
            path=request.url.path,
            chrome=chrome,
            switch=_switch(request, chrome.languages),
        )


def _environment(package_templates: Path) -> Environment:
    shared = FileSystemLoader(HERE / "templates")
    # The service's templates come first, so that it can put its own page in a shared one's place, and still
    # extend the shared one as `ui/…`.
    loader = ChoiceLoader([FileSystemLoader(package_templates), shared, PrefixLoader({"ui": shared})])
    environment = Environment(
        extensions=["jinja2.ext.do"],
        loader=loader,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(t=t, icon=icon, geometry=charts)
    environment.filters.update(
        plain=plain, jst=formats.jst, moment=formats.moment, day=formats.day, short_day=formats.short_day,
        weekday=formats.weekday, clock=formats.clock, number=formats.number, unit=formats.unit,
        seats=formats.seats, percent=formats.percent,
    )  # fmt: skip
    return environment


def _add_macros(environment: Environment) -> None:
    for name in MACROS:
        environment.globals[name] = environment.get_template(f"macros/{name}.html").module


def _switch(request: Request, offered: tuple[str, ...]) -> tuple[tuple[str, str, str], ...]:
    # An answer to a post has no address of its own: changing language there would lose what was typed.
    if request.method not in ("GET", "HEAD") or len(offered) < 2:
        return ()
    links = []
    for language in offered:
        url = request.url.include_query_params(lang=language)
        links.append((language, NAMES[language], f"{url.path}?{url.query}"))
    return tuple(links)


def _remember_language(request: Request, response: HTMLResponse) -> None:
    asked = request.query_params.get("lang")
    if asked and asked in NAMES:
        secure = request.url.scheme == "https"
        response.set_cookie(COOKIE, asked, _A_YEAR, secure=secure, httponly=True, samesite="lax")
