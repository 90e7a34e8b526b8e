"""The one kind of error that the embedded stack shows to people."""


class StackError(Exception):
    """Something stands in the way; the message says what it is and what to do about it."""
