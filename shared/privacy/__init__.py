"""Sealing before the first write, keys by epoch, and the one door to plaintext (ADR 0003)."""
