"""Do the settings fit the county? What they name must be there."""

from collections.abc import Iterator

from config.check import NO_COMMAND_DESK
from config.county import County, UnitKind
from config.faults import Fault, suggestion
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


def command_out_of_reach(settings: Settings, county: County) -> str:
    """Why the command desk can't be told of a danger, in Chinese; empty where it can."""
    scheme, _, rest = county.command_desk.partition(":")
    if not scheme:
        return NO_COMMAND_DESK
    if scheme == "webhook":
        endpoint = settings.departments.get(rest)
        told = "" if endpoint and endpoint.url else f"没有设部门 {rest} 的推送地址"
    else:
        section = getattr(settings, _SWITCHED_ON_BY.get(scheme, ""), None)
        is_on = section is not None and getattr(section, "enabled", True)
        told = "" if is_on else f"没有开通 {scheme} 这个渠道"
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
    """Another county must not show Nanhe's number on its call-backs."""
    phone = settings.phone
    digits = "".join(filter(str.isdigit, county.hotline))
    if phone is not None and not (digits.endswith(phone.number) or phone.number.endswith(digits)):
        problem = f"phone.number 是 {phone.number}，county.toml 里的热线是 {county.hotline}"
        remedy = "两处写成一样；phone.area_code 也要是本地的区号"
        yield Fault(file="设置", line=0, problem=problem, remedy=remedy)
