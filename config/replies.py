"""What the county says to people (话术): the keys, their placeholders, and the check."""

import string
from collections.abc import Mapping

from config.county import Unit
from config.documents import Document
from config.faults import Faults, Need, suggestion

MOST_CHARACTERS = 500
SPOKEN = "_spoken"  # KEY_spoken: the same reply for the ear, with the same placeholders
LONGEST_GREETING = 24  # characters of phone_greeting; more takes over six seconds to say

_NOTHING: frozenset[str] = frozenset()

REPLY_KEYS: Mapping[str, frozenset[str]] = {
    "welcome": _NOTHING,
    "greeting": _NOTHING,
    "ask_matter": _NOTHING,
    "ask_place": _NOTHING,
    "ask_place_which": frozenset({"options"}),
    "ask_again": _NOTHING,
    "receipt": frozenset({"number", "matter", "place", "where", "unit", "due", "ask_phone"}),
    "receipt_person": frozenset({"number", "matter", "where", "due", "ask_phone"}),
    "receipt_where": frozenset({"place"}),
    "ask_phone": _NOTHING,
    "ask_place_again": _NOTHING,
    "ask_place_apart": frozenset({"options"}),
    "phone_kept": frozenset({"number"}),
    "danger_general": _NOTHING,
    "danger": frozenset({"number"}),
    "danger_alone": frozenset({"number"}),
    "danger_again": frozenset({"number"}),
    "danger_public": _NOTHING,
    "danger_where": _NOTHING,
    "danger_village": _NOTHING,
    "danger_spot": frozenset({"place"}),
    "danger_at": frozenset({"place"}),
    "danger_placed": frozenset({"number", "place"}),
    "danger_phone": _NOTHING,
    "command_danger": frozenset({"number", "place", "said"}),
    "supplemented": frozenset({"number"}),
    "supplemented_secret": frozenset({"number"}),
    "supplemented_again": frozenset({"number"}),
    "received": _NOTHING,
    "moved": frozenset({"number", "place", "unit"}),
    "moved_person": frozenset({"number", "place"}),
    "ask_place_sounds": frozenset({"options"}),
    "place_noted": frozenset({"number", "place"}),
    "reminded": frozenset({"number", "unit", "due"}),
    "reminded_person": frozenset({"number", "unit", "due"}),
    "secret_promised": _NOTHING,
    "secret_kept": frozenset({"number"}),
    "secret_finished": frozenset({"number"}),
    "ticket_finished": frozenset({"number"}),
    "progress": frozenset({"number", "matter", "status", "unit", "due", "latest"}),
    "progress_late": frozenset({"number", "matter", "status", "unit", "due", "latest"}),
    "reminded_late": frozenset({"number", "unit", "due"}),
    "progress_danger": frozenset({"number", "matter", "status", "unit", "latest"}),
    "progress_withdrawn": frozenset({"number", "matter", "latest"}),
    "progress_none": _NOTHING,
    "progress_unknown": frozenset({"number"}),
    "progress_closed": frozenset({"number", "matter", "answer"}),
    "which_ticket": frozenset({"options"}),
    "left_first": _NOTHING,
    "withdrawn": frozenset({"number"}),
    "withdraw_ask": frozenset({"number"}),
    "withdraw_refused": frozenset({"number", "reason"}),
    "handed_over": frozenset({"number"}),
    "handed_over_again": frozenset({"number"}),
    "danger_person": frozenset({"number"}),
    "thanks": _NOTHING,
    "acknowledged": _NOTHING,
    "weather": _NOTHING,
    "no_numbers": _NOTHING,
    "our_number": _NOTHING,
    "no_office_numbers": _NOTHING,
    "hours": _NOTHING,
    "office_hours": _NOTHING,
    "office_where": frozenset({"unit"}),
    "foreign": _NOTHING,
    "who": _NOTHING,
    "anger": _NOTHING,
    "no_number": _NOTHING,
    "press_none": _NOTHING,
    "media_kept": _NOTHING,
    "point_kept": _NOTHING,
    "media_refused": frozenset({"reason"}),
    "confirm_public": _NOTHING,
    "too_long": _NOTHING,
    "too_many": _NOTHING,
    "unsupported": _NOTHING,
    "error": frozenset({"number"}),
    "result": frozenset({"number", "matter", "answer"}),
    "notice_dispatched": frozenset({"number", "matter", "unit", "due"}),
    "notice_reopened": frozenset({"number"}),
    "notice_withdrawn": frozenset({"number", "matter", "reason"}),
    "notice_words": frozenset({"number", "said"}),
    "notice_extended": frozenset({"number", "matter", "due", "reason"}),
    "worker_dispatched": frozenset({"number", "matter", "place", "due", "contact"}),
    "worker_result": frozenset({"number", "matter", "answer"}),
    "worker_released": frozenset({"number", "matter", "reason"}),
    "worker_supplemented": frozenset({"number", "matter", "said", "contact"}),
    "evaluate_ask": frozenset({"number"}),
    "evaluated": frozenset({"number"}),
    "reopen_late": frozenset({"number"}),
    "dissatisfied": frozenset({"number"}),
    "worker_evaluated": frozenset({"number"}),
    "repeat": _NOTHING,
    "slower": _NOTHING,
    "wait": _NOTHING,
    "goodbye": _NOTHING,
    "read_back": frozenset({"place", "matter", "unit", "due"}),
    "read_back_placeless": frozenset({"matter", "unit", "due"}),
    "ask_wrong": _NOTHING,
    "dropped": _NOTHING,
    "danger_transfer": _NOTHING,
    "phone_greeting": _NOTHING,
    "phone_straight": _NOTHING,
    "still_there": _NOTHING,
    "transferring": _NOTHING,
    "no_operator": _NOTHING,
    "call_again": _NOTHING,
    "phone_limited": frozenset({"until"}),
    "limited_kept": _NOTHING,
    "limited_silent": _NOTHING,
    "contact_connecting": _NOTHING,
    "contact_wrong": _NOTHING,
    "contact_closed": _NOTHING,
    "contact_refused": _NOTHING,
    "too_long_call": _NOTHING,
    "followup_greeting": _NOTHING,
    "followup_solved": _NOTHING,
    "followup_solved_again": _NOTHING,
    "followup_satisfied": _NOTHING,
    "followup_satisfied_again": _NOTHING,
    "followup_contacted": _NOTHING,
    "followup_contacted_again": _NOTHING,
    "followup_unsolved": _NOTHING,
    "followup_thanks": _NOTHING,
}
OF_DANGER = "danger_"  # danger_KIND: what to do at once; where there is none, danger_general
DANGERS = (
    "fire", "gas", "electric", "water", "flood", "leak", "blast", "collapse", "trapped", "poison",
    "suicide", "fall", "traffic", "bite", "missing", "violence", "medical", "crowd", "theft",
    "fraud",
)  # fmt: skip
_ALL = {**REPLY_KEYS, **{OF_DANGER + kind: _NOTHING for kind in DANGERS}}
KNOWN: Mapping[str, frozenset[str]] = {
    **_ALL,
    **{key + SPOKEN: placeholders for key, placeholders in _ALL.items()},
}
OWN = frozenset({"county", "county_short", "hotline"})  # in any reply; filled when it is read
_ENDINGS = "县区市旗"
SHORTEST = 2  # characters: 雄县 stays 雄县


