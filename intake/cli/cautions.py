"""What a start warns of: another program on the same data, data of another county, who can't be
told of anything.
"""

from collections.abc import Iterator

from config import fit
from config.county import County
from config.settings import Settings
from intake import occupancy
from intake.occupancy import Holder

SHOWN = 2  # of the units that can't be told


def found(settings: Settings, county: County, other: Holder | None) -> tuple[str, ...]:
    """All that is to be known at this start, in Chinese; `other` holds the state folder."""
    return tuple(_all(settings, county, other))


def running(holder: Holder) -> str:
    """What to do instead, where the folder's program runs already."""
    where = f"，地址是 {holder.address}，用浏览器打开就行" if holder.address else ""
    return (
        f"这个文件夹的热线程序已经在运行{_process(holder)}{where}。"
        "要重新启动，先在它的窗口按 Ctrl+C 停掉它。"
    )


def _all(settings: Settings, county: County, other: Holder | None) -> Iterator[str]:
    if other is not None:
        where = f"，地址是 {other.address}" if other.address else ""
        yield (
            f"{settings.state.resolve()} 里的数据已经有一个热线程序在用{_process(other)}{where}。"
            "两个一起用，会抢着收发消息、接电话。不是有意的，就按 Ctrl+C 停掉这一个；"
            "要另外试一套，用 HOTLINE_STATE 换一个文件夹。"
        )
    if lying := occupancy.other_county(settings.state, county):
        yield (
            f"{settings.state.resolve()} 里是{lying}的数据，现在按{county.name}启动，"
            "原来的工单会找不到单位和地点。弄错了，就停掉，换回原来的县区数据；"
            "要换县，用 HOTLINE_STATE 换一个文件夹，或者把原来的移走。"
        )
    if unheard := fit.command_out_of_reach(settings, county):
        yield unheard
    codes = sorted(fit.out_of_reach(settings, county))
    if codes:
        some = "、".join(county.units[code].name for code in codes[:SHOWN])
        yield (
            f"有 {len(codes)} 个单位（{some}等）系统通知不到，"
            "派给他们的工单要打电话通知，在后台“待办”里。"
        )


def _process(holder: Holder) -> str:
    return f"（进程 {holder.process}）" if holder.process else ""
