"""RP-initiated logout (OpenID Connect RP-Initiated Logout 1.0)."""

import jwt

from accounts.oidc.requests import with_query


def end_session_url(
    endpoint: str, *, id_token: str, client_id: str, post_logout_redirect_uri: str, state: str = ""
) -> str:
    """Where to send the browser to end its session at the provider as well.

    Providers compare `post_logout_redirect_uri` as a whole string, so it is sent as given, trailing slash or none.
    An ID token of many claims makes an address of several thousand characters, which some proxies refuse.
    """
    parameters = {
        "id_token_hint": id_token,
        "client_id": client_id,
        "post_logout_redirect_uri": post_logout_redirect_uri,
        "state": state,
    }
    return with_query(endpoint, {name: value for name, value in parameters.items() if value})


def issuer_of(id_token: str) -> str:
    """Whose an ID token is that was verified before; empty where it cannot be read."""
    try:
        claims = jwt.decode(id_token, options={"verify_signature": False})
    except jwt.PyJWTError:
        return ""
    return str(claims.get("iss", ""))
