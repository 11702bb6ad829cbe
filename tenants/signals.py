"""What tenants tell the apps above them. Each is sent within the transaction of the change: both hold or neither."""

from django.dispatch import Signal

# tenant: sent in the new tenant's schema, once its tables are there.
tenant_provisioned = Signal()
# tenant, provider (None: the whole tenant): nobody may stay signed in by it.
access_ended = Signal()
# provider, by (an Actor or None): its people can sign in from now on.
went_live = Signal()
# tenant, kind, by (an Actor), about, before, after: for the tenant's history (tenants.record).
recorded = Signal()
# provider: it refuses our live credential, and those that it had before still work.
settings_failing = Signal()
