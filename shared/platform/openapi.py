"""The OpenAPI document: what FastAPI finds in the routes, and on top of it every refusal as RFC 9457 problem.

A route names the problems of its own (`openapi_extra=refuses("erased")`); those that follow from its shape (a body, a
programme in its path, staff only) are added here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import FastAPI, Path
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

from shared.platform.problem_kinds import ANYWHERE, FOR_STAFF, WITH_BODY, Kind
from shared.platform.problems import CONTENT_TYPE

ProgrammeName = Annotated[str, Path(
    description="The programme's name, as it stands in the addresses of its pages.", examples=["live-site-2020"],
    json_schema_extra={"pattern": "^[a-z0-9-]{1,64}$"})]
"""In a path. The pattern is described and not checked: what is no name is an unknown programme like any other."""
_OWN = "x-refuses"
_METHODS = ("get", "post", "put", "delete", "patch")
_RETRY_AFTER = {"description": "Seconds after which to try again.", "required": True,
                "schema": {"type": "integer", "minimum": 0}}
_CHALLENGE = {"description": "How to sign in.", "required": True, "schema": {"type": "string", "const": "Bearer"}}
_PROBLEM = {
    "title": "Problem", "type": "object", "description": "RFC 9457 problem details.",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference", "description": "What programs may rely on."},
        "title": {"type": "string", "description": "What happened, for people."},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string", "description": "What was kept and what to do, for people."},
        "errors": {
            "type": "array", "description": "The fields that are wrong.", "items": {
                "type": "object", "required": ["field", "reason", "message"], "additionalProperties": False,
                "properties": {
                    "field": {"type": "string", "description": "As it is named in the request; members from 1."},
                    "reason": {"type": "string", "description": "A code."},
                    "message": {"type": "string", "description": "In the language asked for."}}}},
    },
}


def refuses(*types: str) -> dict[str, Any]:
    """For a route's `openapi_extra`: the types of problem of its own."""
    return {_OWN: types}


def answers(status: int, model: type[BaseModel], description: str) -> dict[int | str, dict[str, Any]]:
    """For a route's `responses`: what it answers when all is well. Described only: nothing is validated twice."""
    return {status: {"model": model, "description": description}}


def describe(app: FastAPI, kinds: Mapping[str, Kind]) -> dict[str, Any]:
    """The document of `app`, whose operations refuse by `kinds`."""
    document = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes,
                           tags=app.openapi_tags)
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    schemas["Problem"] = _PROBLEM
    for path, item in document.get("paths", {}).items():
        for method in _METHODS:
            if method in item:
                _add_refusals(item[method], path, kinds)
    return document


def _add_refusals(operation: dict[str, Any], path: str, kinds: Mapping[str, Kind]) -> None:
    types = [*operation.pop(_OWN, ()), *ANYWHERE]
    if "requestBody" in operation:
        types += WITH_BODY
    elif operation.get("parameters"):
        types.append("invalid-request")
    if operation.get("security"):
        types += FOR_STAFF
    if "{programme}" in path:
        types.append("unknown-programme")
    responses = operation.setdefault("responses", {})
    responses.pop("422", None)  # FastAPI's own, which is no problem document
    by_status: dict[int, list[Kind]] = {}
    for one in dict.fromkeys(types):
        by_status.setdefault(kinds[one].status, []).append(kinds[one])
    for status, found in sorted(by_status.items()):
        responses[str(status)] = _refusal(found)


def _refusal(kinds: list[Kind]) -> dict[str, Any]:
    headers = {}
    if all(kind.retry_after for kind in kinds):
        headers["Retry-After"] = _RETRY_AFTER
    if kinds[0].status == 401:
        headers["WWW-Authenticate"] = _CHALLENGE
    return {
        "description": "; ".join(kind.when for kind in kinds) + ".",
        "headers": headers,
        "content": {CONTENT_TYPE: {
            "schema": {"allOf": [
                {"$ref": "#/components/schemas/Problem"},
                {"properties": {"type": {"enum": [f"/problems/{kind.type}" for kind in kinds]},
                                "status": {"const": kinds[0].status}}}]},
            "examples": {kind.type: {"summary": kind.when, "value": kind.example()} for kind in kinds},
        }},
    }
