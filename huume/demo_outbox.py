"""The outbox of `make demo`: every mail a file in <HUUME_DATA_DIR>/outbox/, and none goes anywhere else."""

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from secrets import token_hex

from django.conf import settings
from django.core.mail import EmailMessage as DjangoMessage
from django.core.mail.backends.base import BaseEmailBackend

SHOWN = 100


@dataclass(frozen=True)
class KeptMail:
    id: str
    message: EmailMessage

    @property
    def subject(self) -> str:
        return str(self.message["Subject"])

    @property
    def to(self) -> str:
        return str(self.message["To"])

    @property
    def sent_at(self) -> datetime:
        moment: datetime = self.message["Date"].datetime
        return moment

    @property
    def text(self) -> str:
        return self._part("plain")

    @property
    def html(self) -> str:
        return self._part("html")

    def _part(self, kind: str) -> str:
        part = self.message.get_body((kind,))
        return str(part.get_content()) if part else ""


class Backend(BaseEmailBackend):
    def send_messages(self, email_messages: Sequence[DjangoMessage]) -> int:
        """They hold what lets people in: nobody else on this machine may read them."""
        outbox = folder()
        outbox.mkdir(mode=0o700, parents=True, exist_ok=True)
        for message in email_messages:
            path = outbox / f"{time.time_ns()}-{token_hex(4)}.eml"
            unfinished = path.with_suffix(".new")
            with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(message.message().as_bytes())
            unfinished.replace(path)
        return len(email_messages)


def folder() -> Path:
    return Path(settings.HUUME_DATA_DIR) / "outbox"


def kept_mails() -> list[KeptMail]:
    """Newest first, and not those of long ago."""
    newest = sorted(folder().glob("*.eml"), reverse=True)[:SHOWN]
    return [_read(path) for path in newest]


def kept_mail(name: str) -> KeptMail | None:
    path = folder() / f"{name}.eml"
    return _read(path) if path.is_file() else None


def _read(path: Path) -> KeptMail:
    return KeptMail(path.stem, BytesParser(EmailMessage, policy=policy.default).parsebytes(path.read_bytes()))
