"""What the county says, in its own words: replies made from tickets, and their text."""

import string
from collections.abc import Mapping, Sequence
from datetime import datetime

from channels.message import Reply
from config.county import County
from config.replies import OF_DANGER, SPOKEN
from config.runtime import LOCAL_ZONE
from intake.talk.turn import PlaceName
from nlp.understanding import Urgency
from routing import deadline, heard_back
from routing.order import BY_RESIDENT
from routing.ticket import STATUS_NAMES, Action, Draft, Route, Status, Ticket, TicketEvent

UNNAMED_MATTER = "您反映的事"
SHORT = 20  # characters of his own words, where they stand for the matter
UNNAMED_PLACE = "待核实"
PROVISIONAL = "（放假安排还没公布，日子可能会变）"
HOTLINE_PEOPLE = "热线的工作人员"
STANDING = {
    Status.DECIDING: "登记，工作人员正在看该由谁办",
    Status.DISPATCHED: "转给{unit}",
    Status.SIGNED: "{unit}接手办理",
    Status.RETURNED: "退回热线，正在重新定由谁办",
    Status.WITHDRAWN: "按您的意思撤单",
}  # what was done last
NOW = {
    Status.DECIDING: "工作人员正在看该由谁办",
    Status.DISPATCHED: "已经转给{unit}",
    Status.SIGNED: "{unit}正在办",
    Status.RETURNED: "正在重新定由谁办",
}  # how it stands, in a resident's words
WITHDRAWN_BY_US = "工作人员撤单，原因：{reason}"
SAID_OF_TICKETS = (*STANDING.values(), *NOW.values(), WITHDRAWN_BY_US, PROVISIONAL)
_FOR_RESIDENTS = (Action.PROGRESS, Action.ANSWER, Action.EXTEND)  # their notes are his too


