from django.apps import AppConfig


class HuumeConfig(AppConfig):
    name = "huume"
    verbose_name = "Huume"

    def ready(self) -> None:
        from huume import content_types
        from huume.staff import sessions

        content_types.keep_apart()
        sessions.register()
