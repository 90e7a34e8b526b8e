"""Who may apply by age, where a programme has a rule for it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.intake.domain.age import age_fault
from services.intake.domain.application import Application
from shared.contracts.programme import Ages, Programme
from shared.contracts.programme_base import Words

RULE = Ages(at_least=18, at_most=64, rule=Words(ja="18歳から64歳までの方", en="From 18 to 64"))


@pytest.mark.parametrize(("age", "may"), [(17, False), (18, True), (64, True), (65, False), (None, True)])
def test_both_ends_of_the_rule_are_included(
    programme: Programme, application: Application, age: int | None, may: bool
) -> None:
    ruled = programme.model_copy(update={"ages": RULE})
    fault = age_fault(replace(application, party=replace(application.party, age=age)), ruled)
    assert (fault is None) == may
    if fault is not None:
        assert fault.code == "age-rule" and fault.values["rule"] == RULE.rule


def test_without_a_rule_every_age_may_apply(programme: Programme, application: Application) -> None:
    assert age_fault(replace(application, party=replace(application.party, age=3)), programme) is None