class Replies:
    """Makes replies and their text; all of it pure."""

    def __init__(self, county: County, certain_above: float = 0.8) -> None:
        self._county = county
        self._certain_above = certain_above

    def render(self, reply: Reply) -> str:
        """The county's words for the reply; a value it lacks is left empty rather than refused."""
        return self._filled(self._county.replies[self._known(reply.key)], reply)

    def speak(self, reply: Reply) -> str:
        """The county's words for somebody who listens: shorter, and the number comes last."""
        key = self._known(reply.key)
        written = self._county.replies[key]
        return self._filled(self._county.replies.get(key + SPOKEN, written), reply)

    def read_back(
        self, draft: Draft, route: Route | None, due_at: datetime, now: datetime
    ) -> Reply:
        """What would be written down, whose it would be and by when; then a yes or a no."""
        place = self._county.place_name(draft.place) or draft.address
        values = {
            "place": place,
            "matter": self.matter(draft.category),
            "unit": self._county.unit_name(route.unit) if route else HOTLINE_PEOPLE,
            "due": deadline.speak(due_at, now),
        }
        if not place:
            del values["place"]
        return Reply(
            key="read_back" if place else "read_back_placeless",
            values=values,
            choices=("对", "不对"),
        )

    def receipt(self, ticket: Ticket, now: datetime, *, ask_phone: bool = False) -> Reply:
        """Number, what was understood, who has it, by when; `ask_phone`: and how to reach him."""
        values = {
            "number": ticket.number,
            "matter": self._told(ticket),
            "due": _due(ticket, now),
            "where": self._where(ticket),
            "ask_phone": self._county.replies.get("ask_phone", "") if ask_phone else "",
        }
        if ticket.status in (Status.DECIDING, Status.RETURNED):
            return Reply(key="receipt_person", values=values)
        return Reply(
            key="receipt",
            values=values | {"place": self.place(ticket), "unit": self.unit(ticket)},
        )

    def moved(self, ticket: Ticket, place: str, done: bool) -> Reply:
        """What a place put right has changed: who has it now, or that a person decides."""
        values = {"number": ticket.number, "place": self._county.place_name(place)}
        if done and ticket.urgency is Urgency.DANGER:
            return Reply(key="danger_placed", values=values)
        waits = ticket.status in (Status.DECIDING, Status.RETURNED)
        if not done or waits or heard_back.is_to_decide(ticket.handover_reason):
            return Reply(key="moved_person" if done else "place_noted", values=values)
        return Reply(key="moved", values=values | {"unit": self.unit(ticket)})

    def which(self, tickets: Sequence[Ticket]) -> Reply:
        """Of which of these does he speak? Each by its number, and what it is about and where."""
        told = [f"{each.number} {self._told(each)}" for each in tickets]
        where = [self._county.place_name(each.place) for each in tickets]
        lines = [f"{what}（{at}）" if at else what for what, at in zip(told, where, strict=True)]
        values = {"options": "\n".join(lines)}
        return Reply(key="which_ticket", values=values, choices=tuple(told))

    def reminded(self, ticket: Ticket, now: datetime, *, by_person: bool = False) -> Reply:
        """Whoever has it was told that he presses; `by_person`: somebody will ring them."""
        values = {"number": ticket.number, "unit": self.unit(ticket), "due": _due(ticket, now)}
        if ticket.due_at < now:
            return Reply(key="reminded_late", values=values)
        return Reply(key="reminded_person" if by_person else "reminded", values=values)

    def progress(self, ticket: Ticket, now: datetime, latest: str) -> Reply:
        """How a ticket stands, for the one who reported it."""
        sure = ticket.category_confidence >= self._certain_above
        matter = self.matter(ticket.category) if sure else UNNAMED_MATTER
        values = {"number": ticket.number, "matter": matter}
        if ticket.status in (Status.ANSWERED, Status.FOLLOWED_UP, Status.CLOSED):
            return Reply(key="progress_closed", values=values | {"answer": ticket.answer})
        if ticket.status is Status.WITHDRAWN:
            return Reply(key="progress_withdrawn", values=values | {"latest": latest})
        unit = self.unit(ticket)
        said = {"status": NOW[ticket.status].format(unit=unit), "unit": unit, "latest": latest}
        if ticket.urgency is Urgency.DANGER:
            return Reply(key="progress_danger", values=values | said)
        key = "progress_late" if ticket.due_at < now else "progress"
        return Reply(key=key, values=values | said | {"due": _due(ticket, now)})

    def latest(self, ticket: Ticket, events: Sequence[TicketEvent]) -> str:
        """The last step that is the resident's business: what somebody wrote for him, else where
        the ticket has come to.
        """
        moved = [event for event in events if "status" in event.changes][-1]
        if moved.action is Action.WITHDRAW and moved.by != BY_RESIDENT:
            return _on(moved.at, WITHDRAWN_BY_US.format(reason=moved.note))
        notes = [each.note for each in events if each.action in _FOR_RESIDENTS and each.note]
        if notes and ticket.status is not Status.WITHDRAWN:
            return notes[-1]
        return self.standing(ticket, moved.at)

    def standing(self, ticket: Ticket, since: datetime) -> str:
        """Where a ticket is since when, for one on which nobody has written anything yet."""
        what = STANDING.get(ticket.status, STATUS_NAMES[ticket.status])
        return _on(since, what.format(unit=self.unit(ticket)))

    def matter(self, category: str) -> str:
        """What it is about, as a resident would say."""
        return self._county.matter_name(category) or UNNAMED_MATTER

    def place(self, ticket: Ticket) -> str:
        """The place with its township, or the resident's own words for it."""
        return self._county.place_name(ticket.place) or ticket.address or UNNAMED_PLACE

    def place_name(self, code: str) -> str:
        """`和阳镇东韩村` for a place code; empty for none."""
        return self._county.place_name(code)

    def place_of(self, code: str) -> PlaceName:
        """A place's name with its township; both empty for none."""
        place = self._county.places_by_code.get(code)
        name = place.name if place else ""
        return PlaceName(township=self._county.township_name(code), name=name)

    def unit(self, ticket: Ticket) -> str:
        """Who has it, as a resident would call them."""
        if ticket.status in (Status.DECIDING, Status.RETURNED):
            return HOTLINE_PEOPLE
        return self._county.unit_name(ticket.unit)

    def _known(self, key: str) -> str:
        """The key, or that of danger in general where the county has no words for this one."""
        lacks = key not in self._county.replies and key.startswith(OF_DANGER)
        return f"{OF_DANGER}general" if lacks else key

    def _where(self, ticket: Ticket) -> str:
        """The line of a receipt that tells a place which is known; empty for none."""
        place = self._county.place_name(ticket.place) or ticket.address
        line = self._county.replies.get("receipt_where", "")
        told = self._filled(line, Reply(key="receipt_where", values={"place": place}))
        return f"{told}\n" if place and told else ""

    def _told(self, ticket: Ticket) -> str:
        """What it is about; where we are not sure of that, the beginning of his own words."""
        if ticket.category_confidence >= self._certain_above:
            return self.matter(ticket.category)
        lines = [line.strip() for line in ticket.text.splitlines()]
        first = next((line for line in lines if line and not line.startswith("［")), "")
        said = first if len(first) <= SHORT else first[: SHORT - 1] + "…"
        return f"“{said}”" if said else UNNAMED_MATTER

    def _filled(self, template: str, reply: Reply) -> str:
        return string.Formatter().vformat(template, (), _Lenient(reply.values))


def _due(ticket: Ticket, now: datetime) -> str:
    """By when, and that the date may still move where it may."""
    return deadline.speak(ticket.due_at, now) + (PROVISIONAL if ticket.due_provisional else "")


def _on(moment: datetime, what: str) -> str:
    day = moment.astimezone(LOCAL_ZONE)
    return f"{day.month}月{day.day}日{what.rstrip('。')}。"


class _Lenient(dict[str, str]):
    """Values for a template; what is missing reads as nothing."""

    def __init__(self, values: Mapping[str, str]) -> None:
        super().__init__(values)

    def __missing__(self, key: str) -> str:
        return ""
