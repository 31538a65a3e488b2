"""A clerk, or a partner's key, says that a loan was paid that never was: what it paid still binds the house, and no new
loan or part of a line is paid on it until a bank line or a second person stands behind it.
"""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit.approvals import SecondPersonNeeded, approve
from audit.models import Approval
from borrowers.models import Borrower
from core import business_date
from loans.acts.asking import perform_or_ask
from loans.acts.kinds.replanning import BeyondProved
from loans.acts.vouching import OwnGiftVouched, ask_to_vouch_for_gift
from loans.gate.asking import OverrideNeeded
from loans.gate.commitments import CommitmentKind, Commitments, commitments_of
from loans.models import (
    WITHOUT_BANK_LINE,
    Application,
    Disbursement,
    Instalment,
    Loan,
    LoanAct,
    LoanPosition,
    LoanStatus,
    Repayment,
)
from loans.servicing.given_up import FREED_BY_UNDOING, GIVEN_UP
from loans.servicing.guarding import Excess
from loans.servicing.repayments import record_repayment, reverse_repayment
from loans.servicing.settling import settle_early
from loans.tasks import send_due_disbursements
from risk.people import records_of
from risk.tasks import assess_submitted
from tests.api.town import applied, registered, yuan
from tests.loans.acts.test_acts import wish
from tests.loans.acts.test_lines import a_running_line
from tests.loans.books import close_until
from tests.loans.disbursement.test_first_drawdown import FIRST_DUE
from tests.loans.doing import do, vouched
from tests.loans.factories import ON, ApplicantFactory, LoanFactory, ProductVersionFactory
from tests.loans.gate.doors import a_client, rows
from tests.partners.factories import CallerFactory
from tests.risk.factories import CreditLimitFactory
from tests.staff.factories import UserFactory

pytestmark = pytest.mark.django_db
LIMIT = Decimal(15_000)


@pytest.fixture(autouse=True)
def _the_day() -> None:
    business_date.move_to(ON)


def said(loan: Loan, amount: str | Decimal, channel: str = "counter", **told: Any) -> Repayment:
    told = {"recorded_by": None, "approved": True, "excess": Excess.CREDITED, "allow_repeat": True, **told}
    on = business_date.current()
    key = f"{channel}-{Repayment.objects.count()}"
    return record_repayment(
        loan_id=loan.pk, amount=Decimal(amount), received_on=on, channel=channel, idempotency_key=key, **told
    )


def settled_by_word(loan: Loan, channel: str = "counter") -> Repayment:
    """On the day the money went out: all of it is principal."""
    receipt = settle_early(loan_id=loan.pk, on=ON, channel=channel, idempotency_key=f"all-{loan.pk}", approved=True)
    loan.refresh_from_db()
    assert loan.status == LoanStatus.SETTLED
    return receipt


def bound(loan: Loan) -> Commitments:
    return commitments_of(loan.borrower_id, business_date.current())


def undrawn(loan: Loan) -> Decimal:
    """What may still be drawn."""
    return sum((row.amount for row in bound(loan).rows if row.kind is CommitmentKind.UNDRAWN), Decimal(0))


def lent() -> Decimal:
    ((amount,),) = rows("SELECT coalesce(sum(amount), 0) FROM loans_simulatedpayment WHERE outcome <> 'failed'")
    return Decimal(amount)


