"""A trial on one machine: settings with random secrets, and every department answered by our
sample.
"""

import secrets
from base64 import b64encode
from pathlib import Path

from config import load, settings

RECEIVER_PORT = 4570
SETTINGS_NAME = "hotline.toml"


def prepare(state: Path) -> Path:
    """The trial's settings file below `state`, written once; later starts find their secrets
    again.
    """
    path = state / SETTINGS_NAME
    if path.exists():
        return path
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    records = load.load_county(settings.PACKAGED_COUNTY)
    departments = [u.code for u in records.units.values() if u.kind == "department"]
    lines = [
        "# Settings of a trial. Every secret below was drawn by chance on this machine.",
        'state = "."  # this folder',
        "allow_private_networks = true  # the sample departments listen on this machine",
        "",
    ]
    for code in departments:
        lines += [
            f"[departments.{code}]",
            f'url = "http://127.0.0.1:{RECEIVER_PORT}/departments/{code}"',
            f'secret = "whsec_{b64encode(secrets.token_bytes(32)).decode()}"',
            f'api_token = "{secrets.token_urlsafe(32)}"',
            "",
        ]
    path.touch(mode=0o600)
    path.write_text("\n".join(lines), encoding="utf-8")
    return path
