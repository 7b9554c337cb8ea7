"""Are the packages that Python imports ours? Five of our names exist as other projects, too."""

from importlib.util import find_spec
from pathlib import Path

OURS = ("config", "nlp", "channels", "routing", "intake")


def problems() -> list[str]:
    """What is wrong, in Chinese with what to do; empty where all is well."""
    home = Path(__file__).resolve().parents[1]
    found = []
    for name in OURS:
        spec = find_spec(name)
        origin = Path(spec.origin).resolve() if spec and spec.origin else None
        if origin is None or home not in origin.parents:
            found.append(
                f"导入的“{name}”不是本系统的程序包（在 {origin}）。请给本系统单独建一个环境，"
                f"或在当前环境里执行：pip uninstall {name}"
            )
    return found
