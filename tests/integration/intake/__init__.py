"""Intake as a process on a real Kafka and MongoDB; the tests speak as the other services."""
