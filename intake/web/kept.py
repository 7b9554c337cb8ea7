"""What somebody typed on a ticket's page and could not submit: kept while he logs in again, and
offered to be sent once more.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web

from intake.web import forms

_PATH = re.compile(r"(/console/tickets/[0-9-]{1,20})/(?:act|dispatch|correct)")
_PATH_FIELD, _PREFIX = "kept_path", "kept_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A form that was not taken: where it goes, and its fields without the token."""

    path: str
    fields: Mapping[str, str]

    @property
    def page(self) -> str:
        """The ticket's page."""
        found = _PATH.fullmatch(self.path)
        return found.group(1) if found else "/console"

    @property
    def hidden(self) -> Mapping[str, str]:
        """As fields of the login form; `carried` reads them."""
        named = {_PREFIX + name: value for name, value in self.fields.items()}
        return {_PATH_FIELD: self.path, **named}


async def of(request: web.Request) -> Kept | None:
    """What this request wanted to submit; None where it holds nobody's words."""
    if request.method != "POST" or not _PATH.fullmatch(request.path):
        return None
    forms.check_origin(request)
    fields = await forms.posted(request)
    return _kept(request.path, {name: fields[name] for name in fields if name != "csrf"})


def carried(fields: Mapping[str, str]) -> Kept | None:
    """What a login form has carried along."""
    path = fields.get(_PATH_FIELD, "")
    named = {name: fields[name] for name in fields if name != _PATH_FIELD}
    return _kept(
        path,
        {n.removeprefix(_PREFIX): v for n, v in named.items() if n.startswith(_PREFIX)},
    )


def _kept(path: str, fields: Mapping[str, str]) -> Kept | None:
    bounded = all(len(value) <= forms.LONGEST_FIELD for value in fields.values())
    if not _PATH.fullmatch(path) or not fields.get("note") or not bounded:
        return None
    return Kept(path=path, fields=fields)
