"""What people type about a borrower. Plain forms: they read values, the use cases decide."""

from collections.abc import Iterable
from datetime import date
from decimal import InvalidOperation
from typing import Any

from django import forms
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext_lazy as _

from audit.reveals import FOR_PEOPLE
from borrowers import consents
from borrowers.consents import text_in_force
from borrowers.contacts import CONTACT_POINTS
from borrowers.models import (
    Borrower,
    BorrowerStatus,
    ConsentPurpose,
    ContactKind,
    ContactPoint,
    ContactState,
    DebtSource,
    IdentityKind,
    IncomeSource,
    Language,
    Occupation,
    Provenance,
    Sex,
)
from core.currencies import without_currency
from core.errors import DomainError
from core.forms import StrictForm

_ANY = ("", _("All"))
OCCUPATIONS = [("", _("Not known")), *Occupation.choices]


class AmountField(forms.DecimalField):
    """Reads amounts as people paste them, with separators and the sign of a currency."""

    def __init__(self, **options: Any) -> None:
        widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
        super().__init__(max_digits=14, decimal_places=2, widget=widget, **options)

    def to_python(self, value: object) -> Any:
        if isinstance(value, str):
            value = without_currency(value.replace(",", ""))
        try:
            return super().to_python(value)
        except InvalidOperation as error:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid") from error


def day_field(label: Any, **options: Any) -> forms.DateField:
    """A calendar day."""
    return forms.DateField(label=label, widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}), **options)


def posted(request: HttpRequest) -> QueryDict | None:
    """What a form is bound to: an empty POST is an answer too, and a refused one."""
    return request.POST if request.method == "POST" else None


def refuse(form: forms.Form, refusal: DomainError) -> None:
    """Put a refusal of the domain where the hand is."""
    form.add_error(refusal.field if refusal.field in form.fields else None, refusal.detail)


class BorrowerFilter(StrictForm):
    """The list's quick search and filters, all in the address."""

    q = forms.CharField(label=_("Phone, ID, name or number"), required=False, strip=True)
    reach = forms.ChoiceField(
        label=_("Reach"),
        required=False,
        choices=[_ANY, ("reachable", _("Can be reached")), ("unreachable", _("Cannot be reached"))],
    )
    status = forms.ChoiceField(label=_("Status"), required=False, choices=[_ANY, *BorrowerStatus.choices])


class ConsentTicks(StrictForm):
    """What the borrower agrees to: one tick a purpose with its wording, none of them ticked beforehand."""

    def add_ticks(self, purposes: Iterable[str], *, language: str, on: date) -> None:
        for purpose in purposes:
            wording = text_in_force(purpose=purpose, language=language, on=on)
            self.fields[f"consent_{purpose}"] = forms.BooleanField(
                label=ConsentPurpose(purpose).label, help_text=wording.text, required=False
            )

    @property
    def consent_fields(self) -> list[forms.BoundField]:
        """The ticks."""
        return [self[name] for name in self.fields if name.startswith("consent_")]

    @property
    def consents(self) -> list[str]:
        """The purposes ticked."""
        ticks = ((name.removeprefix("consent_"), name) for name in self.fields if name.startswith("consent_"))
        return [purpose for purpose, name in ticks if self.cleaned_data[name]]


class MissingConsents(ConsentTicks):
    """The ticks that an application still needs of a borrower. What the borrower withdrew is no tick of one person."""

    def __init__(self, *args: Any, borrower: Borrower, on: date, **options: Any) -> None:
        super().__init__(*args, **options)
        missing = consents.missing(borrower.pk, consents.needed(on, borrower.market))
        self.withdrawn = [ConsentPurpose(one) for one in missing if one in consents.withdrawn_purposes(borrower.pk)]
        self.add_ticks((one for one in missing if one not in self.withdrawn), language=borrower.language, on=on)


