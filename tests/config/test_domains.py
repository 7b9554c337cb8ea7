"""What the program learnt to tell apart, found again in any county's own catalogue."""

from pathlib import Path

import pytest

from config import check, domains, load
from config.county import Category
from config.faults import CountyFaults
from config.settings import PACKAGED_COUNTY
from nlp import classify, examples
from tests.config import tiny

TABLE = "code,name,words\n01,水,\n0101,供水,停水|没水\n02,路,路坏\n"


def _written(folder: Path, rows: str) -> Path:
    tiny.change(tiny.write(folder), "categories.csv", TABLE, rows)
    return folder


def test_a_category_of_the_same_name_is_the_domain_whatever_its_code() -> None:
    categories = [Category(code="52", name="民政"), Category(code="5201", name="环境保护")]
    assert domains.of(categories) == {"09": "52"}


def test_a_category_of_another_name_says_which_domains_it_is(tmp_path: Path) -> None:
    folder = _written(
        tmp_path,
        "code,name,words,domain\n01,水,,公用事业|环境保护\n0101,供水,停水|没水,\n02,路,路坏,交通运输\n",
    )
    county = load.load_county(folder)
    assert domains.of(county.categories.values()) == {"04": "01", "06": "02", "19": "01"}


@pytest.mark.parametrize(
    ("rows", "told", "line"),
    [
        ("01,水,,供水\n0101,供水,停水,\n02,路,路坏,\n", "不认识的领域“供水”", 2),
        ("01,水,,公用事业\n0101,供水,停水,公用事业\n02,路,路坏,\n", "分类 0101 不是一级", 3),
        ("01,水,,公用事业\n0101,供水,停水,\n02,路,,公用事业\n", "“公用事业”已有分类 01", 4),
        ("01,公用事业,,\n0101,供水,停水,\n02,路,,公用事业\n", "“公用事业”已有分类 01", 4),
    ],
)
def test_a_wrong_domain_is_named_with_its_line(
    tmp_path: Path, rows: str, told: str, line: int
) -> None:
    with pytest.raises(CountyFaults) as caught:
        load.load_county(_written(tmp_path, "code,name,words,domain\n" + rows))
    assert [(told in str(fault), fault.line) for fault in caught.value.faults] == [(True, line)]


def test_check_names_the_domains_for_which_there_is_no_category(tmp_path: Path) -> None:
    told, fine = check.report(_written(tmp_path, TABLE.replace(",路,", ",交通运输,")))
    assert fine
    assert "19 个领域里，分类目录没有这 18 个：城乡建设、" in told
    assert "交通运输" not in told


def test_nanhe_has_a_category_for_each() -> None:
    nanhe = load.load_county(PACKAGED_COUNTY)
    assert domains.lacking(nanhe.categories.values()) == ()
    assert "机器学过的" not in check.summary(nanhe)


def test_each_domain_that_the_model_answers_with_and_learns_has_its_name() -> None:
    assert set(classify.load().codes) - {classify.NONE} == set(domains.NAMES)
    assert all(domains.NAMES[code] == name for name, code in examples.LABELS.items())
