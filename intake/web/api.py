"""The department API: how a county department tells us what it did with a ticket.

Every call carries `Authorization: Bearer API_TOKEN` and `Idempotency-Key`; the body is JSON with
the ticket's `version` as the department knows it. The same key gives the same answer again.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

from aiohttp import web
from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
)
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from channels import http, text
from intake import keys
from intake.services import SERVICES, Services
from intake.web import refusals
from routing import store, visible
from routing.dispatch import Dispatcher
from routing.errors import ActionRefused, RoutingError, StaleVersion, TicketNotFound
from routing.order import Order
from routing.ticket import Action, Ticket

ADDRESS = "/api/v1/tickets/{number:[0-9-]{1,20}}"


def _cleaned(given: Any) -> Any:
    return text.cleaned(given) if isinstance(given, str) else given


_Words = Annotated[str, Field(max_length=2000), BeforeValidator(_cleaned)]
_Text = Annotated[str, Field(min_length=1, max_length=2000), BeforeValidator(_cleaned)]


class _Call(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    version: Annotated[int, Field(ge=1)]


class Sign(_Call):
    """签收."""

    action: Literal["sign"]
    note: _Words = ""


class Progress(_Call):
    """进展."""

    action: Literal["progress"]
    note: _Text


class Return(_Call):
    """退单, with the reason."""

    action: Literal["return"]
    reason: _Text


class Extend(_Call):
    """延期, to a later time with its reason."""

    action: Literal["extend"]
    reason: _Text
    due_at: AwareDatetime


class Answer(_Call):
    """答复, in the words that the resident will read."""

    action: Literal["answer"]
    text: _Text


_CALL: TypeAdapter[Sign | Progress | Return | Extend | Answer] = TypeAdapter(
    Annotated[Sign | Progress | Return | Extend | Answer, Field(discriminator="action")]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    department: str
    number: str
    key: str
    fingerprint: str
    call: Sign | Progress | Return | Extend | Answer


def routes() -> Sequence[web.RouteDef]:
    """One address a ticket: GET to read it, POST to act on it."""
    return [
        web.get(ADDRESS, _read),
        web.post(ADDRESS, _act),
    ]


async def _read(request: web.Request) -> web.Response:
    services, department = request.app[SERVICES], _department(request)
    number = request.match_info["number"]
    try:
        shown = await services.database.read(
            lambda c: _shown(c, services, _own(c, number, department), department)
        )
    except TicketNotFound as error:
        return refusals.problem(404, "not_found", str(error))
    return web.json_response(shown)


async def _act(request: web.Request) -> web.Response:
    services, department = request.app[SERVICES], _department(request)
    key = request.headers.get("Idempotency-Key", "")
    if not (8 <= len(key) <= 100 and key.isascii()):
        return refusals.problem(
            400, "idempotency_key", "请求头 Idempotency-Key 需要 8 到 100 个字母、数字或符号"
        )
    body = await http.read_body(request)
    try:
        http.load_json(body)  # bounds depth and refuses broken characters
        call = _CALL.validate_json(body)
    except ValidationError as error:
        return refusals.problem(400, "invalid", refusals.faults(error))
    number = request.match_info["number"]
    fingerprint = hashlib.sha256(number.encode() + b"\n" + body).hexdigest()
    asked = _Request(
        department=department, number=number, key=key, fingerprint=fingerprint, call=call
    )
    try:
        answer = await _answered(services, asked)
    except TicketNotFound as error:
        return refusals.problem(404, "not_found", str(error))
    except StaleVersion as error:
        return refusals.problem(409, "stale_version", str(error))
    except keys.KeyReused as error:
        return refusals.problem(422, "idempotency_key_reused", str(error))
    except ActionRefused as error:
        return refusals.problem(409, "refused", str(error))
    except RoutingError as error:
        return refusals.problem(400, "invalid", str(error))
    return web.json_response(text=answer)


async def _answered(services: Services, asked: _Request) -> str:
    """The answer; where the same call has come twice at once, that of the one which was faster."""
    try:
        return await services.database.write(lambda c: _perform(c, services, asked))
    except (StaleVersion, IntegrityError):
        kept = await services.database.read(lambda c: _kept(c, asked))
        if kept is None:
            raise
        return kept


def _perform(connection: Connection, services: Services, asked: _Request) -> str:
    """Act once for a key: the first answer is kept in the same unit of work and given again."""
    kept = _kept(connection, asked)
    if kept is not None:
        return kept
    _own(connection, asked.number, asked.department)
    after = _apply(connection, services.dispatcher, asked)
    shown = _shown(connection, services, after, asked.department)
    answer = json.dumps(shown, ensure_ascii=False)
    record = keys.Kept(
        owner=asked.department, key=asked.key, fingerprint=asked.fingerprint, answer=answer
    )
    keys.keep(connection, record, services.runtime.now())
    return answer


def _shown(
    connection: Connection, services: Services, ticket: Ticket, department: str
) -> dict[str, Any]:
    way = services.dispatcher.way(connection, ticket)
    return visible.to_department(services.county, ticket, department, way)


def _kept(connection: Connection, asked: _Request) -> str | None:
    return keys.find(connection, asked.department, asked.key, asked.fingerprint)


def _apply(connection: Connection, dispatcher: Dispatcher, asked: _Request) -> Ticket:
    call, by = asked.call, f"department:{asked.department}"
    order = Order(number=asked.number, version=call.version, by=by)
    match call:
        case Sign() | Progress():
            return dispatcher.act(connection, Action(call.action), replace(order, note=call.note))
        case Return():
            return dispatcher.act(connection, Action.RETURN, replace(order, note=call.reason))
        case Extend():
            reasoned = replace(order, note=call.reason)
            return dispatcher.extend(connection, reasoned, due_at=call.due_at)
        case Answer():
            return dispatcher.answer(connection, order, text=call.text)


def _own(connection: Connection, number: str, department: str) -> Ticket:
    """The ticket, if this department leads or assists; to all others it does not exist."""
    ticket = store.load(connection, number)
    if visible.role(ticket, department) == "none":
        raise TicketNotFound(f"没有工单 {number}，或者它不在贵单位")
    return ticket


def _department(request: web.Request) -> str:
    """The department whose token this is; 401 otherwise, as slow for each of them."""
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    found = ""
    for code, endpoint in request.app[SERVICES].settings.departments.items():
        token = endpoint.api_token.get_secret_value()
        if token and http.same(given, token):
            found = code
    if not found:
        raise web.HTTPUnauthorized(
            text=json.dumps({"error": "unauthorized", "message": "令牌不对"}, ensure_ascii=False),
            content_type="application/json",
        )
    return found
