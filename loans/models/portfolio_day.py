"""How the portfolio stood at the end of each business day: one derived row a day, written by the night
(``loans.night.portfolio``) and made anew from events at will."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.fields import money_field


class PortfolioDay(models.Model):
    """Running loans and their principal at the end of ``on``, and what the day moved, over all currencies.

    ``groups``: ``[product id, status, bucket, risk class, loans, principal]`` each, so that any sum can be made of them;
    a loan charged off stands with the status ``charged_off``. ``rolls``: ``[from, to, loans, principal]`` of the buckets.
    """

    on = models.DateField(_("day"), primary_key=True)
    loans = models.PositiveIntegerField(_("running loans"))
    outstanding = money_field(verbose_name=_("outstanding"))
    late_1 = money_field(verbose_name="PAR1")
    late_30 = money_field(verbose_name="PAR30")
    late_60 = money_field(verbose_name="PAR60")
    late_90 = money_field(verbose_name="PAR90")
    disbursed = money_field(verbose_name=_("disbursed"))
    collected = money_field(verbose_name=_("collected"))
    groups = models.JSONField(default=list)
    rolls = models.JSONField(default=list)

    class Meta:
        ordering = ["-on"]
        verbose_name = _("portfolio of a day")
        verbose_name_plural = _("portfolio by day")
        default_permissions = ("view",)

    def __str__(self) -> str:
        return self.on.isoformat()
