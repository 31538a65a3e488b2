"""What the gate answered, with the facts it was asked with; and what two people agreed to bind in spite of."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.fields import money_field


class GateAct(models.TextChoices):
    """The acts that bind the house, as ``loans.gate.gate.BindingAct`` names them."""

    RULES_DECISION = "rules_decision", pgettext_lazy("binding act", "decision of the rules")
    PERSON_DECISION = "person_decision", pgettext_lazy("binding act", "decision of a person")
    SECOND_PERSON = "second_person", pgettext_lazy("binding act", "second person")
    ACCEPTANCE = "acceptance", pgettext_lazy("binding act", "acceptance")
    DISBURSEMENT = "disbursement", pgettext_lazy("binding act", "disbursement")
    RETRY = "retry", pgettext_lazy("binding act", "repeated disbursement")
    DRAWDOWN = "drawdown", pgettext_lazy("binding act", "drawdown")
    LIMIT_RAISE = "limit_raise", pgettext_lazy("binding act", "higher limit")


class GateVerdict(models.Model):
    """One answer of the gate. It is never changed or deleted; PostgreSQL refuses both.

    Offers, contracts and bank transfers name the verdict that let them pass, so that none can be made without one. A
    refusal is kept too; the same refusal again is not kept twice in a row.
    """

    borrower = models.ForeignKey("borrowers.Borrower", on_delete=models.PROTECT, related_name="gate_verdicts")
    application = models.ForeignKey(
        "loans.Application", on_delete=models.PROTECT, null=True, related_name="gate_verdicts"
    )
    loan = models.ForeignKey("loans.Loan", on_delete=models.PROTECT, null=True, related_name="gate_verdicts")
    act = models.CharField(_("act"), max_length=16, choices=GateAct)
    binds = models.BooleanField(_("allowed"))
    amount = money_field(verbose_name=_("amount"), null=True)
    findings = models.JSONField(_("checks"))
    facts = models.JSONField(_("facts"))
    on = models.DateField(_("business date"))
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("asked by")
    )
    created_at = models.DateTimeField(_("at"), auto_now_add=True)

    class Meta:
        verbose_name = _("gate verdict")
        verbose_name_plural = _("gate verdicts")
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(condition=models.Q(act__in=GateAct.values), name="loans_gateverdict_act_known"),
        ]
        indexes = [models.Index(fields=["borrower", "-id"], name="loans_gateverdict_borrower")]

    def __str__(self) -> str:
        return f"{self.get_act_display()} {self.on}"


class GateOverride(models.Model):
    """Two people agreed to bind the house in spite of soft checks: of which, up to how much, and until when."""

    borrower = models.ForeignKey("borrowers.Borrower", on_delete=models.PROTECT, related_name="gate_overrides")
    application = models.ForeignKey(
        "loans.Application", on_delete=models.PROTECT, null=True, related_name="gate_overrides"
    )
    loan = models.ForeignKey("loans.Loan", on_delete=models.PROTECT, null=True, related_name="gate_overrides")
    act = models.CharField(_("asked for"), max_length=16, choices=GateAct)
    checks = models.JSONField(_("checks"))
    findings = models.JSONField(_("findings"), help_text=_("As both people saw them."))
    amount = money_field(verbose_name=_("up to"))
    reason = models.CharField(_("reason"), max_length=500)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("asked by")
    )
    agreed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("agreed by")
    )
    agreed_on = models.DateField(_("agreed on"))
    good_until = models.DateField(_("good until"))
    approval = models.ForeignKey(
        "audit.Approval", on_delete=models.PROTECT, related_name="+", verbose_name=_("request")
    )

    class Meta:
        verbose_name = _("override")
        verbose_name_plural = _("overrides")
        default_permissions = ("view",)
        permissions = [("override_gate", _("Can agree to overrides of soft checks"))]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(asked_by=models.F("agreed_by")), name="loans_gateoverride_two_people"
            ),
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="loans_gateoverride_amount_positive"),
            models.CheckConstraint(condition=~models.Q(checks=[]), name="loans_gateoverride_checks_named"),
        ]
        indexes = [
            models.Index(fields=["application", "-id"], name="loans_gateoverride_applicat"),
            models.Index(fields=["loan", "-id"], name="loans_gateoverride_loan"),
            models.Index(fields=["-agreed_on", "-id"], name="loans_gateoverride_agreed"),
        ]

    def __str__(self) -> str:
        return f"{self.agreed_on}: {', '.join(self.checks)}"

    @property
    def currency(self) -> str:
        """ISO 4217, from the market the borrower lives in."""
        return self.borrower.currency
