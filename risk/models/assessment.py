"""Assessments: what was known, checked and scored when an application was judged; and who must not be lent to."""

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.fields import exact_field, money_field
from core.history import tracked


class Assessment(models.Model):
    """One assessment of an application. A later one never overwrites it; PostgreSQL refuses UPDATE and DELETE."""

    application = models.ForeignKey("loans.Application", on_delete=models.PROTECT, related_name="assessments")
    scorecard = models.ForeignKey("risk.Scorecard", on_delete=models.PROTECT, related_name="+")
    grade_policy = models.ForeignKey("risk.GradePolicy", on_delete=models.PROTECT, related_name="+")
    assessed_on = models.DateField(_("assessed on"))
    points = models.IntegerField(_("points"))
    grade = models.CharField(_("risk grade"), max_length=4)
    score_reasons = models.JSONField(_("points lost"), default=list)
    profile = models.JSONField(_("what was known"), default=dict)
    checks = models.JSONField(_("checks"), default=list)
    recommended_outcome = models.CharField(_("recommendation"), max_length=14)
    recommendation_reasons = models.JSONField(_("reasons"), default=list)
    recommended_principal = money_field(verbose_name=_("recommended principal"), null=True)
    recommended_rate = exact_field(verbose_name=_("recommended annual rate"), null=True)
    recommended_down_payment = money_field(verbose_name=_("recommended down payment"), null=True)
    limit_amount = money_field(verbose_name=_("limit of the grade"))
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("assessment")
        verbose_name_plural = _("assessments")
        default_permissions = ("view",)
        indexes = [models.Index(fields=["application", "-id"], name="risk_assessment_latest")]

    def __str__(self) -> str:
        return f"{self.application_id}: {self.grade} {self.points}"


class DoNotLendEntry(models.Model):
    """Somebody decided that this person gets no loan. Put in and lifted by people with a reason, never by rule."""

    borrower = models.ForeignKey("borrowers.Borrower", on_delete=models.PROTECT, related_name="do_not_lend_entries")
    reason_code = models.CharField(_("reason"), max_length=40)
    note = models.CharField(_("note"), max_length=500, blank=True)
    listed_on = models.DateField(_("listed on"))
    listed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    lifted_on = models.DateField(_("lifted on"), null=True, blank=True)
    lift_agreed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("lifting agreed to by"),
    )
    history = tracked()

    class Meta:
        verbose_name = _("do-not-lend entry")
        verbose_name_plural = _("do-not-lend entries")
        permissions = [("lift_do_not_lend", _("Can agree that somebody is taken off the do-not-lend list"))]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(lifted_on__isnull=True, lift_agreed_by__isnull=True)
                | models.Q(lifted_on__isnull=False, lift_agreed_by__isnull=False),
                name="risk_donotlend_lifted_by_two",
            ),
            models.UniqueConstraint(
                fields=["borrower"], condition=models.Q(lifted_on__isnull=True), name="risk_donotlend_one_open"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.borrower_id} {self.reason_code}"

    def get_absolute_url(self) -> str:
        return reverse("risk:limit", args=[self.number])

    @property
    def number(self) -> str:
        """What requests and the log name it by: the borrower."""
        return self.borrower.number
