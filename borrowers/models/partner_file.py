"""What one partner told of one person: all that this partner is shown of them, whoever knew the person before."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from audit.history import tracked
from borrowers.models.borrower import Borrower, BorrowerStatus, Language, Occupation, Sex, new_borrower_id
from core.fields import EncryptedTextField
from core.masking import mask_id_number, mask_name, mask_phone

_CONTRADICTIONS = {
    "name": _("name"),
    "birth_date": _("birth date"),
    "sex": _("sex"),
    "occupation": _("occupation"),
    "phone": _("mobile"),
    "email": _("e-mail"),
    "status": _("status"),
}


class PartnerFile(models.Model):
    """A partner's own handle to a person, with what it brought.

    Whether the person was on file before cannot be seen from it: identifier, number and day are its own, and what the
    house knew when it was made is kept in ``status_then`` and ``do_not_contact_then`` only to leave it out.
    """

    client = models.ForeignKey(
        "partners.ApiClient", on_delete=models.PROTECT, related_name="+", verbose_name=_("partner")
    )
    borrower = models.ForeignKey(Borrower, on_delete=models.PROTECT, related_name="partner_files")
    public_id = models.CharField(_("identifier"), max_length=40, unique=True, default=new_borrower_id, editable=False)
    number = models.CharField(_("number"), max_length=20, unique=True)
    opened = models.BooleanField(_("opened the person’s file"))
    name = EncryptedTextField(_("name"))
    phone = EncryptedTextField(_("mobile"))
    birth_date = models.DateField(_("birth date"), null=True, blank=True)
    sex = models.CharField(_("sex"), max_length=8, choices=Sex.choices)
    occupation = models.CharField(
        _("occupation"), max_length=16, choices=Occupation.choices, blank=True, default="", db_default=""
    )
    language = models.CharField(_("language"), max_length=10, choices=Language.choices)
    created_on = models.DateField(_("registered on"))
    status_then = models.CharField(max_length=10, choices=BorrowerStatus.choices, editable=False)
    do_not_contact_then = models.BooleanField(editable=False)
    contradicts = models.JSONField(_("contradicts what is on file"), default=list, blank=True)
    looked_at = models.DateTimeField(_("looked at"), null=True, blank=True)
    looked_at_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    history = tracked()
    shared = True  # False of a file made to name a person who withdrew the consent that the partner is told of them

    class Meta:
        verbose_name = _("partner’s file")
        verbose_name_plural = _("partners’ files")
        constraints = [
            models.UniqueConstraint(fields=["client", "borrower"], name="borrowers_partner_file_once"),
            models.UniqueConstraint(
                fields=["borrower"], condition=models.Q(opened=True), name="borrowers_partner_file_opened_once"
            ),
        ]
        indexes = [models.Index(fields=["client", "-id"], name="borrowers_files_of_partner")]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return self.borrower.get_absolute_url()

    @property
    def masked_name(self) -> str:
        return mask_name(self.name)

    @property
    def masked_phone(self) -> str:
        return mask_phone(self.phone) if self.shared else ""

    @property
    def masked_identity(self) -> str:
        return mask_id_number(self.identity_number) if self.shared else ""

    @property
    def identity_kind(self) -> str:
        return self.borrower.identity_kind

    @property
    def identity_number(self) -> str:
        return self.borrower.identity_number

    @property
    def currency(self) -> str:
        return self.borrower.currency

    @property
    def status(self) -> str:
        """What became of the person since; what was so before is not told."""
        now = self.borrower.status
        return BorrowerStatus.ACTIVE.value if now == self.status_then else now

    @property
    def do_not_contact(self) -> bool:
        return self.borrower.do_not_contact and not self.do_not_contact_then

    @property
    def contradictions(self) -> list[str]:
        """What contradicts, in words."""
        return [str(_CONTRADICTIONS[name]) for name in self.contradicts]

    @property
    def awaits_a_look(self) -> bool:
        """Something the partner sent differs from what is on file, and nobody of the house has looked at it."""
        return bool(self.contradicts) and self.looked_at is None


class Brought(models.Model):
    """One thing a partner told of a person: as it told it, and the row of the house that came of it, if one did."""

    class Kind(models.TextChoices):
        CONSENT = "consent", _("Consent")
        CONTACT_POINT = "contact_point", _("Contact point")
        INCOME = "income", _("Income")
        EXTERNAL_DEBT = "external_debt", _("Debt elsewhere")
        BANK_ACCOUNT = "bank_account", _("Bank account")

    file = models.ForeignKey(PartnerFile, on_delete=models.PROTECT, related_name="brought")
    kind = models.CharField(_("kind"), max_length=14, choices=Kind)
    told = EncryptedTextField(_("as told"))
    row = models.BigIntegerField(_("row of the house"), null=True, editable=False)
    then = models.JSONField(default=dict, editable=False)
    at = models.DateTimeField(_("at"), auto_now_add=True)

    class Meta:
        verbose_name = _("thing brought by a partner")
        verbose_name_plural = _("things brought by partners")
        indexes = [models.Index(fields=["file", "kind", "-id"], name="borrowers_brought_of_file")]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
