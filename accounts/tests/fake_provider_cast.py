"""Who is in the demo directory, and which applications it knows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

OIDC_SCOPES = frozenset({"openid", "profile", "email", "phone", "address", "offline_access", "groups"})
MYACCOUNT_SCOPES = frozenset(f"okta.myAccount.{what}.read" for what in ("profile", "email", "phone"))
# The audience of applications that are created while the directory runs: their client IDs are not known before.
CREATED_LATER = "created-later"


@dataclass
class FakePerson:
    """One person of the directory.

    ``login`` is Okta's user name, the email address unless given. ``assigned`` and ``clients`` say which applications
    let the person in: none, or those listed (an empty list means all). ``about`` is the line that the page shows under
    the name. ``pending_email`` is a second PRIMARY address of MyAccount, not verified yet. ``claims`` are laid over
    what userinfo and the ID token say.
    """

    subject: str
    given_name: str
    family_name: str
    email: str
    phone: str = ""
    email_verified: bool = True
    assigned: bool = True
    login: str = ""
    about: str = ""
    pending_email: str = ""
    clients: tuple[str, ...] = ()
    claims: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"{self.given_name} {self.family_name}".strip()

    @property
    def user_name(self) -> str:
        return self.login or self.email

    def is_known_as(self, who: str) -> bool:
        """Whether ``who`` is this person's subject, login, email address or first name."""
        spellings = (self.subject, self.user_name, self.email, self.given_name)
        return who.casefold() in {spelling.casefold() for spelling in spellings}

    def is_listed_for(self, client_id: str) -> bool:
        return not self.clients or client_id in self.clients

    def may_use(self, client_id: str) -> bool:
        return self.assigned and self.is_listed_for(client_id)

    def attributes(self) -> dict[str, Any]:
        """What the directory says of the person, by the names of OpenID Connect Core 5.1."""
        spoken: dict[str, Any] = {
            "name": self.name,
            "given_name": self.given_name,
            "family_name": self.family_name,
            "preferred_username": self.user_name,
            "locale": "en-GB",
            "zoneinfo": "Europe/London",
            "updated_at": 1_790_000_000,
            "email": self.email,
            "email_verified": self.email_verified,
        }
        if self.phone:
            spoken["phone_number"] = self.phone
        return {**spoken, **self.claims}


@dataclass
class FakeClient:
    """One registered application. Two ``secrets`` may be active at once, as at Okta.

    With ``jwks`` (its public keys) or ``jwks_uri`` (where they are fetched) it proves itself by private_key_jwt alone.
    ``granted_scopes`` are the API scopes granted on its tab. ``issuer`` is the issuer that this application is told
    (Okta's issuer mode), the provider's own unless given. Unless ``assigned``, nobody may use it. Of the people with
    ``clients`` it is for those that name it, by its client ID or by ``audience``.
    """

    client_id: str
    secrets: list[str]
    redirect_uris: list[str]
    post_logout_redirect_uris: list[str] = field(default_factory=list)
    initiate_login_uri: str = ""
    granted_scopes: set[str] = field(default_factory=lambda: set(MYACCOUNT_SCOPES))
    name: str = ""
    issuer: str = ""
    jwks: dict[str, Any] | None = None
    jwks_uri: str = ""
    inactive_secrets: list[str] = field(default_factory=list)
    assigned: bool = True
    audience: str = ""

    @property
    def has_keys(self) -> bool:
        return bool(self.jwks or self.jwks_uri)

    @property
    def label(self) -> str:
        return self.name or self.client_id

    def is_for(self, person: FakePerson) -> bool:
        return person.is_listed_for(self.audience or self.client_id)

    def lets_in(self, person: FakePerson) -> bool:
        return self.assigned and person.may_use(self.audience or self.client_id)


ACME_PEOPLE: Sequence[FakePerson] = (
    FakePerson(
        subject="00uAliceReed00000001",
        given_name="Alice",
        family_name="Reed",
        email="alice.reed@acme.example",
        phone="+441632960101",
        about="user administrator",
    ),
    FakePerson(
        subject="00uBobLund0000000002",
        given_name="Bob",
        family_name="Lund",
        email="bob.lund@acme.example",
        phone="+441632960102",
        about="has a role and a team",
    ),
    FakePerson(
        subject="00uCarolMarsh0000003",
        given_name="Carol",
        family_name="Marsh",
        email="carol.marsh@acme.example",
        about="has never signed in before",
    ),
    FakePerson(
        subject="00uDanFrost000000004",
        given_name="Dan",
        family_name="Frost",
        email="dan.frost@acme.example",
        assigned=False,
        about="not assigned to Huume in this directory",
    ),
)
GLOBEX_PEOPLE: Sequence[FakePerson] = (
    FakePerson(
        subject="00uMalloryCrane00005",
        given_name="Mallory",
        family_name="Crane",
        email="mallory.crane@globex.example",
        about="user administrator of Globex",
    ),
)
# Of the demo alone: their organisation has no application in the directory until somebody creates one.
HARBOUR_PEOPLE: Sequence[FakePerson] = (
    FakePerson(
        subject="00uHeidiQuay00000006",
        given_name="Heidi",
        family_name="Quay",
        email="heidi.quay@harbour.example",
        phone="+441632960106",
        about="to be the first user administrator of Harbour",
    ),
    FakePerson(
        subject="00uIvanPike000000007",
        given_name="Ivan",
        family_name="Pike",
        email="ivan.pike@harbour.example",
        about="has never signed in before",
    ),
)
DEFAULT_PEOPLE: Sequence[FakePerson] = (*ACME_PEOPLE, *GLOBEX_PEOPLE)


def huume_client(tenant: str, *, host: str = "", slug: str = "okta") -> FakeClient:
    """The application that a tenant's administrator would register: ``acme`` gives ``acme-client``, ``acme-secret``."""
    address = f"http://{host or f'{tenant}.localhost:8000'}"
    return FakeClient(
        client_id=f"{tenant}-client",
        secrets=[f"{tenant}-secret"],
        redirect_uris=[f"{address}/oauth2/{slug}/authresp"],
        post_logout_redirect_uris=[address],
        initiate_login_uri=f"{address}/oidc/{slug}/initiate/",
        name=f"Huume ({tenant})",
    )


DEFAULT_CLIENTS: Sequence[FakeClient] = (huume_client("acme"), huume_client("globex"))


def demo_people() -> list[FakePerson]:
    """The default cast, each let into their own tenant's application alone; Harbour's into those yet to be created."""
    casts = {"acme-client": ACME_PEOPLE, "globex-client": GLOBEX_PEOPLE, CREATED_LATER: HARBOUR_PEOPLE}
    return [replace(person, clients=(audience,)) for audience, people in casts.items() for person in people]
