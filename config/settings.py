"""What an installation sets, by environment or TOML file; secrets also in files of their own."""

import os
from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from config import documents, settings_faults
from config.documents import Document, NotToml
from config.faults import Fault
from config.secret_files import with_secret_files
from config.sections import (
    Bucket,
    Conversation,
    Endpoint,
    Exchange,
    Kept,
    Phone,
    Telegram,
    Web,
    WeChat,
    Weibo,
)
from config.speech import Speech

PREFIX = "HOTLINE_"
NESTED = "__"
SETTINGS_VARIABLE = "HOTLINE_SETTINGS"
PACKAGED_COUNTY = Path(__file__).parent / "nanhe"
MEBIBYTE = 1024 * 1024
PATHS = ("model", "whisper", "clips", "missed", "recordings")


class SettingsFault(Exception):
    """The settings can't be used; `faults` holds everything found, the message is in Chinese."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        self.faults = faults
        super().__init__(faults)

    def __str__(self) -> str:
        shown = (f"{number}. {fault}" for number, fault in enumerate(self.faults, 1))
        return "\n".join([f"设置有 {len(self.faults)} 处要改：", *shown])


class EnvironmentSource(EnvSettingsSource):
    """The environment; unknown names are kept, so that they are refused and not passed over."""

    def __call__(self) -> dict[str, Any]:
        """What the environment sets, unknown names of ours included."""
        values = super().__call__()
        for name, value in self.env_vars.items():
            key = name.lower().removeprefix(PREFIX.lower())
            first = key.split(NESTED)[0]
            ours = name.lower().startswith(PREFIX.lower()) and name.upper() != SETTINGS_VARIABLE
            if ours and first not in self.settings_cls.model_fields:
                values.setdefault(key, value)
        return values


class Settings(BaseSettings):
    """Everything an installation sets; the names are those of docs/settings.md."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter=NESTED, extra="forbid", frozen=True
    )

    state: Path = Path("var")
    county: Path = PACKAGED_COUNTY
    host: str = "127.0.0.1"
    port: int = Field(default=4569, ge=0, le=65535)
    public_url: str = ""
    database_url: str = Field(default="", repr=False)
    processes: int = Field(default=1, ge=1, le=32)
    log_format: Literal["console", "json"] = "console"
    session_hours: int = Field(default=10, ge=1, le=168)
    media_limit_bytes: int = Field(default=10 * MEBIBYTE, ge=1024, le=100 * MEBIBYTE)
    body_limit_bytes: int = Field(default=65536, ge=4096, le=16 * MEBIBYTE)
    conversation: Conversation = Conversation()
    kept: Kept = Kept()
    certain_above: float = Field(default=0.8, ge=0, le=1)
    webhook_timeout_s: float = Field(default=10, gt=0, le=60)
    allow_private_networks: bool = False
    metrics_token: SecretStr | None = None
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = ()
    web: Web = Web()
    telegram: Telegram | None = None
    wechat: WeChat | None = None
    weibo: Weibo | None = None
    phone: Phone | None = None
    speech: Speech | None = None
    departments: dict[str, Endpoint] = Field(default_factory=dict)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment before what the file says."""
        return EnvironmentSource(settings_cls), init_settings

    @model_validator(mode="before")
    @classmethod
    def _read_secret_files(cls, values: Any) -> Any:
        return with_secret_files(values, frozenset(cls.model_fields))

    @field_validator("trusted_proxies", mode="before")
    @classmethod
    def _split_list(cls, value: Any) -> Any:
        if isinstance(value, str):
            return [part.strip() for part in value.split(",") if part.strip()]
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _are_addresses(cls, proxies: tuple[str, ...]) -> tuple[str, ...]:
        for each in proxies:
            try:
                ip_network(each)
            except ValueError:
                raise ValueError(f"{each} 不是 IP 地址或网段，例如 127.0.0.1、10.0.0.0/8") from None
        return proxies

    @field_validator("departments", mode="before")
    @classmethod
    def _codes_have_hyphens(cls, value: Any) -> Any:
        """A variable's name can't hold a hyphen: CIVIL_AFFAIRS means civil-affairs."""
        if isinstance(value, dict):
            return {str(code).replace("_", "-"): endpoint for code, endpoint in value.items()}
        return value

    @field_validator("database_url")
    @classmethod
    def _is_known_database(cls, url: str) -> str:
        if url and not url.startswith(("sqlite:///", "postgresql+psycopg://")):
            raise ValueError("要以 sqlite:/// 或 postgresql+psycopg:// 开头")
        return url

    @model_validator(mode="after")
    def _one_recogniser(self) -> "Settings":
        if self.phone is not None and self.speech is not None:
            raise ValueError("有电话线路时，语音识别写在 phone 里（phone.model、phone.whisper）")
        return self

    @property
    def hears(self) -> bool:
        """Is a recogniser asked for, so that voice notes become text?"""
        return self.phone is not None or self.speech is not None

    @property
    def database(self) -> str:
        """The database's address; the embedded SQLite in the state folder where none is set."""
        return self.database_url or f"sqlite:///{self.state / 'hotline.db'}"


