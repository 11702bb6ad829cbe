"""What the live check says: one line for each thing that it looks at, in words for an IT administrator."""

from dataclasses import dataclass

# In the order in which they are looked at.
CHECKS = (
    "domain",
    "tls",
    "discovery",
    "issuer",
    "endpoints",
    "flow",
    "pkce",
    "signing",
    "jwks",
    "client",
    "redirect_uri",
    "scopes",
    "sign_out",
    "clock",
    "speed",
)


@dataclass(frozen=True)
class Line:
    """`check`: one of CHECKS; `outcome`: ok, failed or unknown (the provider does not tell, or it was not looked at).

    `expected`, `found` and `advice` are words of ours, numbers, names of OAuth errors and values that we expect:
    nothing of what a provider sent is ever in them. `advice` is empty where there is nothing to do.
    """

    check: str
    outcome: str
    expected: str
    found: str
    advice: str = ""
