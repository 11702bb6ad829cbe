"""What an access token opens: userinfo, and Okta's MyAccount API (version 1.0.0, reads alone)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from accounts.tests.fake_provider_api import UNCACHED, claims_for
from accounts.tests.fake_provider_cast import FakePerson
from accounts.tests.fake_provider_directory import Directory
from accounts.tests.fake_provider_http import Request
from accounts.tests.fake_provider_transport import Response, okta_error

KIND = "application/json;okta-version=1.0.0"
CREATED = {"createdAt": "2026-01-14T20:05:32.000Z", "modifiedAt": "2026-01-14T20:05:32.000Z"}


def _challenge(status: int, error: str, description: str) -> Response:
    header = f'Bearer error="{error}", error_description="{description}"'
    return Response(status, b"", [("WWW-Authenticate", header), *UNCACHED])


def userinfo(directory: Directory, request: Request) -> Response:
    grant = directory.grant_of(request.bearer)
    if grant is None:
        return _challenge(401, "invalid_token", "The access token is invalid")
    if "openid" not in grant.scopes:
        return _challenge(403, "insufficient_scope", "The access token must provide access to the 'openid' scope.")
    claims = {"sub": grant.told_subject, **claims_for(directory, grant)}
    _break_subject(claims, directory.faults)
    if "userinfo_jwt" in directory.faults:
        return Response(200, directory.sign(claims).encode(), [("Content-Type", "application/jwt"), *UNCACHED])
    return Response.of_json(claims, 200, *UNCACHED)


def _break_subject(claims: dict[str, Any], faults: dict[str, Any]) -> None:
    if "userinfo_other_sub" in faults:
        claims["sub"] = "00uSomebodyElse000009"
    if "userinfo_sub_number" in faults:
        claims["sub"] = 42
    if "userinfo_no_sub" in faults:
        claims.pop("sub")


def _profile(directory: Directory, person: FakePerson) -> dict[str, Any]:
    spoken, here = directory.attributes(person), f"{directory.issuer}/idp/myaccount/profile"
    profile = {
        "login": person.user_name,
        "firstName": spoken.get("given_name"),
        "lastName": spoken.get("family_name"),
        "email": spoken.get("email"),
        "secondEmail": None,
        "mobilePhone": spoken.get("phone_number"),
    }
    links = {"self": {"href": here}, "describedBy": {"href": f"{here}/schema"}}
    return {**CREATED, "profile": profile, "_links": links}


def _email(directory: Directory, address: Any, status: str) -> dict[str, Any]:
    number = hashlib.sha256(str(address).encode("utf-8", "replace")).hexdigest()[:32]
    links = {"self": {"href": f"{directory.issuer}/idp/myaccount/emails/{number}", "hints": {"allow": ["GET"]}}}
    return {"id": number, "status": status, "roles": ["PRIMARY"], "profile": {"email": address}, "_links": links}


def _emails(directory: Directory, person: FakePerson) -> list[dict[str, Any]]:
    """A pending change comes first and is PRIMARY too: only the status tells the addresses apart."""
    spoken = directory.attributes(person)
    emails = [_email(directory, person.pending_email, "UNVERIFIED")] if person.pending_email else []
    if "email" in spoken:
        verified = spoken.get("email_verified") is not False
        emails.append(_email(directory, spoken["email"], "VERIFIED" if verified else "UNVERIFIED"))
    return emails


def _phones(directory: Directory, person: FakePerson) -> list[dict[str, Any]]:
    number = directory.attributes(person).get("phone_number")
    if not number:
        return []
    return [{"id": "sms10DemoDirectory001", "status": "VERIFIED", "profile": {"phoneNumber": number}, "_links": {}}]


RESOURCES: dict[str, tuple[str, Callable[[Directory, FakePerson], Any]]] = {
    "profile": ("okta.myAccount.profile.read", _profile),
    "emails": ("okta.myAccount.email.read", _emails),
    "phones": ("okta.myAccount.phone.read", _phones),
}


def _accepts_version(request: Request) -> bool:
    ranges = request.headers.get("accept", "").replace(" ", "").split(",")
    return KIND in ranges


def myaccount(directory: Directory, request: Request) -> Response:
    """``/idp/myaccount/profile``, ``/emails`` and ``/phones`` of the person whose access token comes along."""
    scope, read = RESOURCES[request.path.rpartition("/")[2]]
    if not _accepts_version(request):
        return okta_error(406, "E0000149", "The HTTP request is not acceptable", causes="okta-version is missing")
    if "myaccount_off" in directory.faults:
        return okta_error(401, "E0000015", "You do not have permission to access the feature you are requesting")
    grant = directory.grant_of(request.bearer)
    if grant is None:
        return okta_error(401, "E0000011", "Invalid token provided")
    if scope not in grant.scopes:
        return okta_error(403, "E0000006", "You do not have permission to perform the requested action")
    answer = read(directory, directory.person(grant.subject))
    if "myaccount_wrong_types" in directory.faults:
        answer = (
            {"profile": ["nothing"]} if isinstance(answer, dict) else [None, "x", {"profile": 3, "roles": "PRIMARY"}]
        )
    return Response.of_json(answer, kind=KIND)
