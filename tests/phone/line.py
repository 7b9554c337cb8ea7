"""A running Asterisk, as a test reaches it."""

from dataclasses import dataclass
from pathlib import Path

from channels.phone.exchange.ami import Link
from intake.asterisk.own import Instance, Running


@dataclass(frozen=True, slots=True)
class Line:
    """A running Asterisk and how it is reached."""

    running: Running

    @property
    def instance(self) -> Instance:
        return self.running.instance

    @property
    def hotline(self) -> str:
        """What a resident dials."""
        return f"sip:{self.instance.plan.phone.number}@127.0.0.1:{self.instance.ports.sip}"

    @property
    def registrar(self) -> str:
        return f"sip:127.0.0.1:{self.instance.ports.sip}"

    def password(self, user: str) -> str:
        return (self.instance.plan.secrets / user).read_text().strip()

    async def manage(self, action: str, **fields: str) -> None:
        """By the manager interface, with the program's own account."""
        await manage(self.instance, action, **fields)

    def missed(self) -> list[Path]:
        return sorted(self.instance.plan.missed.iterdir())


async def manage(instance: Instance, action: str, *, user: str = "", **fields: str) -> None:
    """One action of the manager interface; a `user` of the test's own has his name for a secret."""
    account = instance.plan.phone.exchange
    link = Link(host=account.host, port=account.port, on_event=lambda packet: None)
    try:
        await link.open(user or account.user, user or account.secret.get_secret_value())
        await link.ask(action, **fields)
    finally:
        await link.close()