def own_words(name: str, hotline: str, centre: Unit | None) -> dict[str, str]:
    """What the county puts in the places of OWN: 南和区, 南和 and the number of the hotline."""
    is_named = centre is not None and centre.short_name != centre.name
    county = centre.short_name if centre and is_named else name
    short = county[:-1] if county[-1:] in _ENDINGS and len(county) > SHORTEST else county
    return {"county": county, "county_short": short, "hotline": hotline}


def checked(document: Document, own: Mapping[str, str], faults: Faults) -> dict[str, str]:
    """The county's templates by key, with its `own_words` in them; what is missing, unknown or
    can't be filled is a fault.

    A variant for the ear (`KEY_spoken`) and what to do in a danger (`danger_KIND`) may be missing.
    """
    document.refuse_unknown(frozenset(KNOWN), faults)
    if document.text:
        for key in REPLY_KEYS:
            if key not in document.data:
                needs = Need(name=key, files=(document.file,))
                faults.add(document.file, 0, f"缺话术“{key}”", "补上这一句", needs=needs)
    replies: dict[str, str] = {}
    for key, value in document.data.items():
        if key in KNOWN:
            line = document.line_of("", key)
            if not isinstance(value, str) or not value.strip():
                faults.add(
                    document.file,
                    line,
                    f"话术“{key}”不是一句话",
                    "用引号括起来写一句话",
                )
            else:
                template = _named(value.strip(), own)
                _check_template(document.file, line, key, template, faults)
                replies[key] = template
    return replies


def _named(template: str, own: Mapping[str, str]) -> str:
    for name in sorted(OWN):
        template = template.replace(f"{{{name}}}", own[name])
    return template


def _check_template(file: str, line: int, key: str, template: str, faults: Faults) -> None:
    if len(template) > MOST_CHARACTERS:
        faults.add(
            file,
            line,
            f"话术“{key}”超过 {MOST_CHARACTERS} 字",
            "写短些，微信一次发不完",
        )
    if key.removesuffix(SPOKEN) == "phone_greeting" and len(template.strip()) > LONGEST_GREETING:
        problem = f"话术“{key}”超过 {LONGEST_GREETING} 字"
        faults.add(file, line, problem, "写短些，念出来不能超过六秒")
    try:
        fields = list(string.Formatter().parse(template))
    except ValueError:
        faults.add(file, line, f"话术“{key}”的花括号不成对", "占位写成 {number} 这样")
        return
    allowed = KNOWN[key]
    listed = "、".join(f"{{{name}}}" for name in sorted(allowed | OWN))
    for _, name, layout, conversion in fields:
        if name is None:
            continue
        if name not in allowed:
            remedy = suggestion(name, allowed | OWN, f"这一句可用的占位：{listed}")
            faults.add(file, line, f"话术“{key}”里的占位 {{{name[:30]}}} 填不上", remedy)
        elif layout or conversion:
            problem = f"话术“{key}”里的占位 {{{name}}} 带了格式"
            faults.add(file, line, problem, f"只写 {{{name}}}")
