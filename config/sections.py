"""The sections of the settings: one class for each part of an installation."""

import base64
import re
import shlex
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from config.secret_files import with_secret_files

_NAME = r"^[A-Za-z][A-Za-z0-9_-]{0,40}$"  # of a part of the dialplan

FilledSecret = Annotated[SecretStr, Field(min_length=1)]


class Section(BaseModel):
    """A part of the settings; `KEY_file` names a file that holds KEY."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _read_secret_files(cls, values: Any) -> Any:
        return with_secret_files(values, frozenset(cls.model_fields))


class Conversation(Section):
    """How the front desk waits."""

    join_s: float = Field(default=40, ge=0, le=600)
    join_hours: float = Field(default=24, ge=0, le=168)
    silence_minutes: float = Field(default=10, gt=0, le=1440)


class Kept(Section):
    """How long, in days, what is no record of a ticket stays."""

    media_days: int = Field(default=1095, ge=30, le=36500)  # photos and voice notes
    conversation_days: int = Field(default=90, ge=1, le=36500)  # what a thread remembers
    examples_days: int = Field(default=1095, ge=1, le=36500)  # what operators put right
    blocks_days: int = Field(default=180, ge=1, le=36500)  # of numbers, once they are over


class Web(Section):
    """The resident's own page."""

    enabled: bool = True
    kiosk_idle_s: int = Field(default=120, ge=30, le=1800)  # a kiosk forgets who was silent so long


class Telegram(Section):
    """A Telegram bot."""

    token: FilledSecret
    secret: SecretStr = SecretStr("")
    mode: Literal["webhook", "polling"] = "polling"
    api_url: str = "https://api.telegram.org"

    @model_validator(mode="after")
    def _webhook_needs_secret(self) -> Self:
        if self.mode == "webhook" and not self.secret.get_secret_value():
            raise ValueError("用 webhook 方式时要设 secret")
        return self


class WeChat(Section):
    """A WeChat official account."""

    token: FilledSecret
    aes_key: SecretStr = SecretStr("")
    app_id: str = Field(min_length=1)
    app_secret: FilledSecret
    api_url: str = "https://api.weixin.qq.com"

    @field_validator("aes_key")
    @classmethod
    def _is_platform_key(cls, key: SecretStr) -> SecretStr:
        value = key.get_secret_value()
        if value and not re.fullmatch(r"[A-Za-z0-9+/]{43}", value):
            raise ValueError("aes_key 要照公众平台上的 EncodingAESKey 抄全：43 个字母和数字")
        return key


class Weibo(Section):
    """A Weibo account's fans service."""

    app_secret: FilledSecret
    access_token: FilledSecret
    api_url: str = "https://m.api.weibo.com"


class Endpoint(Section):
    """How a department is reached and how it signs in."""

    url: str = ""
    secret: SecretStr = SecretStr("")
    api_token: SecretStr = SecretStr("")

    @field_validator("url")
    @classmethod
    def _is_address(cls, url: str) -> str:
        if url and not url.startswith(("https://", "http://")):
            raise ValueError("地址要以 https:// 或 http:// 开头")
        return url

    @field_validator("secret")
    @classmethod
    def _is_webhook_secret(cls, secret: SecretStr) -> SecretStr:
        value = secret.get_secret_value()
        if value and not value.startswith("whsec_"):
            raise ValueError("密钥要以 whsec_ 开头")
        try:
            base64.b64decode(value.removeprefix("whsec_"), validate=True)
        except ValueError:
            raise ValueError("密钥在 whsec_ 后面要是一段完整的 base64") from None
        return secret

    @model_validator(mode="after")
    def _address_needs_secret(self) -> Self:
        if self.url and not self.secret.get_secret_value():
            raise ValueError("写了 url 就要写 secret，部门靠它认出是我们发的")
        return self


class Exchange(Section):
    """How the program talks with Asterisk's manager interface (AMI)."""

    host: str = "127.0.0.1"
    port: int = Field(default=5038, ge=1, le=65535)
    user: str = "hotline"
    secret: FilledSecret


class Bucket(Section):
    """S3-compatible storage for recordings."""

    url: str = Field(pattern=r"^s3://[a-z0-9.-]{3,63}(/.*)?$")  # s3://bucket/prefix
    endpoint: str = ""  # of a storage that is not Amazon's
    region: str = "us-east-1"
    access_key: FilledSecret
    secret_key: FilledSecret

    def options(self) -> dict[str, str]:
        """As obstore names them."""
        found = {
            "region": self.region,
            "access_key_id": self.access_key.get_secret_value(),
            "secret_access_key": self.secret_key.get_secret_value(),
        }
        return found | ({"endpoint": self.endpoint} if self.endpoint else {})


class Phone(Section):
    """The phone line; off where the section is missing. An empty number or area code is the
    county's own, see `config.fit`.
    """

    exchange: Exchange
    media_host: str = "127.0.0.1"  # where Asterisk's AudioSocket connects to
    media_port: int = Field(default=4571, ge=0, le=65535)
    model: Path | None = None  # folder of a Vosk model; the state folder's models/cn where empty
    whisper: Path | None = None  # folder of a Whisper model, for what is left on the recorder
    trial_model: bool = False  # may the small trial model be used? Not for residents
    recognisers: int = Field(default=2, ge=1, le=64)  # threads that recognise speech
    most_calls: int = Field(default=24, ge=1, le=500)
    call_minutes: float = Field(default=10, gt=0, le=120)
    most_block_hours: int = Field(default=168, ge=2, le=168)  # for which a number may be blocked
    contact_days: int = Field(default=7, ge=0, le=90)  # codes of contact, after a ticket's closing
    straight_days: int = Field(default=730, ge=1, le=3650)  # a caller goes straight to a person
    clips: Path | None = None  # folder of the county's own recorded phrases
    voice_command: str = ""  # a command line that speaks what nobody recorded; empty: espeak-ng
    missed: Path | None = None  # folder in which Asterisk records missed calls
    recordings: Path | None = None  # folder in which Asterisk records every call
    recordings_s3: Bucket | None = None  # a folder below the state folder where it is not set
    recordings_days: int = Field(default=180, ge=1, le=3650)
    media: Literal["audiosocket", "websocket"] = "audiosocket"  # how Asterisk brings the audio
    media_token: SecretStr = SecretStr("")  # proves to the WebSocket that it is our Asterisk
    area_code: str = Field(default="", pattern=r"^(0\d{2,3})?$")  # of callers shown without one
    number: str = Field(default="", pattern=r"^(\d{3,15})?$")  # shown on call-backs
    queue: str = Field(default="hotline-operators", pattern=_NAME)
    queue_s: int = Field(default=20, ge=5, le=600)  # waiting for an operator, then a recorder
    dial: str = Field(default="PJSIP/{number}@hotline-trunk", pattern=r"^[\w/@.:{}-]+$")
    operators_context: str = Field(default="hotline-operators", pattern=_NAME)
    callback_context: str = Field(default="hotline-callback", pattern=_NAME)

    @model_validator(mode="after")
    def _websocket_needs_token(self) -> Self:
        if self.media == "websocket" and not self.media_token.get_secret_value():
            raise ValueError("media 用 websocket 时要设 media_token")
        try:
            shlex.split(self.voice_command)
        except ValueError as error:
            raise ValueError("voice_command 里的引号要成对") from error
        if self.dial.count("{number}") != 1 or self.dial.count("{") != 1:
            raise ValueError("dial 里要有一个 {number}，例如 PJSIP/{number}@hotline-trunk")
        return self
