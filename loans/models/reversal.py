"""What stands until it is taken back: then its day and reason are kept, and nothing of it is deleted."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class ReversalStatus(models.TextChoices):
    """It stands or was reversed; what is reversed never stands again."""

    POSTED = "posted", _("posted")
    REVERSED = "reversed", _("reversed")


class Reversible(models.Model):
    """The columns of what can be reversed. PostgreSQL lets nothing else of the row change."""

    status = models.CharField(_("status"), max_length=8, choices=ReversalStatus.choices, default=ReversalStatus.POSTED)
    reversed_on = models.DateField(null=True, blank=True)
    reversal_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(status="posted", reversed_on__isnull=True, reversal_reason="")
                | Q(status="reversed", reversed_on__isnull=False),
                name="%(app_label)s_%(class)s_reversed",
            )
        ]

    @property
    def is_reversed(self) -> bool:
        return self.status == ReversalStatus.REVERSED
