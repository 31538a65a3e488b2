"""What a second person agreed to is what is offered: a new price since then is shown before anything is offered."""

from decimal import Decimal

import pytest

from audit import approvals
from audit.models import Approval
from loans.gate.commitments import OFFERS_WAIT
from loans.models import Offer, ProductVersion
from loans.origination import origination
from tests.loans.factories import ON, ApplicationFactory, DecisionFactory
from tests.loans.gate.doors import BREAKS
from tests.loans.gate.test_one_persons_authority import offered, rich
from tests.staff.factories import UserFactory

pytestmark = pytest.mark.django_db


def a_dearer_version() -> None:
    """From today the product is sold at 22 % a year."""
    version = ProductVersion.objects.get()
    ProductVersion.objects.filter(pk=version.pk).update(status="retired")
    version.pk, version.version, version.annual_rate, version.effective_from = None, 2, Decimal("0.22"), ON
    version._state.adding = True
    version.save(force_insert=True)


def above_one_person() -> None:
    assert offered(rich(), Decimal(60_000)).status == "second_approval"


def in_spite_of_a_check() -> None:
    borrower = rich()
    BREAKS["limit"](borrower)
    application = ApplicationFactory(borrower=borrower, amount=Decimal(15_000))
    origination.decide(
        application_id=application.pk,
        decision=DecisionFactory(application=application, source="staff", note="Known for years"),
        override="Known for years",
        on=ON,
        by=UserFactory(username="uwe", roles=["underwriter"]),
    )


@pytest.mark.parametrize(
    ("ask", "kind"),
    list(zip((above_one_person, in_spite_of_a_check), OFFERS_WAIT, strict=True)),
    ids=["amount", "override"],
)
def test_another_price_is_offered_only_once_the_second_person_saw_it(ask, kind) -> None:
    ask()
    asked = Approval.objects.get()
    assert asked.kind == kind
    shown = dict(asked.outcome)
    assert {"amount", "number of instalments", "annual rate", "total repayable", "monthly payment"} <= shown.keys()
    assert Decimal(shown["annual rate"]) == Decimal("0.18")
    a_dearer_version()
    checker = UserFactory(roles=["checker"])

    with pytest.raises(approvals.OutcomeChanged):
        approvals.approve(approval_id=asked.pk, decided_by=checker, on=ON)

    assert not Offer.objects.exists()
    asked.refresh_from_db()
    now = dict(asked.outcome)
    assert dict(asked.outcome_before) == shown
    assert Decimal(now["annual rate"]) == Decimal("0.22")
    approvals.approve(approval_id=asked.pk, decided_by=checker, on=ON)
    offer = Offer.objects.get()
    assert (f"{offer.total_repayable:.2f}", f"{offer.monthly_payment:.2f}", str(offer.term_count)) == (
        now["total repayable"],
        now["monthly payment"],
        now["number of instalments"],
    )


def test_at_the_price_they_agreed_to_nothing_is_asked_again() -> None:
    above_one_person()
    asked = Approval.objects.get()

    approvals.approve(approval_id=asked.pk, decided_by=UserFactory(roles=["checker"]), on=ON)

    assert f"{Offer.objects.get().total_repayable:.2f}" == dict(asked.outcome)["total repayable"]
