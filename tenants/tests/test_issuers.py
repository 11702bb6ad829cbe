"""What people type as a domain or an issuer."""

from __future__ import annotations

import pytest

from tenants.discovery import DiscoveryError, Domain, parse_domain, parse_issuer


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "Enter a domain"), (" \n", "Enter a domain"), ("\u200b", "Enter a domain"),
        ("ann@acme.com", "email address"), ("https://ann@acme.okta.com/", "user name"),
        ("https://a:b@acme.okta.com", "user name"), ("acme okta.com", "spaces"), ("acme.\u00a0okta.com", "spaces"),
        ("acme.okta.com\x00x", "invisible"), ("acme\u202e.okta.com", "invisible"), ("acme\t.okta.com", "invisible"),
        ("0oa4BxXw6I6TV4m0g3ab", "client ID"), ("1b4e28ba-2fa1-11d2-883f-0016d3cca427", "client ID"),
        ("12-ab.apps.googleusercontent.com", "client ID"), ("acme", "whole domain"), ("localhost", "whole domain"),
        ("okta.com", "your own"), ("acme.okta.com:8443", "without a port"), ("https://acme.okta.com:443/", "port"),
        ("10.0.0.1", "IP address"), ("https://127.0.0.1/", "IP address"), ("127.1", "IP address"),
        ("0x7f.0.0.0x1", "IP address"), ("2130706433", "IP address"), ("\uff11\uff12\uff17.0.0.1", "IP address"),
        ("http://acme.okta.com", "https://"), ("ftp://acme.okta.com", "https://"), ("a." * 130 + "com", "too long"),
        ("x" * 3000, "too long"), ("a" * 64 + ".com", "not a domain"), ("-acme.okta.com", "not a domain"),
        ("acme..com", "not a domain"), ("acme_x.okta.com", "not a domain"), ("https://", "not a domain"),
        ("//acme.okta.com", "not a domain"), ("acme.okta.com\\x", "not a domain"), ("<b>.okta.com", "not a domain"),
        ("*.okta.com", "not a domain"), ("javascript:alert(1)", "port"), ("[::1]", "port"), ("\u2488.com", "not a"),
    ],
)  # fmt: skip
def test_what_cannot_be_a_domain_is_refused_in_words(text: str, word: str) -> None:
    with pytest.raises(DiscoveryError) as caught:
        parse_domain(text)
    assert caught.value.reason == "bad_domain"
    assert word in caught.value.detail


@pytest.mark.parametrize(
    "text", ["http://acme.okta.com", "acme.okta.com:8000", "10.0.0.1", "localhost:0", "localhost:99999", "127.0.0.2"]
)
def test_local_mode_opens_this_machine_only(text: str) -> None:
    with pytest.raises(DiscoveryError) as caught:
        parse_domain(text, allow_local=True)
    assert caught.value.reason == "bad_domain"


@pytest.mark.parametrize(
    ("text", "host", "remarks"),
    [
        ("acme.okta.com", "acme.okta.com", ()),
        ("trial-123.okta.com", "trial-123.okta.com", ()),
        (" ACME.okta.com \n", "acme.okta.com", ()),
        ("\ufeffacme.okta.com\u200b", "acme.okta.com", ()),
        ("https://acme.okta.com/", "acme.okta.com", ()),
        ("HTTPS://acme.okta.com", "acme.okta.com", ()),
        ("acme.okta.com.", "acme.okta.com", ()),
        ("login.acme.co.uk", "login.acme.co.uk", ()),
        ("https://acme.okta.com/oauth2/default", "acme.okta.com", ("path_dropped",)),
        ("acme.okta.com?x=1", "acme.okta.com", ("path_dropped",)),
        ("https://acme-admin.okta.com/admin/dashboard", "acme.okta.com", ("admin_console",)),
        ("acme-admin.oktapreview.com", "acme.oktapreview.com", ("admin_console",)),
        ("acme-admin.okta-emea.com", "acme.okta-emea.com", ("admin_console",)),
        ("acme-admin.okta.mil", "acme.okta.mil", ("admin_console",)),
        ("sso-admin.acme.com", "sso-admin.acme.com", ()),
        ("anmeldung.bücher.example", "anmeldung.xn--bcher-kva.example", ()),
        ("xn--bcher-kva.example", "xn--bcher-kva.example", ()),
    ],
)
def test_what_people_paste_is_understood(text: str, host: str, remarks: tuple[str, ...]) -> None:
    assert parse_domain(text) == Domain(host, remarks)


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("localhost:9000", "localhost:9000"),
        ("http://localhost:9000/", "localhost:9000"),
        ("127.0.0.1", "127.0.0.1"),
        ("https://acme.localhost:9000", "acme.localhost:9000"),
        ("acme.okta.com", "acme.okta.com"),
    ],
)
def test_local_domains_are_understood_in_local_mode(text: str, host: str) -> None:
    assert parse_domain(text, allow_local=True).host == host


@pytest.mark.parametrize(
    "text",
    [
        "", "acme.okta.com", "http://acme.okta.com", "HTTPS://acme.okta.com", "https://", "https://acme",
        "https://acme.okta.com?x", "https://acme.okta.com/#x", "https://me@acme.okta.com", "https://acme.okta.com:8443",
        "https://acme.okta.com:x", "https://10.0.0.1", "https://[::1]", "https://localhost",
        "https://acme.okta.com/a b",
        "https://bücher.example", "https://login.example/{tenantid}/v2.0", "https://acme.okta.com\\x",
    ],
)  # fmt: skip
def test_what_cannot_be_an_issuer_is_refused(text: str) -> None:
    with pytest.raises(DiscoveryError) as caught:
        parse_issuer(text)
    assert caught.value.reason == "bad_issuer"


@pytest.mark.parametrize(
    "issuer",
    [
        "https://acme.okta.com",
        "https://acme.auth0.com/",
        "https://acme.okta.com/oauth2/default",
        "https://ACME.okta.com",
    ],
)
def test_an_issuer_is_kept_as_typed(issuer: str) -> None:
    assert parse_issuer(f" {issuer}\n") == issuer


def test_a_local_issuer_is_understood_in_local_mode_only() -> None:
    assert parse_issuer("http://acme.localhost:9000/x", allow_local=True) == "http://acme.localhost:9000/x"
