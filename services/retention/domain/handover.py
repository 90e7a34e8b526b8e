"""Where a person goes after sign-in: to a page of the service that they asked for, and nowhere else."""

from __future__ import annotations

from urllib.parse import urlsplit

LONGEST = 500


def safe_next(path: str | None, service: str) -> str:
    """`path` if it is a plain path of `service`, else the service's start page.

    An address of another host, in disguise too (`//host`, a backslash, a control character), is not followed.
    """
    start = f"/{service}/"
    if not path or len(path) > LONGEST or not path.isprintable() or "\\" in path:
        return start
    parts = urlsplit(path)
    own = not parts.scheme and not parts.netloc and (parts.path + "/").startswith(start)
    straight = "//" not in parts.path and ".." not in parts.path.split("/")
    return path if own and straight else start


def session_url(public_urls: dict[str, str], service: str) -> str:
    """Where the hand-over form posts the token to."""
    return f"{public_urls.get(service, '').rstrip('/')}/{service}/session"
