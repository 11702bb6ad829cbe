"""Who does something, in words that outlive schemas: no foreign key crosses from one to another."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Actor:
    """`kind`: user, staff, contact (of a setup link), command or daily; `key`: opaque and lasting; `name`: for people.

    `ip_address` is where they did it from, "" where that says nothing.
    """

    kind: str
    key: str = ""
    name: str = ""
    ip_address: str = ""

    def __str__(self) -> str:
        return self.name or self.kind


COMMAND = Actor("command")
DAILY = Actor("daily")
