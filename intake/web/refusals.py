"""What the department API refuses: always JSON, always a Chinese sentence that names the field."""

from collections.abc import Mapping
from types import MappingProxyType

from aiohttp import web
from pydantic import ValidationError
from pydantic_core import ErrorDetails

PATH = "/api/"
ACTIONS = ("sign", "progress", "return", "extend", "answer")
MOST = 10  # faults that are told at once
_CODES: Mapping[int, str] = MappingProxyType(
    {
        400: "invalid",
        401: "unauthorized",
        404: "not_found",
        405: "method_not_allowed",
        408: "too_slow",
        413: "too_large",
        500: "internal",
    }
)
_ONE_OF = f"action 要写 {'、'.join(ACTIONS)} 之一"
_MOMENT = "{field} 要写带时区的时间，例如 2026-12-01T17:30:00+08:00"
_SAID: Mapping[str, str] = MappingProxyType(
    {
        "missing": "缺少 {field}",
        "extra_forbidden": "没有 {field} 这个字段，请去掉",
        "string_type": "{field} 要写文字",
        "string_too_short": "{field} 不能是空的",
        "string_too_long": "{field} 太长，最多 {max_length} 字",
        "int_type": "{field} 要写整数",
        "greater_than_equal": "{field} 不能小于 {ge}",
        "union_tag_invalid": _ONE_OF,
        "union_tag_not_found": f"缺少 action：{_ONE_OF}",
        "timezone_aware": _MOMENT,
    }
)


def problem(status: int, error: str, message: str) -> web.Response:
    """`{"error", "message"}` with this status."""
    return web.json_response({"error": error, "message": message}, status=status)


def of(status: int, message: str) -> web.Response:
    """A refusal that came about before the call was looked at."""
    return problem(status, _CODES.get(status, "refused"), message)


def faults(error: ValidationError) -> str:
    """Each fault of a call in one line."""
    return "；".join(_fault(each) for each in error.errors()[:MOST])


def _fault(fault: ErrorDetails) -> str:
    where = [str(each) for each in fault["loc"] if each not in ACTIONS]
    kind, field = fault["type"], ".".join(where)
    template = _SAID.get(kind, _MOMENT if kind.startswith("datetime") else "{field} 写得不对")
    return template.format(**{**fault.get("ctx", {}), "field": field or "内容"})
