"""Scorecards and grade policies: versioned data, so that a past decision can be read with the table it was made by."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.history import tracked


class Scorecard(models.Model):
    """One version of a points table. ``data`` is read by risk.scorecards; a trained card fits the same shape."""

    code = models.CharField(_("code"), max_length=40)
    version = models.PositiveSmallIntegerField(_("version"))
    is_active = models.BooleanField(_("in use"), default=False)
    data = models.JSONField(_("points table"))
    description = models.TextField(_("description"), blank=True)
    history = tracked()

    class Meta:
        verbose_name = _("scorecard")
        verbose_name_plural = _("scorecards")
        ordering = ["code", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["code", "version"], name="risk_scorecard_version_once"),
            models.UniqueConstraint(
                fields=["code"], condition=models.Q(is_active=True), name="risk_scorecard_one_in_use"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} v{self.version}"


class GradePolicy(models.Model):
    """What each grade may have from a date on: decision, limit, price and down payment. ``rows`` best grade first."""

    market = models.CharField(_("market"), max_length=2, default="CN")
    version = models.PositiveSmallIntegerField(_("version"))
    effective_from = models.DateField(_("in force from"))
    rows = models.JSONField(_("grades"))
    source = models.TextField(_("why"), blank=True)
    history = tracked()

    class Meta:
        verbose_name = _("grade policy")
        verbose_name_plural = _("grade policies")
        ordering = ["market", "-effective_from"]
        constraints = [
            models.UniqueConstraint(fields=["market", "version"], name="risk_gradepolicy_version_once"),
            models.UniqueConstraint(fields=["market", "effective_from"], name="risk_gradepolicy_one_a_day"),
        ]

    def __str__(self) -> str:
        return f"{self.market} v{self.version} ({self.effective_from})"
