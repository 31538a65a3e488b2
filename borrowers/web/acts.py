"""What staff do with a borrower's file: each act one small form, one domain call, and back to the borrower's page.

A form opens in the dialog of the page it belongs to, or as a page of its own where there is no script.
"""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from audit.models import Approval
from borrowers import queries
from borrowers.bank_accounts import add_and_ask, ask_bank, pay_to
from borrowers.consents import GivenConsent, record_by_staff, withdraw_consent
from borrowers.contacts import add_contact_point, ask_that_verified, change_state, make_primary
from borrowers.means import record_external_debt, record_income, require_recent, verify_income
from borrowers.models import (
    BankAccount,
    Borrower,
    Consent,
    ContactPoint,
    ContactState,
    HolderAnswer,
    Income,
    PartnerFile,
)
from borrowers.occupations import state_occupation
from borrowers.partner_files import note_look
from borrowers.preferences import set_do_not_contact
from borrowers.standing import ask_that_lives, confirm_identity, record_death
from borrowers.web import forms as ask
from core import business_date
from core.errors import DomainError
from core.writing import money
from staff.models import User
from staff.permissions import person, require

_CHANGE = "borrowers.change_borrower"


def _act(
    request: HttpRequest,
    borrower: Borrower,
    form: forms.Form,
    do: Callable[[dict[str, Any]], object],
    *,
    title: str,
    button: str,
    done: str,
) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        try:
            outcome = do(form.cleaned_data)
        except DomainError as refusal:
            ask.refuse(form, refusal)
        else:
            asked = isinstance(outcome, Approval)
            messages.success(request, _("A second person must agree: it waits under Approvals.") if asked else done)
            return redirect(borrower)
    context = {"borrower": borrower, "form": form, "title": title, "button": button}
    in_dialog = bool(request.htmx) and request.method == "GET"  # type: ignore[attr-defined]
    template = "borrowers/_act_form.html" if in_dialog else "borrowers/act.html"
    return render(request, template, context, status=422 if form.errors else 200)


def _recent(given: dict[str, Any]) -> dict[str, Any]:
    """The figures with a day that they can be from. Raises DayOutOfRange."""
    require_recent(given["as_of"], business_date.current())
    return given


@require_http_methods(["GET", "POST"])
@require(_CHANGE)
def add_contact(request: HttpRequest, number: str) -> HttpResponse:
    borrower = queries.by_number(number)
    form = ask.NewContactPoint(ask.posted(request), initial={"kind": "mobile"})
    return _act(
        request,
        borrower,
        form,
        lambda given: add_contact_point(borrower_id=borrower.pk, added_by=person(request), **given),
        title=_("Add a contact point"),
        button=_("Add"),
        done=_("The contact point is on file, not verified yet."),
    )


