"""The parts themselves, on a stack of their own."""

from tests.stack import infrastructure

__all__ = ["infrastructure"]
