"""Static files under a URL that carries the digest of their content, so that browsers may keep them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, Response
from starlette.types import Receive, Scope, Send

_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
    ".wasm": "application/wasm",
    ".woff2": "font/woff2",
    ".txt": "text/plain; charset=utf-8",
}


class MissingAsset(LookupError):
    """A template named a static file that isn't there."""


class Assets:
    """Static files of several folders, each under a name: `ui/…` the shared ones, `own/…` the service's."""

    def __init__(self, folders: Mapping[str, Path]) -> None:
        self._files = {
            f"{name}/{path.relative_to(folder).as_posix()}": path
            for name, folder in folders.items()
            if folder.is_dir()
            for path in sorted(folder.rglob("*"))
            if path.is_file() and path.suffix in _TYPES
        }
        self.digest = _digest(self._files)

    def path(self, name: str) -> str:
        """`<digest>/<name>`. One digest for all, so that files may refer to each other by relative paths."""
        if name not in self._files:
            raise MissingAsset(name)
        return f"{self.digest}/{name}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one file."""
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            raise HTTPException(405)
        await self._answer(_path_in(scope))(scope, receive, send)

    def _answer(self, path: str) -> Response:
        digest, _, name = path.lstrip("/").partition("/")
        file = self._files.get(name)
        if file is None:
            raise HTTPException(404)
        # In a rolling update a page of the old version may ask the new one: answer, but let nobody keep it.
        keep = "public, max-age=31536000, immutable" if digest == self.digest else "no-cache"
        headers = {"Cache-Control": keep, "X-Content-Type-Options": "nosniff"}
        return FileResponse(file, media_type=_TYPES[file.suffix], headers=headers)


def _path_in(scope: Scope) -> str:
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", ""))


def _digest(files: Mapping[str, Path]) -> str:
    whole = hashlib.sha256()
    for name, path in files.items():
        whole.update(name.encode())
        whole.update(hashlib.sha256(path.read_bytes()).digest())
    return whole.hexdigest()[:16]
