"""The factories themselves: what each makes is valid and may be made again, and the books agree with all of it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest
from django.apps import AppConfig, apps
from django.contrib.auth.hashers import check_password
from django.db.models import Model
from factory import Trait
from factory.django import DjangoModelFactory

from borrowers.consents import missing, needed
from borrowers.identity import parse_resident_id
from ledger.queries import difference
from loans.merchants.merchant_numbers import parse_credit_code
from loans.models import Loan
from loans.proof.verifying import verify
from tests.borrowers.factories import (
    NEEDED,
    ON,
    BorrowerFactory,
    LinFactory,
    WangFactory,
    mobile_of,
    resident_number,
)
from tests.loans.books import close_until
from tests.loans.factories import (
    ApplicationFactory,
    ContractFactory,
    DisbursementFactory,
    LoanFactory,
    PolicyPledgeFactory,
    ProductFactory,
    ProductVersionFactory,
    RepaymentFactory,
    credit_code,
)
from tests.messaging.factories import MessageFactory
from tests.operations.factories import EndOfDayRunFactory
from tests.partners.factories import ApiClientFactory
from tests.places import ROOT
from tests.risk.factories import DoNotLendEntryFactory
from tests.staff.factories import PASSWORD, UserFactory

SAME_AGAIN = {ProductFactory, ProductVersionFactory, ApiClientFactory}  # known by a name that tests share
ONE_PERSON = {LinFactory, WangFactory}
NEEDS = {(ApplicationFactory, "purchase"): {"version__is_purchase": True}}


def _apps() -> list[AppConfig]:
    """The apps of the house with tables of their own."""
    mine = (app for app in apps.get_app_configs() if Path(app.path).is_relative_to(ROOT) and ".venv" not in app.path)
    return [app for app in mine if any(True for _model in app.get_models())]


def _module(app: AppConfig) -> ModuleType:
    return import_module(f"tests.{app.module.__name__}.factories")


def _factories() -> list[type[DjangoModelFactory]]:
    """Every factory of a table, of every app."""
    found = [thing for app in _apps() for thing in vars(_module(app)).values() if isinstance(thing, type)]
    made = {f for f in found if issubclass(f, DjangoModelFactory) and f is not DjangoModelFactory}
    return sorted(made, key=lambda f: f.__name__)


def assert_valid(made: Model) -> None:
    """What is stored passes the checks of its fields and constraints; what may stay empty is no matter here."""
    stored = type(made)._default_manager.get(pk=made.pk)
    empty = [f.name for f in stored._meta.concrete_fields if getattr(stored, f.attname) in (None, "", [], {})]
    stored.clean_fields(exclude=empty)
    stored.validate_unique()
    stored.validate_constraints()


def test_each_app_with_tables_has_factories() -> None:
    assert len(_apps()) == 12
    for app in _apps():
        models = {f._meta.get_model_class() for f in _factories() if f.__module__ == _module(app).__name__}
        assert models & set(app.get_models()), f"no factory makes anything of {app.label}"
        assert (_module(app).__doc__ or "").startswith("Factor")


@pytest.mark.django_db
@pytest.mark.parametrize("factory", _factories(), ids=lambda f: f.__name__)
def test_what_it_makes_is_valid_and_may_be_made_again(factory: type[DjangoModelFactory]) -> None:
    one = factory()
    assert_valid(one)
    if factory in ONE_PERSON:
        return

    other = factory()
    assert_valid(other)
    assert (one.pk == other.pk) is (factory in SAME_AGAIN)


TRAITS = [(f, name) for f in _factories() for name, way in f._meta.parameters.items() if isinstance(way, Trait)]


@pytest.mark.django_db
@pytest.mark.parametrize(("factory", "trait"), TRAITS, ids=lambda value: getattr(value, "__name__", value))
def test_each_trait_makes_something_valid(factory: type[DjangoModelFactory], trait: str) -> None:
    assert_valid(factory(**{trait: True}, **NEEDS.get((factory, trait), {})))


def test_numbers_are_right_and_never_repeat() -> None:
    people = {parse_resident_id(resident_number(n)).number for n in range(2500)}
    merchants = {parse_credit_code(credit_code(n)) for n in range(2500)}

    assert (len(people), len(merchants)) == (2500, 2500)


@pytest.mark.django_db
def test_a_person_has_the_roles_that_were_asked_for() -> None:
    anna = UserFactory(roles=["collector", "checker"], display_name="Anna")

    assert set(anna.groups.values_list("name", flat=True)) == {"collector", "checker"}
    assert check_password(PASSWORD, anna.password) and not anna.is_staff
    assert UserFactory(roles=["administrator"]).is_staff
    with pytest.raises(AssertionError, match="no role"):
        UserFactory(roles=["colector"])


@pytest.mark.django_db
def test_a_borrower_is_in_the_state_that_was_asked_for() -> None:
    plain = BorrowerFactory()
    full = BorrowerFactory(phone_verified=True, banked=True, earning=True, consenting=True)

    assert mobile_of(plain).state == "unverified" and mobile_of(full).state == "verified"
    for what, count in {"bank_accounts": 1, "incomes": 1, "consents": len(NEEDED)}.items():
        assert (getattr(plain, what).count(), getattr(full, what).count()) == (0, count)
    assert not missing(full.pk, needed(ON, "CN"))


@pytest.mark.django_db
def test_states_that_come_later_are_reached() -> None:
    assert MessageFactory(sent=True).status == "sent"
    assert EndOfDayRunFactory(done=True).business_day.status == "closed"
    assert DoNotLendEntryFactory(lifted_on=date(2026, 6, 16)).lifted_on == date(2026, 6, 16)
    assert ContractFactory().offer.application.loan.status == "pending_disbursement"
    assert DisbursementFactory(paid=True).loan.application.status == "accepted"


@pytest.mark.django_db
def test_the_books_agree_with_every_loan_that_was_made() -> None:
    """Through the whole way and by terms alone; waiting, running, paid on, for a purchase and on a policy."""
    LoanFactory()
    LoanFactory(active=True, product_version__product__code="purchase", product_version__is_purchase=True)
    RepaymentFactory(amount=Decimal("1100.15"))
    PolicyPledgeFactory(costly=True)
    DisbursementFactory()
    DisbursementFactory(paid=True)
    close_until(date(2026, 7, 20))

    assert sorted(Loan.objects.values_list("status", flat=True)) == ["active"] * 4 + ["pending_disbursement"] * 2
    assert list(verify()) == [] and difference() == 0
