"""How many people a slot has taken in, and how many more it may (B07)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from shared.contracts.programme import Slot


@dataclass(frozen=True)
class Occupancy:
    """People inside by way of a pass and by walking in; `released` are drawn seats given to walk-ins."""

    admitted: int = 0
    parties: int = 0
    seated: int = 0
    groups: int = 0
    released: int = 0

    @property
    def people(self) -> int:
        """Everybody."""
        return self.admitted + self.seated

    def free(self, slot: Slot) -> int:
        """Places left in the house; never below 0."""
        return max(0, slot.capacity - self.people)

    def free_for_groups(self, slot: Slot) -> int:
        """Places left for walk-in groups: their own seats and released ones, as far as the house has room."""
        return max(0, min(slot.walk_in + self.released - self.seated, self.free(slot)))

    def with_party(self, seats: int) -> Occupancy:
        """After a party came in on a pass."""
        return replace(self, admitted=self.admitted + seats, parties=self.parties + 1)

    def with_group(self, people: int) -> Occupancy:
        """After a walk-in group was seated."""
        return replace(self, seated=self.seated + people, groups=self.groups + 1)
