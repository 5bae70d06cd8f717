"""The API's description, made from the table of routes and its contracts, so that they cannot differ."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from learnflow_ext import __version__
from learnflow_ext.contracts.errors import Problem
from learnflow_ext.service.answer_places import HEADER as LAST_EVENT
from learnflow_ext.service.handlers.once import HEADER, LONGEST_KEY
from learnflow_ext.service.rights import Who
from learnflow_ext.service.routes import LONGEST_NAME, Operation, Route

ONCE = (
    "A text of your choice, such as a UUID. Whoever sends the same request with the same key again gets the "
    "first answer, and it is done once. With another body the key is refused (422). Kept for a day, unless "
    "the administrator says otherwise. A refusal is not kept."
)
RESUMES = (
    "The id of the last event that came, from who sends the same question with the same Idempotency-Key "
    "because the stream broke off: what follows that event is told, at whichever replica."
)


def document(prefix: str, table: Iterable[Route]) -> dict[str, Any]:
    """The OpenAPI 3.1 document of the service at `prefix` with the routes `table`."""
    described = [route for route in table if route.operations]
    contracts: list[Any] = [Problem]
    for route in described:
        for operation in route.operations.values():
            contracts += [kind for kind in (operation.body, operation.answer) if kind is not None]
    schemas, components = msgspec.json.schema_components(
        contracts, ref_template="#/components/schemas/{name}"
    )
    of = {str(kind): schema for kind, schema in zip(contracts, schemas, strict=True)}
    paths = {
        f"/{route.path}": {
            method.lower(): _described(route, operation, of) for method, operation in route.operations.items()
        }
        for route in described
    }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "LearnFlow",
            "version": __version__,
            "description": "The classroom's service. Every error is a Problem.",
        },
        "servers": [{"url": prefix.rstrip("/")}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "hubToken": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A token of the hub with access to this service (also `token …`), "
                    "or a JSON Web Token of an issuer that the admin named.",
                }
            },
        },
        "security": [{"hubToken": []}],
    }


def _described(route: Route, operation: Operation, of: dict[str, Any]) -> dict[str, Any]:
    schema = {"type": "string"} if operation.answer is None else of[str(operation.answer)]
    if operation.media == "text/event-stream":
        # Of each event, as OpenAPI 3.2 writes it.
        data = {"type": "string", "contentMediaType": "application/json", "contentSchema": schema}
        schema = {"type": "object", "properties": {"data": data}, "required": ["data"]}
    described: dict[str, Any] = {
        "summary": operation.summary,
        "description": f"For {route.who.value}.",
        "parameters": _parameters(route, operation),
        "responses": {
            str(operation.status): {
                "description": "Fine.",
                "content": {operation.media: {"schema": schema}},
            },
            "default": {
                "description": "It did not work; the message is for people.",
                "content": {"application/json": {"schema": of[str(Problem)]}},
            },
        },
    }
    if operation.body is not None:
        described["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": of[str(operation.body)]}},
        }
    if route.who is Who.ANYONE:
        described["security"] = []
    if route.who is Who.MACHINE:
        described["security"] = [{}, {"hubToken": []}]
    return described


def _parameters(route: Route, operation: Operation) -> list[dict[str, Any]]:
    name = {"type": "string", "minLength": 1, "maxLength": LONGEST_NAME, "pattern": "^[^/]+$"}
    parts = [part[1:-1] for part in route.path.split("/") if part.startswith("{")]
    found: list[dict[str, Any]] = [
        {"name": part, "in": "path", "required": True, "schema": name} for part in parts
    ]
    found += [
        {"name": each, "in": "query", "required": True, "schema": {"type": "string"}}
        for each in operation.query
    ]
    if operation.once or operation.resumes:
        key = {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY, "pattern": "^[!-~]+$"}
        found.append({"name": HEADER, "in": "header", "required": False, "description": ONCE, "schema": key})
    if operation.resumes:
        last = {"type": "string", "pattern": "^[0-9]{1,7}-[0-9a-f]{16}$"}
        found.append(
            {
                "name": LAST_EVENT,
                "in": "header",
                "required": False,
                "description": RESUMES,
                "schema": last,
            }
        )
    return found