class TestCommitments:
    @pytest.fixture
    def loan(self) -> Loan:
        return LoanFactory(active=True, borrower=ApplicantFactory(), disbursed_on=ON)

    def test_a_loan_settled_by_word_binds_like_the_day_before(self, loan: Loan) -> None:
        before = bound(loan)

        settled_by_word(loan)

        (row,) = bound(loan).rows
        assert (row.kind, row.amount, row.loan_id) == (CommitmentKind.UNPROVED, loan.principal, loan.pk)
        assert row.payment == pytest.approx(before.payment, abs=1)

    @pytest.mark.parametrize("channel", WITHOUT_BANK_LINE)
    def test_whoever_says_it_a_word_is_a_word(self, loan: Loan, channel: str) -> None:
        """Over the counter, by a partner's program, or by the house of an insurer."""
        receipt = settled_by_word(loan, channel)

        assert list(Repayment.objects.by_word()) == [receipt] and receipt.is_unproved
        assert bound(loan).amount == loan.principal
        assert records_of([loan.borrower_id])[loan.borrower_id].loans_settled == 0

    def test_a_part_paid_by_word_is_told_beside_what_is_outstanding(self, loan: Loan) -> None:
        before = bound(loan)
        paid = said(loan, "5000.00").principal

        told = {row.kind: row.amount for row in bound(loan).rows}

        assert told == {CommitmentKind.OUTSTANDING: loan.principal - paid, CommitmentKind.UNPROVED: paid}
        assert bound(loan).amount == before.amount
        assert abs(bound(loan).payment - before.payment) <= 1

    @pytest.mark.parametrize("channel", ["bank_file", "direct_debit", "import"])
    def test_what_proves_itself_binds_nobody(self, loan: Loan, channel: str) -> None:
        settled_by_word(loan, channel)

        assert bound(loan).rows == ()

    def test_it_ends_when_somebody_vouches_or_it_is_reversed(self, loan: Loan) -> None:
        left = loan.principal - said(loan, "5000.00").principal
        vouched(loan, ON)
        assert bound(loan).amount == left

        second = said(loan, "1000.00")
        reverse_repayment(repayment_id=second.pk, reason="typed wrong", reversed_on=ON)
        assert bound(loan).amount == left

    def test_a_credit_balance_left_by_word_counts_once_it_pays_something(self, loan: Loan) -> None:
        """A payment of the bank bounces, and what was overpaid by word takes its place."""
        proved = said(loan, "500.00", "bank_file")
        word = said(loan, "14000.00")
        assert word.overpaid > 500 and bound(loan).amount == word.principal

        do("charge_back", loan_id=loan.pk, on=ON, amount=Decimal("500.00"), receipt=proved.number)

        assert Decimal(LoanAct.objects.get().figures["credit_used"]) == 500
        assert bound(loan).amount == word.principal + 500

    def test_charged_back_it_is_outstanding_again_and_not_twice(self, loan: Loan) -> None:
        receipt = said(loan, "5000.00")

        do("charge_back", loan_id=loan.pk, on=ON, amount=Decimal("2000.00"), receipt=receipt.number)

        assert bound(loan).amount == 12_000

    def test_score_counts_neither_the_loan_nor_its_instalments(self, loan: Loan) -> None:
        settled_by_word(loan)
        record = records_of([loan.borrower_id])[loan.borrower_id]
        assert (record.loans_settled, record.instalments_paid) == (0, 0)

        vouched(loan, ON)

        record = records_of([loan.borrower_id])[loan.borrower_id]
        assert (record.loans_settled, record.instalments_paid) == (1, 12)

    def test_they_are_read_by_one_statement_and_one_a_loan_without_an_offer(self, loan: Loan) -> None:
        settled_by_word(loan)
        for _ in range(3):
            settled_by_word(LoanFactory(active=True, borrower=loan.borrower, disbursed_on=ON))

        with CaptureQueriesContext(connection) as taken:
            commitments_of(loan.borrower_id, ON)

        assert len(taken) == 1 + 4

    def test_the_borrower_s_page_tells_it_and_leads_to_the_loan(
        self, loan: Loan, client: Client, signed_in: Callable[..., Client]
    ) -> None:
        settled_by_word(loan)
        operator = signed_in(client, "operations")
        address = f"/app/borrowers/{loan.borrower.number}"

        page = operator.get(address).content.decode()

        assert "Repaid by word or given up by one person, not vouched for yet" in page
        assert f'<a class="quiet nowrap" href="/app/loans/{loan.number}">' in page
        assert (
            "已登记还款或单人减免，尚待复核"
            in operator.get(address, headers={"Accept-Language": "zh-hans"}).content.decode()
        )


