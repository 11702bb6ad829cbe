"""The guide: Okta's steps with the tenant's own values, ticked off one by one."""

import re

import pytest
from django.template import TemplateSyntaxError, engines

from accounts.models import User
from huume.setup.tests.setup_cast import enter_setup, provider_of
from huume.testing import ClientFor, TenantClient, live_provider_row
from tenants import hosts
from tenants.models import Tenant

OKTA_STEPS = ["create", "name", "grant", "redirect", "sign-out", "access", "scopes", "assignments", "tile"]
OKTA_STEPS += ["credentials"]
ACME = "http://acme.localhost:8000"
COPIED = re.compile(r'data-copy="([^"]*)"')


def page_of(browser: TenantClient, path: str) -> str:
    answer = browser.get(path)
    assert answer.status_code == 200, path
    return str(answer.content.decode())


@pytest.mark.parametrize("path", ["/setup/guide/", "/setup/guide/redirect/", "/setup/print/"])
def test_without_a_setup_session_the_door_says_why(acme: Tenant, client_for: ClientFor, path: str) -> None:
    answer = client_for(acme).get(path)
    assert (answer.status_code, answer["Location"]) == (302, "/setup/")


def test_a_session_of_the_portal_opens_no_guide(acme: Tenant, alice: User, client_for: ClientFor) -> None:
    assert client_for(acme, alice).get("/setup/guide/redirect/")["Location"] == "/setup/"


def test_ticking_off_needs_a_session(acme: Tenant, client_for: ClientFor) -> None:
    provider = provider_of(acme)
    assert client_for(acme).post("/setup/guide/redirect/", {"done": "yes"})["Location"] == "/setup/"
    provider.refresh_from_db()
    assert provider.steps_done == []


@pytest.mark.parametrize("step", ["nothing", "details", "okta", "REDIRECT"])
def test_a_step_that_is_not_there(acme: Tenant, client_for: ClientFor, step: str) -> None:
    browser = client_for(acme)
    enter_setup(browser, acme)
    assert browser.get(f"/setup/guide/{step}/").status_code == 404
    assert browser.post(f"/setup/guide/{step}/").status_code == 404
    assert provider_of(acme).steps_done == []


def test_okta_s_steps_in_okta_s_order(acme: Tenant, client_for: ClientFor) -> None:
    browser = client_for(acme)
    enter_setup(browser, acme)
    page = page_of(browser, "/setup/guide/create/")
    assert re.findall(r'href="/setup/guide/([a-z-]+)/"', page.partition("</ol>")[0]) == OKTA_STEPS
    assert f"Step 1 of {len(OKTA_STEPS) + 4}" in page
    assert "Set up Okta for Acme Homes" in page


EXACT = [
    ("name", ["Huume Admin Portal"]),
    ("redirect", [f"{ACME}/oauth2/okta/authresp"]),
    ("sign-out", [ACME]),
    ("scopes", ["okta.myAccount.email.read", "okta.myAccount.phone.read", "okta.myAccount.profile.read"]),
    ("tile", [f"{ACME}/oidc/okta/initiate/"]),
    ("credentials", [f"{ACME}/oidc/okta/jwks.json"]),
]


@pytest.mark.parametrize(("step", "values"), EXACT)
def test_each_value_is_exact_and_has_its_copy_button(
    acme: Tenant, client_for: ClientFor, step: str, values: list[str]
) -> None:
    browser = client_for(acme)
    enter_setup(browser, acme)
    page = page_of(browser, f"/setup/guide/{step}/")
    assert COPIED.findall(page) == values
    assert all(f"<span>{value}</span>" in page for value in values)


SAID = [
    ("create", ["Create App Integration", "OIDC - OpenID Connect", "Web Application"]),
    ("grant", ["Client acting on behalf of a user", "Authorization Code"]),
    ("redirect", ["Sign-in redirect URIs"]),
    ("sign-out", ["Sign-out redirect URIs", "No slash at the end"]),
    ("access", ["Controlled access", "Skip group assignment for now", "Save"]),
    ("scopes", ["Okta API Scopes", "Only a Super Admin can grant scopes"]),
    ("assignments", ["Assign to Groups", "access_denied"]),
    ("tile", ["Login initiated by", "Either Okta or App", "optional"]),
    ("credentials", ["-admin", "Save keys in Okta", "Use a URL to fetch keys dynamically"]),
]


