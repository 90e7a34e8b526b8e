"""What retention's routes share: who may ask, and how bodies are read."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Depends
from pydantic import BaseModel, ConfigDict, StringConstraints

from shared.platform.register import Person
from shared.platform.signin import staff

Officer = Annotated[Person, Depends(staff("officer"))]
Reader = Annotated[Person, Depends(staff("officer", "records", "auditor"))]
ServiceName = Literal["intake", "lottery", "notifier", "checkin", "retention"]
StaffId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{1,31}$")]
PersonName = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$")]
TerminalName = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z-]{1,40}$")]
Pin = Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")]


class Body(BaseModel):
    """Unknown fields are refused (S13)."""

    model_config = ConfigDict(extra="forbid")
