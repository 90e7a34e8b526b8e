"""What is wrong with what somebody sent, field by field, so that it can be said beside the field."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from shared.contracts.programme_base import Words


@dataclasses.dataclass(frozen=True)
class Fault:
    """One fault. `field` is named as the form and the API name it; members count from 1 (`companions.2`).

    `code` names the words (`fault.<code>`), `values` what they quote: limits and rules, never what was typed. The
    programme's own words stay `Words` until it is known in which language the fault is said.
    """

    field: str
    code: str
    values: Mapping[str, str | int | Words] = dataclasses.field(default_factory=dict)
