"""Every address of loans, payments and products: visitors sign in first, people without the right are told which one."""

from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.urls import reverse
from pytest_django.plugin import DjangoDbBlocker

from core import business_date
from loans.acts.performing import perform
from loans.incoming import taking_in
from loans.models import Disbursement, IncomingPayment
from loans.servicing import repayments
from loans.web.urls import urlpatterns
from staff.models import User
from tests.loans.acts.test_acts import wish
from tests.loans.books import DISBURSED, a_merchant, a_product, a_running_loan
from tests.loans.factories import an_application
from tests.loans.statements import statement
from tests.worlds import shared

pytestmark = pytest.mark.django_db

# name → the right it needs and how it is opened
PLACES = {
    "loan_override": ("loans.disburse_loan", "post"),
    "application_override": ("loans.decide_application", "post"),
    "overrides": ("risk.view_assessment", "get"),
    "loan_list": ("loans.view_loan", "get"),
    "loan_pay": ("loans.record_repayment", "get"),
    "loan_settle": ("loans.record_repayment", "get"),
    "loan_settle_quote": ("loans.record_repayment", "get"),
    "loan_refund": ("loans.refund_overpayment", "get"),
    "loan_extend": ("loans.grant_extension", "get"),
    "loan_waive": ("loans.waive_charges", "get"),
    "loan_write_off": ("loans.request_write_off", "get"),
    "loan_disburse": ("loans.disburse_loan", "post"),
    "drawdown_send": ("loans.disburse_loan", "post"),
    "order_other_account": ("loans.disburse_loan", "get"),
    "drawdown_retry": ("loans.disburse_loan", "post"),
    "drawdown_cancel": ("loans.disburse_loan", "post"),
    "loan_acts": ("loans.view_loan", "get"),
    "loan_act": ("loans.adjust_charges", "get"),
    "loan_act_preview": ("loans.adjust_charges", "get"),
    "loan_act_undo": ("loans.undo_act", "get"),
    "refund_vouch": ("loans.record_repayment", "get"),
    "loan_why": ("loans.view_loan", "get"),
    "loan_contract": ("loans.view_loan", "get"),
    "payments": ("loans.view_loan", "get"),
    "payments_unmatched": ("loans.view_bankfile", "get"),
    "incoming_payment": ("loans.view_bankfile", "get"),
    "incoming_payment_return": ("loans.import_payments", "post"),
    "incoming_payment_stands": ("loans.import_payments", "post"),
    "payments_by_word": ("loans.view_bankfile", "get"),
    "payment_files": ("loans.view_bankfile", "get"),
    "payment_file": ("loans.view_bankfile", "get"),
    "payment_file_ask_again": ("loans.import_payments", "post"),
    "payment_import": ("loans.import_payments", "get"),
    "payment_import_commit": ("loans.import_payments", "post"),
    "receipt": ("loans.view_loan", "get"),
    "repayment_reverse": ("loans.reverse_repayment", "get"),
    "receipt_vouch": ("loans.record_repayment", "get"),
    "repayment_reverse_preview": ("loans.reverse_repayment", "get"),
    "products": ("loans.view_product", "get"),
    "product": ("loans.view_product", "get"),
    "product_design": ("loans.design_product", "get"),
    "product_design_preview": ("loans.design_product", "post"),
    "product_copy": ("loans.design_product", "get"),
    "product_end_of_sale": ("loans.design_product", "get"),
    "product_version": ("loans.view_product", "get"),
    "product_version_ask": ("loans.design_product", "post"),
    "merchants": ("loans.view_merchant", "get"),
    "merchant_new": ("loans.add_merchant", "get"),
    "merchant": ("loans.view_merchant", "get"),
    "merchant_edit": ("loans.change_merchant", "get"),
    "merchant_account": ("loans.change_merchant", "get"),
    "merchant_account_show": ("loans.approve_merchant_account", "post"),
    "merchant_asked_account_show": ("loans.approve_merchant_account", "post"),
    "calendars": ("loans.view_product", "get"),
    "calendar": ("loans.view_product", "get"),
}
WITHOUT_PAPER = {"loan_contract"}  # a loan of another book has none
WITHOUT_REASON = {
    "merchant_account_show",
    "merchant_asked_account_show",
    "product_version_ask",
}  # nothing is shown for none


