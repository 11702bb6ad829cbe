"""django-tenants as its documentation sets it up."""

from bench.common_settings import *  # noqa: F403
from bench.common_settings import INSTALLED_APPS, MIDDLEWARE, database

SHARED_APPS = ["django_tenants", "bench.tenants_stock", *INSTALLED_APPS]
TENANT_APPS = [*INSTALLED_APPS]
INSTALLED_APPS = [*SHARED_APPS]
MIDDLEWARE = ["django_tenants.middleware.main.TenantMainMiddleware", *MIDDLEWARE]
TENANT_MODEL = "tenants_stock.Client"
TENANT_DOMAIN_MODEL = "tenants_stock.Domain"
DATABASE_ROUTERS = ["django_tenants.routers.TenantSyncRouter"]
ROOT_URLCONF = "bench.plain.urls"
DATABASES = {"default": database("bench_tenants", "django_tenants.postgresql_backend")}
