from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tenants", "0017_emergency_findings")]
    operations = [
        migrations.AddField(
            model_name="providersettings",
            name="looked_at_again",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name="providersettings",
            name="told_failing_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
    ]