@pytest.mark.parametrize(("step", "words"), SAID)
def test_a_step_speaks_okta_s_words_and_says_what_goes_wrong(
    acme: Tenant, client_for: ClientFor, step: str, words: list[str]
) -> None:
    browser = client_for(acme)
    enter_setup(browser, acme)
    page = page_of(browser, f"/setup/guide/{step}/")
    assert not [word for word in words if word not in page]


def test_the_values_are_those_of_the_register_and_not_of_the_request(acme: Tenant, client_for: ClientFor) -> None:
    browser = client_for(acme)
    enter_setup(browser, acme)
    acme.domains.create(domain="portal.acme.example", is_primary=False)
    headers = {"Host": "portal.acme.example", "X-Forwarded-Host": "evil.example"}
    page = browser.get("/setup/guide/redirect/", headers=headers).content.decode()
    assert COPIED.findall(page) == [f"{ACME}/oauth2/okta/authresp"]
    assert "evil.example" not in page


def test_each_provider_of_each_tenant_has_values_of_its_own(
    acme: Tenant, globex: Tenant, client_for: ClientFor
) -> None:
    browser = client_for(acme)
    enter_setup(browser, acme, slug="northside")
    provider_of(globex)
    page = page_of(browser, "/setup/print/")
    assert f"{ACME}/oauth2/northside/authresp" in page
    assert "/okta/" not in page
    assert "globex" not in page.lower()


def test_mallory_s_session_shows_globex_s_values_and_opens_nothing_at_acme(
    acme: Tenant, globex: Tenant, client_for: ClientFor
) -> None:
    mallory = client_for(globex)
    enter_setup(mallory, globex)
    assert COPIED.findall(page_of(mallory, "/setup/guide/redirect/")) == [
        "http://globex.localhost:8000/oauth2/okta/authresp"
    ]
    at_acme = client_for(acme)
    at_acme.cookies = mallory.cookies
    assert at_acme.get("/setup/guide/redirect/")["Location"] == "/setup/"


def test_done_marks_the_step_and_goes_on(acme: Tenant, client_for: ClientFor) -> None:
    browser = client_for(acme)
    enter_setup(browser, acme)
    answer = browser.post("/setup/guide/create/", {"done": "yes"})
    assert (answer.status_code, answer["Location"]) == (302, "/setup/guide/name/")
    page = page_of(browser, "/setup/guide/name/")
    assert page.count('<li class="done">') == 1
    assert '<a href="/setup/guide/name/" aria-current="step">' in page


def test_done_twice_is_done_once(acme: Tenant, client_for: ClientFor) -> None:
    browser = client_for(acme)
    enter_setup(browser, acme)
    for _again in range(2):
        browser.post("/setup/guide/create/", {"done": "yes"})
    assert provider_of(acme).steps_done == ["create"]


def test_ticking_off_can_be_undone(acme: Tenant, client_for: ClientFor) -> None:
    browser = client_for(acme)
    enter_setup(browser, acme)
    browser.post("/setup/guide/create/", {"done": "yes"})
    assert "Not done after all" in page_of(browser, "/setup/guide/create/")
    answer = browser.post("/setup/guide/create/", {"done": "no"})
    assert answer["Location"] == "/setup/guide/create/"
    assert provider_of(acme).steps_done == []


def test_coming_back_continues_at_the_first_that_is_not_done(acme: Tenant, client_for: ClientFor) -> None:
    first, second = client_for(acme), client_for(acme)
    enter_setup(first, acme)
    for step in ("create", "grant"):
        first.post(f"/setup/guide/{step}/", {"done": "yes"})
    enter_setup(second, acme)
    assert second.get("/setup/guide/")["Location"] == "/setup/guide/name/"


def test_the_last_step_leads_to_the_details_and_so_does_coming_back(acme: Tenant, client_for: ClientFor) -> None:
    browser = client_for(acme)
    enter_setup(browser, acme)
    answers = [browser.post(f"/setup/guide/{step}/", {"done": "yes"}) for step in OKTA_STEPS]
    assert answers[-1]["Location"] == "/setup/details/"
    assert browser.get("/setup/guide/")["Location"] == "/setup/details/"


