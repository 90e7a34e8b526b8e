"""Returns over HTTP for programs: the ward's archive key, and the ward's acknowledgement (S17)."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ConfigDict, StringConstraints

from services.retention import returns_store
from services.retention.handlers.returns import Returns
from shared.contracts.envelope import moment_text
from shared.platform.mongo import Document
from shared.platform.register import Person
from shared.platform.service import Service
from shared.platform.signin import staff

Officer = Annotated[Person, Depends(staff("officer"))]
Reader = Annotated[Person, Depends(staff("officer", "records", "auditor"))]


class Body(BaseModel):
    """Unknown fields are refused (S13)."""

    model_config = ConfigDict(extra="forbid")


class KeyBody(Body):
    """The ward's public key: an uncompressed P-256 point, base64url."""

    key: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]


class FingerprintBody(Body):
    """The fingerprint as the ward says it; groups and capitals do not matter."""

    fingerprint: Annotated[str, StringConstraints(max_length=200)]


class AcknowledgementBody(Body):
    """What `kujibiki archive open` prints as the confirmation."""

    digest: Annotated[str, StringConstraints(strip_whitespace=True, to_lower=True, pattern=r"^\s*[0-9a-fA-F]{64}\s*$")]


def router(service: Service, returns: Returns) -> APIRouter:
    """Routes under `/retention/api/programmes/{programme}`."""
    routes = APIRouter(prefix="/api/programmes/{programme}")
    database = service.database

    @routes.post("/archive-key", status_code=201)
    async def register(programme: str, body: KeyBody, officer: Officer) -> dict[str, str]:
        service.programmes.get(programme)
        return {"fingerprint": await returns.register_key(programme, body.key, officer)}

    @routes.post("/archive-key/confirmation")
    async def confirm(programme: str, body: FingerprintBody, officer: Officer) -> dict[str, str]:
        service.programmes.get(programme)
        return {"fingerprint": await returns.confirm_key(programme, body.fingerprint, officer)}

    @routes.get("/archive-key")
    async def keys(programme: str, _: Reader) -> dict[str, Any]:
        service.programmes.get(programme)
        return {
            "in_use": key_shown(await returns_store.key_in_use(database, programme)),
            "to_confirm": key_shown(await returns_store.key_to_confirm(database, programme)),
        }

    @routes.get("/returns")
    async def listed(programme: str, _: Reader) -> list[dict[str, Any]]:
        service.programmes.get(programme)
        return [return_shown(row) for row in await returns_store.of_programme(database, programme)]

    @routes.post("/returns/{archive}/acknowledgement", status_code=204)
    async def acknowledge(programme: str, archive: str, body: AcknowledgementBody, person: Officer) -> Response:
        service.programmes.get(programme)
        await returns.acknowledge(programme, archive, body.digest, person)
        return Response(status_code=204)

    @routes.post("/returns/{archive}/replacement", status_code=202)
    async def replace(programme: str, archive: str, _: Officer) -> dict[str, str]:
        service.programmes.get(programme)
        return {"archive": await returns.order_anew(programme, archive)}

    return routes


def key_shown(key: Document | None) -> dict[str, Any] | None:
    """A key as an API shows it."""
    if key is None:
        return None
    return {
        "key": key["key"], "fingerprint": key["fingerprint"], "registered_by": key["registered_by"],
        "registered_at": moment_text(key["registered_at"]), "confirmed_by": key["confirmed_by"],
        "confirmed_at": moment_text(key["confirmed_at"]) if key["confirmed_by"] else None,
    }


def return_shown(row: Document) -> dict[str, Any]:
    """A return as an API shows it: counts and digests. Never what the ward has to say."""
    told = ("batch", "state", "subjects", "records", "missing", "bytes", "digest", "fingerprint", "acknowledged_by",
            "replaces", "replaced_by")
    times = ("ordered_at", "made_at", "acknowledged_at")
    return {
        "archive": row["_id"], **{name: row[name] for name in told if name in row},
        **{name: moment_text(row[name]) for name in times if name in row},
    }