class NewBorrower(ConsentTicks):
    """A person as the identity document shows them."""

    identity_kind = forms.ChoiceField(
        label=_("Document"),
        choices=IdentityKind.choices,
        initial=IdentityKind.CN_RESIDENT_ID,
        widget=forms.RadioSelect,
    )
    identity_number = forms.CharField(
        label=_("Identity number"), max_length=40, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    name = forms.CharField(
        label=_("Name"),
        max_length=80,
        help_text=_("Family name first, as in the document."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    phone = forms.CharField(
        label=_("Mobile"), max_length=30, widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"})
    )
    email = forms.CharField(
        label=_("E-mail"), max_length=120, required=False, widget=forms.EmailInput(attrs={"autocomplete": "off"})
    )
    language = forms.ChoiceField(
        label=_("Language"),
        choices=Language.choices,
        initial=Language.CHINESE,
        help_text=_("Messages and documents are written in it."),
    )
    occupation = forms.ChoiceField(
        label=_("Occupation"),
        choices=OCCUPATIONS,
        required=False,
        help_text=_("Without it no loan can be decided."),
    )
    birth_date = day_field(_("Birth date"), required=False)
    sex = forms.ChoiceField(label=_("Sex"), choices=Sex.choices, initial=Sex.UNKNOWN, required=False)

    def __init__(self, *args: Any, on: date, **options: Any) -> None:
        super().__init__(*args, **options)
        language = self.data.get("language") or Language.CHINESE.value
        self.add_ticks(ConsentPurpose.values, language=language, on=on)

    @property
    def person(self) -> dict[str, Any]:
        """The arguments of the use case."""
        wanted = ("name", "identity_kind", "identity_number", "phone", "email", "language", "occupation", "birth_date")
        return {name: self.cleaned_data[name] for name in wanted} | {"sex": self.cleaned_data["sex"] or Sex.UNKNOWN}


class NewContactPoint(StrictForm):
    """A newly learnt address, with where it was learnt."""

    kind = forms.ChoiceField(label=_("Kind"), choices=ContactKind.choices, widget=forms.RadioSelect)
    value = forms.CharField(label=_("Address"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    provenance = forms.ChoiceField(label=_("Learnt from"), choices=Provenance.choices, initial=Provenance.BORROWER)
    make_primary = forms.BooleanField(label=_("Use it first from now on"), required=False)


class ContactStateChange(StrictForm):
    """Only the moves the table allows are offered."""

    to = forms.ChoiceField(
        label=_("New state"),
        widget=forms.RadioSelect,
        help_text=_("That it is verified a second person agrees to: name as the reason what shows it."),
    )
    reason = forms.CharField(label=_("Reason"), max_length=200)

    def __init__(self, *args: Any, point: ContactPoint, **options: Any) -> None:
        super().__init__(*args, **options)
        allowed = CONTACT_POINTS.next_of(point)
        self.fields["to"].choices = [(state.value, state.label) for state in ContactState if state in allowed]  # type: ignore[attr-defined]


class NewConsent(StrictForm):
    """A consent given in person or on paper."""

    purpose = forms.ChoiceField(label=_("Purpose"), choices=ConsentPurpose.choices, widget=forms.RadioSelect)
    channel = forms.ChoiceField(
        label=_("Given through"),
        choices=[("paper", _("Signed paper")), ("phone", _("Recorded call")), ("branch", _("In person"))],
    )
    evidence = forms.CharField(
        label=_("Evidence"),
        max_length=200,
        required=False,
        help_text=_("Needed after a withdrawal: what you saw, and where it is kept. A second person must agree."),
    )


class Reason(StrictForm):
    """One line that goes on record."""

    reason = forms.CharField(label=_("Reason"), max_length=200)


class StatedOccupation(StrictForm):
    """What the borrower lives from."""

    occupation = forms.ChoiceField(label=_("Occupation"), choices=Occupation.choices, widget=forms.RadioSelect)
    occupation_evidence = forms.CharField(
        label=_("Evidence"),
        max_length=200,
        required=False,
        help_text=_("Needed of a student: what shows that the studies have ended. A second person must agree."),
    )


class Evidence(StrictForm):
    """What was seen, and where it is kept."""

    evidence = forms.CharField(label=_("Evidence"), max_length=200, help_text=_("What you saw, and where it is kept."))


class IdentitySeen(Evidence):
    """The document that was seen; of a borrower who is like another one also why they are two people."""

    two_people_because = forms.CharField(
        label=_("Why they are two people"),
        max_length=200,
        required=False,
        help_text=_("Only where this person is like another borrower: what shows that they are not the same."),
    )


class NewIncome(StrictForm):
    """A monthly income as of a day, as it was declared."""

    source = forms.ChoiceField(label=_("Source"), choices=IncomeSource.choices)
    monthly_amount = AmountField(label=_("Amount a month"))
    as_of = day_field(_("As of"))


class NewDebt(StrictForm):
    """A debt to another lender as of a day."""

    lender = forms.CharField(label=_("Lender"), max_length=80)
    balance = AmountField(label=_("Still owed"))
    monthly_payment = AmountField(label=_("Paid a month"))
    source = forms.ChoiceField(label=_("Told by"), choices=DebtSource.choices)
    as_of = day_field(_("As of"))


class NewAccount(StrictForm):
    """A bank account of the borrower."""

    bank_name = forms.CharField(label=_("Bank"), max_length=80)
    account_number = forms.CharField(
        label=_("Account number"), max_length=40, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    make_primary = forms.BooleanField(
        label=_("Pay the borrower there from now on"),
        help_text=_("While the lender is bound to pay the borrower, a second person has to agree."),
        required=False,
    )
    reason = forms.CharField(
        label=_("Reason"), max_length=200, required=False, help_text=_("What a second person would read.")
    )


class PayoutAccount(StrictForm):
    """Why the borrower is paid to another account, and what shows that it is theirs."""

    reason = forms.CharField(
        label=_("Reason and evidence"),
        max_length=200,
        help_text=_("For example: card shown in the branch on 30 November, copy in the file."),
    )


class RevealReason(StrictForm):
    """Why somebody needs to see personal data."""

    reason = forms.ChoiceField(
        label=_("Why do you need to see it?"),
        widget=forms.RadioSelect,
        choices=[(why.value, why.label) for why in FOR_PEOPLE],
    )
    other = forms.CharField(label=_("In words"), max_length=180, required=False)