class TestNewLoans:
    def test_a_key_that_settles_by_word_gets_no_second_loan(self) -> None:
        """Over the API, decided by the task."""
        caller, product = CallerFactory(client__name="Lilac Phones"), ProductVersionFactory().product
        lin = registered(caller)
        borrower = Borrower.objects.get(public_id=lin)
        CreditLimitFactory(borrower=borrower, amount=LIMIT)

        outcomes = []
        for _ in range(2):
            asked = applied(caller, product, borrower=lin, amount=yuan(15_000), term_count=12)
            assess_submitted()
            decision = caller.ask(f"/applications/{asked['id']}/decision").json()
            outcomes.append(decision["outcome"])
            if not decision.get("offer"):
                break
            loan = caller.send(f"/offers/{decision['offer']['id']}/accept").json()
            send_due_disbursements()
            quote = caller.ask(f"/loans/{loan['id']}/payoff_quote").json()
            paid = {"loan": loan["id"], "amount": quote["total"], "settles_early": True}
            assert caller.send("/repayments", paid).status_code == 201

        assert outcomes[0] == "approve" and outcomes[1] in {"decline", "refer"}
        assert lent() == 15_000

    def test_a_clerk_who_settles_by_word_pays_no_second_loan(self) -> None:
        """On the pages; the worker pays nothing either, until a second person vouches for the receipt."""
        lin, version = ApplicantFactory(), ProductVersionFactory()
        CreditLimitFactory(borrower=lin, amount=LIMIT)
        officer, operations = a_client("officer"), a_client("operations")

        def another_loan(number: int) -> Application:
            form = {"key": f"k{number}", "product": version.product_id, "amount": "15000", "term_count": "12"}
            officer.post(f"/app/applications/new?borrower={lin.number}", {**form, "purpose": "electronics"})
            assess_submitted()
            made = Application.objects.latest("id")
            officer.post(f"/app/applications/{made.number}/accept")
            send_due_disbursements()
            return made

        first = another_loan(1)
        loan = Loan.objects.get(application=first)
        pay = reverse("loans:loan_pay", args=[loan.number])
        key = operations.get(pay).context["form"]["key"].value()
        operations.post(pay, {"key": key, "amount": "15000", "effective_on": ON.isoformat()})
        assert Repayment.objects.get().is_unproved

        another_loan(2)
        assert lent() == 15_000

        vouched(loan, ON)
        another_loan(3)
        assert lent() > 15_000


