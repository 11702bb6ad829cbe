"""A whole sign-in without any secret: the provider fetches our public keys from us over HTTP and takes our signature.

At certified providers that we did not write, Okta-like and as they are, and at the fault-injecting one.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
import requests

from accounts.tests.fake_provider import FakeProvider, huume_client
from huume.tests.certified_cast import PEOPLE, application_with_keys
from huume.tests.certified_provider import CertifiedProvider
from huume.tests.portal_process import Answer, PortalProcess

pytestmark = [pytest.mark.xdist_group("portal process"), pytest.mark.timeout(240)]
WITHOUT_SECRET = "UPDATE public.tenants_identityprovider SET auth_method = 'private_key_jwt', client_secret = ''"
Provider = CertifiedProvider | FakeProvider


class Rig:
    """Acme with three providers that know its keys; Globex with one whose application is told acme's keys."""

    def __init__(self, portal: PortalProcess, stack: ExitStack) -> None:
        self.portal = portal
        acme, globex = (f"http://{tenant}.localhost:{portal.port}" for tenant in ("acme", "globex"))
        mallorys = application_with_keys(globex, "okta", keys_of=acme) | {"client_id": "globex-okta"}
        okta = CertifiedProvider(okta_like=True, clients=[application_with_keys(acme, "okta"), mallorys], people=PEOPLE)
        plain = CertifiedProvider(okta_like=False, clients=[application_with_keys(acme, "plain")], people=PEOPLE)
        host = acme.removeprefix("http://")
        client = huume_client("acme", host=host, slug="faulty")
        uri = f"{acme}/oidc/faulty/jwks.json"
        faulty = FakeProvider(clients=[replace(client, client_id="acme-faulty", secrets=[], jwks_uri=uri)])
        self.providers: dict[str, Provider] = {
            "okta": stack.enter_context(okta),
            "plain": stack.enter_context(plain),
            "faulty": stack.enter_context(faulty),
        }

    def configure(self, tenant: str, slug: str) -> None:
        kind = "oidc" if slug == "plain" else "okta"
        options = ["--kind", kind, "--issuer", self.providers[slug].issuer, "--client-id", f"{tenant}-{slug}"]
        self.portal.manage(
            *["configure_provider", tenant, slug, *options, "--client-secret-stdin", "--activate"],
            stdin="to be dropped",
        )

    def sign_in(self, tenant: str, slug: str) -> tuple[Answer, str]:
        """Bob's sign-in: our last answer, and the cookies that came with it."""
        host = f"{tenant}.localhost"
        begun = self.portal.get(host, f"/oidc/{slug}/start/")
        back = urlsplit(bobs_callback(self.providers[slug], begun.headers["Location"]))
        cookie = begun.headers["Set-Cookie"].partition(";")[0]
        answer = self.portal.get(host, f"{back.path}?{back.query}", Cookie=cookie)
        cookies = "; ".join(value.partition(";")[0] for value in answer.headers.get_all("Set-Cookie", []))
        return answer, cookies


def bobs_callback(provider: Provider, location: str) -> str:
    if isinstance(provider, FakeProvider):
        return provider.authorize(location, person="Bob")
    with requests.Session() as browser:
        page = provider.get(browser, location)
        return provider.press(browser, page, "Bob Lund").headers["Location"]


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    with ExitStack() as stack:
        portal = stack.enter_context(PortalProcess(tmp_path_factory.mktemp("keys"), workers=1))
        made = Rig(portal, stack)
        for tenant in ("acme", "globex"):
            portal.manage("provision_tenant", tenant, "--name", tenant.title())
        for slug in made.providers:
            made.configure("acme", slug)
        made.configure("globex", "okta")
        portal.sql(WITHOUT_SECRET)
        yield made


def test_who_registers_acmes_keys_for_their_own_client_cannot_sign_as_acme(rig: Rig) -> None:
    answer, _cookies = rig.sign_in("globex", "okta")
    assert answer.status == 502
    assert "client_refused" in answer.text
    (reason,) = rig.portal.sql("SELECT DISTINCT reason FROM globex.accounts_signin")
    assert reason == ("client_refused",)


@pytest.mark.parametrize("slug", ["okta", "plain", "faulty"])
def test_bob_signs_in_and_no_secret_is_anywhere(rig: Rig, slug: str) -> None:
    answer, cookies = rig.sign_in("acme", slug)
    assert (answer.status, answer.headers["Location"]) == (302, "/"), answer.text
    assert "bob.lund@acme.example" in rig.portal.get("acme.localhost", "/", Cookie=cookies).text
    assert rig.portal.sql("SELECT DISTINCT client_secret FROM public.tenants_identityprovider") == [("",)]
    log = rig.portal.log.read_text()
    assert "eyJ" not in log
    assert "PRIVATE" not in log


@pytest.mark.parametrize("slug", ["okta", "faulty"])
def test_bob_signs_in_while_the_keys_roll_over(rig: Rig, slug: str) -> None:
    """The certified one has a set that it fetched before; the other fetches it anew."""
    rig.sign_in("acme", slug)
    assert f"Published: http://acme.localhost:{rig.portal.port}/oidc/{slug}/jwks.json" in rig.portal.manage(
        "roll_client_keys", "acme", slug
    )
    published = rig.portal.get("acme.localhost", f"/oidc/{slug}/jwks.json")
    assert published.headers["Cache-Control"] == "public, max-age=600"
    assert published.text.count('"kid"') == 4
    assert '"d"' not in published.text
    assert rig.sign_in("acme", slug)[0].status == 302
