from tenants.models.client_keys import ClientKey
from tenants.models.client_settings import AuthMethod, ClientSettings
from tenants.models.emergency import EmergencyAccess
from tenants.models.mail import Mail
from tenants.models.providers import IdentityProvider, IdentityProviderQuerySet, ProviderSettings
from tenants.models.register import Domain, Tenant, TenantQuerySet, address_of
from tenants.models.setup import ProviderCheck, SetupLink, SetupSession, TrialSignIn

__all__ = [
    "AuthMethod",
    "ClientKey",
    "ClientSettings",
    "Domain",
    "EmergencyAccess",
    "IdentityProvider",
    "IdentityProviderQuerySet",
    "Mail",
    "ProviderCheck",
    "ProviderSettings",
    "SetupLink",
    "SetupSession",
    "Tenant",
    "TenantQuerySet",
    "TrialSignIn",
    "address_of",
]
