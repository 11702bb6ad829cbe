from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tenants", "0003_onboarding")]
    operations = [
        migrations.AddField(
            model_name="emergencyaccess",
            name="asked_by_key",
            field=models.CharField(default="", editable=False, max_length=100),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="emergencyaccess",
            name="findings",
            field=models.JSONField(blank=True, default=list, editable=False),
        ),
    ]
