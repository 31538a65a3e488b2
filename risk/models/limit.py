"""Credit limits: what each borrower may owe at most, and every move of it with its reason."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.fields import money_field


class CreditLimit(models.Model):
    """The limit of one borrower. Written by the nightly re-scoring and by people; LimitChange is its history."""

    borrower = models.OneToOneField("borrowers.Borrower", on_delete=models.PROTECT, related_name="credit_limit")
    amount = money_field(verbose_name=_("limit"))
    grade = models.CharField(_("risk grade"), max_length=4, blank=True)
    points = models.IntegerField(_("points"), default=0)
    as_of = models.DateField(_("as of"))
    changed_on = models.DateField(_("last changed on"))
    raised_on = models.DateField(_("last raised on"), null=True)

    class Meta:
        verbose_name = _("credit limit")
        verbose_name_plural = _("credit limits")
        default_permissions = ("view",)
        permissions = [
            ("change_limit", _("Can change credit limits")),
            ("approve_limit", _("Can agree to higher credit limits")),
        ]
        constraints = [
            models.CheckConstraint(condition=models.Q(amount__gte=0), name="risk_creditlimit_not_negative"),
        ]
        # As the list shows them: all, those raised last, those that ended.
        indexes = [
            models.Index(fields=["-changed_on", "-id"], name="risk_creditlimit_changed"),
            models.Index(
                fields=["-changed_on", "-id"],
                condition=models.Q(raised_on=models.F("changed_on")),
                name="risk_creditlimit_raised",
            ),
            models.Index(fields=["-changed_on", "-id"], condition=models.Q(amount=0), name="risk_creditlimit_ended"),
        ]

    def __str__(self) -> str:
        return f"{self.borrower_id}: {self.amount}"


class LimitReason(models.TextChoices):
    """Why a limit moved."""

    FIRST = "first", pgettext_lazy("limit", "first assessment")
    PAID_ON_TIME = "paid_on_time", pgettext_lazy("limit", "paid on time")
    OVERDUE = "overdue", pgettext_lazy("limit", "over 30 days overdue")
    WRITTEN_OFF = "written_off", pgettext_lazy("limit", "loan written off")
    MANUAL = "manual", pgettext_lazy("limit", "changed by a person")


class LimitChange(models.Model):
    """One move of a limit, append-only. At most one automatic move a borrower and day, so a repeated run adds none."""

    borrower = models.ForeignKey("borrowers.Borrower", on_delete=models.PROTECT, related_name="limit_changes")
    before = money_field(verbose_name=_("before"))
    after = money_field(verbose_name=_("after"))
    reason = models.CharField(_("reason"), max_length=20, choices=LimitReason)
    facts = models.JSONField(_("facts"), default=dict)
    note = models.CharField(_("note"), max_length=500, blank=True)
    on = models.DateField(_("on"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("limit change")
        verbose_name_plural = _("limit changes")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["borrower", "on"],
                condition=models.Q(reason__in=["paid_on_time", "overdue", "written_off"]),
                name="risk_limitchange_one_automatic_a_day",
            ),
        ]
        indexes = [models.Index(fields=["borrower", "-id"], name="risk_limitchange_borrower")]

    def __str__(self) -> str:
        return f"{self.borrower_id}: {self.before} -> {self.after}"
