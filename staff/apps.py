from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _


class StaffConfig(AppConfig):
    name = "staff"
    label = "staff"
    verbose_name = _("Staff")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        post_migrate.connect(_sync_roles_once, dispatch_uid="staff.sync_roles")


def _sync_roles_once(*, app_config: AppConfig, **_signal: object) -> None:
    """Django signals once per app; rights of the last app exist only in the last round, so wait for it."""
    with_models = [config for config in apps.get_app_configs() if config.models_module is not None]
    if app_config is with_models[-1]:
        import_string("staff.roles.sync_roles")()
