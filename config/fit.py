"""Do the settings fit the county? What they name must be there; what they leave open is its own."""

from collections.abc import Iterator

from config.check import NO_COMMAND_DESK
from config.county import HELPERS, County, Unit, UnitKind
from config.faults import Fault, suggestion
from config.sections import Phone
from config.settings import Settings, SettingsFault

_SWITCHED_ON_BY = {
    "web": "web",
    "wechat": "wechat",
    "weibo": "weibo",
    "telegram": "telegram",
    "tel": "phone",
}  # which section of the settings lets us send to a scheme


def check(settings: Settings, county: County) -> None:
    """Raise SettingsFault with everything that the settings say and the county does not bear
    out.
    """
    faults = (*_departments(settings, county), *_number(settings, county))
    if faults:
        raise SettingsFault(faults)


def completed(settings: Settings, county: County) -> Settings:
    """The settings with a line that is the county's where they say nothing else."""
    if settings.phone is None:
        return settings
    return settings.model_copy(update={"phone": line(settings.phone, county)})


def line(phone: Phone, county: County) -> Phone:
    """A line with the county's number and area code where it sets none of its own."""
    own = {
        "number": phone.number or number(county),
        "area_code": phone.area_code or county.area_code,
    }
    return phone.model_copy(update=own)


def number(county: County) -> str:
    """The county's hotline as it is dialled."""
    return "".join(filter(str.isdigit, county.hotline))


def out_of_reach(settings: Settings, county: County) -> frozenset[str]:
    """The units that nothing of ours gets to, so that somebody has to ring them. The county centre
    is none of them: its people sit at the console.
    """
    return frozenset(
        code
        for code, unit in county.units.items()
        if unit.kind is not UnitKind.COUNTY and not _is_reached(settings, county, unit)
    )


def _is_reached(settings: Settings, county: County, unit: Unit) -> bool:
    if unit.kind in HELPERS:
        endpoint = settings.departments.get(unit.code)
        return endpoint is not None and bool(endpoint.url and endpoint.secret.get_secret_value())
    scheme = county.contact(unit.code).partition(":")[0]
    return _is_on(settings, scheme)


def _is_on(settings: Settings, scheme: str) -> bool:
    """Can we send to contacts of that scheme?"""
    section = getattr(settings, _SWITCHED_ON_BY.get(scheme, ""), None)
    return section is not None and getattr(section, "enabled", True)


def command_out_of_reach(settings: Settings, county: County) -> str:
    """Why the command desk can't be told of a danger, in Chinese; empty where it can."""
    scheme, _, rest = county.command_desk.partition(":")
    if not scheme:
        return NO_COMMAND_DESK
    if scheme == "webhook":
        endpoint = settings.departments.get(rest)
        told = "" if endpoint and endpoint.url else f"没有设部门 {rest} 的推送地址"
    else:
        told = "" if _is_on(settings, scheme) else f"没有开通 {scheme} 这个渠道"
    return (
        f"险情报不到县指挥值班席（{scheme}:{rest}）：{told}，现在只在热线后台报警。" if told else ""
    )


def _departments(settings: Settings, county: County) -> Iterator[Fault]:
    known = [code for code, unit in county.units.items() if unit.kind is not UnitKind.GRID]
    for code in settings.departments:
        if code not in county.units:
            problem = f"departments.{code}：县区数据里没有这个单位"
            remedy = suggestion(code, known, "照 departments.toml 或 units.csv 里的编码写")
            yield Fault(file="设置", line=0, problem=problem, remedy=remedy)


def _number(settings: Settings, county: County) -> Iterator[Fault]:
    """A number that is set must be the county's own, with or without the area code."""
    set_to, own = settings.phone.number if settings.phone else "", number(county)
    if set_to and not (own.endswith(set_to) or set_to.endswith(own)):
        problem = f"phone.number 是 {set_to}，county.toml 里的热线是 {county.hotline}"
        remedy = "删去这一项，就用 county.toml 里的"
        yield Fault(file="设置", line=0, problem=problem, remedy=remedy)
