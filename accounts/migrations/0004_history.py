import django.utils.timezone
from django.db import migrations, models

# Both without a schema: in the tenant's own, the first of the search path, in which its tables are being made. For each
# statement, so that one which would touch no row is refused too; always, so that no session's setting turns it off.
REFUSE = """
CREATE FUNCTION accounts_history_refuse() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    RAISE EXCEPTION 'history is append-only: % of %.% is refused', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON accounts_historyentry
    FOR EACH STATEMENT EXECUTE FUNCTION accounts_history_refuse();
ALTER TABLE accounts_historyentry ENABLE ALWAYS TRIGGER append_only;
"""
ALLOW = """
DROP TRIGGER append_only ON accounts_historyentry;
DROP FUNCTION accounts_history_refuse();
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_email_verified")]
    operations = [
        migrations.CreateModel(
            name="HistoryEntry",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="when")),
                ("kind", models.CharField(max_length=50, verbose_name="what")),
                ("actor_kind", models.CharField(max_length=20)),
                ("actor", models.CharField(blank=True, max_length=100)),
                ("about", models.CharField(blank=True, max_length=100)),
                ("before", models.JSONField(default=dict)),
                ("after", models.JSONField(default=dict)),
                ("ip_address", models.GenericIPAddressField(null=True, verbose_name="from")),
            ],
            options={
                "verbose_name": "history entry",
                "verbose_name_plural": "history",
                "ordering": ["-at", "-id"],
                "default_permissions": (),
                "indexes": [
                    models.Index(fields=["-at", "-id"], name="history_by_time"),
                    models.Index(fields=["kind", "-at"], name="history_by_kind"),
                    models.Index(fields=["about", "-at"], name="history_by_about"),
                ],
            },
        ),
        migrations.CreateModel(
            name="HistoryName",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=120, unique=True)),
                ("name", models.CharField(max_length=254)),
            ],
            options={"default_permissions": ()},
        ),
        migrations.RunSQL(REFUSE, ALLOW),
    ]