def test_every_step_can_be_opened_at_any_time_and_the_last_seen_is_remembered(
    acme: Tenant, client_for: ClientFor
) -> None:
    browser = client_for(acme)
    enter_setup(browser, acme)
    for step in reversed(OKTA_STEPS):
        page_of(browser, f"/setup/guide/{step}/")
        assert provider_of(acme).step == step


def test_the_minutes_left_shrink_with_what_is_done(acme: Tenant, client_for: ClientFor) -> None:
    browser = client_for(acme)
    enter_setup(browser, acme)
    left = [
        int(re.findall(r"about (\d+) minutes? left", page_of(browser, "/setup/guide/create/"))[0])
        for _step in (browser.post("/setup/guide/create/", {"done": done}) for done in ("no", "yes"))
    ]
    assert left[0] == left[1] + 1


def test_a_live_provider_s_steps_are_done(acme: Tenant, client_for: ClientFor) -> None:
    live_provider_row(acme)
    browser = client_for(acme)
    enter_setup(browser, acme)
    done = page_of(browser, "/setup/guide/create/").partition("</ol>")[0].split("<li")
    assert {part.partition('href="')[2].partition('"')[0] for part in done if 'class="done"' in part} == {
        "/setup/details/",
        "/setup/live/",
    }


@pytest.mark.parametrize("kind", ["oidc", "entra", "google"])
def test_any_other_provider_has_its_guide_too(acme: Tenant, client_for: ClientFor, kind: str) -> None:
    browser = client_for(acme)
    provider_of(acme, "northside", kind)
    enter_setup(browser, acme, slug="northside")
    page = page_of(browser, "/setup/print/")
    assert set(COPIED.findall(page)) >= {
        f"{ACME}/oauth2/northside/authresp",
        ACME,
        f"{ACME}/oidc/northside/initiate/",
        f"{ACME}/oidc/northside/jwks.json",
        *("openid", "profile", "email"),
    }
    assert "Okta" not in page


def test_the_print_view_has_all_steps_in_order_and_every_drawing(acme: Tenant, client_for: ClientFor) -> None:
    browser = client_for(acme)
    enter_setup(browser, acme)
    page = page_of(browser, "/setup/print/")
    one_by_one = [re.findall(r"<h2>(.*?)</h2>", page_of(browser, f"/setup/guide/{step}/"))[0] for step in OKTA_STEPS]
    assert re.findall(r"<h2><span>\d+\.</span> (.*?)</h2>", page) == one_by_one
    assert all(f"<span>{value}</span>" in page for _step, values in EXACT for value in values)
    assert page.count('role="img"') == page.count('class="drawing"') >= 5


def test_markup_in_a_tenant_s_name_stays_text(acme: Tenant, client_for: ClientFor) -> None:
    browser = client_for(acme)
    enter_setup(browser, acme)
    Tenant.objects.filter(pk=acme.pk).update(name="<b>Acme</b>")
    hosts.forget()
    for path in ("/setup/guide/redirect/", "/setup/print/"):
        page = page_of(browser, path)
        assert "<b>Acme" not in page
        assert "&lt;b&gt;Acme&lt;/b&gt;" in page


BROKEN = [
    ('{% step "one" %}{% endstep %}', "A step is written"),
    ('{% step "one" "One" minutes="x" %}{% endstep %}', "a whole number"),
    ('{% step "one" "One" %}{% endstep %}{% step "one" "Two" %}{% endstep %}', "two steps named one"),
    ('{% drawing "not-there" %}', "no drawing not-there"),
    ('{% drawing "../page" %}', "named in quotes"),
    ("{% copy redirect_url %}", "one of: app_name"),
]


@pytest.mark.parametrize(("text", "words"), BROKEN)
def test_a_guide_that_was_mistyped_is_explained(text: str, words: str) -> None:
    with pytest.raises(TemplateSyntaxError, match=words):
        engines["django"].from_string("{% load guide %}" + text)


def test_what_is_copied_is_escaped() -> None:
    template = engines["django"].from_string("{% load guide %}{% copy redirect_uri %}")
    assert "<b>" not in template.render({"redirect_uri": '"><b>'})
