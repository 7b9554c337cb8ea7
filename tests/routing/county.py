"""A small county made by hand: two townships, three villages, a town, departments, one mediation
room.
"""

from collections.abc import Sequence

from config.county import (
    Category,
    County,
    Deadline,
    DeadlineUnit,
    DispatchRule,
    Duty,
    Place,
    Unit,
    UnitKind,
    Worker,
)

COUNTY = "130506"
TOWNSHIP = "130506100"
VILLAGE = "130506100210"  # two grids
HAMLET = "130506100211"  # one grid
HAMLET_GRID = "130506100211001"
FAR_VILLAGE = "130506101201"
BLOCK_GRID = "130506100005001"


def make(*, without: Sequence[str] = (), deadlines: Sequence[Deadline] | None = None) -> County:
    """The county; nobody is named for the units in `without`."""
    units = {unit.code: unit for unit in _units()}
    return County(
        code=COUNTY,
        name="试验县",
        hotline="0319-4569899",
        units=units,
        workers={
            code: (Worker(unit=code, name=f"负责人{code}", placeholder=True),)
            for code in units
            if code not in without
        },
        places=_places(),
        categories={category.code: category for category in _categories()},
        rules=_rules(),
        deadlines=_deadlines() if deadlines is None else deadlines,
        standards=(),
        duties={"command": Duty(role="command", unit="emergency")},
        replies={},
        version="v1",
    )


def _units() -> Sequence[Unit]:
    return (
        Unit(code=COUNTY, name="县网格管理中心", kind=UnitKind.COUNTY),
        _unit(TOWNSHIP, "和阳镇网格管理中心", UnitKind.TOWNSHIP, COUNTY, "和阳镇"),
        _unit("130506101", "贾宋镇网格管理中心", UnitKind.TOWNSHIP, COUNTY, "贾宋镇"),
        _unit(VILLAGE, "沙道村网格站", UnitKind.VILLAGE, TOWNSHIP, "沙道村"),
        _unit(f"{VILLAGE}001", "沙道村1号网格", UnitKind.GRID, VILLAGE),
        _unit(f"{VILLAGE}002", "沙道村2号网格", UnitKind.GRID, VILLAGE),
        _unit(HAMLET, "巩庄村网格站", UnitKind.VILLAGE, TOWNSHIP, "巩庄村"),
        _unit(HAMLET_GRID, "巩庄村1号网格", UnitKind.GRID, HAMLET),
        _unit(FAR_VILLAGE, "东韩村网格站", UnitKind.VILLAGE, "130506101", "东韩村"),
        Unit(
            code="130506100005",
            name="澧都社区网格站",
            kind=UnitKind.COMMUNITY,
            parent=TOWNSHIP,
            short_name="澧都社区",
            urban=True,
        ),
        Unit(code="urban-1", name="一级网格1", kind=UnitKind.URBAN_AREA, parent=COUNTY, urban=True),
        _unit("urban-1-1", "二级网格1", UnitKind.URBAN_BLOCK, "urban-1"),
        _unit(BLOCK_GRID, "澧都社区1号网格", UnitKind.GRID, "urban-1-1"),
        _unit("housing", "区住建局", UnitKind.DEPARTMENT, COUNTY),
        _unit("water", "区水务局", UnitKind.DEPARTMENT, COUNTY),
        _unit("emergency", "区应急管理局", UnitKind.DEPARTMENT, COUNTY),
        _unit("mediation-medical", "医患纠纷调解室", UnitKind.MEDIATION, COUNTY),
    )


def _unit(code: str, name: str, kind: UnitKind, parent: str, short_name: str = "") -> Unit:
    return Unit(code=code, name=name, kind=kind, parent=parent, short_name=short_name)


def _places() -> Sequence[Place]:
    return (
        Place(code=VILLAGE, name="沙道村", unit=VILLAGE),
        Place(code=HAMLET, name="巩庄村", unit=HAMLET),
        Place(code=FAR_VILLAGE, name="东韩村", unit=FAR_VILLAGE),
        Place(code=TOWNSHIP, name="和阳镇", unit=TOWNSHIP, kind="township"),
        Place(code="130506100005", name="澧都社区", unit="130506100005", kind="community"),
        Place(code="estate-1", name="幸福小区", unit=BLOCK_GRID, kind="estate"),
        Place(code="bridge", name="沙道桥", unit=f"{VILLAGE}002", kind="landmark"),
        Place(code="county-office", name="县政府", unit=COUNTY, kind="landmark"),
    )


def _categories() -> Sequence[Category]:
    names = {
        "01": "城乡建设",
        "0102": "市政管理",
        "010204": "城市公共设施",
        "02": "农业农村",
        "0201": "水利",
        "03": "卫生",
        "0301": "医疗服务",
        "04": "其他",
    }
    return [Category(code=code, name=name) for code, name in names.items()]


def _rules() -> Sequence[DispatchRule]:
    return (
        DispatchRule(code="R1", category="01", unit="housing", reason="住建局三定方案"),
        DispatchRule(
            code="R2", category="0201", unit="water", reason="供水由水务局管", direct=True
        ),
        DispatchRule(code="R3", category="02", unit="housing", reason="农村建设"),
        DispatchRule(
            code="R4",
            category="0301",
            unit="mediation-medical",
            reason="医患纠纷有专业调解室",
            kinds=("dispute",),
        ),
        DispatchRule(
            code="R5", category="03", unit="emergency", reason="示例。", assisting=("housing",)
        ),
    )


def _deadlines() -> Sequence[Deadline]:
    hours, workdays = DeadlineUnit.HOURS, DeadlineUnit.WORKDAYS
    return (
        Deadline(category="", urgency="danger", amount=2, unit=hours, sign_within_minutes=15),
        Deadline(category="", urgency="urgent", amount=24, unit=hours, sign_within_minutes=60),
        Deadline(category="", urgency="normal", amount=7, unit=workdays),
        Deadline(category="01", urgency="normal", amount=5, unit=workdays),
        Deadline(category="0102", urgency="normal", amount=15, unit=workdays),
    )
