"""Replay, on a stack of its own."""

from tests.stack import infrastructure

__all__ = ["infrastructure"]
