"""Accounts a borrower is paid to and pays from."""

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from audit.history import tracked
from borrowers.models.borrower import Borrower
from core.choices import Tone, Toned
from core.fields import EncryptedTextField


class AccountState(Toned):
    """Whether the account is known to be the borrower's. Money is paid to a verified one only."""

    UNVERIFIED = "unverified", Tone.ATTENTION, pgettext_lazy("bank account", "not verified")
    VERIFIED = "verified", Tone.GOOD, pgettext_lazy("bank account", "verified")
    REFUSED = "refused", Tone.BAD, pgettext_lazy("bank account", "somebody else's")


class HolderAnswer(models.TextChoices):
    """What the bank said last when it was asked whose account it is."""

    NOT_ASKED = "", _("The bank was not asked yet.")
    MATCH = "match", _("The bank says it is the borrower's.")
    NO_MATCH = "no_match", _("The bank says it is somebody else's.")
    NO_ANSWER = "no_answer", _("The bank does not answer; it is asked again.")
    LATER = "later", _("The bank answers later.")


class BankAccount(models.Model):
    """One account; only its last four digits are kept readable. It is verified by the answer of the bank, or by a second
    person who has seen evidence (``agreed_by``), and by nobody else: PostgreSQL refuses the rest. The bank's answer alone
    verifies an account for one borrower only.

    ``agreed_on`` is the business day on which a second person agreed that the borrower is paid there.
    """

    borrower = models.ForeignKey(Borrower, on_delete=models.PROTECT, related_name="bank_accounts")
    bank_name = models.CharField(_("bank"), max_length=80)
    account_number = EncryptedTextField(_("account number"))
    account_index = models.CharField(max_length=64, db_index=True, editable=False)
    last4 = models.CharField(_("last four digits"), max_length=4)
    state = models.CharField(_("state"), max_length=10, choices=AccountState, default=AccountState.UNVERIFIED)
    bank_answer = models.CharField(_("answer of the bank"), max_length=10, choices=HolderAnswer, blank=True, default="")
    asked_at = models.DateTimeField(_("bank asked at"), null=True, blank=True)
    times_asked = models.PositiveSmallIntegerField(_("times asked"), default=0, db_default=0)
    verified_on = models.DateField(_("verified on"), null=True, blank=True)
    is_primary = models.BooleanField(_("primary"), default=False)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("added by"),
    )
    agreed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("agreed to by"),
    )
    agreed_on = models.DateField(_("agreed on"), null=True, blank=True)
    history = tracked(excluded_fields=["asked_at", "times_asked"])

    class Meta:
        verbose_name = _("bank account")
        verbose_name_plural = _("bank accounts")
        default_permissions = ("view",)
        permissions = [("approve_bank_account", _("Can agree to the account a borrower is paid to"))]
        constraints = [
            models.UniqueConstraint(fields=["borrower", "account_index"], name="borrowers_account_once"),
            models.UniqueConstraint(
                fields=["borrower"], condition=models.Q(is_primary=True), name="borrowers_account_one_primary"
            ),
            models.UniqueConstraint(
                fields=["account_index"],
                condition=models.Q(state="verified", agreed_by__isnull=True),
                name="borrowers_account_verified_for_one",
            ),
            models.CheckConstraint(
                condition=~models.Q(is_primary=True, state="refused"), name="borrowers_account_primary_is_own"
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=AccountState.values), name="borrowers_account_state_known"
            ),
            models.CheckConstraint(
                condition=~models.Q(state="verified")
                | models.Q(verified_on__isnull=False)
                & (models.Q(bank_answer="match") | models.Q(agreed_by__isnull=False)),
                name="borrowers_account_verified_by_bank_or_two",
            ),
            models.CheckConstraint(
                condition=models.Q(agreed_by__isnull=True) & models.Q(agreed_on__isnull=True)
                | models.Q(agreed_by__isnull=False, agreed_on__isnull=False)
                & (models.Q(added_by__isnull=True) | ~models.Q(added_by=models.F("agreed_by"))),
                name="borrowers_account_agreed_by_another",
            ),
        ]
        indexes = [
            models.Index(
                fields=["asked_at", "id"], condition=models.Q(state="unverified"), name="borrowers_account_to_ask"
            )
        ]

    def __str__(self) -> str:
        return self.masked_number

    def get_absolute_url(self) -> str:
        return reverse("desk:borrower", args=[self.borrower.number])

    @property
    def number(self) -> str:
        """What requests and the audit log name it by: its borrower and its last four digits."""
        return f"{self.borrower.number} {self.masked_number}"

    @property
    def reference(self) -> str:
        """The account in words that name no other one: bank, last digits, and the beginning of its fingerprint."""
        return f"{self.bank_name} {self.masked_number} #{self.account_index[:8]}"

    @property
    def masked_number(self) -> str:
        return f"**** {self.last4}"

    @property
    def shown_state(self) -> AccountState:
        """Its state as the choice that knows words and tone."""
        return AccountState(self.state)

    @property
    def is_verified(self) -> bool:
        """Whether money may be paid to it."""
        return self.state == AccountState.VERIFIED

    @property
    def is_unverified(self) -> bool:
        return self.state == AccountState.UNVERIFIED

    @property
    def is_shared(self) -> bool:
        """The bank says that it is the borrower's, and it is or was verified for another borrower: a second person
        decides."""
        return self.is_unverified and self.bank_answer == HolderAnswer.MATCH

    @property
    def is_refused(self) -> bool:
        """The bank says that it is somebody else's."""
        return self.state == AccountState.REFUSED