def load(path: Path | None = None) -> Settings:
    """The settings; the file is `path`, else what HOTLINE_SETTINGS names. Raises SettingsFault."""
    named = os.environ.get(SETTINGS_VARIABLE, "")
    file = path or (Path(named) if named else None)
    document = _read_file(file) if file else Document(file="", text="", data={})
    values = _beside(document.data, file.parent, top=True) if file else {}
    try:
        return Settings(**values)
    except ValidationError as error:
        faults = tuple(_fault(document, detail) for detail in error.errors())
        raise SettingsFault(faults) from None


def _read_file(file: Path) -> Document:
    try:
        return documents.parsed(str(file), file.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise _one_fault(file, "没有这个设置文件", "查一查路径，或不写这一项") from None
    except (OSError, UnicodeDecodeError):
        raise _one_fault(file, "打不开这个设置文件", "查一查权限；文字编码用 UTF-8") from None
    except NotToml as broken:
        raise _one_fault(file, "TOML 写法不对", documents.REMEDY, line=broken.line) from None


def _one_fault(file: Path, problem: str, remedy: str, *, line: int = 0) -> SettingsFault:
    return SettingsFault((Fault(file=str(file), line=line, problem=problem, remedy=remedy),))


def _beside(values: Mapping[str, Any], folder: Path, *, top: bool = False) -> dict[str, Any]:
    """Relative paths in the file count from the file's own folder."""
    placed: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, dict):
            placed[key] = _beside(value, folder)
        elif isinstance(value, str) and (
            key.endswith("_file") or key in PATHS or (top and key in ("state", "county"))
        ):
            placed[key] = str(folder / value)
        else:
            placed[key] = value
    return placed


def _fault(document: Document, detail: ErrorDetails) -> Fault:
    location = [str(part) for part in detail["loc"]]
    in_file = bool(location) and location[0] in document.data
    parts = (part.upper().replace("-", "_") for part in location)
    variable = PREFIX + NESTED.join(parts)
    return settings_faults.fault(
        document.file if in_file else "设置",
        detail,
        line=document.line_at(location) if in_file else 0,
        variable=variable if not in_file or _is_set(variable) else "",
        known=_known_keys(location[:-1]),
    )


def _is_set(variable: str) -> bool:
    """Is it, or the name of a file with its value, in the environment? In capitals or not."""
    names = {name.upper() for name in os.environ}
    return variable in names or f"{variable}_FILE" in names


_PHONE: dict[str, type[BaseModel]] = {"exchange": Exchange, "recordings_s3": Bucket}


def _known_keys(location: list[str]) -> list[str]:
    sections: dict[str, type[BaseModel]] = {
        "conversation": Conversation,
        "kept": Kept,
        "web": Web,
        "telegram": Telegram,
        "wechat": WeChat,
        "weibo": Weibo,
        "phone": _PHONE.get("".join(location[1:2]), Phone),
        "speech": Speech,
        "departments": Endpoint,
    }
    model = sections.get(location[0], Settings) if location else Settings
    return list(model.model_fields)
