"""A product's terms: drafted by one person, agreed to by another, sold from their day on; nothing else is ever sold."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from audit import approvals
from audit.models import Approval
from core import business_date
from core.errors import DomainError
from core.rules import forget_cached_rules
from loans.models import Product, ProductVersion
from loans.origination import origination
from loans.pricing.quotes import ProductNotSold, version_on_sale
from loans.products import designing, ending_sale
from loans.products.designing import FROM, INSTEAD_OF
from loans.products.taking_effect import take_effect
from loans.products.terms import TERMS
from operations.end_of_day import close_day
from staff.models import User
from tests.api.town import yuan
from tests.core.factories import RuleFactory
from tests.loans.factories import OfferFactory, ProductVersionFactory
from tests.partners.factories import CallerFactory
from tests.staff.factories import UserFactory

pytestmark = pytest.mark.django_db
ON = date(2026, 6, 15)
TOMORROW = ON + timedelta(days=1)
CHEAPER = Decimal("0.15")


@pytest.fixture(autouse=True)
def _today() -> None:
    business_date.move_to(ON)


@pytest.fixture
def designer() -> User:
    return UserFactory(username="designer", roles=("risk_analyst",))


@pytest.fixture
def checker() -> User:
    return UserFactory(username="checker", roles=("compliance",))


@pytest.fixture
def live() -> ProductVersion:
    return ProductVersionFactory()


def drafted(live: ProductVersion, by: User, starts: date = TOMORROW, **terms: Any) -> ProductVersion:
    wanted = terms or {"annual_rate": CHEAPER}
    return designing.keep_draft(product_id=live.product_id, terms=wanted, effective_from=starts, on=ON, by=by)


def asked(live: ProductVersion, by: User, **changes: Any) -> Approval:
    return designing.ask_for_version(version_id=drafted(live, by, **changes).pk, reason="cheaper", on=ON, by=by)


def agreed(live: ProductVersion, by: User, second: User, **changes: Any) -> ProductVersion:
    request = asked(live, by, **changes)
    approvals.approve(approval_id=request.pk, decided_by=second, on=ON)
    return ProductVersion.objects.get(pk=request.object_id)


@contextmanager
def refused(code: str) -> Iterator[None]:
    """What is done inside is refused by that name."""
    with pytest.raises(DomainError) as refusal:
        yield
    assert refusal.value.code == code


def quoted(rate_of: Product) -> Decimal:
    """The annual rate at which the API quotes the product."""
    answer = CallerFactory().send(
        "/quotes", {"product": rate_of.public_id, "amount": yuan(2_000), "term_count": 6}, key=""
    )
    assert answer.status_code == 200, answer.content
    return Decimal(str(answer.json()["annual_rate"]))


# --- one person drafts, another agrees ----------------------------------------------------------------------------------


def test_a_draft_never_sells_whatever_its_day(live: ProductVersion, designer: User) -> None:
    draft = drafted(live, designer)
    business_date.move_to(TOMORROW + timedelta(days=30))
    take_effect(on=business_date.current())

    assert version_on_sale(live.product_id, business_date.current()) == live
    assert quoted(live.product) == live.annual_rate
    draft.refresh_from_db()
    assert draft.status == "draft"


def test_a_draft_that_waits_for_a_decision_never_sells(live: ProductVersion, designer: User) -> None:
    asked(live, designer)
    business_date.move_to(TOMORROW)

    assert quoted(live.product) == live.annual_rate


def test_what_was_agreed_to_is_sold_from_the_morning_of_its_day(
    live: ProductVersion, designer: User, checker: User
) -> None:
    new = agreed(live, designer, checker)

    assert new.status == "agreed"
    assert quoted(live.product) == live.annual_rate

    business_date.move_to(TOMORROW)  # the night has not called it live yet
    assert quoted(live.product) == CHEAPER
    assert version_on_sale(live.product_id, ON) == live


def test_the_night_calls_it_live_and_retires_what_it_replaces(
    live: ProductVersion, designer: User, checker: User
) -> None:
    new = agreed(live, designer, checker)

    assert close_day().finished

    states = dict(ProductVersion.objects.values_list("pk", "status"))
    assert states == {live.pk: "retired", new.pk: "live"}
    assert take_effect(on=TOMORROW) == 0


def test_open_offers_keep_the_terms_they_were_made_with(live: ProductVersion, designer: User, checker: User) -> None:
    offer = OfferFactory(on=ON, application__on=ON)
    agreed(live, designer, checker)
    close_day()

    loan = origination.accept_offer(offer_id=offer.pk, on=TOMORROW, accepted_via="app")

    assert (loan.annual_rate, loan.product_version) == (offer.annual_rate, live)


def test_nobody_agrees_to_a_draft_of_their_own(live: ProductVersion, designer: User) -> None:
    request = asked(live, designer)
    both = UserFactory(username="designer", roles=("risk_analyst", "compliance"))

    with refused("second_person_needed"):
        approvals.approve(approval_id=request.pk, decided_by=both, on=ON)
    with refused("approval_not_permitted"):
        approvals.approve(approval_id=request.pk, decided_by=UserFactory(roles=("administrator",)), on=ON)

    assert ProductVersion.objects.get(pk=request.object_id).status == "draft"


def test_a_draft_is_not_changed_while_it_waits(live: ProductVersion, designer: User) -> None:
    request = asked(live, designer)

    with refused("draft_awaits_decision"):
        drafted(live, designer, annual_rate=Decimal("0.01"))

    assert ProductVersion.objects.get(pk=request.object_id).annual_rate == CHEAPER


def test_a_draft_changed_behind_the_request_is_shown_anew_first(
    live: ProductVersion, designer: User, checker: User
) -> None:
    request = asked(live, designer)
    ProductVersion.objects.filter(pk=request.object_id).update(annual_rate=Decimal("0.01"))

    with refused("approval_outcome_changed"):
        approvals.approve(approval_id=request.pk, decided_by=checker, on=ON)

    assert ProductVersion.objects.get(pk=request.object_id).status == "draft"


def test_a_refused_draft_can_be_changed_and_asked_for_again(
    live: ProductVersion, designer: User, checker: User
) -> None:
    approvals.reject(approval_id=asked(live, designer).pk, decided_by=checker, reason="too cheap", on=ON)

    new = agreed(live, designer, checker, annual_rate=Decimal("0.16"))

    assert (new.version, new.annual_rate, new.status) == (2, Decimal("0.16"), "agreed")


def test_the_request_shows_what_changes_and_three_loans(live: ProductVersion, designer: User) -> None:
    request = asked(live, designer)

    assert (request.before, request.after) == ({"annual_rate": "0.18"}, {"annual_rate": "0.15"})
    words = dict(request.outcome)
    assert words[FROM] == TOMORROW.isoformat()
    assert words["100.00 × 1 · total repayable"] == "101.50 → 101.25"  # a month's twelfth of 18 and of 15 per cent
    assert words["200,000.00 × 12 · annualised all-in cost, simple"] == "18.00 % → 15.00 %"
    assert words["200,000.00 × 12 · annualised all-in cost, compounded"] == "19.56 % → 16.08 %"  # (1 + r/12)^12 - 1


def test_another_version_that_has_not_begun_gives_way(live: ProductVersion, designer: User, checker: User) -> None:
    first = agreed(live, designer, checker, starts=ON + timedelta(days=20))
    request = asked(live, designer, annual_rate=Decimal("0.12"))
    assert dict(request.outcome)[INSTEAD_OF] == "v2, 2026-07-05"

    approvals.approve(approval_id=request.pk, decided_by=checker, on=ON)

    first.refresh_from_db()
    assert first.status == "retired"
    following = designing.begun(live.product, ON)
    assert (following.version, following.annual_rate) == (
        4,
        live.annual_rate,
    )  # from what holds, not from what gave way


# --- what may not be agreed to ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"annual_rate": Decimal("0.50")}, "all_in_cost_too_high"),
        ({"fee_rate": Decimal("0.20"), "fee_due": "first"}, "all_in_cost_too_high"),
        ({"fee_rate": Decimal("0.001"), "fee_due": "deducted"}, "advance_deduction_refused"),
        ({"late_rate_multiplier": Decimal("9.00")}, "late_multiplier_out_of_range"),
        ({"early_charge_rate": Decimal("1.00")}, "product_terms_refused"),
        ({"starts": ON}, "version_starts_too_early"),
        ({"starts": date(2026, 1, 1)}, "version_starts_too_early"),
        ({"annual_rate": Decimal("0.18")}, "version_changes_nothing"),
        ({"method": "balloon"}, "product_terms_refused"),
        ({"min_amount": Decimal("0")}, "product_terms_refused"),
        ({"min_count": 40}, "product_terms_refused"),
    ],
)
def test_what_may_not_be_is_refused_by_name(
    live: ProductVersion, designer: User, changes: dict[str, Any], code: str
) -> None:
    with refused(code):
        asked(live, designer, **changes)
    assert not Approval.objects.exists()


def test_a_cap_that_came_meanwhile_keeps_it_from_being_agreed_to(
    live: ProductVersion, designer: User, checker: User
) -> None:
    request = asked(live, designer)
    RuleFactory(code="cost_cap", market="CN", effective_from=ON, data={"annual_rate": "0.10", "basis": "simple"})
    forget_cached_rules()

    with refused("all_in_cost_too_high"):
        approvals.approve(approval_id=request.pk, decided_by=checker, on=ON)


def test_a_day_that_has_come_meanwhile_is_over(live: ProductVersion, designer: User, checker: User) -> None:
    request = asked(live, designer)

    with refused("version_starts_too_early"):
        approvals.approve(approval_id=request.pk, decided_by=checker, on=TOMORROW)


def test_only_a_draft_is_asked_for(live: ProductVersion, designer: User) -> None:
    with refused("version_step_refused"):
        designing.ask_for_version(version_id=live.pk, reason="again", on=ON, by=designer)


@pytest.mark.parametrize(
    ("status", "change", "law"),
    [
        ("draft", {"status": "live"}, "nobody agreed to version 2"),
        ("agreed", {"annual_rate": Decimal("0.01")}, "was agreed to as it is"),
        ("agreed", {"effective_from": ON}, "was agreed to as it is"),
    ],
)
def test_the_database_keeps_what_was_agreed_to(
    live: ProductVersion, designer: User, status: str, change: dict[str, Any], law: str
) -> None:
    draft = drafted(live, designer)
    ProductVersion.objects.filter(pk=draft.pk).update(status=status)
    ProductVersion.objects.filter(pk=live.pk).update(status="retired")

    with pytest.raises(IntegrityError, match=law), transaction.atomic():
        ProductVersion.objects.filter(pk=draft.pk).update(**change)


# --- new products, and the end of sale ----------------------------------------------------------------------------------


def test_a_product_from_a_copy_is_sold_once_a_second_person_agrees(
    live: ProductVersion, designer: User, checker: User
) -> None:
    live.refresh_from_db()
    draft = designing.copy_product(
        source_id=live.product_id, code="phone-24", name="Phone, longer", name_zh="", on=ON, by=designer
    )
    assert {name: getattr(draft, name) for name in TERMS} == {name: getattr(live, name) for name in TERMS}
    with pytest.raises(ProductNotSold):
        version_on_sale(draft.product_id, ON)

    request = designing.ask_for_version(version_id=draft.pk, reason="new", on=ON, by=designer)
    approvals.approve(approval_id=request.pk, decided_by=checker, on=ON)

    assert version_on_sale(draft.product_id, ON) == draft  # nothing was sold by it today: it may begin today
    draft.refresh_from_db()
    assert draft.status == "live"
    with refused("product_code_taken"):
        designing.copy_product(source_id=live.product_id, code="phone-24", name="x", name_zh="", on=ON, by=designer)


def ended(live: ProductVersion, by: User, last_day: date | None) -> Approval:
    return ending_sale.ask_for_end_of_sale(
        product_id=live.product_id, last_day=last_day, reason="too dear", on=ON, by=by
    )


def test_a_product_is_sold_until_its_last_day(live: ProductVersion, designer: User, checker: User) -> None:
    request = ended(live, designer, ON)
    assert quoted(live.product) == live.annual_rate
    with refused("second_person_needed"):
        approvals.approve(approval_id=request.pk, decided_by=designer, on=ON)

    approvals.approve(approval_id=request.pk, decided_by=checker, on=ON)

    assert version_on_sale(live.product_id, ON) == live
    with pytest.raises(ProductNotSold):
        version_on_sale(live.product_id, TOMORROW)
    business_date.move_to(TOMORROW)
    assert live.product.code not in [row["code"] for row in CallerFactory().ask("/products").json()["data"]]
    assert Product.objects.get().active  # nothing that was signed is stopped
    with refused("product_sale_ends"):
        asked(live, designer)


def test_the_end_of_sale_may_be_taken_back_by_two(live: ProductVersion, designer: User, checker: User) -> None:
    approvals.approve(approval_id=ended(live, designer, ON).pk, decided_by=checker, on=ON)
    approvals.approve(approval_id=ended(live, designer, None).pk, decided_by=checker, on=ON)

    assert version_on_sale(live.product_id, TOMORROW) == live


@pytest.mark.parametrize(("last_day", "code"), [(date(2026, 6, 14), "sale_ends_in_the_past"), (None, "sale_ends_so")])
def test_an_end_of_sale_that_cannot_be(live: ProductVersion, designer: User, last_day: date | None, code: str) -> None:
    with refused(code):
        ended(live, designer, last_day)


def test_an_end_of_sale_that_is_over_when_it_is_decided(live: ProductVersion, designer: User, checker: User) -> None:
    request = ended(live, designer, ON)

    with refused("sale_ends_in_the_past"):
        approvals.approve(approval_id=request.pk, decided_by=checker, on=TOMORROW)
