"""The section of the settings for speech where there is no phone line."""

from pathlib import Path

from config.sections import Section


class Speech(Section):
    """Who understands voice notes; with a phone line it is the line's own recogniser."""

    model: Path | None = None  # folder of a Vosk model; the state folder's models/cn where empty
    whisper: Path | None = None  # folder of a Whisper model, which comes before Vosk
    trial_model: bool = False  # may the small trial model be used? Not for residents
