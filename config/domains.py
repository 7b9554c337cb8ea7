"""The domains of matters that the program learnt to tell apart, and what a county calls them.

Fifteen are those of the national petition taxonomy, four the hotline's own. The codes are the
trained model's; a county has its own.
"""

from collections.abc import Iterable, Mapping

from config.county import Category

NAMES: Mapping[str, str] = {
    "01": "城乡建设",
    "02": "党务政务",
    "03": "国土资源",
    "04": "环境保护",
    "05": "纪检监察",
    "06": "交通运输",
    "07": "经济管理",
    "08": "科技与信息产业",
    "09": "民政",
    "10": "农村农业",
    "11": "商贸旅游",
    "12": "卫生计生",
    "13": "政法",
    "14": "教育文体",
    "15": "劳动和社会保障",
    "16": "便民代办",
    "17": "矛盾纠纷",
    "18": "公共安全",
    "19": "公用事业",
}
DIGITS = 2  # of the code of a county's own domain
_KNOWN = frozenset(NAMES.values())


def meant(category: Category) -> tuple[str, ...]:
    """The domains that a category stands for: those that it says, else the one of its name."""
    if len(category.code) != DIGITS:
        return ()
    return category.domains or ((category.name,) if category.name in _KNOWN else ())


def of(categories: Iterable[Category]) -> dict[str, str]:
    """The county's code for each domain that it has, by the model's code."""
    own = {name: category.code for category in categories for name in meant(category)}
    return {code: own[name] for code, name in NAMES.items() if name in own}


def lacking(categories: Iterable[Category]) -> tuple[str, ...]:
    """The names of the domains for which a county has no category."""
    own = of(categories)
    return tuple(name for code, name in NAMES.items() if code not in own)
