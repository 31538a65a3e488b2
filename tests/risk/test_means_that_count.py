"""To the rules an income counts that proves itself, or that somebody verified who has no hand in the application."""

from datetime import timedelta
from decimal import Decimal

import pytest

from borrowers.models import Borrower
from loans.models import Application
from loans.origination import origination
from risk import underwriting
from risk.means import means_of
from risk.models import Assessment
from staff.models import AccountTie, User
from tests.api.town import applied, registered
from tests.borrowers.factories import IncomeFactory
from tests.loans.factories import ON, ApplicantFactory, ApplicationFactory, DecisionFactory, ProductVersionFactory
from tests.partners.factories import CallerFactory
from tests.staff.factories import UserFactory

pytestmark = pytest.mark.django_db
SALARY = Decimal("12000.00")


def telling(verified_by: User | None = None, *, recorded_by: User | None = None) -> Borrower:
    """An applicant who only told an income, which somebody may have verified."""
    borrower = ApplicantFactory(earning=False)
    IncomeFactory(borrower=borrower, told_by="declared", recorded_by=recorded_by, verified_by=verified_by)
    return borrower


def decided(borrower: Borrower, taker: User | None = None) -> Application:
    application = ApplicationFactory(borrower=borrower, submitted_by=taker or UserFactory(username="taker"))
    return underwriting.decide_automatically(application_id=application.pk, on=ON)


def test_what_is_only_told_goes_to_a_person_with_the_reason() -> None:
    application = decided(telling())

    assert (application.status, application.decision_reasons) == ("referred", ["income_declared"])
    (check,) = [one for one in Assessment.objects.get().checks if one["code"] == "affordability"]
    assert check["result"] == "missing"
    assert ["declared_income", "12000.00"] in check["facts"]


def test_what_an_independent_person_verified_is_approved() -> None:
    assert decided(telling(UserFactory(username="uwe"))).status == "offered"


def test_what_the_taker_verified_counts_for_nothing() -> None:
    taker = UserFactory(username="taker")

    application = decided(telling(taker, recorded_by=UserFactory(username="olga")), taker)

    assert (application.status, application.decision_reasons) == ("referred", ["income_declared"])


def test_nor_what_an_account_tied_to_the_takers_verified() -> None:
    taker, second = UserFactory(username="taker"), UserFactory(username="second-account")
    borrower = telling(second, recorded_by=UserFactory(username="olga"))
    AccountTie.objects.create(account=second, by=taker, what="made")

    assert decided(borrower, taker).decision_reasons == ["income_declared"]


def test_a_person_may_decide_on_what_was_told() -> None:
    application = decided(telling())

    origination.decide(
        application_id=application.pk,
        decision=DecisionFactory(application=application, source="staff"),
        on=ON,
        by=UserFactory(username="uwe", roles=["underwriter"]),
    )

    application.refresh_from_db()
    assert application.status == "offered"


def test_what_a_partner_tells_is_declared() -> None:
    caller, product = CallerFactory(client__name="Lilac Phones"), ProductVersionFactory().product
    borrower = registered(caller)
    Borrower.objects.get(public_id=borrower).incomes.filter(told_by="payroll").delete()

    number = applied(caller, product, borrower=borrower)["number"]
    application = Application.objects.get(number=number)
    application = underwriting.decide_automatically(application_id=application.pk, on=ON)

    assert (application.status, application.decision_reasons) == ("referred", ["income_declared"])


class TestReckoned:
    def means(self, *told: tuple[str, str, int, int], by_rules: bool = True):
        """The means of somebody by incomes: who told it, of what, how many days ago, how much a month."""
        borrower = ApplicantFactory(earning=False)
        for told_by, source, days, amount in told:
            day = ON - timedelta(days=days)
            IncomeFactory(borrower=borrower, told_by=told_by, source=source, as_of=day, monthly_amount=Decimal(amount))
        return means_of([borrower.pk], "CN", ON, by_rules=by_rules)[borrower.pk]

    def test_beside_a_proved_income_a_declared_one_counts_for_nothing(self) -> None:
        told = ("payroll", "salary", 10, 5_000), ("declared", "rent", 10, 50_000)

        rules, person = self.means(*told), self.means(*told, by_rules=False)

        assert (rules.income, rules.declared, rules.income_verified, rules.counts) == (5_000, 50_000, True, True)
        assert (person.income, person.declared, person.income_verified) == (55_000, None, False)

    def test_a_higher_figure_told_since_does_not_replace_a_proved_one(self) -> None:
        assert self.means(("payroll", "salary", 10, 5_000), ("declared", "salary", 1, 50_000)).income == 5_000

    def test_a_lower_one_does(self) -> None:
        assert self.means(("payroll", "salary", 10, 5_000), ("declared", "salary", 1, 3_000)).income == 3_000

    def test_where_all_is_declared_it_makes_the_score_and_pays_for_nothing(self) -> None:
        means = self.means(("declared", "salary", 1, 3_000))

        assert (means.income, means.declared, means.counts, means.income_verified) == (3_000, 3_000, False, False)

    def test_a_proof_that_is_too_old_is_none(self) -> None:
        means = self.means(("payroll", "salary", 400, 5_000), ("declared", "salary", 1, 5_000))

        assert (means.counts, means.income_as_of) == (False, ON - timedelta(days=1))

    def test_without_any_income_nothing_is_declared(self) -> None:
        means = self.means()

        assert (means.income, means.declared, means.counts) == (None, None, True)


def test_a_loan_the_rules_approved_rests_on_proof_until_it_is_paid() -> None:
    """The verdict of the acceptance and of the payout reckon as the decision did."""
    borrower = telling(UserFactory(username="uwe"))
    application = decided(borrower)
    IncomeFactory(borrower=borrower, told_by="declared", source="rent", monthly_amount=Decimal(90_000))

    origination.accept_offer(offer_id=application.offers.get().pk, on=ON, accepted_via="web")

    facts = application.gate_verdicts.latest("id").facts["credit"]
    assert (facts["income"], facts["declared_income"]) == ("12000.00", "90000.00")
