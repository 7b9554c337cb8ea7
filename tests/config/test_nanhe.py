"""Nanhe as it is packaged: its tree, its people, its words and rules."""

import re
from collections import Counter
from pathlib import Path

import pytest

from config import check, load, rules, settings
from config.county import County, UnitKind
from config.replies import KNOWN, LONGEST_GREETING, REPLY_KEYS, SPOKEN
from nlp.understanding import RequestKind, Urgency


@pytest.fixture(scope="module")
def nanhe() -> County:
    return load.load_county(settings.PACKAGED_COUNTY)


def test_tree_has_the_two_shapes_of_town_and_country(nanhe: County) -> None:
    kinds = Counter(unit.kind for unit in nanhe.units.values())
    assert kinds == {
        UnitKind.COUNTY: 1,
        UnitKind.TOWNSHIP: 8,
        UnitKind.VILLAGE: 209,
        UnitKind.COMMUNITY: 22,
        UnitKind.URBAN_AREA: 4,
        UnitKind.URBAN_BLOCK: 8,
        UnitKind.GRID: 1201,
        UnitKind.DEPARTMENT: 19,
        UnitKind.MEDIATION: 3,
    }
    grids = [unit for unit in nanhe.units.values() if unit.kind is UnitKind.GRID]
    assert Counter(grid.urban for grid in grids) == {False: 1141, True: 60}


def test_every_grid_has_one_worker_and_belongs_to_one_village(nanhe: County) -> None:
    for unit in nanhe.units.values():
        if unit.kind is UnitKind.GRID:
            assert len(nanhe.workers[unit.code]) == 1
            assert unit in nanhe.grids[unit.code[:12]]
    assert sum(map(len, nanhe.grids.values())) == 1201


def test_country_grids_are_spread_by_the_rule_written_in_their_file(nanhe: County) -> None:
    country = sorted(
        unit.code
        for unit in nanhe.units.values()
        if unit.kind in (UnitKind.VILLAGE, UnitKind.COMMUNITY) and not unit.urban
    )
    count = len(country)
    for position, code in enumerate(country):
        share = (position + 1) * 1141 // count - position * 1141 // count
        assert len(nanhe.grids[code]) == share


def test_every_way_up_ends_at_the_county_centre(nanhe: County) -> None:
    for code in nanhe.units:
        assert [unit.kind for unit in nanhe.chain(code)][-1] is UnitKind.COUNTY


def test_nobody_is_real_and_no_contact_is_invented(nanhe: County) -> None:
    people = [worker for workers in nanhe.workers.values() for worker in workers]
    assert all(person.placeholder and "待定" in person.name for person in people)
    assert not any(person.contact for person in people)


def test_names_of_2019_and_today_lead_to_the_same_village(nanhe: County) -> None:
    named: dict[str, set[str]] = {}
    for place in nanhe.places:
        for name in (place.name, *place.aliases):
            named.setdefault(name, set()).add(place.unit)
    assert named["南王庄村"] == named["王庄村"] == {"130506100209"}
    assert named["东候庄村"] == {"130506100233"}
    assert named["梁牌村"] == {"130506104201", "130506203201"}
    assert named["东韩村"] == {"130506100225"}


def test_every_category_finds_a_rule_and_every_urgency_a_deadline(nanhe: County) -> None:
    covered = {rule.category for rule in nanhe.rules if not rule.kinds}
    for code in nanhe.categories:
        assert any(code[:length] in covered for length in (2, 4, 6))
    assert {d.urgency for d in nanhe.deadlines if not d.category} == set(Urgency)


def test_reports_about_officials_never_reach_those_reported(nanhe: County) -> None:
    lines = [rule for rule in nanhe.rules if rule.category.startswith("05") or rule.kinds]
    discipline = [rule for rule in lines if rule.category == "05" or "report" in rule.kinds]
    assert len(discipline) == 2
    assert all(rule.direct and rule.unit == nanhe.code for rule in discipline)


def test_rules_speak_of_kinds_and_urgencies_that_language_knows() -> None:
    assert set(rules.REQUEST_KINDS) <= set(RequestKind)
    assert set(rules.URGENCIES) == set(Urgency)


@pytest.mark.parametrize(
    ("word", "code"),
    [
        ("路灯不亮", "010217"),
        ("井盖没了", "010218"),
        ("没人清理", "010219"),
        ("停水", "190101"),
        ("机井坏", "101108"),
        ("拖欠工资", "150307"),
        ("低保", "090801"),
        ("宅基地", "101201"),
        ("烧秸秆", "040213"),
        ("身份证丢了", "130404"),
    ],
)
def test_daily_matters_have_their_own_item(nanhe: County, word: str, code: str) -> None:
    holding = [
        c for c, category in nanhe.categories.items() if len(c) == 6 and word in category.words
    ]
    assert holding == [code]


def test_no_key_word_stands_for_two_items_of_one_domain(nanhe: County) -> None:
    """Across domains it may: 院墙 is a farmer's homestead and two neighbours' quarrel."""
    words = Counter(
        (code[:2], word)
        for code, category in nanhe.categories.items()
        if len(code) == 6
        for word in category.words
    )
    assert [word for word, count in words.items() if count > 1] == []


def test_replies_speak_softly_and_receipts_say_everything(nanhe: County) -> None:
    assert set(REPLY_KEYS) <= set(nanhe.replies) <= set(KNOWN)
    for text in nanhe.replies.values():
        assert not re.search("[!！你\U0001f300-\U0001faff]", text)
    for placeholder in ("{number}", "{matter}", "{unit}", "{due}", "查询"):
        assert placeholder in nanhe.replies["receipt"]
    for number in ("110", "119", "120"):
        assert number in nanhe.replies["danger_general"]


def test_what_is_said_on_the_phone_is_short_and_ends_with_the_number(nanhe: County) -> None:
    """Whoever listens can't scroll back: no keys to write, no list, the number last."""
    heard = {key: text for key, text in nanhe.replies.items() if key.endswith(SPOKEN)}
    assert len(heard) > 30
    for text in heard.values():
        assert "回“" not in text
        assert "\n" not in text
        assert "{number}" not in text or re.search(r"号是\{number\}。$", text)
    greeting = nanhe.replies["phone_greeting"]
    assert len(greeting) <= LONGEST_GREETING
    assert "录音" in greeting


def test_report_of_a_sound_county_counts_everything() -> None:
    text, fine = check.report(settings.PACKAGED_COUNTY)
    assert fine
    for part in ("县 1", "乡镇 8", "村 209", "网格 1201", "县直部门 19", "城区 60，农村 1141"):
        assert part in text
    assert "个属地单位没有人留联系方式（和阳镇网格管理中心、" in text and "打电话" in text


def test_version_changes_with_any_file(tmp_path: Path, nanhe: County) -> None:
    for path in settings.PACKAGED_COUNTY.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    assert load.load_county(tmp_path).version == nanhe.version
    with (tmp_path / "aliases.csv").open("a", encoding="utf-8") as file:
        file.write("130506100225,韩家,俗称\n")
    assert load.load_county(tmp_path).version != nanhe.version


def test_documents_that_the_county_s_files_name_are_there() -> None:
    root = settings.PACKAGED_COUNTY.parent.parent
    named = {
        (file.name, document)
        for file in settings.PACKAGED_COUNTY.iterdir()
        for document in re.findall(r"[\w./-]+\.md\b", file.read_text(encoding="utf-8"))
    }
    assert ("units.csv", "docs/county-data.md") in named
    assert [each for each in named if not (root / each[1]).is_file()] == []
