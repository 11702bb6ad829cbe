"""The cast at the certified provider, and acme's application there."""

from typing import Any

SECRET = "the secret of acme's application"


def person(sub: str, name: str, *, assigned: bool = True) -> dict[str, Any]:
    given, _space, family = name.partition(" ")
    return {
        "sub": sub,
        "name": name,
        "given_name": given,
        "family_name": family,
        "email": f"{given}.{family}@acme.example".lower(),
        "email_verified": True,
        "phone_number": "+441632960000",
        "assigned": assigned,
    }


PEOPLE = [
    person("00u-alice", "Alice Reed"),
    person("00u-bob", "Bob Lund"),
    person("00u-carol", "Carol Marsh"),
    person("00u-dan", "Dan Frost", assigned=False),
]


def application(address: str, slug: str) -> dict[str, Any]:
    """As acme's IT administrator registers it: the sign-out address has no slash at the end."""
    return {
        "client_id": f"acme-{slug}",
        "client_secret": SECRET,
        "redirect_uris": [f"{address}/oauth2/{slug}/authresp"],
        "post_logout_redirect_uris": [address],
    }


def application_with_keys(address: str, slug: str, *, keys_of: str = "") -> dict[str, Any]:
    """The same without a secret: it fetches the public keys of the provider of that slug, at that tenant's address."""
    jwks_uri = f"{keys_of or address}/oidc/{slug}/jwks.json"
    known = {name: value for name, value in application(address, slug).items() if name != "client_secret"}
    return {**known, "token_endpoint_auth_method": "private_key_jwt", "jwks_uri": jwks_uri}
