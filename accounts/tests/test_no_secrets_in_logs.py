"""No code, state, nonce, verifier, token, key or client secret is in any log line or on any sign-in's record."""

import logging
from typing import Any

import pytest

from accounts.models import Attempt, Session, SignIn
from accounts.tests.fake_provider import FakeProvider
from huume.logs import JsonFormatter
from huume.testing import ClientFor, TenantClient, callback, configure_okta
from tenants.models import IdentityProvider, Tenant


class Watch:
    """What one run of sign-ins kept secret."""

    def __init__(self, okta: FakeProvider) -> None:
        self.okta = okta
        self.secrets = {"acme-secret", IdentityProvider.objects.get().client_secret.ciphertext}

    def sign_in(self, browser: TenantClient, person: str, **extra: str) -> Any:
        begun = browser.get("/oidc/okta/start/")
        self.note_attempts(browser)
        back = callback(self.okta.authorize(begun["Location"], person=person))
        self.secrets |= {part.partition("=")[2] for part in back.split("?")[1].split("&") if "error" not in part}
        answer = browser.get(back, extra) if extra else browser.get(back)
        self.note_attempts(browser)
        return answer

    def note_attempts(self, browser: TenantClient) -> None:
        for attempt in Attempt.objects.all():
            self.secrets |= {attempt.nonce, attempt.verifier}
        self.secrets |= {cookie.value for cookie in browser.cookies.values()}

    def all_secrets(self) -> set[str]:
        """With what went between us and the provider: codes and tokens."""
        for call in self.okta.calls:
            self.secrets |= {
                call.form[name] for name in ("code", "code_verifier", "client_secret") if name in call.form
            }
            self.secrets |= {call.query[name] for name in ("state", "nonce", "code_challenge") if name in call.query}
            self.secrets.add(call.headers.get("authorization", "").removeprefix("Bearer "))
        self.secrets |= set(Session.objects.values_list("session_key", flat=True))
        return {secret for secret in self.secrets if len(secret) > 8}


@pytest.fixture
def watch(acme: Tenant, okta: FakeProvider, caplog: pytest.LogCaptureFixture) -> Watch:
    configure_okta(acme, okta)
    caplog.set_level(logging.DEBUG)
    return Watch(okta)


def everything_written(caplog: pytest.LogCaptureFixture) -> str:
    formatter = JsonFormatter()
    lines = [formatter.format(record) for record in caplog.records]
    lines += [str(row) for row in SignIn.objects.values()]
    return "\n".join(lines)


def expect_clean(watch: Watch, caplog: pytest.LogCaptureFixture, *, at_least: int) -> None:
    written, secrets = everything_written(caplog), watch.all_secrets()
    assert len(secrets) >= at_least
    assert "eyJ" not in written, "an ID token"
    assert [secret for secret in secrets if secret in written] == []


def test_a_sign_in_and_a_sign_out(
    acme: Tenant, watch: Watch, client_for: ClientFor, caplog: pytest.LogCaptureFixture
) -> None:
    browser = client_for(acme)
    assert watch.sign_in(browser, "Alice").status_code == 302
    browser.get("/")
    watch.note_attempts(browser)
    browser.post("/sign-out/")
    expect_clean(watch, caplog, at_least=10)
    assert "signed in" in caplog.text


REFUSALS: list[tuple[str, Any]] = [
    ("token_error", "invalid_grant"),
    ("token_error", "invalid_client"),
    ("token_error", "errorCode"),
    ("wrong_nonce", True),
    ("wrong_aud", True),
    ("tampered", True),
    ("garbage_id_token", True),
    ("unknown_kid", True),
    ("userinfo_other_sub", True),
    ("token", "status500"),
    ("token", "html"),
    ("token", "close"),
    ("userinfo", "status401"),
    ("jwks", "bad_utf8"),
    ("myaccount", "status406"),
    ("callback_wrong_iss", True),
    ("callback_error", "access_denied"),
    ("scopes_refused", "invalid_scope"),
]


@pytest.mark.parametrize(("fault", "value"), REFUSALS)
def test_refusals(
    acme: Tenant, watch: Watch, client_for: ClientFor, caplog: pytest.LogCaptureFixture, fault: str, value: Any
) -> None:
    watch.okta.break_rule(fault, value)
    watch.sign_in(client_for(acme), "Alice")
    expect_clean(watch, caplog, at_least=5)
    assert SignIn.objects.exists()


def test_stray_answers(acme: Tenant, watch: Watch, client_for: ClientFor, caplog: pytest.LogCaptureFixture) -> None:
    browser = client_for(acme)
    begun = browser.get("/oidc/okta/start/")
    watch.note_attempts(browser)
    back = callback(watch.okta.authorize(begun["Location"], person="Alice"))
    for stray in (client_for(acme), browser, browser):
        stray.get(back)
    browser.get(back.replace("state=", "state=x"))
    expect_clean(watch, caplog, at_least=8)
    assert "stray answer" in caplog.text


def test_a_provider_that_repeats_what_it_was_given(
    acme: Tenant, watch: Watch, client_for: ClientFor, caplog: pytest.LogCaptureFixture
) -> None:
    browser = client_for(acme)
    begun = browser.get("/oidc/okta/start/")
    attempt = Attempt.objects.get()
    watch.note_attempts(browser)
    state = begun["Location"].partition("state=")[2].partition("&")[0]
    repeated = f"verifier {attempt.verifier} and nonce {attempt.nonce} are wrong"
    answer = browser.get("/oauth2/okta/authresp", {"state": state, "error": "x", "error_description": repeated})
    assert answer.status_code == 400
    assert SignIn.objects.get().detail
    expect_clean(watch, caplog, at_least=4)


def test_a_line_break_makes_no_second_line(
    acme: Tenant, watch: Watch, client_for: ClientFor, caplog: pytest.LogCaptureFixture
) -> None:
    forged = 'x\r\n{"message": "signed in"}'
    browser = client_for(acme, HTTP_USER_AGENT=forged)
    browser.get("/oauth2/okta/authresp", {"state": forged, "error": forged})
    browser.post("/oidc/okta/initiate/", {"iss": forged, "login_hint": forged})
    browser.get("/sign-in/", {"next": forged})
    assert caplog.records
    assert all("\n" not in JsonFormatter().format(record) for record in caplog.records)
