from django.apps import AppConfig
from django.core.checks import Tags, register
from django.core.exceptions import ImproperlyConfigured

from core.currencies import MarketWithoutCurrency, house_currency
from core.tables import check_tables


class CoreConfig(AppConfig):
    name = "core"
    label = "core"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = "Core"

    def ready(self) -> None:
        """A market whose money is not known stops the start."""
        register(check_tables, Tags.database)
        try:
            house_currency()
        except MarketWithoutCurrency as refusal:
            raise ImproperlyConfigured(f"DEFAULT_MARKET: {refusal.detail} Example: CN") from refusal
