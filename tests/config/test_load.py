"""Another county's folder: what loads, and how each mistake is named in plain Chinese."""

from pathlib import Path

import pytest

from config import check, load
from config.county import DeadlineUnit, UnitKind
from config.faults import CountyFaults
from config.replies import REPLY_KEYS
from tests.config import tiny

MISTAKES = [
    ("units.csv", "village,130999100,东村", "village,130999999,东村", "表里没有这个单位", 4),
    ("units.csv", "village,130999100,东村", "vilage,130999100,东村", "是不是想写 village", 4),
    ("units.csv", "130999100202,西村网格站", "130999100201,西村网格站", "重复", 5),
    ("units.csv", "130999100202,", "1.30999E+11,", "应是12 位数字", 5),
    ("units.csv", "130999100,大镇网格管理中心,township,130999", "town-9,,township,", "是空的", 3),
    ("units.csv", "130999,小县网格管理中心,county,", "130999,小县,county,town-1", "不该有上级", 2),
    ("units.csv", "urban_area,130999", "urban_area,town-1-1", "绕了一圈", 7),
    ("units.csv", "short_name\n", "shortname\n", "是不是想写 short_name", 1),
    ("units.csv", "parent,", "phone,", "的上级 空着", 3),
    ("grids.csv", "130999100201001,东村1号网格,130999100201", "130999100201001,,", "是空的", 2),
    ("grids.csv", "1号网格,town-1-1", "1号网格,town-1", "上级 town-1 是城区一级网格", 4),
    ("grids.csv", "130999100001001", "130999100009001", "不属于任何村或社区", 4),
    ("workers.csv", "130999100201001,张三,wechat:oAbc,,\n", "", "没有网格员", 2),
    ("workers.csv", "王五,,1,", "王五,,,", "已有网格员，在第 3 行", 4),
    ("workers.csv", "130999100,钱七", "130999101,钱七", "表里没有", 6),
    ("workers.csv", "wechat:oAbc", "13900000000", "写法不对", 2),
    ("workers.csv", "王五,,1,", "王五,,对,", "是就写 1", 4),
    ("aliases.csv", "130999100201,", "town-1,", "不是乡镇、村或社区", 2),
    ("places.csv", "130999100001", "130999100002", "表里没有", 2),
    ("places.csv", "街道", "街", "不认识的地点类型", 2),
    ("departments.toml", 'code = "roads"', 'cod = "roads"', "是不是想写 code", 5),
    ("departments.toml", 'code = "roads"', 'code = "water"', "编码 water 重复", 5),
    ("departments.toml", '"小县水务局"', '"小县水务局', "TOML 写法不对", 3),
    ("categories.csv", "0101,供水", "0301,供水", "没有上一级 03", 3),
    ("categories.csv", "01,水", "1,水", "分类编码“1”不对", 2),
    ("dispatch.csv", "water,1", "watter,1", "是不是想写 water", 2),
    ("dispatch.csv", "R2,02", "R2,09", "分类 09 不在 categories.csv 里", 3),
    ("dispatch.csv", "R2,02,,", "R2,02,投诉,", "领域 02 路没有派单规则", 0),
    ("dispatch.csv", "R3,02,投诉", "R3,02,", "在第 3 行已有规则", 4),
    ("dispatch.csv", "R3,02,投诉,130999", "R3,02,抱怨,130999100", "不认识的诉求类型", 4),
    ("dispatch.csv", "水务局管水", "", "“reason”（依据）是空的", 2),
    ("deadlines.csv", ",danger,2,hours\n", "", "“危险”没有通用的时限", 0),
    ("deadlines.csv", "normal,7", "normal,七", "写 1 到 1000 的整数", 4),
    ("deadlines.csv", "7,workdays", "7,workday", "是不是想写 workdays", 4),
    ("standards.toml", '["看", "修"]', "[]", "没有工作步骤", 1),
    ("county.toml", 'role = "fallback"', 'role = "falback"', "是不是想写 fallback", 6),
    ("county.toml", 'role = "fallback"', 'role = "service"', "不认识的值班“service”", 6),
    ("county.toml", 'unit = "130999"', 'unit = "130999100"', "单位 130999100 是乡镇", 6),
    ("county.toml", 'unit = "130999"', 'unit = "130999"\ncontact = "web:a"', "用不上", 6),
    ("county.toml", 'hotline = "12345"', 'hotlin = "12345"', "是不是想写 hotline", 3),
    ("county.toml", '"2027-02-20"', '"2027-02-30"', "日期“2027-02-30”不对", 11),
    ("county.toml", 'area_code = "0999"', "", "缺“area_code”", 0),
    ("county.toml", '"0999"', '"999"', "“area_code”写的是“999”", 4),
    ("county.toml", '"12345"', '"打 12345"', "“hotline”写的是“打 12345”", 3),
    ("county.toml", 'code = "130999"', 'code = "130998"', "不是 units.csv 里县级中心的编码", 1),
    ("replies.toml", 'receipt = "好的"', 'receit = "好的"', "是不是想写 receipt", 7),
    ("replies.toml", 'receipt = "好的"', "", "缺话术“receipt”", 0),
    ("replies.toml", 'receipt = "好的"', 'receipt = "{nmber}"', "是不是想写 number", 7),
    ("replies.toml", 'receipt = "好的"', 'receipt = "{conty}"', "是不是想写 county", 7),
    ("replies.toml", 'receipt = "好的"', 'receipt = "{number"', "花括号不成对", 7),
    ("replies.toml", 'receipt = "好的"', 'receipt = "{number.x}"', "填不上", 7),
    (
        "replies.toml",
        'receipt = "好的"',
        'receipt = "好的"\nreceipt_spoken = "{nmber}"',
        "是不是想写 number",
        8,
    ),
    (
        "replies.toml",
        'phone_greeting = "好的"',
        f'phone_greeting = "{"好" * 25}"',
        "超过 24 字",
        1 + list(REPLY_KEYS).index("phone_greeting"),
    ),
]


