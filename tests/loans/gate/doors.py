"""The doors that bind the house, each from the state just before it; and one way to break each check of the gate.

A door is prepared once (``Door.prepare``) and tried with ``Door.go``. What is bound is counted by plain SQL.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db import connection
from django.test import Client

from audit.models import Approval
from borrowers.consents import withdraw_consent
from borrowers.models import BankAccount, Borrower
from core import business_date, kept
from loans.acts.asking import perform_or_ask
from loans.banking.simulator import REFUSED
from loans.disbursement import disbursing
from loans.gate.gate import BindingAct
from loans.models import Application, Disbursement, Loan, LoanPosition, LoanPurpose, Offer, Product
from loans.origination import origination
from loans.tasks import send_due_disbursements
from risk import limits, underwriting
from risk.models import CreditLimit, GradePolicy
from risk.tasks import assess_submitted
from tests.borrowers.factories import AT, ExternalDebtFactory
from tests.core.factories import RuleFactory
from tests.loans.acts.test_acts import wish
from tests.loans.disbursement.test_first_drawdown import FIRST_DUE, a_line_drawn_once
from tests.loans.factories import (
    ON,
    ApplicantFactory,
    ApplicationFactory,
    ContractFactory,
    DecisionFactory,
    LoanFactory,
    OfferFactory,
)
from tests.partners.factories import EVERYTHING_OWN, CallerFactory
from tests.risk.factories import CreditLimitFactory, DoNotLendEntryFactory, GradePolicyFactory
from tests.staff.factories import UserFactory


def a_client(*roles: str) -> Client:
    """The browser of somebody with those roles."""
    client = Client()
    client.force_login(UserFactory(roles=roles), backend="staff.backends.StaffBackend")
    return client


def rows(sql: str, *values: object) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall()) if cursor.description else []


def bound() -> dict[str, Any]:
    """Everything that binds the house, counted by plain SQL."""
    return {
        table: rows(sql)[0][0]
        for table, sql in {
            "offers": "SELECT count(*) FROM loans_offer",
            "contracts": "SELECT count(*) FROM loans_contract",
            "loans": "SELECT count(*) FROM loans_loan",
            "drawdowns": "SELECT count(*) FROM loans_disbursement WHERE is_drawdown",
            "queued": "SELECT count(*) FROM loans_disbursement WHERE status = 'queued'",
            "transfers": "SELECT count(*) FROM loans_banktransfer",
            "payments": "SELECT count(*) FROM loans_simulatedpayment",
            "positions": "SELECT count(*) FROM loans_loanposition",
            "limits": "SELECT coalesce(sum(amount), 0) FROM risk_creditlimit",
        }.items()
    }


# --- breaking one check at a time ---------------------------------------------------------------------------------------


def _rule(code: str, **data: Any) -> None:
    RuleFactory(code=code, effective_from=business_date.current(), data=data)


def _late(borrower: Borrower) -> None:
    other = LoanFactory(active=True, borrower=borrower, principal=Decimal(100))
    LoanPosition.objects.filter(loan=other).update(days_past_due=5, next_due_amount=0)


def _no_consent(borrower: Borrower) -> None:
    for consent in borrower.consents.filter(purpose="credit_query"):
        withdraw_consent(consent_id=consent.pk, at=AT)


def _declined_grades(_borrower: Borrower) -> None:
    rows_ = GradePolicy.objects.get(market="CN", version=1).rows
    GradePolicyFactory(effective_from=business_date.current(), rows=[{**row, "decision": "decline"} for row in rows_])


def _purpose(_borrower: Borrower) -> None:
    LoanPurpose.objects.filter(code="electronics").update(forbidden=True)
    kept.forget()


def _product(_borrower: Borrower) -> None:
    Product.objects.update(active=False)
    kept.forget()


BREAKS: Mapping[str, Callable[[Borrower], object]] = {
    "alive": lambda borrower: Borrower.objects.filter(pk=borrower.pk).update(status="deceased"),
    "identity": lambda borrower: Borrower.objects.filter(pk=borrower.pk).update(identity_kind="other"),
    "authority": lambda _: _rule("second_approval", amount_over="1"),
    "age": lambda _: _rule("lending_age", least=18, most=30),
    "consent": _no_consent,
    "do_not_lend": lambda borrower: DoNotLendEntryFactory(borrower=borrower),
    "student": lambda borrower: Borrower.objects.filter(pk=borrower.pk).update(occupation=""),
    "product": _product,
    "purpose": _purpose,
    "price": lambda _: _rule("cost_cap", annual_rate="0.12"),
    "exposure": lambda _: _rule("exposure", per_borrower="50.00"),
    "payee": lambda borrower: BankAccount.objects.filter(borrower=borrower).update(
        state="unverified", bank_answer="no_answer"
    ),
    "limit": lambda borrower: CreditLimit.objects.update_or_create(
        borrower=borrower, defaults={"amount": 1, "as_of": ON, "changed_on": ON}
    ),
    "affordability": lambda borrower: ExternalDebtFactory(borrower=borrower, monthly_payment=Decimal(50_000)),
    "score": _declined_grades,
    "data_age": lambda _: _rule("affordability", debt_share="0.50", income_age_days=-1),
    "arrears": _late,
    "other_applications": lambda borrower: ApplicationFactory(borrower=borrower, amount=Decimal(100)),
}


# --- the doors ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Door:
    """``prepare`` leads to just before the act and says of whom; ``go`` does it, and is given what ``prepare`` made.

    ``earlier`` are checks that something before the gate refuses too, with the words it is told in.
    """

    at: BindingAct
    prepare: Callable[[], Any]
    borrower_of: Callable[[Any], Borrower]
    go: Callable[[Any], object]
    earlier: Mapping[str, str] = field(default_factory=dict)


_NO_QUOTE = {"product": "not sold", "price": "all-in cost"}
_NO_ACCOUNT = {"payee": "is not verified"}


def _page(role: str, application: Application, act: str, **form: Any) -> str:
    answer = a_client(role).post(f"/app/applications/{application.number}/{act}", form, follow=True)
    return answer.content.decode()


def _referred() -> Application:
    business_date.move_to(ON)
    application = ApplicationFactory(wants_person=True)
    underwriting.decide_automatically(application_id=application.pk, on=ON)
    underwriting.assess(application_id=application.pk, on=ON)
    application.refresh_from_db()
    return application


def decide_on(application: Application, override: str = "") -> str:
    chosen = {"outcome": "approve", "reasons": ["contact_confirmed"], "override": override}
    return _page("underwriter", application, "decide", **chosen)


def _waiting() -> Approval:
    business_date.move_to(ON)
    rich = ApplicantFactory(income__monthly_amount=Decimal(90_000))
    CreditLimitFactory(borrower=rich, amount=Decimal(100_000))
    application = ApplicationFactory(borrower=rich, amount=Decimal(60_000))
    decision = DecisionFactory(application=application, source="staff", note="Known for years")
    origination.decide(application_id=application.pk, decision=decision, on=ON, by=UserFactory(roles=["underwriter"]))
    return Approval.objects.get()


def _agree(approval: Approval) -> str:
    answer = a_client("checker").post(f"/app/approvals/{approval.pk}/approve", {"reason": "Seen"}, follow=True)
    return answer.content.decode()


def _offer() -> Offer:
    business_date.move_to(ON)
    return OfferFactory()


def _accept_over_api(offer: Offer) -> str:
    caller = CallerFactory(scopes=[*EVERYTHING_OWN, "portfolio:read", "portfolio:write"])
    return caller.send(f"/offers/{offer.public_id}/accept").content.decode()


def _signed() -> Disbursement:
    business_date.move_to(ON)
    return Disbursement.objects.get(loan__application__offers__contract=ContractFactory())


def _refused_by_the_bank() -> Disbursement:
    business_date.move_to(ON)
    borrower = ApplicantFactory(account__account_number=f"622202000000{REFUSED}")
    ContractFactory(offer__application__borrower=borrower)
    order = Disbursement.objects.get()
    assert disbursing.send(disbursement_id=order.pk, on=ON).status == "failed"
    return order


def _queued_again() -> Disbursement:
    order = _refused_by_the_bank()
    disbursing.retry(disbursement_id=order.pk, on=ON)
    return order


def send_due(_order: object) -> str:
    """The task, and what the order says of why it was not sent."""
    send_due_disbursements()
    return ", ".join(Disbursement.objects.values_list("failure_detail", flat=True))


PART = Decimal(1000)


def _draw(loan: Loan) -> Disbursement:
    done = perform_or_ask(wish(loan, "drawn_down", FIRST_DUE, amount=PART))
    assert isinstance(done, Disbursement)
    return done


def _raise(limit: CreditLimit) -> None:
    limits.change(borrower_id=limit.borrower_id, amount=Decimal(20_000), reason="Earns more", on=ON, by=UserFactory())


def _limit() -> CreditLimit:
    business_date.move_to(ON)
    return CreditLimitFactory(borrower=ApplicantFactory())


def _limit_asked() -> Approval:
    _raise(_limit())
    return Approval.objects.get()


def _of_limit(approval: Approval) -> Borrower:
    return Borrower.objects.get(pk=approval.payload["borrower_id"])


def _of_application(approval: Approval) -> Borrower:
    return Application.objects.get(pk=approval.object_id).borrower


def _of_order(order: Disbursement) -> Borrower:
    return order.loan.borrower


A = BindingAct
DOORS: Mapping[str, Door] = {
    "decision of the rules, by the task": Door(
        A.RULES_DECISION,
        lambda: (business_date.move_to(ON), ApplicationFactory())[1],
        lambda application: application.borrower,
        lambda _: assess_submitted(),
        earlier=_NO_QUOTE,
    ),
    "decision of a person, on the page": Door(
        A.PERSON_DECISION, _referred, lambda application: application.borrower, decide_on, earlier=_NO_QUOTE
    ),
    "second person, on the page": Door(A.SECOND_PERSON, _waiting, _of_application, _agree, earlier=_NO_QUOTE),
    "acceptance, on the page": Door(
        A.ACCEPTANCE,
        _offer,
        lambda offer: offer.application.borrower,
        lambda offer: _page("officer", offer.application, "accept"),
    ),
    "acceptance, over the API": Door(A.ACCEPTANCE, _offer, lambda offer: offer.application.borrower, _accept_over_api),
    "payout, by the task": Door(A.DISBURSEMENT, _signed, _of_order, send_due, earlier=_NO_ACCOUNT),
    "payout, on the page": Door(
        A.DISBURSEMENT,
        _signed,
        _of_order,
        lambda order: _page("operations", order.loan.application, "disburse"),
        earlier=_NO_ACCOUNT,
    ),
    "retry, on the page": Door(
        A.RETRY,
        _refused_by_the_bank,
        _of_order,
        lambda order: _page("operations", order.loan.application, "disburse/retry"),
        earlier=_NO_ACCOUNT,
    ),
    "retry, by the task": Door(A.RETRY, _queued_again, _of_order, send_due, earlier=_NO_ACCOUNT),
    "drawdown, ordered": Door(A.DRAWDOWN, a_line_drawn_once, lambda loan: loan.borrower, _draw),
    "drawdown, sent by the task": Door(
        A.DRAWDOWN, lambda: _draw(a_line_drawn_once()), _of_order, send_due, earlier=_NO_ACCOUNT
    ),
    "higher limit, asked for": Door(A.LIMIT_RAISE, _limit, lambda limit: limit.borrower, _raise),
    "higher limit, agreed to": Door(A.LIMIT_RAISE, _limit_asked, _of_limit, _agree),
}
