"""The borrower: identity and the number that reaches them, encrypted at rest and masked wherever it is shown."""

from datetime import date

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from audit.history import tracked
from borrowers.identity import age
from core import rows
from core.choices import Tone, Toned
from core.currencies import currency_of
from core.fields import EncryptedTextField
from core.identifiers import new_id
from core.masking import mask_id_number, mask_name, mask_phone
from staff.models import User


class IdentityKind(models.TextChoices):
    """Which document names the person."""

    CN_RESIDENT_ID = "cn_resident_id", _("Resident ID")
    OTHER = "other", _("Other document")


class Sex(models.TextChoices):
    """As written in the identity document."""

    FEMALE = "female", _("Female")
    MALE = "male", _("Male")
    UNKNOWN = "unknown", _("Not stated")


class Occupation(models.TextChoices):
    """What the person lives from; empty on the borrower where nobody knows."""

    EMPLOYED = "employed", _("Employed")
    SELF_EMPLOYED = "self_employed", _("Self-employed")
    STUDENT = "student", _("Student")
    RETIRED = "retired", _("Retired")
    HOMEMAKER = "homemaker", _("Homemaker")
    UNEMPLOYED = "unemployed", _("Unemployed")
    OTHER = "other", pgettext_lazy("occupation", "Other")


class Language(models.TextChoices):
    """The language messages and documents are written in."""

    ENGLISH = "en", "English"
    CHINESE = "zh-hans", "简体中文"


class BorrowerStatus(Toned):
    """Whether business with the person goes on."""

    ACTIVE = "active", Tone.GOOD, _("Active")
    DECEASED = "deceased", Tone.ATTENTION, _("Deceased")
    ERASED = "erased", Tone.NEUTRAL, _("Erased")


_USABLE = ("unverified", "verified")
# Whose identity somebody has to see the document of.
_UNPROVED = models.Q(status=BorrowerStatus.ACTIVE, identity_kind=IdentityKind.OTHER, identity_confirmed_on__isnull=True)


def new_borrower_id() -> str:
    """The public identifier of a new borrower."""
    return new_id("cus")


class BorrowerQuerySet(models.QuerySet["Borrower"]):
    """Filters in the language of the desk, and the lock of whatever binds the house to a person or says who is paid."""

    def locked(self, borrower_id: int) -> "Borrower":
        # No key: who only names the borrower in a row of its own (a foreign key looks it up) need not wait.
        borrower = rows.first(self.model, "WHERE id = %s FOR NO KEY UPDATE", [borrower_id])
        if borrower is None:
            raise self.model.DoesNotExist(f"There is no borrower {borrower_id}.")
        return borrower

    def identity_to_confirm(self, by: User) -> "BorrowerQuerySet":
        """Active, known by a document that no check digit proves, and seen by nobody yet but whoever registered them;
        ``by`` is not that person."""
        return self.filter(_UNPROVED).exclude(registered_by=by)

    def reachable(self) -> "BorrowerQuerySet":
        """At least one contact point may still be used."""
        return self.filter(models.Exists(_usable_points()))

    def unreachable(self) -> "BorrowerQuerySet":
        """Every known contact point failed: somebody has to find a new one. Looked through are those with one that failed
        and those who came without a mobile, not everybody."""
        failed = _points().exclude(state__in=_USABLE).order_by().values("borrower")
        without_mobile = Borrower.objects.filter(phone_index="").order_by().values("pk")
        return self.filter(~models.Exists(_usable_points()), pk__in=failed.union(without_mobile))


def _usable_points() -> models.QuerySet[models.Model]:
    return _points().filter(borrower=models.OuterRef("pk"), state__in=_USABLE)


def _points() -> models.QuerySet[models.Model]:
    points: models.QuerySet[models.Model] = Borrower._meta.get_field(
        "contact_points"
    ).related_model._default_manager.all()
    return points


