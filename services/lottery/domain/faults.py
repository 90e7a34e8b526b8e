"""Refusals. Every message names the field, the reason and, where there is one, the way on."""


class Refused(ValueError):
    """A record or a step that the rules of the draw do not allow.

    `field` is the path of what is wrong (`slots.3.seats`), `reason` a sentence for the person at the draw
    desk. `code` names the refusal in facts and words (`seats-below-none`); where none is given it is the first part
    of the field.
    """

    def __init__(self, field: str, reason: str, code: str | None = None) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason
        self.code = code or field.partition(".")[0].replace("_", "-")


class OutOfOrder(Refused):
    """A step taken before its turn or after it; the reason says which step is next."""

    def __init__(self, field: str, reason: str, code: str = "out-of-order") -> None:
        super().__init__(field, reason, code)
