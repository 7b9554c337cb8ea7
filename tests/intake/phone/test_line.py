"""What the phone line is given by the program, also where something of it is missing."""

from pathlib import Path

import pytest

from config.sections import Exchange, Phone
from config.settings import Settings
from intake.phone import line
from nlp.speech import trial as speech_trial
from nlp.speech.trial import TrialModelBroken


async def test_line_works_with_people_alone_where_the_trial_model_is_broken(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(folder: Path) -> Path:
        raise TrialModelBroken("试用语音模型的包不对")

    monkeypatch.setattr(speech_trial, "unpack", broken)
    phone = Phone(exchange=Exchange(secret="x"), trial_model=True)  # type: ignore[arg-type]
    assert await line.transcriber(settings, phone) is None
