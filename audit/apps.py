from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _

from audit.triggers import install_history_triggers


class AuditConfig(AppConfig):
    name = "audit"
    label = "audit"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = _("Audit")

    def ready(self) -> None:
        post_migrate.connect(install_history_triggers, sender=self, dispatch_uid="audit.install_history_triggers")
        # Upper apps declare their kinds of approval in four_eyes.py, their receivers in receivers.py, and in
        # before_archiving.py what they still need of a month of records (audit/record_archive.py).
        autodiscover_modules("four_eyes", "receivers", "before_archiving")
