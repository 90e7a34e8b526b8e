"""Where each key of a TOML text stands, so that a complaint can name the line."""

from __future__ import annotations

import tree_sitter_toml
from tree_sitter import Language, Node, Parser

Path = tuple[str | int, ...]
"""The way to a value: keys, and positions in arrays counted from 0."""

_TOML = Language(tree_sitter_toml.language())
_KEYS = ("bare_key", "quoted_key")


def lines_of(text: str) -> dict[Path, int]:
    """The line, counted from 1, of every key, table and array element of a well-formed TOML text."""
    finder = _Finder()
    for node in Parser(_TOML).parse(text.encode()).root_node.named_children:
        finder.top(node)
    return finder.lines


def line_of(path: Path, lines: dict[Path, int]) -> int:
    """The line of `path`, else that of the nearest part around it, else the first."""
    for length in range(len(path), 0, -1):
        if path[:length] in lines:
            return lines[path[:length]]
    return 1


class _Finder:
    def __init__(self) -> None:
        self.lines: dict[Path, int] = {}
        self._counts: dict[Path, int] = {}

    def top(self, node: Node) -> None:
        """A pair, a [table] or an element of [[tables]] of the document."""
        if node.type == "pair":
            self._pair(node, ())
            return
        if node.type not in ("table", "table_array_element"):
            return
        header, *rest = node.named_children
        path = self._header(_keys(header), several=node.type == "table_array_element")
        self._note(path, node)
        for child in rest:
            if child.type == "pair":
                self._pair(child, path)

    def _header(self, keys: list[str], *, several: bool) -> Path:
        """A header's way: [a.b] under [[a]] belongs to the last element of a."""
        path: Path = ()
        for position, key in enumerate(keys):
            path = (*path, key)
            if several and position == len(keys) - 1:
                self._counts[path] = self._counts.get(path, 0) + 1
            if path in self._counts:
                path = (*path, self._counts[path] - 1)
        return path

    def _pair(self, node: Node, around: Path) -> None:
        key, *values = [child for child in node.named_children if child.type != "comment"]
        path = around
        for name in _keys(key):
            path = (*path, name)
            self._note(path, node)
        for value in values:
            self._value(value, path)

    def _value(self, node: Node, path: Path) -> None:
        if node.type == "inline_table":
            for pair in node.named_children:
                if pair.type == "pair":
                    self._pair(pair, path)
        elif node.type == "array":
            elements = [child for child in node.named_children if child.type != "comment"]
            for position, element in enumerate(elements):
                self._note((*path, position), element)
                self._value(element, (*path, position))

    def _note(self, path: Path, node: Node) -> None:
        for length in range(1, len(path) + 1):
            self.lines.setdefault(path[:length], node.start_point[0] + 1)


def _keys(node: Node) -> list[str]:
    if node.type in _KEYS:
        text = (node.text or b"").decode()
        return [text.strip("\"'") if node.type == "quoted_key" else text]
    return [key for child in node.named_children for key in _keys(child)]
