"""Settings: the environment, a file, secrets in files of their own, and what is refused."""

from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import SecretStr

from config import fit, settings
from config.county import County, Worker
from config.sections import Endpoint, Telegram
from config.settings import Settings, SettingsFault


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    for name in list(os.environ):
        if name.startswith(settings.PREFIX):
            monkeypatch.delenv(name)


def _written(folder: Path, text: str) -> Path:
    path = folder / "hotline.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_nothing_set_runs_nanhe_on_this_machine_only() -> None:
    found = settings.load(None)
    assert found.host == "127.0.0.1"
    assert found.county == settings.PACKAGED_COUNTY
    assert found.database == "sqlite:///var/hotline.db"
    assert found.web.enabled
    assert (found.telegram, found.wechat, found.weibo) == (None, None, None)
    assert not found.departments
    assert not found.allow_private_networks


def test_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = _written(tmp_path, 'port = 1000\nhost = "0.0.0.0"\n[conversation]\njoin_s = 5\n')
    monkeypatch.setenv("HOTLINE_PORT", "2000")
    monkeypatch.setenv("HOTLINE_CONVERSATION__SILENCE_MINUTES", "3")
    monkeypatch.setenv("HOTLINE_SETTINGS", str(path))
    found = settings.load(None)
    assert (found.port, found.host) == (2000, "0.0.0.0")
    assert (found.conversation.join_s, found.conversation.silence_minutes) == (5, 3)


def test_paths_in_the_file_count_from_its_folder(tmp_path: Path) -> None:
    found = settings.load(_written(tmp_path, 'state = "data"\n'))
    assert found.state == tmp_path / "data"
    folders = ("model", "whisper", "clips", "missed", "recordings")
    said = "".join(f'{name} = "{name}"\n' for name in folders)
    found = settings.load(_written(tmp_path, f"[phone]\n{said}[phone.exchange]\nsecret = 's'\n"))
    assert found.phone is not None
    assert [getattr(found.phone, name) for name in folders] == [tmp_path / name for name in folders]


def test_every_secret_may_stand_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a", "b", "c"):
        (tmp_path / name).write_text(f"secret-{name}\n", encoding="utf-8")
    (tmp_path / "d").write_text("whsec_abcd\n", encoding="utf-8")
    path = _written(
        tmp_path,
        'metrics_token_file = "a"\n[telegram]\ntoken_file = "b"\n'
        '[departments.water]\nurl = "https://water.example"\nsecret_file = "d"\n',
    )
    monkeypatch.setenv("HOTLINE_TELEGRAM__SECRET_FILE", str(tmp_path / "c"))
    found = settings.load(path)
    assert found.metrics_token is not None
    assert found.metrics_token.get_secret_value() == "secret-a"
    assert found.telegram is not None
    assert found.telegram.token.get_secret_value() == "secret-b"
    assert found.telegram.secret.get_secret_value() == "secret-c"
    assert found.departments["water"].secret.get_secret_value() == "whsec_abcd"


def test_secret_file_of_the_top_level_works_by_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "url").write_text("postgresql+psycopg://u:p@localhost/h\n", encoding="utf-8")
    monkeypatch.setenv("HOTLINE_DATABASE_URL_FILE", str(tmp_path / "url"))
    assert settings.load(None).database == "postgresql+psycopg://u:p@localhost/h"


