"""The draw of a programme: its choices of rules, its witnesses, times and public randomness (B01, B02)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from shared.contracts.envelope import Moment
from shared.contracts.programme_base import Decision, Name, Strict, Words


class DrandBeacon(Strict):
    """A round of the League of Entropy's quicknet."""

    kind: Literal["drand"]
    round: int = Field(ge=1)


class CeremonyBeacon(Strict):
    """Dice or a drum before an audience, at a public time."""

    kind: Literal["ceremony"]
    name: Name
    round: int = Field(ge=1)
    digits: int = Field(ge=25, le=200)
    at: Moment


Beacon = Annotated[DrandBeacon | CeremonyBeacon, Field(discriminator="kind")]


class Timetable(Strict):
    """The steps' times of LOTTERY; `apply_from` and `apply_until` are the window's."""

    commit_until: Moment
    freeze_from: Moment
    close_from: Moment
    promote_until: Moment


class Witness(Strict):
    """A witness by name, and the body that sends them; keys are registered before the announcement."""

    name: Name
    body: Words


class PreviousDraw(Strict):
    """The draw that a second draw replaces, why (a code of the programme's `reasons`), and the ward's decision."""

    draw: Name
    reason: Name
    decision: Decision


class Draw(Strict):
    """The rules of the draw that are the programme's choice (B01, B02).

    With `previous` it is a second draw, over the applications of the first: it has an id, a timetable and beacons of
    its own, and takes effect when it is announced.
    """

    id: Name
    max_wins: int = Field(ge=1, default=1)
    one_win_a_day: bool = True
    waiting_list: bool = True
    max_wishes: int = Field(ge=1, le=20, default=3)
    publication: Literal["full", "digest"] = "full"
    witnesses: tuple[Witness, ...] = Field(min_length=3)
    beacons: tuple[Beacon, ...] = Field(min_length=1)
    timetable: Timetable
    previous: PreviousDraw | None = None
