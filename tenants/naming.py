"""Which names a tenant's subdomain may have, and how hosts are written."""

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

RESERVED_WORDS = """
    about account accounts admin administrator api app apps assets auth autodiscover backup billing blog cdn ci cname
    config contact dashboard db demo-admin dev dns docs download email example files ftp git graphql grafana health
    healthz help home host hostmaster huume id identity idp imap info information-schema internal ldap local localhost
    login logout mail media metrics monitor mx news noc ns ns1 ns2 oauth oauth2 oidc operator ops pg-catalog pop pop3
    portal postgres postmaster preview proxy public root saml scim security server setup sign-in sign-out smtp sso
    staff staging static stats status support system template0 template1 tenant tenants test testing usenet vpn
    webmail well-known wiki www www1 www2
    """
RESERVED = frozenset(RESERVED_WORDS.split())
SUBDOMAIN = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
HOST = re.compile(r"(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)+")
NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")


def validate_subdomain(subdomain: str) -> None:
    """Refuses what is no DNS label, what is too long for us, and names that could pass for ours."""
    if not SUBDOMAIN.fullmatch(subdomain) or "--" in subdomain:
        raise ValidationError(
            _("“%(name)s” cannot be a subdomain: use 1 to 40 small letters, digits and single hyphens."),
            code="bad_subdomain",
            params={"name": subdomain},
        )
    if subdomain in RESERVED or subdomain.startswith(("pg-", "pg_", "xn--")):
        raise ValidationError(
            _("“%(name)s” is reserved. Choose another subdomain."),
            code="reserved_subdomain",
            params={"name": subdomain},
        )


def normalise_host(host: str) -> str:
    """A Host header or a typed host in the form in which hosts are stored: lower case, no port, no final dot."""
    host = host.strip().lower()
    if not host.startswith("["):
        host = host.partition(":")[0]
    return host.removesuffix(".")


def validate_host(host: str) -> None:
    # A last label that is a number makes it an address, not a name (URL standard, "ends in a number").
    if not HOST.fullmatch(host) or NUMBER.fullmatch(host.rpartition(".")[2]):
        raise ValidationError(
            _("“%(name)s” is not a host name such as portal.example.org."), code="bad_host", params={"name": host}
        )
