"""Builds the telephone's side of the desk: book, voice, recogniser."""

from functools import partial
from pathlib import Path

import structlog
from sqlalchemy import Connection

from channels.phone.book import Errand, Judgement, Through
from channels.phone.partners import Telephone
from channels.phone.voice import clips, prompts, synthesis
from channels.phone.voice.cache import Cache
from config.sections import Phone
from config.settings import Settings
from intake.phone import contacts, followup
from intake.phone.book import DatabaseBook
from intake.phone.contacts import Keyed
from intake.phone.housekeeping import Housekeeping
from intake.phone.recordings import Recordings
from intake.phone.vault import FolderVault, S3Vault, Vault
from intake.services import Services
from nlp.speech import listening, model_store
from nlp.speech import trial as speech_trial
from nlp.speech.contract import Transcriber
from nlp.speech.listening import VoskTranscriber
from nlp.speech.model_store import ModelMissing
from nlp.speech.trial import TrialModelBroken

MOST_DAYS = 3650
_log = structlog.get_logger(__name__)


def build(office: Services) -> Telephone | None:
    """For the phone channel; None where the settings have no phone line."""
    phone = office.settings.phone
    if phone is None:
        return None
    house = Housekeeping(office, phone, recordings(office, phone))
    return Telephone(
        book=book(office),
        voice=voice(office.settings, phone),
        speak=office.replies.speak,
        transcriber=partial(transcriber, office.settings, phone),
        answers=partial(office.database.write, _nothing),
        understand=partial(office.understander, heard=True),
        missed=house.missed,
        housekeeping=house.step,
        transcribe=house.transcribe,
    )


def book(office: Services) -> DatabaseBook:
    """The call book; what residents answer goes into their tickets."""
    dispatcher = office.dispatcher

    def judged(connection: Connection, errand: Errand, judgement: Judgement) -> None:
        followup.judged(connection, dispatcher, errand, judgement)

    def unreached(connection: Connection, errand: Errand, reason: str) -> None:
        followup.unreached(connection, dispatcher, errand, reason)

    def contact(connection: Connection, what: Keyed) -> Through:
        phone = office.settings.phone
        area_code = phone.area_code if phone else ""
        return contacts.keyed(connection, dispatcher, what, area_code=area_code)

    return DatabaseBook(
        database=office.database,
        runtime=office.runtime,
        judged=judged,
        unreached=unreached,
        contact=contact,
    )


def _nothing(connection: Connection) -> None:
    """The least that can be written: it needs the database's lock, and no sync of a disk."""


def recordings(office: Services, phone: Phone | None) -> Recordings:
    """Where recordings are kept: in the state folder, or where the settings say.

    Without a phone line those that are there can still be heard.
    """
    vault: Vault = FolderVault(office.settings.state / "recordings")
    if phone is not None and phone.recordings_s3 is not None:
        vault = S3Vault(phone.recordings_s3.url, phone.recordings_s3.options())
    return Recordings(
        vault=vault,
        database=office.database,
        runtime=office.runtime,
        days=phone.recordings_days if phone is not None else MOST_DAYS,
    )


def voice(settings: Settings, phone: Phone) -> prompts.Voice:
    """The county's own recordings first, then those that come with the program, then synthesis."""
    folders = [folder for folder in (phone.clips, clips.COMMITTED) if folder and folder.is_dir()]
    return prompts.Voice(
        folders=folders,
        cache=Cache(settings.state / "cache" / "voice"),
        synthesis=synthesis.by(phone.voice_command),
    )


async def transcriber(settings: Settings, phone: Phone) -> Transcriber | None:
    """The recogniser, loaded; None where there is no model, which the log says with the remedy."""
    return await loaded(
        settings,
        phone.model,
        trial_model=phone.trial_model,
        threads=phone.recognisers,
        most_calls=phone.most_calls,
    )


async def loaded(
    settings: Settings,
    model: Path | None,
    *,
    trial_model: bool,
    threads: int,
    most_calls: int = listening.MOST_CALLS,
) -> Transcriber | None:
    """The recogniser of the model in that folder, or of the usual one; None as above."""
    trial = speech_trial.unpack if trial_model else None
    try:
        folder = model_store.choose(settings.state, model, trial)
        made = VoskTranscriber(folder, threads=threads, most_calls=most_calls)
        await made.start()
    except (ModelMissing, TrialModelBroken) as missing:
        _log.error("phone.no_model", remedy=str(missing))
        return None
    return made
