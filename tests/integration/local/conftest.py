"""The running infrastructure for these tests."""

from tests.stack import infrastructure

__all__ = ["infrastructure"]
