"""Do the settings fit the county? What they name must be there."""

from config.county import County, UnitKind
from config.faults import Fault, suggestion
from config.settings import Settings, SettingsFault


def check(settings: Settings, county: County) -> None:
    """Raise SettingsFault with everything that the settings name and the county has not got."""
    known = [code for code, unit in county.units.items() if unit.kind is not UnitKind.GRID]
    faults = [
        Fault(
            file="设置",
            line=0,
            problem=f"departments.{code}：县区数据里没有这个单位",
            remedy=suggestion(code, known, "照 departments.toml 或 units.csv 里的编码写"),
        )
        for code in settings.departments
        if code not in county.units
    ]
    if faults:
        raise SettingsFault(tuple(faults))
