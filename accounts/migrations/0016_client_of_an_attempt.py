from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0017_history")]
    operations = [
        migrations.AddField(model_name="attempt", name="issuer", field=models.CharField(default="", max_length=500)),
        migrations.AddField(model_name="attempt", name="client_id", field=models.CharField(default="", max_length=255)),
    ]
