"""Do the settings fit the county? What they name must be there."""

from collections.abc import Iterator

from config.county import County, UnitKind
from config.faults import Fault, suggestion
from config.settings import Settings, SettingsFault


def check(settings: Settings, county: County) -> None:
    """Raise SettingsFault with everything that the settings say and the county does not bear
    out.
    """
    faults = (*_departments(settings, county), *_number(settings, county))
    if faults:
        raise SettingsFault(faults)


def _departments(settings: Settings, county: County) -> Iterator[Fault]:
    known = [code for code, unit in county.units.items() if unit.kind is not UnitKind.GRID]
    for code in settings.departments:
        if code not in county.units:
            problem = f"departments.{code}：县区数据里没有这个单位"
            remedy = suggestion(code, known, "照 departments.toml 或 units.csv 里的编码写")
            yield Fault(file="设置", line=0, problem=problem, remedy=remedy)


def _number(settings: Settings, county: County) -> Iterator[Fault]:
    """Another county must not show Nanhe's number on its call-backs."""
    phone = settings.phone
    digits = "".join(filter(str.isdigit, county.hotline))
    if phone is not None and not (digits.endswith(phone.number) or phone.number.endswith(digits)):
        problem = f"phone.number 是 {phone.number}，county.toml 里的热线是 {county.hotline}"
        remedy = "两处写成一样；phone.area_code 也要是本地的区号"
        yield Fault(file="设置", line=0, problem=problem, remedy=remedy)
