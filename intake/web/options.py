"""The lists behind the console's input fields, and what was typed into them read back."""

from collections.abc import Mapping

from config.county import County, UnitKind

_DISPATCHABLE = frozenset(UnitKind) - {UnitKind.GRID}  # 1201 grids are typed by code


def category(county: County, code: str) -> str:
    """`010203 城乡建设 / 市政管理 / 路灯`; empty for none."""
    return f"{code} {county.category_path(code)}" if code else ""


def place(county: County, code: str) -> str:
    """`130506100225 和阳镇 东韩村`; empty for none."""
    found = county.places_by_code.get(code)
    if found is None:
        return ""
    above = next((u.name for u in county.chain(found.unit) if u.kind == UnitKind.TOWNSHIP), "")
    return " ".join(part for part in (code, above, found.name) if part)


def unit(county: County, code: str) -> str:
    """`130506100225 东韩村`; empty for none."""
    found = county.units.get(code)
    return f"{code} {found.name}" if found else ""


def code_of(typed: str) -> str:
    """The code in front of what was chosen from a list."""
    return typed.split(maxsplit=1)[0] if typed else ""


def lists(county: County) -> Mapping[str, list[str]]:
    """What the ticket page offers."""
    return {
        "category_options": [category(county, code) for code in sorted(county.categories)],
        "place_options": [place(county, each.code) for each in county.places],
        "unit_options": [
            unit(county, each.code) for each in county.units.values() if each.kind in _DISPATCHABLE
        ],
    }
