"""Icons: own drawings in one sprite file, put inline so that a page needs no further request for them."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from markupsafe import Markup

_SPRITE = Path(__file__).parent / "static" / "icons.svg"
_SYMBOL = re.compile(r'<symbol id="([a-z-]+)" viewBox="([0-9 ]+)">(.*?)</symbol>', re.DOTALL)


@cache
def symbols() -> dict[str, tuple[str, str]]:
    """Name → view box and shapes."""
    sprite = _SPRITE.read_text(encoding="utf-8")
    return {name: (box, " ".join(shapes.split())) for name, box, shapes in _SYMBOL.findall(sprite)}


def icon(name: str, label: object | None = None, css: str = "") -> Markup:
    """An icon. Without a label it is decoration, and silent for screen readers."""
    box, shapes = symbols()[name]
    said = Markup('role="img" aria-label="{}"').format(str(label)) if label else Markup('aria-hidden="true"')
    return Markup('<svg class="icon {}" viewBox="{}" {} focusable="false">{}</svg>').format(
        css,
        box,
        said,
        Markup(shapes),  # noqa: S704 - the shapes are our own file's
    )
