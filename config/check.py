"""A county folder as a report to read: its numbers when it is sound, else its faults."""

from collections import Counter
from pathlib import Path

from config import domains, load
from config.county import HELPERS, SETTLED, UNIT_KIND_NAMES, County, UnitKind
from config.faults import CountyFaults

NO_COMMAND_DESK = (
    "险情报不到县指挥值班席，只在热线后台报警。请在 county.toml 里 role = “command” 的那一段写 "
    "contact（渠道:账号），或在 workers.csv 给这个单位的负责人填 contact。"
)
NO_CONTACT = (
    "注意：{count} 个属地单位没有人留联系方式（{some}等），系统通知不到，"
    "派给它们的工单要话务员打电话。请在 workers.csv 给负责人填 contact。"
)
SHOWN = 3  # of these units
NO_CATEGORY = (
    "注意：机器学过的 {known} 个领域里，分类目录没有这 {count} 个：{names}。"
    "这些事机器听出来也不猜，由话务员定。"
    "目录里叫别的名字的，请在 categories.csv 的 domain 列写上这里的名字。"
)

NO_POSITIONS = (
    "提示：没有坐标，话务员看到的是地点的文字，没有地图。要有地图，请在 units.csv、places.csv "
    "加 lon、lat 两列，办法见 docs/county-data.md。"
)
POSITIONS = "坐标：{count} 个村、社区有，{lacking} 个没有{some}"


def report(folder: Path, *, whole: bool = False) -> tuple[str, bool]:
    """What `hotline check` prints, in Chinese, and whether the folder is sound; `whole`: every
    fault, else the first of each file.
    """
    try:
        return summary(load.load_county(folder)), True
    except CountyFaults as faults:
        told = faults.told()
        if not whole and told != str(faults):
            told = f"{faults}\n要全部列出，请加 --all。"
        return told, False


def summary(county: County) -> str:
    """A sound county in numbers, in Chinese."""
    kinds = Counter(unit.kind for unit in county.units.values())
    people = [worker for workers in county.workers.values() for worker in workers]
    grids = [w for w in people if county.units[w.unit].kind is UnitKind.GRID]
    levels = Counter(len(code) for code in county.categories)
    words = sum(len(category.words) for category in county.categories.values())
    counted = [(UNIT_KIND_NAMES[kind], kinds[kind]) for kind in UnitKind if kinds[kind]]
    urban = sum(1 for u in county.units.values() if u.kind is UnitKind.GRID and u.urban)
    desk = county.command_desk
    lines = [
        f"{county.name}（{county.code}）的数据没有问题，版本 {county.version}。",
        "单位：" + "，".join(f"{name} {count}" for name, count in counted),
        f"网格：城区 {urban}，农村 {kinds[UnitKind.GRID] - urban}",
        (
            f"人员：网格员 {len(grids)}，其他负责人 {len(people) - len(grids)}，"
            f"其中占位 {sum(1 for worker in people if worker.placeholder)}"
        ),
        f"地点：{len(county.places)}，别名 {sum(len(place.aliases) for place in county.places)}",
        f"分类：一级 {levels[2]}，二级 {levels[4]}，三级 {levels[6]}，关键词 {words}",
        (
            f"规则：派单 {len(county.rules)}，时限 {len(county.deadlines)}，"
            f"工作标准 {len(county.standards)}，话术 {len(county.replies)}"
        ),
        f"险情：报给 {desk}" if desk else f"注意：{NO_COMMAND_DESK}",
        _positions(county),
        *_without_contact(county),
        *_without_category(county),
    ]
    return "\n".join(lines)


def _positions(county: County) -> str:
    """Which villages and communities can be shown on a map."""
    if not county.positions:
        return NO_POSITIONS
    settled = [unit for unit in county.units.values() if unit.kind in SETTLED]
    lacking = [unit.short_name for unit in settled if unit.code not in county.positions]
    some = f"（{'、'.join(lacking[:SHOWN])}{'等' * (len(lacking) > SHOWN)}）" if lacking else ""
    count = len(settled) - len(lacking)
    return POSITIONS.format(count=count, lacking=len(lacking), some=some)


def _without_contact(county: County) -> list[str]:
    """Units of the territory that nobody can be told of anything in; the centre has the console."""
    silent = [
        unit.name
        for code, unit in county.units.items()
        if unit.kind not in HELPERS | {UnitKind.COUNTY} and not county.contact(code)
    ]
    some = "、".join(silent[:SHOWN])
    return [NO_CONTACT.format(count=len(silent), some=some)] if silent else []


def _without_category(county: County) -> list[str]:
    """Domains that are understood and not guessed, because the catalogue has no such category."""
    names = domains.lacking(county.categories.values())
    told = {"known": len(domains.NAMES), "count": len(names), "names": "、".join(names)}
    return [NO_CATEGORY.format(**told)] if names else []
