"""Structured logs: readable on a terminal, JSON lines for a collector. No resident's words and
numbers go in.
"""

import logging
import re
import sys
from typing import Any

import structlog
from structlog.typing import EventDict, Processor

from nlp import redact

_OURS = frozenset({"level", "logger", "timestamp"})
# Calls and recordings (UUIDs) and addresses of machines are no numbers of people.
_KEPT = re.compile(
    r"((?<![0-9a-f])[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}(?![0-9a-f])"
    r"|(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.]))"
)
# PostgreSQL shows the whole row that it refuses.
_DETAIL = re.compile(
    r"DETAIL:.*?(?=\n\[SQL:|\n(?:HINT|CONTEXT):|\n\nThe above exception|\Z)", re.DOTALL
)
_DEEPEST = 5
_QUIET = ("httpx", "telegram", "aiohttp.access", "alembic")


def configure(log_format: str) -> None:
    """Set up structlog for `console` or `json`, and pass the libraries' warnings through it."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(),
            # No locals in tracebacks: they hold people's words.
            exception_formatter=structlog.dev.plain_traceback,
        )
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            _masked,
            renderer,
        ],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def _masked(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Takes numbers and names of people out of what is about to be written."""
    return {key: value if key in _OURS else _without(value) for key, value in event.items()}


def _without(value: Any, depth: int = 0) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, dict) and depth < _DEEPEST:
        return {_without(key): _without(each, depth + 1) for key, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset) and depth < _DEEPEST:
        return [_without(each, depth + 1) for each in value]
    pieces = _KEPT.split(_DETAIL.sub("DETAIL: …", str(value)))
    return "".join(each if n % 2 else redact.mask(each) for n, each in enumerate(pieces))
