from django.db import migrations

# Every process listens on this channel and forgets what it knew of hosts (tenants/hosts.py).
ANNOUNCE = """
CREATE FUNCTION public.huume_announce() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('huume_register', '');
    RETURN NULL;
END $$;
CREATE TRIGGER announce AFTER INSERT OR UPDATE OR DELETE ON public.tenants_tenant
    FOR EACH STATEMENT EXECUTE FUNCTION public.huume_announce();
CREATE TRIGGER announce AFTER INSERT OR UPDATE OR DELETE ON public.tenants_domain
    FOR EACH STATEMENT EXECUTE FUNCTION public.huume_announce();
"""
FORGET = """
DROP TRIGGER announce ON public.tenants_tenant;
DROP TRIGGER announce ON public.tenants_domain;
DROP FUNCTION public.huume_announce();
"""


class Migration(migrations.Migration):
    dependencies = [("tenants", "0001_initial")]
    operations = [migrations.RunSQL(ANNOUNCE, FORGET)]
