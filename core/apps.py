from django.apps import AppConfig
from django.core.checks import Tags, register

from core.tables import check_tables


class CoreConfig(AppConfig):
    name = "core"
    label = "core"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = "Core"

    def ready(self) -> None:
        register(check_tables, Tags.database)