def test_another_county_needs_nothing_but_its_folder(tmp_path: Path) -> None:
    county = load.load_county(tiny.write(tmp_path))
    assert (county.code, county.name, county.hotline) == ("130999", "小县", "12345")
    assert [unit.code for unit in county.chain("130999100001001")] == [
        "130999100001001",
        "town-1-1",
        "town-1",
        "130999",
    ]
    assert county.units["130999100001001"].urban
    assert county.units["130999100202001"].parent == "130999100202"
    assert [worker.name for worker in county.workers["130999100202001"]] == ["李四", "王五"]
    assert county.places_by_code["130999100201"].aliases == ("东庄",)
    assert county.places_by_code["street-a"].kind == "street"
    assert county.categories["0101"].words == ("停水", "没水")
    assert county.rules[2].kinds == ("complaint",)
    assert county.rules[2].direct
    assert county.deadlines[1].unit is DeadlineUnit.HOURS
    assert county.workday_overrides == {"2027-02-20": True}
    assert county.units["water"].kind is UnitKind.DEPARTMENT


@pytest.mark.parametrize(("file", "old", "new", "told", "line"), MISTAKES)
def test_each_mistake_is_named_with_file_line_and_remedy(
    tmp_path: Path, file: str, old: str, new: str, told: str, line: int
) -> None:
    tiny.change(tiny.write(tmp_path), file, old, new)
    with pytest.raises(CountyFaults) as caught:
        load.load_county(tmp_path)
    matching = [fault for fault in caught.value.faults if told in str(fault)]
    assert matching, str(caught.value)
    assert line in {fault.line for fault in matching}, str(caught.value)
    assert all(fault.remedy for fault in caught.value.faults)


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    tiny.write(tmp_path)
    tiny.change(tmp_path, "dispatch.csv", "water,1", "fire,1")
    tiny.change(tmp_path, "workers.csv", "王五,,1,", "王五,,,")
    tiny.change(tmp_path, "replies.toml", 'welcome = "好的"\n', "")
    (tmp_path / "county.toml").unlink()
    (tmp_path / "dispach.csv").write_text("a\n", encoding="utf-8")
    text, fine = check.report(tmp_path)
    assert not fine
    for part in (
        "dispatch.csv 第 2 行",
        "workers.csv 第 4 行",
        "缺话术“welcome”",
        "county.toml：缺这个文件",
        "是不是想写 dispatch.csv",
    ):
        assert part in text
    assert text.startswith("县区数据有 5 处要改")


def _told(folder: Path) -> str:
    return check.report(folder, whole=True)[0]


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        (
            "categories.csv",
            "01,水,",
            ",水,",
            "categories.csv 第 2 行：“code”（编码）是空的。多半要填 01",
        ),
        (
            "units.csv",
            "130999100,大镇",
            ",大镇",
            "units.csv 第 3 行：“code”（编码）是空的。多半要填 130999100",
        ),
        (
            "grids.csv",
            "130999100202001,",
            ",",
            "grids.csv 第 3 行：“code”（编码）是空的。多半要填 130999100202001",
        ),
        ("county.toml", "hotline =", "hotlin =", "是不是想写 hotline"),
        ("county.toml", "\nunit =", "\nunti =", "是不是想写 unit"),
        ("departments.toml", 'name = "小县水务局"', 'nme = "小县水务局"', "是不是想写 name"),
        ("places.csv", "name,unit", "nme,unit", "是不是想写 name"),
        ("replies.toml", "receipt =", "receit =", "是不是想写 receipt"),
        ("standards.toml", "steps =", "step =", "是不是想写 steps"),
    ],
)
def test_one_cause_is_told_once(tmp_path: Path, file: str, old: str, new: str, told: str) -> None:
    tiny.change(tiny.write(tmp_path), file, old, new)
    text = _told(tmp_path)
    assert told in text
    assert text.count("是不是想写") == told.count("是不是想写")
    assert text.startswith("县区数据有 1 处要改")


