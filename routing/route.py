"""Where a matter goes: the line of the dispatch catalogue (派单目录) that decides, and the
ground it lies on.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from config.county import COMMAND_DUTY, HELPERS, NAMED, County, DispatchRule, Unit, UnitKind
from nlp.understanding import RequestKind, Urgency
from routing import jurisdiction
from routing.jurisdiction import Ground
from routing.ticket import Route

TERRITORY = "territory"  # in place of a line's code: no line covers it, the ground decides


@dataclass(frozen=True, slots=True)
class Router:
    """Routes by one county's catalogue and tree."""

    county: County

    def route(
        self,
        category: str,
        place: str,
        kind: RequestKind,
        urgency: Urgency,
        *,
        confidence: float = 1.0,
        certain_above: float = 0.8,
        confidential: bool = False,
    ) -> Route | None:
        """The route of a matter, or None where a person must decide.

        None: the category is not the county's; or its place is unknown and no rule sends it
        straight to a
        department. Not `certain`: the category was a guess below `certain_above`, no line of the
        catalogue
        covers it, or it is no request at all; such a route is a proposal for the person who
        decides. `confidential`: he fears somebody who may sit in the village or the township, so
        nobody below the county centre is proposed and no grid is named.
        """
        if category not in self.county.categories:
            return None
        rule = self.rule(category, kind)
        ground = jurisdiction.ground(self.county, place)
        certain = confidence >= certain_above and kind is not RequestKind.INVALID
        if rule is not None and self._is_direct(rule):
            lead, why = self._straight(rule, ground)
        elif ground is None:
            return None
        elif confidential:
            lead, ground = jurisdiction.centre(self.county), None
            why = "居民要求保密，不转给属地，由"
        elif ground.urban:
            lead = jurisdiction.centre(self.county)
            why = "事在城区，按扁平化直接由"
        else:
            lead = ground.unit
            why = f"事在{self._full_name(ground.unit)}，先属地后属主，由属地"
        return self._answer(rule, ground, lead, why, certain=certain, urgency=urgency)

    def needs_place(self, category: str, kind: RequestKind) -> bool:
        """Do we ask where it is before anybody is sent? Not for what is only asked or said, nor
        for what goes with a person rather than a place (cards, insurance).
        """
        if kind in _WITHOUT_PLACE:
            return False
        rule = self.rule(category, kind)
        return rule is None or rule.where or not self._is_direct(rule)

    def goes_straight(self, category: str, kind: RequestKind) -> bool:
        """Is it known who takes it, wherever it is?"""
        rule = self.rule(category, kind)
        return rule is not None and self._is_direct(rule)

    def office(self, category: str, kind: RequestKind) -> str:
        """The name of the department whose matter it is, whoever takes it up; empty for none."""
        rule = self.rule(category, kind)
        unit = self.county.units[rule.unit] if rule else None
        return unit.name if unit and unit.kind is UnitKind.DEPARTMENT else ""

    def rule(self, category: str, kind: RequestKind) -> DispatchRule | None:
        """The line that decides: the longest prefix of the category, then a line for this very
        kind.
        """
        matching = (
            rule
            for rule in self.county.rules
            if category.startswith(rule.category) and (not rule.kinds or kind in rule.kinds)
        )
        return max(matching, key=lambda rule: (len(rule.category), bool(rule.kinds)), default=None)

    def _is_direct(self, rule: DispatchRule) -> bool:
        """Professional mediation rooms take their disputes themselves, wherever they arise."""
        return rule.direct or self.county.units[rule.unit].kind is UnitKind.MEDIATION

    def _straight(self, rule: DispatchRule, ground: Ground | None) -> tuple[Unit, str]:
        unit = self.county.units[rule.unit]
        where = f"事在{self._full_name(ground.unit)}，" if ground else ""
        way = "专业调解" if unit.kind is UnitKind.MEDIATION else "部门直办"
        return unit, f"{where}派单目录定为{way}，由"

    def _answer(
        self,
        rule: DispatchRule | None,
        ground: Ground | None,
        lead: Unit,
        why: str,
        *,
        certain: bool,
        urgency: Urgency,
    ) -> Route:
        taker = jurisdiction.taker(self.county, lead.code)
        asked = [lead.code] if lead.kind in HELPERS else []
        asked += [rule.unit, *rule.assisting] if rule else []
        command = self.county.duties.get(COMMAND_DUTY)
        if urgency is Urgency.DANGER and command is not None:
            asked.append(command.unit)
        assisting = _once(
            unit for unit in asked if unit != taker.code and unit in self.county.units
        )
        return Route(
            unit=taker.code,
            assisting=assisting,
            grid=ground.grid if ground else "",
            rule=f"dispatch:{rule.code if rule else TERRITORY}@{self.county.version}",
            certain=certain and rule is not None,
            reason=self._reason(rule, lead, taker, assisting, why),
        )

    def _reason(
        self,
        rule: DispatchRule | None,
        lead: Unit,
        taker: Unit,
        assisting: tuple[str, ...],
        why: str,
    ) -> str:
        """One sentence: where, by which line, who leads, who stands in, who assists; `why` ends
        where the name of who leads begins.
        """
        parts = [f"{why}{lead.name}主办"]
        if taker != lead:
            parts.append(f"{lead.name}没有负责人，由{taker.name}接办")
        if assisting:
            names = "、".join(self.county.units[unit].name for unit in assisting)
            parts.append(f"{names}协办")
        basis = f"（派单目录 {rule.code}：{rule.reason.rstrip('。')}）" if rule else ""
        missing = "" if rule else "（派单目录里没有这一类，请人工核对）"
        return "，".join(parts) + f"{basis}{missing}。"

    def _full_name(self, unit: Unit) -> str:
        """`和阳镇东韩村` from the short names of the unit and the township above it."""
        chain = [step for step in self.county.chain(unit.code) if step.kind in NAMED]
        return "".join(step.short_name or step.name for step in reversed(chain)) or unit.name


_WITHOUT_PLACE = frozenset({RequestKind.ENQUIRY, RequestKind.THANKS, RequestKind.SUGGESTION})


def _once(units: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(units))
