"""What an A4 document is made of: plain values, so that its words are known before anything is drawn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

Cells = tuple[str, ...]


@dataclass(frozen=True)
class Title:
    """The document's title, in the middle."""

    text: str


@dataclass(frozen=True)
class Heading:
    """The heading of a section. Where less than `room` mm are left, or with `new_page`, it begins a page."""

    text: str
    new_page: bool = False
    room: int = 36


@dataclass(frozen=True)
class Text:
    """A paragraph."""

    text: str
    align: Literal["left", "centre", "right"] = "left"
    small: bool = False


@dataclass(frozen=True)
class Sender:
    """The block at the right that is filled in and sealed by hand."""

    title: str
    lines: Cells
    seal: str


@dataclass(frozen=True)
class Facts:
    """A table of two columns: what, and which."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Grid:
    """A table whose head is repeated on each page. `widths` are shares; `numbers` are columns set to the right."""

    columns: Cells
    rows: tuple[Cells, ...]
    widths: tuple[int, ...]
    numbers: frozenset[int] = frozenset()
    last_is_total: bool = False


@dataclass(frozen=True)
class Signatures:
    """Rows that people sign by hand."""

    columns: Cells
    rows: tuple[Cells, ...]


@dataclass(frozen=True)
class Code:
    """A QR code beside facts."""

    content: str
    facts: Facts


Block = Title | Heading | Text | Sender | Facts | Grid | Signatures | Code


@dataclass(frozen=True)
class Document:
    """A document; `footer` stands at the foot of each page, beside the page's number."""

    footer: str
    pages: str
    blocks: tuple[Block, ...]


def texts(document: Document) -> Iterator[str]:
    """Every text that is to be set."""
    yield document.footer
    yield document.pages + "0123456789"
    for block in document.blocks:
        yield from _texts(block)


def _texts(block: Block) -> Iterator[str]:
    match block:
        case Title(text) | Heading(text) | Text(text):
            yield text
        case Sender(title, lines, seal):
            yield from (title, *lines, seal)
        case Facts(rows):
            yield from _cells(rows)
        case Grid(columns, rows) | Signatures(columns, rows):
            yield from columns
            yield from _cells(rows)
        case Code(_, facts):
            yield from _cells(facts.rows)


def _cells(rows: Sequence[Cells]) -> Iterator[str]:
    for row in rows:
        yield from row
