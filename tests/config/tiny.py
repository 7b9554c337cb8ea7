"""A whole county in a few lines, written by the tests: what another county has to bring."""

from pathlib import Path

from config.replies import REPLY_KEYS

FILES = {
    "county.toml": """code = "130999"
name = "小县"
hotline = "12345"
area_code = "0999"

[[duty]]
role = "fallback"
unit = "130999"

[calendar]
"2027-02-20" = true
""",
    "units.csv": """code,name,kind,parent,short_name
130999,小县网格管理中心,county,,小县
130999100,大镇网格管理中心,township,130999,大镇
130999100201,东村网格站,village,130999100,东村
130999100202,西村网格站,village,130999100,西村
130999100001,南街社区网格站,community,130999100,南街社区
town-1,城区一级网格,urban_area,130999,
town-1-1,城区二级网格,urban_block,town-1,
""",
    "grids.csv": """code,name,parent
130999100201001,东村1号网格,130999100201
130999100202001,西村1号网格,
130999100001001,南街1号网格,town-1-1
""",
    "workers.csv": """unit,name,contact,deputy,placeholder
130999100201001,张三,wechat:oAbc,,
130999100202001,李四,,,
130999100202001,王五,,1,
130999100001001,赵六,,,是
130999100,钱七,tel:+8613900000000,,
""",
    "aliases.csv": "unit,alias,note\n130999100201,东庄,旧名\n",
    "departments.toml": """[[department]]
code = "water"
name = "小县水务局"

[[department]]
code = "roads"
name = "小县交通局"
""",
    "places.csv": "code,name,unit,kind,aliases\nstreet-a,解放路,130999100001,街道,老街|解放街\n",
    "categories.csv": """code,name,words
01,水,
0101,供水,停水|没水
02,路,路坏
""",
    "dispatch.csv": """code,category,kinds,unit,direct,assisting,reason
R1,01,,water,1,,水务局管水
R2,02,,roads,,water,交通局管路
R3,02,投诉,130999,是,,由县里看
""",
    "deadlines.csv": """category,urgency,amount,unit
,danger,2,hours
,紧急,24,小时
,normal,7,workdays
0101,normal,24,hours
""",
    "standards.toml": '[[standard]]\ncategory = "01"\nsteps = ["看", "修"]\n',
    "replies.toml": "".join(f'{key} = "好的"\n' for key in REPLY_KEYS),
}


def write(folder: Path) -> Path:
    """The tiny county in `folder`, which is returned."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def change(folder: Path, name: str, old: str, new: str) -> None:
    """Put `new` where `old` stands in one of the files."""
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{old!r} is not in {name}"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
