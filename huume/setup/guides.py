"""Guides for IT administrators: one template file for each kind of provider, read step by step."""

from typing import Any

from django.db import transaction
from django.template import Template, engines
from django.utils.safestring import SafeString, mark_safe

from huume.templatetags.guide import WANTED, StepNode, steps_in
from tenants.models import IdentityProvider

# Kinds without a file of their own read the one for any OpenID provider.
FILES = {IdentityProvider.Kind.OKTA.value: "setup/guides/okta.html"}
ANY_PROVIDER = "setup/guides/oidc.html"
APP_NAME = "Huume Admin Portal"


def file_for(kind: str) -> str:
    return FILES.get(kind, ANY_PROVIDER)


def template_of(kind: str) -> Template:
    loaded: Any = engines["django"].get_template(file_for(kind))
    template: Template = loaded.template
    return template


def read(kind: str) -> list[StepNode]:
    """The steps of the guide for a kind of provider, in the file's order."""
    return list(steps_in(template_of(kind).nodelist))


def values_of(provider: IdentityProvider) -> dict[str, Any]:
    """What the guide's texts name: built from the register alone, never from a request."""
    address = provider.tenant.address
    return {
        "provider": provider,
        "tenant": provider.tenant,
        "app_name": APP_NAME,
        "redirect_uri": address + provider.redirect_path,
        "sign_out_uri": address,
        "initiate_login_uri": f"{address}/oidc/{provider.slug}/initiate/",
        "jwks_address": f"{address}/oidc/{provider.slug}/jwks.json",
    }


def render(provider: IdentityProvider, step: str) -> SafeString:
    """One step's text with the tenant's own values."""
    template = engines["django"].get_template(file_for(provider.kind))
    return mark_safe(template.render(values_of(provider) | {WANTED: step}).strip())  # noqa: S308  # a template of ours


def tick(provider: IdentityProvider, step: str, *, done: bool) -> None:
    """Remembers whether a step is done. Two browsers at it at once lose nothing of one another's."""
    with transaction.atomic():
        rows = IdentityProvider.objects.select_for_update(no_key=True)
        ticked = [key for key in rows.values_list("steps_done", flat=True).get(pk=provider.pk) if key != step]
        ticked += [step] if done else []
        IdentityProvider.objects.filter(pk=provider.pk).update(steps_done=ticked)


def remember_place(provider: IdentityProvider, step: str) -> None:
    """Where the IT contact was seen last."""
    if provider.step != step:
        IdentityProvider.objects.filter(pk=provider.pk).update(step=step)
