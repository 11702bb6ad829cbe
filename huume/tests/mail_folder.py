"""Mails that a portal process has sent, read from the folder that its EMAIL_URL names."""

import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from huume.tests.portal_process import PortalProcess


def email_url(folder: Path) -> str:
    """EMAIL_URL of a portal process whose mails go into files instead of out of the house."""
    return f"filemail:///{folder}"


def delivered(portal: PortalProcess, folder: Path) -> list[EmailMessage]:
    """Every mail so far, oldest first, once the queue has been worked through."""
    portal.manage("db_worker", "--batch", "--no-startup-delay", "--interval", "0")
    files = sorted(folder.glob("*.log"), key=lambda path: path.stat().st_mtime_ns)
    # Django ends each mail of a file with a line of hyphens.
    parts = [part for path in files for part in re.split(rb"\n-{79}\n", path.read_bytes()) if part.strip()]
    return [message_from_bytes(part, policy=policy.default) for part in parts]


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def newest_to(portal: PortalProcess, folder: Path, recipient: str) -> str:
    mails = [mail for mail in delivered(portal, folder) if mail["To"] == recipient]
    assert mails, f"no mail to {recipient}"
    return text_of(mails[-1])