def test_secrets_never_show(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOTLINE_TELEGRAM__TOKEN", "very-secret")
    monkeypatch.setenv("HOTLINE_DATABASE_URL", "postgresql+psycopg://u:very-secret@h/d")
    assert "very-secret" not in repr(settings.load(None))


def test_department_codes_with_hyphens_can_be_set_by_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HOTLINE_DEPARTMENTS__CIVIL_AFFAIRS__API_TOKEN", "t")
    assert list(settings.load(None).departments) == ["civil-affairs"]


def test_lists_are_split_at_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOTLINE_TRUSTED_PROXIES", "127.0.0.1, ::1")
    assert settings.load(None).trusted_proxies == ("127.0.0.1", "::1")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("prot = 1", "是不是想写 port"),
        ("[telegram]\ntokn = 'x'", "是不是想写 token"),
        ("[departments.water]\nulr = 'https://x'", "是不是想写 url"),
        ("port = 'abc'", "“port”要写数字"),
        ("port = 70000", "“port”太大"),
        ("certain_above = -1", "“certain_above”太小"),
        ("allow_private_networks = 'maybe'", "要写 true 或 false"),
        ("log_format = 'xml'", "的值不能用"),
        ("database_url = 'mysql://x'", "要以 sqlite:/// 或 postgresql+psycopg:// 开头"),
        ("[wechat]\ntoken = 'x'", "缺设置“wechat.app_id”"),
        ("trusted_proxies = ['proxy.example']", "proxy.example 不是 IP 地址或网段"),
        ("[telegram]\ntoken = ''", "“telegram.token”是空的"),
        ("[telegram]\ntoken = 'x'\nmode = 'webhook'", "用 webhook 方式时要设 secret"),
        ("[telegram]\ntoken_file = 'nowhere'", "读不了"),
        ("[telegram]\ntoken_file = 'x'\ntoken = 'y'", "只能写一个"),
        ("[departments.water]\nurl = 'ftp://x'", "地址要以 https:// 或 http:// 开头"),
        ("[departments.water]\nurl = 'https://x'", "写了 url 就要写 secret"),
        ("[departments.water]\nsecret = 'abc'", "密钥要以 whsec_ 开头"),
        ("[departments.water]\nsecret = 'whsec_notbase64!!'", "要是一段完整的 base64"),
        (
            "[wechat]\ntoken = 't'\napp_id = 'a'\napp_secret = 's'\naes_key = 'short'",
            "aes_key 要照公众平台上的 EncodingAESKey 抄全",
        ),
        ("port = = 1", "TOML 写法不对"),
    ],
)
def test_each_mistake_in_the_file_is_named(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(SettingsFault) as caught:
        settings.load(_written(tmp_path, text))
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("port = 1\nprot = 1", 2),
        ("port = 1\n[wechat]\ntoken = 't'\ntokn = 'x'", 2),
        ("port = 1\n[wechat]\ntoken = 't'\ntokn = 'x'", 4),
        ("[departments.water]\n\nurl = 'ftp://x'", 3),
        ("port = 1\n[departments.water]\nurl = 'https://x'", 2),
        ("port = 1\nhost = = 1", 2),
    ],
)
def test_each_mistake_in_the_file_has_its_line(tmp_path: Path, text: str, line: int) -> None:
    with pytest.raises(SettingsFault) as caught:
        settings.load(_written(tmp_path, text))
    assert line in [fault.line for fault in caught.value.faults], str(caught.value)
    assert "Invalid" not in str(caught.value)


def test_a_file_nested_beyond_measure_is_said(tmp_path: Path) -> None:
    with pytest.raises(SettingsFault, match="TOML 写法不对"):
        settings.load(_written(tmp_path, "a = " + "[" * 3000))


def test_all_mistakes_are_told_at_once_and_hold_no_values(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HOTLINE_PROT", "1")
    monkeypatch.setenv("HOTLINE_PORT", "abc-secret")
    monkeypatch.setenv("HOTLINE_WECHAT__TOKEN", "hidden-secret")
    with pytest.raises(SettingsFault) as caught:
        settings.load(None)
    text = str(caught.value)
    assert "设置有 4 处要改" in text
    assert "secret" not in text.replace("app_secret", "").replace("APP_SECRET", "")


def test_a_variable_is_named_only_where_it_was_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _written(tmp_path, "prot = 1\n[telegram]\ntokn = 'x'\n")
    with pytest.raises(SettingsFault) as from_file:
        settings.load(path)
    assert "是不是想写 port。" in str(from_file.value)
    assert "环境变量" not in str(from_file.value)
    monkeypatch.setenv("HOTLINE_PROT", "1")
    with pytest.raises(SettingsFault, match=r"是不是想写 port（环境变量 HOTLINE_PROT）"):
        settings.load(None)
    monkeypatch.setenv("hotline_telegram__mode", "neither")
    with pytest.raises(SettingsFault, match=r"telegram\.mode.*（环境变量 HOTLINE_TELEGRAM__MODE）"):
        settings.load(path)


def test_a_settings_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(SettingsFault, match="没有这个设置文件"):
        settings.load(tmp_path / "nowhere.toml")


def test_units_that_nothing_gets_to_are_told_from_the_others(county: County) -> None:
    def workers(unit: str, contact: str) -> dict[str, tuple[Worker, ...]]:
        return {unit: (Worker(unit=unit, name="负责人", contact=contact),)}

    village, other, third = "130506100210", "130506100211", "130506100212"
    known = {
        **county.workers,
        **workers(village, "wechat:oA"),
        **workers(other, "tel:+8613900000000"),
    }
    known |= workers(third, "telegram:1")
    peopled = replace(county, workers=known)
    settings = Settings(
        telegram=Telegram(token=SecretStr("1:a")),
        departments={
            "water": Endpoint(url="https://a.example", secret=SecretStr("whsec_" + "A" * 32))
        },
    )
    unreached = fit.out_of_reach(settings, peopled)
    assert {village, other, "education"} <= unreached, "neither channel is on"
    assert third not in unreached and "water" not in unreached
    assert county.code not in unreached, "its people sit at the console"
    assert len(unreached) == len(county.units) - 3
