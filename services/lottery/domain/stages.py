"""The stages that a draw goes through, and what a step is called that comes out of its turn."""

from enum import IntEnum


class Stage(IntEnum):
    """How far a draw is."""

    ANNOUNCED = 1
    FROZEN = 2
    CLOSING = 3
    CLOSED = 4
    BEACON = 5
    DRAWN = 6
    ENDED = 7


NEXT_STEP = {
    Stage.ANNOUNCED: "freeze the entries next",
    Stage.FROZEN: "the entries are frozen: strikes, adjustments and reveals are taken until a closing is proposed",
    Stage.CLOSING: "a closing is proposed to the witnesses: close with their signatures next",
    Stage.CLOSED: "the draw is closed: take the beacon next",
    Stage.BEACON: "the beacon is known: draw next",
    Stage.DRAWN: "the draw is done: only changes after it, or its end, can follow",
    Stage.ENDED: "the transcript has ended: nothing can follow",
}

STEPS = {
    "freeze": "freeze",
    "strike": "strike an entry",
    "adjust": "adjust seats",
    "reveal": "reveal",
    "closing": "propose a closing",
    "abandon": "abandon a closing",
    "close": "close",
    "ceremony": "propose a ceremony's value",
    "beacon": "take the beacon",
    "draw": "draw",
    "change": "take a change",
    "settle": "settle a day",
    "end": "end",
}
"""Each step's name in codes (`reveal-early`, `reveal-late`), and in words."""
