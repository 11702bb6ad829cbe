from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "people"

    def ready(self) -> None:
        from accounts import ending, standard_roles

        standard_roles.register()
        ending.register()
