"""The running infrastructure for these tests."""

from tests.stack import infrastructure as infrastructure
