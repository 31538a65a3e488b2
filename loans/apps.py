from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _


class LoansConfig(AppConfig):
    name = "loans"
    verbose_name = _("Loans")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Upper apps say in before_binding.py what they know of a person before the house is bound (loans/gate/facts.py).
        autodiscover_modules("before_binding")
