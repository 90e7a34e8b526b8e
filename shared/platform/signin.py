"""Sign-in as every service checks it: a short-lived token bound to this service, and the register's word (S21).

Retention makes the tokens (JWT, EdDSA). Programs send one as `Authorization: Bearer`; people get it as a cookie, which
`POST /<service>/session` sets from the form that retention's sign-in page hands over.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Annotated, Any
from urllib.parse import quote, urlsplit

import jwt
from fastapi import APIRouter, Form, Request
from fastapi.openapi.models import HTTPBearer
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.security.base import SecurityBase

from shared.platform.clock import Clock
from shared.platform.problems import Problem
from shared.platform.register import Person, Register
from shared.ui import Pages

ALGORITHM = "EdDSA"
BY_PIN = "pin"
"""How somebody signed in (RFC 8176, claim `amr`): by PIN on an enrolled terminal."""
ROLES_BY_PIN = frozenset({"attendant"})
"""Six digits on a shared tablet open the work of that tablet and no desk."""
REASONS = {
    "register-stale": "The staff register was not heard of for a minute. Try again; if it stays so, call the operator.",
    "not-designated": "You are not designated. Ask the responsible person.",
    "role": "Your designation does not cover this. Ask the responsible person who may do it.",
    "programme": "You are not designated for this programme. Ask the responsible person.",
    "not-trained": "Your training on personal data is not on record yet. Take it before any handling.",
    "outside-term": "Your designation does not cover today. Ask the responsible person.",
    "outside-shift": "Your shift does not cover this time. Ask the responsible person to change the roster.",
    "password-needed": "With a PIN you can do an attendant's work only. Sign in with your password.",
}


@dataclass(frozen=True)
class Session:
    """What a valid token says: who, and how they signed in."""

    staff: str
    by_pin: bool = False

    def narrowed(self, roles: Collection[str]) -> frozenset[str]:
        """Those of `roles` that this way of signing in is good for."""
        return frozenset(roles) & ROLES_BY_PIN if self.by_pin else frozenset(roles)


class SignInNeeded(Problem):
    """Nobody is signed in, or the token is over."""

    def __init__(self, sign_in_url: str) -> None:
        super().__init__(
            401, "sign-in-needed", "Please sign in", "Sign in and try again. A sign-in lasts a quarter of an hour.",
            headers={"WWW-Authenticate": "Bearer"}, sign_in=sign_in_url,
        )
        self.sign_in_url = sign_in_url


class SignIn:
    """Checks tokens for one service."""

    def __init__(
        self, service: str, register: Register, clock: Clock, public_urls: dict[str, str], pages: Pages
    ) -> None:
        self._service, self._register, self._clock, self._pages = service, register, clock, pages
        self._retention_url = public_urls.get("retention", "")

    @property
    def cookie(self) -> str:
        """Cookies know no ports: each service's has its own name."""
        return f"kujibiki_{self._service}"

    def staff_of(self, token: str) -> str | None:
        """The staff id that a valid token names, else None."""
        session = self.session_of(token)
        return session.staff if session else None

    def session_of(self, token: str) -> Session | None:
        """What a valid token says, else None. One made on a terminal that was revoked is not valid any more."""
        try:
            key = self._register.key(jwt.get_unverified_header(token).get("kid", ""))
            if key is None:
                return None
            claims = jwt.decode(
                token, key, algorithms=[ALGORITHM], audience=self._service, options={"require": ["exp", "sub", "aud"]})
        except jwt.InvalidTokenError:
            return None
        by_pin = BY_PIN in claims.get("amr", ())
        if by_pin and not self._register.terminal_in_use(str(claims.get("terminal"))):
            return None
        return Session(str(claims["sub"]), by_pin)

    def person(self, request: Request) -> Person | None:
        """Who is signed in on this request, if anybody."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        token = token if scheme.lower() == "bearer" else request.cookies.get(self.cookie, "")
        session = self.session_of(token) if token else None
        return self._person(session) if session else None

    def _person(self, session: Session) -> Person | None:
        person = self._register.person(session.staff)
        return replace(person, roles=session.narrowed(person.roles)) if person else None

    def require(self, request: Request, roles: Collection[str]) -> Person:
        """The person, who may act in one of `roles` in the path's programme now; else a problem."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        bearer = scheme.lower() == "bearer"
        session = self.session_of(token if bearer else request.cookies.get(self.cookie, ""))
        if session is None:
            raise SignInNeeded(self._sign_in_url(request))
        if not bearer:
            _refuse_foreign_post(request)
        programme = request.path_params.get("programme")
        now = self._clock.now(programme or "")
        reason = self._register.refusal(session.staff, session.narrowed(roles), programme, now)
        if reason == "role" and session.by_pin and not session.narrowed(roles):
            reason = "password-needed"
        if reason is not None:
            raise Problem(403, "not-permitted", "You may not do this", REASONS[reason], reason=reason,
                          roles=sorted(roles))
        person = self._person(session)
        if person is None:
            raise SignInNeeded(self._sign_in_url(request))
        return person

    def address(self, path: str) -> str:
        """Retention's sign-in page, which leads back to `path` here."""
        return f"{self._retention_url}/retention/signin?service={self._service}&next={quote(path)}"

    def change_address(self, path: str) -> str:
        """Retention's page for a change of person by PIN, which leads back to `path` here."""
        return f"{self._retention_url}/retention/pin?service={self._service}&next={quote(path)}"

    def _sign_in_url(self, request: Request) -> str:
        path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return self.address(path if request.method == "GET" else f"/{self._service}/")

    def router(self) -> APIRouter:
        """The session: taken over from retention's sign-in page, changed to another person's, and ended."""
        router = APIRouter()

        @router.post("/session", include_in_schema=False)
        async def begin(token: Annotated[str, Form()], next: Annotated[str, Form()] = "/") -> RedirectResponse:
            if self.staff_of(token) is None:
                raise Problem(403, "sign-in-refused", "This sign-in is not valid here", "Sign in again.")
            response = RedirectResponse(_own_path(next), status_code=303)
            response.set_cookie(self.cookie, token, httponly=True, samesite="lax", path=f"/{self._service}",
                                max_age=900)
            return response

        @router.post("/session/end", include_in_schema=False)
        async def end() -> RedirectResponse:
            # Not straight on to retention: the pages' policy lets a form lead to its own service only.
            response = RedirectResponse(f"/{self._service}/session/ended", 303)
            response.delete_cookie(self.cookie, path=f"/{self._service}")
            return response

        @router.post("/session/change", include_in_schema=False)
        async def change(request: Request, next: Annotated[str, Form()] = "/") -> RedirectResponse:
            # Whoever hands the tablet over is signed out first: nobody acts in another's name meanwhile. A page with
            # this button allows its forms to lead to retention (checkin does).
            _refuse_foreign_post(request)
            response = RedirectResponse(self.change_address(_own_path(next)), 303)
            response.delete_cookie(self.cookie, path=f"/{self._service}")
            return response

        @router.get("/session/ended", include_in_schema=False)
        async def ended(request: Request) -> HTMLResponse:
            return self._pages.render(request, "signed-out.html", sign_in=self.address("/"))

        return router


def _own_path(path: str) -> str:
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) else "/"


def _refuse_foreign_post(request: Request) -> None:
    """A cookie travels with forms of other sites: their origin gives them away."""
    if request.method in {"GET", "HEAD"}:
        return
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise Problem(403, "foreign-origin", "This form came from another site", "Open the page itself and try again.")


class Staff(SecurityBase):
    """A dependency: the signed-in person, who may act in one of `roles`."""

    def __init__(self, roles: tuple[str, ...]) -> None:
        self.model = HTTPBearer(bearerFormat="JWT", description=(
            "A staff member's sign-in for this service, from `POST /retention/api/signin`; it lasts a quarter of an "
            "hour."))
        self.scheme_name, self.roles = "staff", roles

    async def __call__(self, request: Request) -> Person:
        sign_in: Any = request.app.state.sign_in
        person: Person = sign_in.require(request, self.roles)
        return person


def staff(*roles: str) -> Staff:
    """A dependency: the signed-in person, who may act in one of `roles`."""
    return Staff(roles)
