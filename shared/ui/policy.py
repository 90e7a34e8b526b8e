"""The headers that every page carries: nothing is loaded from elsewhere, nothing runs inline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

_SOURCES: Mapping[str, tuple[str, ...]] = {
    "default-src": ("'none'",),
    "style-src": ("'self'",),
    "script-src": ("'self'",),
    "img-src": ("'self'", "data:"),
    "font-src": ("'self'",),
    "connect-src": ("'self'",),
    "manifest-src": ("'self'",),
    "form-action": ("'self'",),
    "frame-ancestors": ("'none'",),
    "base-uri": ("'none'",),
}


def content_security_policy(more: Mapping[str, Sequence[str]] | None = None) -> str:
    """The policy; `more` adds sources to a directive, as the door terminal's wasm and worker need."""
    sources = dict(_SOURCES)
    for directive, added in (more or {}).items():
        known = tuple(source for source in sources.get(directive, ()) if source != "'none'")
        sources[directive] = (*known, *added)
    return "; ".join(f"{directive} {' '.join(allowed)}" for directive, allowed in sources.items())


def page_headers(more: Mapping[str, Sequence[str]] | None = None) -> dict[str, str]:
    """The headers of a page. Pages may show personal data, so that no cache may keep them."""
    return {
        "Content-Security-Policy": content_security_policy(more),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cache-Control": "no-store",
        "Vary": "Accept-Language, Cookie",
    }
