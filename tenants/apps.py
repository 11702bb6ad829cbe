from django.apps import AppConfig
from django.db.models.signals import post_delete


class TenantsConfig(AppConfig):
    name = "tenants"
    verbose_name = "Customers"

    def ready(self) -> None:
        from django_tenants.signals import tenant_delete_callback

        from tenants import checks, hosts

        # It listens to every model's deletions, which turns fast deletes off for all; Tenant.delete() drops the schema.
        post_delete.disconnect(tenant_delete_callback)
        checks.register()
        hosts.register()
