"""What people type on the pages of loans and payments. Plain forms: they read values, the use cases decide.

Each form that moves money carries a key made when it was drawn: sent twice, it moves money once.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from borrowers.models import BankAccount
from core import business_date
from core.currencies import without_currency
from core.errors import DomainError
from core.finding import keys_of
from core.forms import NothingElse, StrictForm
from core.identifiers import number_given
from loans.account.arrears import steps_reaching
from loans.bookkeeping.positions import bucket_steps
from loans.incoming.importing import Share
from loans.models import (
    Disbursement,
    IncomingPayment,
    Loan,
    LoanStatus,
    Product,
    Repayment,
    RepaymentChannel,
    Standing,
)
from loans.servicing.guarding import ANOTHER_PAYMENT, KEEP_EXCESS, Excess, PaymentAboveOwed, PaymentLooksRepeated

_BUCKETS = ("C", "M1", "M2", "M3", "M4", "M5", "M6", "M7")


class DayInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


def money_input(label: Any, **options: Any) -> forms.DecimalField:
    """An amount: a text field that brings up the numeric keyboard, so that separators may be pasted."""
    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
    return MoneyField(label=label, max_digits=14, decimal_places=2, widget=widget, **options)


class MoneyField(forms.DecimalField):
    """Reads amounts as people paste them, with separators and the sign of a currency."""

    def to_python(self, value: Any) -> Any:
        text = without_currency(str(value).replace(",", "")) if value is not None else None
        return super().to_python(text)


class KeyedForm(NothingElse, StrictForm):
    """A form that moves money: `key` is drawn with it and comes back with it."""

    key = forms.CharField(max_length=64, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["initial"] = {"key": uuid4().hex, **kwargs.get("initial", {})}
        super().__init__(*args, **kwargs)


class ReverseForm(NothingElse, StrictForm):
    reason = forms.CharField(label=_("Reason"), max_length=200, widget=forms.TextInput)


class EvidenceForm(StrictForm):
    reason = forms.CharField(
        label=_("Evidence"),
        max_length=200,
        help_text=_("For example: slip of the counter with stamp, number 4711, copy in the file."),
    )


class OtherAccountForm(StrictForm):
    """To which verified account an order goes instead, and why; the merchant's own for a purchase."""

    account = forms.TypedChoiceField(label=_("Bank account"), coerce=int)
    reason = forms.CharField(label=_("Reason and evidence"), max_length=200)

    def __init__(self, *args: Any, accounts: list[BankAccount], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if accounts:
            choices = [(account.pk, account.reference) for account in accounts]
            self.fields["account"].choices = choices  # type: ignore[attr-defined]
        else:
            del self.fields["account"]


class StatementForm(StrictForm):
    file = forms.FileField(label=_("Statement file"), help_text=_("CSV (UTF-8 or GB18030) or camt.054, up to 10 MB."))


class ReturnForm(NothingElse, StrictForm):
    reason = forms.CharField(label=_("Reason"), max_length=200)


class StandsForm(NothingElse, StrictForm):
    stands = forms.ChoiceField(label=_("Which line stands"), choices=Standing.choices, widget=forms.RadioSelect)
    reason = forms.CharField(
        label=_("Reason"), max_length=200, help_text=_("What shows it, as what the bank says when it is asked.")
    )


class AskAgainForm(NothingElse, StrictForm):
    reason = forms.CharField(label=_("What is known now"), max_length=200)


class MatchForm(NothingElse, StrictForm):
    """One to three loans and the part of what waits of the payment each gets, what shows that it is theirs, and the answers
    to what it was refused for."""

    PLACES = (1, 2, 3)
    ANSWERS = {PaymentLooksRepeated.code: "allow_repeat", PaymentAboveOwed.code: "allow_overpayment"}

    reason = forms.CharField(
        label=_("What shows that it is theirs"),
        max_length=200,
        required=False,
        help_text=_(
            "Needed where neither payer nor remark points to the loan: then a second person agrees to it first."
        ),
    )
    allow_repeat = forms.BooleanField(label=ANOTHER_PAYMENT, required=False)
    allow_overpayment = forms.BooleanField(label=KEEP_EXCESS, required=False)

    def __init__(self, *args: Any, payment: IncomingPayment, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.payment = payment
        self._refused_by = {payment.unmatched_reason}
        proposed = payment.proposed_loan.number if payment.proposed_loan else ""
        for place in self.PLACES:
            first = place == 1
            self.fields[f"loan_{place}"] = forms.CharField(
                label=_("Loan number"), max_length=20, required=first, initial=proposed if first else ""
            )
            self.fields[f"amount_{place}"] = money_input(
                _("Amount"), min_value=Decimal("0.01"), required=first, initial=payment.left if first else None
            )

    @property
    def rows(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        return [(self[f"loan_{place}"], self[f"amount_{place}"]) for place in self.PLACES]

    @property
    def questions(self) -> list[forms.BoundField]:
        """The ticks for what it waits for or was refused for, and those that are set."""
        return [self[name] for code, name in self.ANSWERS.items() if code in self._refused_by or self[name].value()]

    def refused(self, refusal: DomainError) -> None:
        """Put the sentence beside the tick that answers it, or above the form."""
        self._refused_by.add(refusal.code)
        field = refusal.field if refusal.field in self.fields else None
        self.add_error(self.ANSWERS.get(refusal.code, field), refusal.detail)

    def excess(self) -> Excess:
        return Excess.CREDITED if self.cleaned_data["allow_overpayment"] else Excess.REFUSED

    def shares(self) -> list[Share]:
        data = self.cleaned_data
        pairs = [(data.get(f"loan_{place}"), data.get(f"amount_{place}")) for place in self.PLACES]
        return [
            Share(number_given(number, "LN") or number.strip().upper(), amount)
            for number, amount in pairs
            if number and amount
        ]


class PaymentFilter(StrictForm):
    q = forms.CharField(label=_("Loan, receipt or reference"), required=False)
    channel = forms.ChoiceField(label=_("Channel"), required=False, choices=[("", _("all")), *RepaymentChannel.choices])
    since = forms.DateField(label=_("From"), required=False, widget=DayInput())
    until = forms.DateField(label=_("To"), required=False, widget=DayInput())
    reversed = forms.BooleanField(label=_("Reversed only"), required=False)

    def apply(self, rows: QuerySet[Repayment]) -> QuerySet[Repayment]:
        if not self.is_valid():
            return rows
        data = self.cleaned_data
        if data["q"]:
            text = data["q"].strip()
            number = number_given(text) or text.upper()
            ways: list[dict[str, str]] = [{"loan__number": number}, {"number": number}, {"payer_reference": text}]
            rows = rows.filter(pk__in=keys_of(*(Repayment.objects.filter(**way) for way in ways)))
        if data["channel"]:
            rows = rows.filter(channel=data["channel"])
        if data["since"]:
            rows = rows.filter(received_on__gte=data["since"])
        if data["until"]:
            rows = rows.filter(received_on__lte=data["until"])
        return rows.filter(status="reversed") if data["reversed"] else rows


class LoanFilter(StrictForm):
    """The filters of the loan list. They live in the address, so a view can be shared."""

    status = forms.ChoiceField(label=_("Status"), required=False, choices=[("", _("all")), *LoanStatus.choices])
    bucket = forms.ChoiceField(
        label=_("Bucket"),
        required=False,
        choices=[("", _("all")), ("late", _("any late")), *((b, b) for b in _BUCKETS)],
    )
    dpd = forms.IntegerField(label=_("Days past due from"), required=False, min_value=0)
    product = forms.ModelChoiceField(
        label=_("Product"), required=False, queryset=Product.objects.none(), to_field_name="code", empty_label=_("all")
    )
    due = forms.ChoiceField(label=_("Due"), required=False, choices=[("", _("any day")), ("today", _("today"))])
    refused = forms.BooleanField(label=_("Refused by the bank"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["product"].queryset = Product.objects.order_by("name")  # type: ignore[attr-defined]

    def apply(self, loans: QuerySet[Loan]) -> QuerySet[Loan]:
        if not self.is_valid():
            return loans
        data = self.cleaned_data
        if data["status"]:
            loans = loans.filter(status=data["status"])
        if data["bucket"] == "late":
            loans = loans.filter(position__status=LoanStatus.ACTIVE).exclude(position__bucket="C")
        elif data["bucket"]:
            loans = loans.filter(position__status=LoanStatus.ACTIVE, position__bucket=data["bucket"])
        if data["dpd"]:
            loans = loans.filter(
                position__status=LoanStatus.ACTIVE,
                position__bucket__in=steps_reaching(
                    data["dpd"], bucket_steps(_today())
                ),  # by which the late ones are found
                position__days_past_due__gte=data["dpd"],
            )
        if data["product"]:
            loans = loans.filter(position__product=data["product"])
        if data["due"]:
            loans = loans.filter(position__status=LoanStatus.ACTIVE, position__next_due_on=_today())
        if data["refused"]:
            loans = loans.filter(pk__in=Disbursement.objects.refused().values("loan"))
        return loans

    def as_counted(self, loans: QuerySet[Loan]) -> QuerySet[Loan]:
        """In the order in which a count up to so many reads least: the latest first, where only the late are wanted. Most
        of the others are a little late, and how many days is in no index, since it changes every night."""
        late = self.is_valid() and self.cleaned_data["dpd"]
        return loans.order_by("-position__bucket") if late else loans.order_by()

    @property
    def is_narrowed(self) -> bool:
        return self.is_valid() and any(self.cleaned_data.values())


def _today() -> date:
    return business_date.current()
