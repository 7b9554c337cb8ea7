"""The real county and everything that understands it, loaded once."""

from pathlib import Path

import pytest

import config
from config import load
from config.county import County
from nlp import understand
from nlp.understand import Understander


@pytest.fixture(scope="session")
def county() -> County:
    return load.load_county(Path(config.__file__).parent / "nanhe")


@pytest.fixture(scope="session")
def understander(county: County, tmp_path_factory: pytest.TempPathFactory) -> Understander:
    return understand.build(county, tmp_path_factory.mktemp("jieba"))
