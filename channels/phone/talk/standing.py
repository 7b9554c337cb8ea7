"""How it stands with a caller: what he has told, what came of it, what he is still asked. Pure."""

from dataclasses import dataclass

from channels.message import Receipt
from channels.phone.ear import Utterance

SPEECH_MS = 800  # with what is heard before its beginning is certain; shorter ones are a cough


@dataclass(slots=True, kw_only=True)
class Standing:
    """Of one call, so far."""

    told: bool = False  # he has told us something that the desk took
    served: bool = False  # something came of the call: a ticket, an answer
    asked: bool = False  # the desk waits for an answer
    in_danger: bool = False
    unclear: bool = False  # he spoke last, and we did not understand him

    @property
    def settled(self) -> bool:
        """He was served, and is asked nothing more."""
        return self.served and not self.asked

    def heard(self, said: Utterance) -> None:
        """He has said something, or something that we did not understand."""
        spoke = self.unclear or said.end_ms - said.start_ms >= SPEECH_MS
        self.unclear = spoke and not said.text

    def answered(self, receipt: Receipt) -> None:
        """The desk has answered what he told."""
        keys = [reply.key for reply in receipt.replies]
        if receipt.ticket or any(key.startswith("progress") for key in keys):
            self.served = True
        self.asked = receipt.asks
        self.in_danger = self.in_danger or receipt.danger
        self.unclear = "ask_again" in keys
