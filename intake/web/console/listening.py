"""The sound of a recording, in whole or in part, for those who act on it; who listens is
written down.
"""

from collections.abc import Sequence

import structlog
from aiohttp import web

from intake.phone import line, listens
from intake.phone.recordings import Recordings
from intake.phone.vault import Lost, VaultFault
from intake.services import SERVICES
from intake.web import sessions

_ARCHIVE = web.AppKey("archive", Recordings)
GONE = "没有这段录音：可能过了保存期限，已经删除"
LOST = "存录音的地方没有这段录音，请告诉维护人员"
AWAY = "存录音的地方现在连不上，录音没有丢，请过一会儿再听；一直这样请告诉维护人员"
_log = structlog.get_logger(__name__)


def routes() -> Sequence[web.RouteDef]:
    """One address a recording."""
    return [web.get("/console/recordings/{recording:[0-9a-f-]{1,64}}", _sound)]


def set_up(application: web.Application) -> None:
    """Where the recordings lie."""
    services = application[SERVICES]
    application[_ARCHIVE] = line.recordings(services, services.settings.phone)


async def _sound(request: web.Request) -> web.StreamResponse:
    session = sessions.required(request, sessions.MAY_HEAR)
    services, recording = request.app[SERVICES], request.match_info["recording"]
    try:
        found = await request.app[_ARCHIVE].sound(recording)
    except Lost as lost:
        raise web.HTTPNotFound(text=LOST) from lost
    except VaultFault as fault:
        _log.error("phone.recording_not_had", recording=recording, reason=str(fault))
        raise web.HTTPServiceUnavailable(text=AWAY) from fault
    if found is None:
        raise web.HTTPNotFound(text=GONE)
    name, now, new_id = session.account.name, services.runtime.now(), services.runtime.new_id()
    await services.database.write(lambda c: listens.heard(c, recording, name, now, new_id))
    return _part(request, *found)


def _part(request: web.Request, sound: bytes, media_type: str) -> web.Response:
    """What the Range header asks for, so that one can listen from any point; else all of it."""
    headers = {"Accept-Ranges": "bytes", "Content-Disposition": "inline"}
    if "Range" not in request.headers:
        return web.Response(body=sound, content_type=media_type, headers=headers)
    try:
        start, stop, _ = request.http_range.indices(len(sound))
    except ValueError:
        start, stop = 0, 0
    if start >= stop:
        headers["Content-Range"] = f"bytes */{len(sound)}"
        return web.Response(status=416, headers=headers)
    headers["Content-Range"] = f"bytes {start}-{stop - 1}/{len(sound)}"
    body = sound[start:stop]
    return web.Response(status=206, body=body, content_type=media_type, headers=headers)
