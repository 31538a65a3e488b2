"""Facts every app may read: the business date and the effective-dated rules of markets and regulators."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class BusinessDate(models.Model):
    """The day the books are open for; one row. Only end of day moves it."""

    id = models.SmallIntegerField(primary_key=True, default=1, editable=False)
    on = models.DateField(_("business date"))
    moved_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("business date")
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="core_businessdate_one_row")]

    def __str__(self) -> str:
        return self.on.isoformat()


class Rule(models.Model):
    """One version of a rule of a market or regulator, in force from a date until the next version."""

    code = models.CharField(max_length=60)
    market = models.CharField(max_length=2, default="CN")
    effective_from = models.DateField()
    data = models.JSONField()
    source = models.TextField(help_text=_("Where the numbers come from."))

    class Meta:
        ordering = ["code", "market", "-effective_from"]
        constraints = [
            models.UniqueConstraint(fields=["code", "market", "effective_from"], name="core_rule_one_version_a_day")
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.market} {self.effective_from}"