def test_a_code_that_is_needed_in_many_places_and_is_nowhere_is_told_once(tmp_path: Path) -> None:
    tiny.change(
        tiny.write(tmp_path), "units.csv", "130999100,大镇网格管理中心,township,130999,大镇\n", ""
    )
    text = _told(tmp_path)
    assert text.startswith("县区数据有 1 处要改")
    assert "编码 130999100 哪里也没有，用到它的有 4 处" in text
    assert "units.csv 第 3、4、5 行，workers.csv 第 6 行" in text
    assert "在 units.csv 里补上它" in text


def test_two_empty_codes_are_each_told_with_what_needs_them(tmp_path: Path) -> None:
    tiny.write(tmp_path)
    tiny.change(tmp_path, "categories.csv", "01,水,", ",水,")
    tiny.change(tmp_path, "categories.csv", "02,路,", ",路,")
    text = _told(tmp_path)
    assert text.count("“code”（编码）是空的") == 2
    assert "编码 01 哪里也没有" in text
    assert "编码 02 哪里也没有" in text
    assert "是不是想写" not in text


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    text, fine = check.report(tmp_path / "nowhere")
    assert not fine
    assert "没有这个文件夹" in text


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [("utf-8", ""), ("utf-8-sig", ""), ("gb18030", ""), ("gb18030", "\ufeff")],
)
def test_spreadsheets_come_in_the_encodings_that_offices_save(
    tmp_path: Path, encoding: str, mark: str
) -> None:
    tiny.write(tmp_path)
    for name, text in tiny.FILES.items():
        if name.endswith(".csv"):
            content = mark + "# 说明\r\n" + text.replace("\n", "\r\n")
            (tmp_path / name).write_bytes(content.encode(encoding))
    assert load.load_county(tmp_path).units["130999100201"].short_name == "东村"


def test_chinese_headings_are_understood(tmp_path: Path) -> None:
    tiny.change(tiny.write(tmp_path), "grids.csv", "code,name,parent", "编码,名称,上级")
    assert "130999100201001" in load.load_county(tmp_path).units


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("code,name,parent\n网格".encode("utf-16"), "UTF-16"),
        ("code,name,parent\n1,东村东头第一网格一号院\n".encode() + b"2,\xff\n", "坏字节"),
        (b"code,name,parent\n\xff\xff\xff\n", "既不是 UTF-8 也不是 GB18030"),
        (b"", "这个表是空的"),
        (b'code,name,parent\n"130999100201001,a,b\n', "读不成表格"),
        (b"code,name,parent\n1,2,3,4\n", "这一行有 4 格，表头只有 3 列"),
        (b"code\n1\n", "表头缺列“name”"),
    ],
)
def test_unreadable_spreadsheets_are_named(tmp_path: Path, content: bytes, told: str) -> None:
    (tiny.write(tmp_path) / "grids.csv").write_bytes(content)
    text, fine = check.report(tmp_path)
    assert not fine
    assert told in text


def test_a_table_that_cannot_be_read_is_named_before_all_that_follows_from_it(
    tmp_path: Path,
) -> None:
    folder = tiny.write(tmp_path)
    sheet = folder / "units.csv"
    sheet.write_text(sheet.read_text(encoding="utf-8").replace(",", ";"), encoding="utf-8")
    with pytest.raises(CountyFaults) as caught:
        load.load_county(folder)
    told = str(caught.value).splitlines()
    assert told[1].startswith("1. units.csv 第 1 行：格子之间不是用逗号隔开的")
    assert told[2].startswith("先改好上面读不下去的文件")
    assert len(told) > 3
    assert "是不是想写" not in str(caught.value)


def test_many_faults_of_one_file_do_not_hide_those_of_another(tmp_path: Path) -> None:
    folder = tiny.write(tmp_path)
    with (folder / "aliases.csv").open("a", encoding="utf-8") as file:
        file.writelines(f"{1000 + n},别名{n},\n" for n in range(300))
    with (folder / "workers.csv").open("a", encoding="utf-8") as file:
        file.write("888,无名,,,\n")
    text, sound = check.report(folder)
    assert not sound
    assert "……aliases.csv 还有 260 处没有列出。" in text
    assert "workers.csv 第" in text
    assert text.endswith("要全部列出，请加 --all。")
    whole, _ = check.report(folder, whole=True)
    assert whole.count("aliases.csv 第") == 300


@pytest.mark.parametrize(
    ("centre", "said"),
    [
        ("南和区", "南和区，南和，12345"),
        ("雄县", "雄县，雄县，12345"),
        ("", "小县，小县，12345"),
    ],
)
def test_any_reply_may_name_the_county_and_its_number(
    tmp_path: Path, centre: str, said: str
) -> None:
    tiny.write(tmp_path)
    tiny.change(tmp_path, "units.csv", "county,,小县", f"county,,{centre}")
    own = "{county}，{county_short}，{hotline}"
    tiny.change(tmp_path, "replies.toml", 'welcome = "好的"', f'welcome = "{own}"')
    assert load.load_county(tmp_path).replies["welcome"] == said