@require_http_methods(["GET", "POST"])
@require(_CHANGE)
def contact_state(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    borrower = queries.by_number(number)
    point = get_object_or_404(ContactPoint, pk=pk, borrower=borrower)
    form = ask.ContactStateChange(ask.posted(request), point=point, initial={"to": request.GET.get("to", "")})
    return _act(
        request,
        borrower,
        form,
        lambda given: _state(point, given, person(request)),
        title=_("State of %(contact)s") % {"contact": point},
        button=_("Change the state"),
        done=_("The state of the contact point was changed."),
    )


def _state(point: ContactPoint, given: dict[str, Any], by: User) -> ContactPoint | Approval:
    at = business_date.now()
    if given["to"] == ContactState.VERIFIED:
        on = business_date.current()
        return ask_that_verified(contact_point_id=point.pk, reason=given["reason"], at=at, on=on, by=by)
    return change_state(contact_point_id=point.pk, at=at, changed_by=by, **given)


@require_POST
@require(_CHANGE)
def contact_primary(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    borrower = queries.by_number(number)
    point = get_object_or_404(ContactPoint, pk=pk, borrower=borrower)
    try:
        make_primary(contact_point_id=point.pk, changed_by=person(request))
    except DomainError as refusal:
        messages.error(request, refusal.detail)
    else:
        messages.success(request, _("%(contact)s is now the primary contact.") % {"contact": point})
    return redirect(borrower)


@require_http_methods(["GET", "POST"])
@require(_CHANGE)
def add_consent(request: HttpRequest, number: str) -> HttpResponse:
    borrower = queries.by_number(number)
    form = ask.NewConsent(ask.posted(request), initial={"purpose": request.GET.get("purpose", "")})
    return _act(
        request,
        borrower,
        form,
        lambda given: record_by_staff(
            borrower_id=borrower.pk,
            given=GivenConsent(given["purpose"], given["channel"], business_date.now()),
            evidence=given["evidence"],
            on=business_date.current(),
            by=person(request),
        ),
        title=_("Record a consent"),
        button=_("Record"),
        done=_("The consent is recorded."),
    )


@require_http_methods(["GET", "POST"])
@require(_CHANGE)
def end_consent(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    borrower = queries.by_number(number)
    consent = get_object_or_404(Consent, pk=pk, borrower=borrower)
    return _act(
        request,
        borrower,
        ask.Reason(ask.posted(request)),
        lambda given: withdraw_consent(
            consent_id=consent.pk, at=business_date.now(), withdrawn_by=person(request), **given
        ),
        title=_("Withdraw: %(purpose)s") % {"purpose": consent.get_purpose_display()},
        button=_("Withdraw the consent"),
        done=_("The consent is withdrawn from now on."),
    )


@require_http_methods(["GET", "POST"])
@require(_CHANGE)
def occupation(request: HttpRequest, number: str) -> HttpResponse:
    borrower = queries.by_number(number)
    return _act(
        request,
        borrower,
        ask.StatedOccupation(ask.posted(request), initial={"occupation": borrower.occupation}),
        lambda given: state_occupation(
            borrower_id=borrower.pk,
            occupation=given["occupation"],
            evidence=given["occupation_evidence"],
            on=business_date.current(),
            changed_by=person(request),
        ),
        title=_("Occupation"),
        button=_("Change the occupation"),
        done=_("The occupation is on file."),
    )


@require_http_methods(["GET", "POST"])
@require("borrowers.confirm_identity")
def confirm(request: HttpRequest, number: str) -> HttpResponse:
    borrower = queries.by_number(number)
    return _act(
        request,
        borrower,
        ask.IdentitySeen(ask.posted(request)),
        lambda given: confirm_identity(
            borrower_id=borrower.pk, on=business_date.current(), by=person(request), **given
        ),
        title=_("Confirm the identity"),
        button=_("Confirm"),
        done=_("The identity is confirmed."),
    )


@require_http_methods(["GET", "POST"])
@require(_CHANGE)
def died(request: HttpRequest, number: str) -> HttpResponse:
    borrower = queries.by_number(number)
    return _act(
        request,
        borrower,
        ask.Evidence(ask.posted(request)),
        lambda given: record_death(borrower_id=borrower.pk, by=person(request), **given),
        title=_("The borrower has died"),
        button=_("Record the death"),
        done=_("Recorded. Nothing more is lent."),
    )


@require_http_methods(["GET", "POST"])
@require(_CHANGE)
def lives(request: HttpRequest, number: str) -> HttpResponse:
    borrower = queries.by_number(number)
    return _act(
        request,
        borrower,
        ask.Evidence(ask.posted(request)),
        lambda given: ask_that_lives(borrower_id=borrower.pk, on=business_date.current(), by=person(request), **given),
        title=_("The borrower lives: the death was recorded by mistake"),
        button=_("Ask a second person"),
        done=_("A second person must agree: it waits under Approvals."),
    )


@require_http_methods(["GET", "POST"])
@require(_CHANGE)
def add_income(request: HttpRequest, number: str) -> HttpResponse:
    borrower = queries.by_number(number)
    form = ask.NewIncome(ask.posted(request), initial={"as_of": business_date.current()})
    return _act(
        request,
        borrower,
        form,
        lambda given: record_income(borrower_id=borrower.pk, by=person(request), **_recent(given)),
        title=_("Record an income"),
        button=_("Record"),
        done=_("The income is on file as declared. Somebody else may verify it."),
    )


@require_http_methods(["GET", "POST"])
@require("borrowers.verify_income")
def prove_income(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    borrower = queries.by_number(number)
    income = get_object_or_404(Income, pk=pk, borrower=borrower)
    return _act(
        request,
        borrower,
        ask.Evidence(ask.posted(request)),
        lambda given: verify_income(income_id=income.pk, on=business_date.current(), by=person(request), **given),
        title=_("Verify an income: %(income)s, %(amount)s a month")
        % {"income": income, "amount": money(income.monthly_amount, income.currency)},
        button=_("Verify the income"),
        done=_("The income is proved."),
    )


@require_http_methods(["GET", "POST"])
@require(_CHANGE)
def add_debt(request: HttpRequest, number: str) -> HttpResponse:
    borrower = queries.by_number(number)
    form = ask.NewDebt(ask.posted(request), initial={"as_of": business_date.current()})
    return _act(
        request,
        borrower,
        form,
        lambda given: record_external_debt(borrower_id=borrower.pk, by=person(request), **_recent(given)),
        title=_("Record a debt elsewhere"),
        button=_("Record"),
        done=_("The debt is on file."),
    )


@require_http_methods(["GET", "POST"])
@require(_CHANGE)
def add_account(request: HttpRequest, number: str) -> HttpResponse:
    borrower = queries.by_number(number)

    def add(given: dict[str, Any]) -> None:
        at, on = business_date.now(), business_date.current()
        tell_account(request, add_and_ask(borrower_id=borrower.pk, at=at, on=on, by=person(request), **given))

    return _act(
        request,
        borrower,
        ask.NewAccount(ask.posted(request)),
        add,
        title=_("Add a bank account"),
        button=_("Add"),
        done=_("The account is on file."),
    )


@require_POST
@require(_CHANGE)
def ask_about_account(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    borrower = queries.by_number(number)
    account = get_object_or_404(BankAccount, pk=pk, borrower=borrower)
    at, on = business_date.now(), business_date.current()
    tell_account(request, ask_bank(account_id=account.pk, at=at, on=on, by=person(request)))
    return redirect(borrower)


@require_http_methods(["GET", "POST"])
@require(_CHANGE)
def pay_to_account(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    borrower = queries.by_number(number)
    account = get_object_or_404(BankAccount, pk=pk, borrower=borrower)
    return _act(
        request,
        borrower,
        ask.PayoutAccount(ask.posted(request)),
        lambda given: pay_to(account_id=account.pk, on=business_date.current(), by=person(request), **given),
        title=_("Pay the borrower to account %(account)s") % {"account": account},
        button=_("Pay there from now on"),
        done=_("The borrower is paid there as soon as nobody else has to agree; a request waits under Approvals."),
    )


def tell_account(request: HttpRequest, account: BankAccount) -> None:
    """What the bank said of the account, and what to do now."""
    if account.is_verified:
        messages.success(request, _("The bank says that account %(account)s is the borrower's.") % {"account": account})
    elif account.is_shared:
        messages.warning(
            request,
            _("Account %(account)s is or was verified for another borrower too: a second person decides.")
            % {"account": account},
        )
    else:
        messages.warning(request, HolderAnswer(account.bank_answer).label)


@require_http_methods(["GET", "POST"])
@require(_CHANGE)
def do_not_contact(request: HttpRequest, number: str) -> HttpResponse:
    borrower = queries.by_number(number)
    wanted = not borrower.do_not_contact
    return _act(
        request,
        borrower,
        ask.Reason(ask.posted(request)),
        lambda given: set_do_not_contact(borrower_id=borrower.pk, wanted=wanted, changed_by=person(request), **given),
        title=_("Do not contact") if wanted else _("Allow contact again"),
        button=_("Stop reminders and collection") if wanted else _("Allow reminders and collection"),
        done=_("Contact with this borrower is now blocked.") if wanted else _("The borrower may be contacted again."),
    )


@require_POST
@require(_CHANGE)
def looked_at_file(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """What a partner told otherwise was looked at: the notice goes, the file stays as it is."""
    borrower = queries.by_number(number)
    file = get_object_or_404(PartnerFile, pk=pk, borrower=borrower)
    note_look(file_id=file.pk, at=timezone.now(), by=person(request))
    messages.success(request, _("Noted that you looked at it."))
    return redirect(borrower)
