from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _


class CaseworkConfig(AppConfig):
    name = "casework"
    label = "casework"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = _("Tasks and evidence")

    def ready(self) -> None:
        # Upper apps declare what people must do about their objects, and of which objects evidence and notes are kept.
        autodiscover_modules("task_kinds", "subjects_declared", "receivers")
