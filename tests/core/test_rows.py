"""Rows written past the ORM are the rows the ORM writes."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.core.exceptions import ObjectDoesNotExist
from django.forms.models import model_to_dict

from audit.models import AuditEvent
from core import rows
from core.context import acting
from core.history import insert_tracked, update_tracked
from ledger.models import Account, AccountKind
from loans.models import Loan, LoanPosition, Offer
from messaging.models import Message
from risk import underwriting
from tests.borrowers.factories import BorrowerFactory
from tests.ledger.factories import AccountFactory
from tests.loans.factories import ON, ApplicationFactory, LoanFactory
from tests.staff.factories import UserFactory

pytestmark = pytest.mark.django_db

_HISTORY = ("name", "kind", "request_id", "channel", "history_type", "history_user_id", "history_change_reason")
_EVENT = ("actor_id", "channel", "action", "object_type", "reason", "request_id")


def _account(code: str) -> Account:
    return AccountFactory.build(code=code, name="Petty cash")


@pytest.mark.parametrize("reason", ["", "opened by the auditor"])
def test_history_and_audit_are_those_of_a_save(reason: str) -> None:
    clerk = UserFactory()
    with acting(actor=clerk, reason=reason, request_id="req-1", channel="api"):
        insert_tracked(_account("9001"))
        _account("9002").save()
    one, other = (Account.history.filter(code=code).values(*_HISTORY).get() for code in ("9001", "9002"))
    assert one == other
    assert one["history_user_id"] == clerk.pk
    one_event, other_event = (
        AuditEvent.objects.filter(object_id=code).values(*_EVENT).get() for code in ("9001", "9002")
    )
    assert one_event == other_event


def test_an_update_has_the_history_of_a_save() -> None:
    one, other = _account("9011"), _account("9012")
    one.save()
    other.save()
    with acting(reason="renamed", request_id="req-2", channel="admin"):
        one.name = other.name = "Float"
        one.kind = other.kind = AccountKind.EXPENSE  # not among what is written
        update_tracked(one, ["name"])
        other.save(update_fields=["name"])
    for account in (one, other):
        assert Account.objects.values_list("name", "kind").get(pk=account.pk) == ("Float", "asset")
    of_one, of_other = (Account.history.filter(code=code).values(*_HISTORY).latest() for code in ("9011", "9012"))
    assert (of_one["name"], of_one["kind"], of_other["kind"]) == ("Float", "asset", "expense")  # as stored, as meant
    assert {**of_one, "kind": ""} == {**of_other, "kind": ""}


def test_an_update_with_history_of_a_row_that_is_not_there_is_refused() -> None:
    with pytest.raises(ObjectDoesNotExist):
        update_tracked(_account("9013"), ["name"])
    assert not Account.history.filter(code="9013").exists()


def test_deleting_leaves_the_last_state_in_the_history() -> None:
    account = _account("9014")
    account.save()
    account.delete()
    assert Account.history.filter(code="9014").values_list("name", "history_type").first() == ("Petty cash", "-")


def test_a_row_reads_back_as_the_orm_reads_it() -> None:
    _account("9003").save()
    found = rows.first(Account, "WHERE code = %s", ["9003"])
    assert found is not None
    assert model_to_dict(found) == model_to_dict(Account.objects.get(code="9003"))
    assert not found._state.adding
    assert rows.first(Account, "WHERE code = %s", ["none"]) is None


def test_an_update_of_a_row_that_is_not_there_is_refused() -> None:
    with pytest.raises(ObjectDoesNotExist):
        rows.update(_account("9005"))


def test_a_joined_row_is_the_one_the_orm_reads_with_its_relations(django_assert_num_queries: Any) -> None:
    application = underwriting.decide_automatically(application_id=ApplicationFactory().pk, on=ON)
    offer_id = application.offers.get().pk
    paths = ("application__borrower", "product_version__product", "merchant")

    with django_assert_num_queries(1):
        read = rows.first_joined(Offer, paths, "WHERE t0.id = %s FOR UPDATE OF t0", [offer_id])
        assert read is not None
        held = [read, read.application, read.application.borrower, read.product_version, read.product_version.product]
        assert read.merchant is None

    by_orm = Offer.objects.select_related("application__borrower", "product_version__product").get(pk=offer_id)
    pairs = zip(
        held,
        [
            by_orm,
            by_orm.application,
            by_orm.application.borrower,
            by_orm.product_version,
            by_orm.product_version.product,
        ],
        strict=True,
    )
    for ours, theirs in pairs:
        assert (type(ours), model_to_dict(ours)) == (type(theirs), model_to_dict(theirs))
    assert read.application.borrower.pk == application.borrower_id
    assert rows.first_joined(Offer, paths, "WHERE t0.id = %s", [0]) is None


def test_an_update_of_some_fields_leaves_the_others() -> None:
    account = _account("9021")
    account.save()
    account.name, account.kind = "Float", AccountKind.EXPENSE
    rows.update(account, "name")
    assert Account.objects.values_list("name", "kind").get(pk=account.pk) == ("Float", "asset")


def test_a_row_locked_with_the_one_that_points_to_it_is_known_to_it(django_assert_num_queries: Any) -> None:
    loan = LoanFactory(active=True)
    with django_assert_num_queries(1):
        read = rows.first_joined(Loan, ("position",), "WHERE t0.id = %s FOR UPDATE OF t0, t1", [loan.pk])
        assert read is not None
        position = read.position

    assert (read, model_to_dict(read)) == (loan, model_to_dict(Loan.objects.get(pk=loan.pk)))
    assert model_to_dict(position) == model_to_dict(LoanPosition.objects.get(pk=loan.pk))
    assert (read._state.adding, read._state.db) == (False, "default")
    bare = LoanFactory()
    assert rows.first_joined(Loan, ("position",), "WHERE t0.id = %s", [bare.pk]) is None


def test_a_new_row_is_the_one_the_model_makes() -> None:
    at = date(2026, 7, 1)
    borrower = BorrowerFactory()
    said = {
        "dedupe_key": "k",
        "template_code": "loan_settled",
        "due_at": datetime(2026, 7, 1, tzinfo=UTC),
        "created_on": at,
    }
    ours = rows.new(Message, {"borrower": borrower}, borrower_id=borrower.pk, **said)
    theirs = Message(borrower_id=borrower.pk, **said)
    assert model_to_dict(ours) == model_to_dict(theirs)
    assert (ours._state.adding, ours._state.db) == (theirs._state.adding, theirs._state.db)
    assert ours.borrower is borrower
    assert ours.context is not rows.new(Message).context, "what is made anew for each row is shared by none"
