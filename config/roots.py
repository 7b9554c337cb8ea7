"""One cause is told once: of the faults that only follow from another, where they are is enough."""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import replace

from config.faults import Fault, Need

MOST_LINES = 5  # of one file


def told_once(faults: Sequence[Fault]) -> list[Fault]:
    """The faults to tell. A misspelt key is not missing as well; what needs a code that is nowhere
    stands with the row whose code is empty, where it can only be that one, else together.
    """
    spelt = {fault.meant for fault in faults}
    left = [fault for fault in faults if fault.needs is None or fault.needs not in spelt]
    needing: dict[Need, list[Fault]] = {}
    for fault in left:
        if fault.needs is not None:
            needing.setdefault(fault.needs, []).append(fault)
    told = {fault: fault for fault in left if fault.needs is None}
    unread = {fault.file for fault in faults if fault.unread}
    for need, followers in needing.items():
        blanks = [fault for fault in left if fault.blank and fault.file in need.files]
        rivals = [other for other in needing if set(other.files) & set(need.files)]
        if len(blanks) == 1 and len(rivals) == 1:
            told[blanks[0]] = _to_fill(blanks[0], need, followers)
        else:
            told |= {each: each for each in _together(need, followers, bool(blanks), unread)}
    return list(told.values())


def _to_fill(blank: Fault, need: Need, followers: Sequence[Fault]) -> Fault:
    """The row whose code is empty, with what the code must be."""
    remedy = f"多半要填 {need.name}：{_places(followers)}都用它，哪里也没有它"
    return replace(blank, remedy=remedy)


def _together(
    need: Need, followers: Sequence[Fault], blanks: bool, unread: set[str]
) -> list[Fault]:
    """One follower as it is: it may be a slip. Several of them agree, so what they need is away."""
    first, home = followers[0], "或 ".join(need.files)
    away = unread.intersection(need.files)
    if len(followers) == 1 and not blanks and not away:
        return [first]
    if away:
        remedy = f"先改好 {'、'.join(sorted(away))}"
    elif blanks:
        remedy = f"多半就是 {home} 里编码空着的一行，填上 {need.name}"
    else:
        remedy = f"在 {home} 里补上它，或把这几处改成已有的编码"
    if len(followers) == 1:
        return [replace(first, remedy=remedy)]
    problem = f"编码 {need.name} 哪里也没有，用到它的有 {len(followers)} 处：{_places(followers)}"
    return [replace(first, problem=problem, remedy=remedy)]


def _places(faults: Iterable[Fault]) -> str:
    """`a.csv 第 3、4 行，b.csv 第 7 行`, of each file the first few."""
    parts = []
    ordered = sorted(faults, key=lambda fault: (fault.file, fault.line))
    for file, group in itertools.groupby(ordered, key=lambda fault: fault.file):
        lines = list(dict.fromkeys(str(fault.line) for fault in group))
        more = f" 等 {len(lines)} 行" if len(lines) > MOST_LINES else " 行"
        parts.append(f"{file} 第 {'、'.join(lines[:MOST_LINES])}{more}")
    return "，".join(parts)