class TestLines:
    def test_what_was_repaid_by_word_cannot_be_drawn_again(self) -> None:
        loan = a_running_line()  # 12,000 approved, 5,000 drawn
        said(loan, Decimal("5000.00"))
        outstanding = LoanPosition.objects.get(pk=loan.pk).principal_outstanding
        free = loan.principal - outstanding - sum(row.principal for row in Repayment.objects.all())

        with pytest.raises(BeyondProved) as refusal:
            perform_or_ask(wish(loan, "drawn_down", FIRST_DUE, amount=free + Decimal("0.01"), key="more"))
        assert refusal.value.code == "beyond_proved"
        undrawn = next(row for row in bound(loan).rows if row.kind is CommitmentKind.UNDRAWN)
        assert (undrawn.amount, bound(loan).amount) == (free, loan.principal)

        vouched(loan, FIRST_DUE)
        order = perform_or_ask(wish(loan, "drawn_down", FIRST_DUE, amount=free + Decimal("0.01"), key="more"))
        assert isinstance(order, Disbursement)

    def test_the_law_of_the_tables_refuses_it_too(self) -> None:
        loan = a_running_line()
        said(loan, Decimal("5000.00"))

        with pytest.raises(DatabaseError, match="was approved"), transaction.atomic():
            Disbursement.objects.create(
                number="DB-1.2", loan=loan, is_drawdown=True, amount=Decimal("8000.00"), requested_on=FIRST_DUE
            )

    def test_what_one_person_gave_cannot_be_drawn_until_a_second_one_vouches(
        self, client: Client, staff_member: Callable[..., Any]
    ) -> None:
        loan, collector, clerk = a_running_line(), UserFactory(roles=["collector"]), staff_member("operations")
        before = undrawn(loan)
        act = do(
            "goodwill_credit", loan_id=loan.pk, on=FIRST_DUE, amount=Decimal("500.00"), by=collector, approved=False
        )
        given = Decimal(act.figures["principal"])
        assert given > 0 and act.agreed_by is None

        assert (undrawn(loan), bound(loan).amount) == (before, loan.principal)
        with pytest.raises(BeyondProved):
            perform_or_ask(wish(loan, "drawn_down", FIRST_DUE, amount=before + Decimal("0.01"), key="more"))
        with pytest.raises(DatabaseError, match="was approved"), transaction.atomic():
            Disbursement.objects.create(
                number="DB-1.2", loan=loan, is_drawdown=True, amount=before + 1, requested_on=FIRST_DUE
            )

        client.force_login(clerk, backend="staff.backends.StaffBackend")
        assert "Given up on lines by one person" in client.get(reverse("loans:payments_by_word")).content.decode()
        address = reverse("loans:refund_vouch", args=[loan.number, act.public_id])
        assert "cannot be drawn again" in client.get(address).content.decode()
        assert client.post(address, {"reason": "complaint 12"}).status_code == 302
        request = Approval.objects.get(kind="loan.given_up.vouched")
        with pytest.raises(SecondPersonNeeded):
            approve(approval_id=request.pk, decided_by=clerk, on=FIRST_DUE)
        approve(approval_id=request.pk, decided_by=UserFactory(roles=["checker"]), on=FIRST_DUE)
        assert undrawn(loan) == before + given

    def test_who_gave_it_does_not_vouch_for_it(self) -> None:
        loan, checker = a_running_line(), UserFactory(roles=["checker"])
        act = do("goodwill_credit", loan_id=loan.pk, on=FIRST_DUE, amount=Decimal("400.00"), by=checker, approved=False)
        request = ask_to_vouch_for_gift(act_id=act.pk, reason="complaint", on=FIRST_DUE, by=UserFactory())

        with pytest.raises(OwnGiftVouched):
            approve(approval_id=request.pk, decided_by=checker, on=FIRST_DUE)

    def test_interest_paid_by_word_frees_nothing_that_money_pays_then(self) -> None:
        """The word pays the interest that is due, the bank's money after it principal alone."""
        loan = a_running_line()
        before = undrawn(loan)
        interest = Instalment.objects.get(loan=loan, number=1, superseded_on=None).interest
        word = said(loan, interest)
        assert (word.interest, word.principal) == (interest, 0)
        assert undrawn(loan) == before, "nothing was freed yet"

        paid = said(loan, "1000.00", "bank_file")

        assert undrawn(loan) == before + paid.principal - interest
        vouched(loan, FIRST_DUE)
        assert undrawn(loan) == before + paid.principal

    def test_a_waiver_of_one_person_frees_nothing_that_money_pays_then(self) -> None:
        loan, collector = a_running_line(), UserFactory(roles=["collector"])
        do("fee_added", loan_id=loan.pk, on=FIRST_DUE, amount=Decimal("60.00"))
        before = undrawn(loan)
        do(
            "waiver",
            loan_id=loan.pk,
            on=FIRST_DUE,
            component="fee",
            amount=Decimal("60.00"),
            by=collector,
            approved=False,
        )
        paid = said(loan, "1000.00", "bank_file")

        assert undrawn(loan) == before + paid.principal - 60

    def test_the_law_names_every_figure_of_what_is_given_up(self) -> None:
        law = Path("loans/law/unproved_principal.sql").read_text("utf-8")
        assert {name for name in (*GIVEN_UP, FREED_BY_UNDOING) if f"'{name}'" not in law} == set()

    def test_the_limit_counts_it_at_a_drawdown(self) -> None:
        loan = a_running_line()
        said(loan, Decimal("5000.00"))
        CreditLimitFactory(borrower=loan.borrower, amount=Decimal("7000.00"))

        with pytest.raises(OverrideNeeded) as refusal:
            perform_or_ask(wish(loan, "drawn_down", FIRST_DUE, amount=Decimal("3000.00"), key="more"))

        assert refusal.value.context["checks"] == ["limit"]


def test_a_merchant_refund_by_word_binds_the_same() -> None:
    version = ProductVersionFactory(product__code="phone-purchase", is_purchase=True)
    loan = LoanFactory(active=True, borrower=ApplicantFactory(), product_version=version, disbursed_on=ON)
    close_until(ON + timedelta(days=3))
    on = ON + timedelta(days=4)
    business_date.move_to(on)

    act = perform_or_ask(wish(loan, "merchant_refund", on, amount=Decimal("12000.00")))

    assert isinstance(act, LoanAct)
    assert [(row.kind, row.amount) for row in bound(loan).rows if row.kind is CommitmentKind.UNPROVED] == [
        (CommitmentKind.UNPROVED, Decimal(act.figures["principal"]))
    ]