class Borrower(models.Model):
    """A person known by an identity document: one row a number, whichever kind of document it is said to stand in.

    ``occupation_agreed_by`` and ``life_agreed_by`` are the second people who agreed that a student is one no longer and
    that a death was recorded by mistake; without them PostgreSQL takes neither (``borrowers/law/facts_by_two.sql``).
    """

    public_id = models.CharField(max_length=40, unique=True, default=new_borrower_id, editable=False)
    number = models.CharField(_("number"), max_length=20, unique=True)
    market = models.CharField(_("market"), max_length=2, default="CN")
    identity_kind = models.CharField(_("document"), max_length=20, choices=IdentityKind.choices)
    name = EncryptedTextField(_("name"))
    name_index = models.CharField(max_length=64, db_index=True, editable=False)
    identity_number = EncryptedTextField(_("identity number"))
    identity_index = models.CharField(max_length=64, editable=False)
    birth_date = models.DateField(_("birth date"), null=True, blank=True)
    sex = models.CharField(_("sex"), max_length=8, choices=Sex.choices, default=Sex.UNKNOWN)
    phone = EncryptedTextField(_("mobile"))
    phone_index = models.CharField(max_length=64, db_index=True, editable=False)
    language = models.CharField(_("language"), max_length=10, choices=Language.choices, default=Language.CHINESE)
    occupation = models.CharField(
        _("occupation"), max_length=16, choices=Occupation.choices, blank=True, default="", db_default=""
    )
    occupation_agreed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    source = models.CharField(_("source"), max_length=40, blank=True, default="")
    external_id = models.CharField(_("partner's number"), max_length=80, null=True, blank=True)
    status = models.CharField(_("status"), max_length=10, choices=BorrowerStatus.choices, default=BorrowerStatus.ACTIVE)
    life_agreed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    do_not_contact = models.BooleanField(_("do not contact"), default=False)
    created_on = models.DateField(_("registered on"))
    registered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    identity_confirmed_on = models.DateField(_("identity confirmed on"), null=True, blank=True)
    identity_confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    history = tracked()

    objects = BorrowerQuerySet.as_manager()

    class Meta:
        verbose_name = _("borrower")
        verbose_name_plural = _("borrowers")
        permissions = [
            ("reveal_personal_data", _("Can see personal data unmasked, giving a reason")),
            ("confirm_identity", _("Can confirm identities")),
            (
                "confirm_facts",
                _(
                    "Can confirm what lifts a bar to lending: a death recorded by mistake, studies ended, a consent given "
                    "again"
                ),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(occupation__in=["", *Occupation.values]), name="borrowers_occupation_known"
            ),
            models.UniqueConstraint(fields=["identity_index"], name="borrowers_one_per_identity"),
            models.UniqueConstraint(
                fields=["external_id", "source"],
                condition=models.Q(external_id__isnull=False),
                name="borrowers_one_per_partner_number",
            ),
        ]
        indexes = [
            models.Index(fields=["status", "-id"], condition=~models.Q(status="active"), name="borrowers_ended"),
            models.Index(fields=["created_on", "id"], name="borrowers_registered"),
            models.Index(fields=["-id"], condition=_UNPROVED, name="borrowers_identity_to_confirm"),
        ]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("desk:borrower", args=[self.number])

    @property
    def shown_status(self) -> BorrowerStatus:
        """Its status as the choice that knows words and tone."""
        return BorrowerStatus(self.status)

    @property
    def is_active(self) -> bool:
        return self.status == BorrowerStatus.ACTIVE

    @property
    def is_deceased(self) -> bool:
        return self.status == BorrowerStatus.DECEASED

    @property
    def identity_is_proved(self) -> bool:
        """By the check digit of a resident ID, or because somebody saw the document."""
        return self.identity_kind == IdentityKind.CN_RESIDENT_ID or self.identity_confirmed_on is not None

    @property
    def masked_name(self) -> str:
        return mask_name(self.name)

    @property
    def masked_phone(self) -> str:
        return mask_phone(self.phone)

    @property
    def masked_identity(self) -> str:
        return mask_id_number(self.identity_number)

    def age_on(self, on: date) -> int | None:
        """Full years of age on a day; None while the birth date is not known."""
        return age(self.birth_date, on) if self.birth_date else None

    @property
    def currency(self) -> str:
        """ISO 4217, from the market the borrower lives in."""
        return currency_of(self.market)
