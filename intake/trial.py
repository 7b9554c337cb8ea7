"""A trial on one machine: settings with random secrets, and every department answered by our
sample.
"""

import json
import secrets
from base64 import b64encode
from pathlib import Path

from config.county import HELPERS, County
from config.settings import Settings

RECEIVER_PORT = 4570
SETTINGS_NAME = "hotline.toml"


def prepare(state: Path, county: County, folder: Path | None = None) -> Path:
    """Write the trial's settings file below `state`; `folder` is the county's, where it is not the
    packaged one.
    """
    path = state / SETTINGS_NAME
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    departments = [u.code for u in county.units.values() if u.kind in HELPERS]
    lines = [
        "# Settings of a trial. Every secret below was drawn by chance on this machine.",
        'state = "."  # this folder',
        *([f"county = {json.dumps(str(folder), ensure_ascii=False)}"] if folder else []),
        "allow_private_networks = true  # the sample departments listen on this machine",
        "",
    ]
    for code in departments:
        lines += [
            f"[departments.{code}]",
            f'url = "{_address(code, RECEIVER_PORT)}"',
            f'secret = "whsec_{b64encode(secrets.token_bytes(32)).decode()}"',
            f'api_token = "{secrets.token_urlsafe(32)}"',
            "",
        ]
    path.touch(mode=0o600)
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def listening_at(port: int, settings: Settings) -> Settings:
    """The settings with the sample's departments at `port`, where its own is taken; a department's
    real address stays.
    """
    moved = {
        code: each.model_copy(update={"url": _address(code, port)})
        for code, each in settings.departments.items()
        if each.url == _address(code, RECEIVER_PORT)
    }
    return settings.model_copy(update={"departments": {**settings.departments, **moved}})


def _address(code: str, port: int) -> str:
    return f"http://127.0.0.1:{port}/departments/{code}"
