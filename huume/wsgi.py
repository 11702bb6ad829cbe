import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "huume.settings")
application = get_wsgi_application()

from huume.database.pooler import refuse_at_start  # noqa: E402  # needs the settings

refuse_at_start()
