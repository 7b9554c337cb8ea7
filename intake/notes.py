"""Voice notes that became text: their sound, and their words back to the desk."""

from dataclasses import dataclass, replace
from typing import Protocol

from channels import message as messages
from channels.message import InboundMessage, Receive
from intake import inbox
from intake.media import MediaStore
from intake.talk import notes
from routing.database import Database


class Waiting(Protocol):
    """Which note it is: the inbox id of its message and its place in it."""

    @property
    def recording(self) -> str:
        """Its own id."""

    @property
    def message(self) -> str:
        """The inbox id."""

    @property
    def attachment(self) -> int:
        """Which of the message's attachments."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notes:
    """Gives the sound of notes, and tells the desk what was understood."""

    media: MediaStore
    receive: Receive
    database: Database

    async def sound(self, note: Waiting) -> bytes | None:
        """As its platform gave it; None where it is kept no more. OSError: not to be had now."""
        message = await self._message(note)
        found = await self.media.find(message.attachments[note.attachment].reference)
        if found is None:
            return None
        sound = await self.media.read(found[0])
        if sound is None:  # what is known and not there may be on a disk that is not mounted
            raise FileNotFoundError(found[0].name)
        return sound

    async def tell(self, note: Waiting, text: str) -> None:
        """The words go where the note went; the same again changes nothing. What is answered, if
        anything, goes by the outbox.
        """
        message = await self._message(note)
        told = replace(
            message,
            external_id=f"{notes.EVENT}:{note.recording}",
            text=text,
            attachments=(),
            point=None,
            event=f"{notes.EVENT}:{note.message}",
        )
        await self.receive(told, messages.nothing)

    async def _message(self, note: Waiting) -> InboundMessage:
        return await self.database.read(lambda c: inbox.message(c, note.message))
