"""How old one must be to apply, where a programme has a rule for it."""

from __future__ import annotations

from services.intake.domain.application import Application
from services.intake.domain.fault import Fault
from shared.contracts.programme import Programme


def age_fault(application: Application, programme: Programme) -> Fault | None:
    """The rule in its own words where the representative's age is outside of it; None where there is no rule.

    An age that is missing or impossible is a fault of its own and not judged here.
    """
    rule, age = programme.ages, application.party.age
    if rule is None or age is None or rule.at_least <= age <= rule.at_most:
        return None
    return Fault("age", "age-rule", {"rule": rule.rule})
