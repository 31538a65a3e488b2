from django.apps import AppConfig
from django.core.checks import Tags, register
from django.core.exceptions import ImproperlyConfigured
from django.db.models.signals import post_migrate
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _

from core.currencies import MarketWithoutCurrency, house_currency
from core.partitions import after_migrate
from core.rulebook.laying_down import lay_down
from core.tables import check_tables


class CoreConfig(AppConfig):
    name = "core"
    label = "core"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = _("Core")

    def ready(self) -> None:
        """A market whose money is not known stops the start. Each migrate makes the months that come."""
        register(check_tables, Tags.database)
        post_migrate.connect(after_migrate, sender=self, dispatch_uid="core.make_months")
        # Each app declares the rules that it reads, and every migrate has PostgreSQL hold all versions to them.
        autodiscover_modules("rules_declared")
        post_migrate.connect(lay_down, sender=self, dispatch_uid="core.lay_down_rules")
        try:
            house_currency()
        except MarketWithoutCurrency as refusal:
            raise ImproperlyConfigured(f"DEFAULT_MARKET: {refusal.detail} Example: CN") from refusal