@pytest.fixture(scope="module")
def addresses(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[dict[str, str]]:
    with shared(django_db_blocker):
        yield real_addresses()


def real_addresses() -> dict[str, str]:
    """One real object behind each address."""
    business_date.move_to(DISBURSED)
    loan = a_running_loan()
    repayment = repayments.record_repayment(
        loan_id=loan.pk,
        amount=Decimal("10.00"),
        received_on=DISBURSED,
        channel="counter",
        idempotency_key="k",
        recorded_by=None,
    )
    act = perform(wish(loan, "fee_added", DISBURSED, amount=Decimal("1.00")))
    merchant = a_merchant()
    drawdown = Disbursement.objects.create(
        number="DB-1.2", loan=loan, is_drawdown=True, amount=Decimal("1.00"), requested_on=DISBURSED
    )
    bank_file = taking_in.take_in(
        content=statement((DISBURSED.isoformat(), "B-1", "5.00", "?")), name="a.csv", on=DISBURSED
    )
    arguments = {
        "loan_list": [],
        "application_override": [an_application().number],
        "loan_why": [loan.number, "outstanding"],
        "order_other_account": [loan.number, drawdown.public_id],
        **{f"drawdown_{what}": [loan.number, drawdown.public_id] for what in ("send", "retry", "cancel")},
        "loan_act": [loan.number, "fee_added"],
        "loan_act_preview": [loan.number, "fee_added"],
        **{name: [loan.number, act.public_id] for name in ("loan_act_undo", "refund_vouch")},
        **{f"incoming_payment{of}": [IncomingPayment.objects.get().pk] for of in ("", "_return", "_stands")},
        **{name: [bank_file.pk] for name in ("payment_file", "payment_file_ask_again")},
        "receipt": [repayment.number],
        "repayment_reverse": [repayment.number],
        "receipt_vouch": [repayment.number],
        "repayment_reverse_preview": [repayment.number],
        **{
            name: [a_product().product.code]
            for name in ("product", "product_design", "product_design_preview", "product_copy", "product_end_of_sale")
        },
        **{name: [a_product().pk] for name in ("product_version", "product_version_ask")},
        "calendar": ["CN"],
        **{name: [merchant.public_id] for name in PLACES if name.startswith("merchant_") and name != "merchant_new"},
        "merchant": [merchant.public_id],
    }
    whole = (
        "payments",
        "payments_unmatched",
        "payments_by_word",
        "payment_files",
        "payment_import",
        "payment_import_commit",
        "products",
        "merchants",
        "merchant_new",
        "calendars",
        "overrides",
    )
    arguments |= {name: [] for name in whole}
    return {name: reverse(f"loans:{name}", args=arguments.get(name, [loan.number])) for name in PLACES}


def person_with(*permissions: str) -> User:
    """Somebody with these rights alone, in a role that sees everything and is given none for this test."""
    user = User.objects.create(username="somebody")
    role = Group.objects.get(name="compliance")
    role.permissions.clear()
    user.groups.add(role)
    for permission in permissions:
        app_label, codename = permission.split(".")
        user.user_permissions.add(Permission.objects.get(content_type__app_label=app_label, codename=codename))
    return user


def test_no_address_is_left_out() -> None:
    elsewhere = ("applications", "policies")  # have tests of their own
    mine = [row for row in urlpatterns if not row.callback.__module__.endswith(elsewhere)]

    assert {row.name for row in mine} == set(PLACES)


@pytest.mark.parametrize("name", PLACES)
def test_a_visitor_is_sent_to_sign_in(client: Client, addresses: dict[str, str], name: str) -> None:
    response = getattr(client, PLACES[name][1])(addresses[name])

    assert response.status_code == 302
    assert response.url.startswith("/login/")


@pytest.mark.parametrize("name", PLACES)
def test_a_person_without_the_right_is_told_which_one(client: Client, addresses: dict[str, str], name: str) -> None:
    permission, method = PLACES[name]
    client.force_login(person_with(), backend="staff.backends.StaffBackend")

    response = getattr(client, method)(addresses[name])

    assert response.status_code == 403
    assert permission in response.content.decode()


@pytest.mark.parametrize("name", PLACES)
def test_the_one_right_is_enough(client: Client, addresses: dict[str, str], name: str) -> None:
    permission, method = PLACES[name]
    client.force_login(person_with(permission), backend="staff.backends.StaffBackend")

    response = getattr(client, method)(addresses[name])

    expected = {404} if name in WITHOUT_PAPER else {422} if name in WITHOUT_REASON else {200, 302}
    assert response.status_code in expected


def test_an_operator_opens_what_operations_needs(
    client: Client, addresses: dict[str, str], signed_in: Callable[..., Client]
) -> None:
    signed_in(client, "operations")

    statuses = {name: client.get(addresses[name]).status_code for name in ("loan_pay", "payment_import", "loan_list")}

    assert statuses == {"loan_pay": 200, "payment_import": 200, "loan_list": 200}
