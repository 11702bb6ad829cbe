from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "people"

    def ready(self) -> None:
        from accounts import ending, failing_settings, going_live, history, standard_roles

        standard_roles.register()
        ending.register()
        failing_settings.register()
        history.register()
        going_live.register()
