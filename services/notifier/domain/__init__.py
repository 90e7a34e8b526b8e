"""The rules of notices: who is told what, on which way, by when, and what became of it (S07, B05)."""
