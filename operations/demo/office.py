"""What the team of the demo does on a day, each under the name of the person who does it.

A refusal of the house (a call outside the hours, a promise too far ahead) is part of the story: the act is left, not forced.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from audit import approvals
from audit.models import Approval, ApprovalStatus
from borrowers.means import record_income, verify_income
from borrowers.models import Income, ToldBy
from core.context import acting
from core.errors import DomainError
from core.money import round_money
from debt_collections import queries, solutions, workload
from debt_collections.contacting import PromiseTerms, log_contact
from debt_collections.models import Case, Channel, Outcome
from loans.acts.asking import perform_or_ask, to_do
from loans.acts.kinds.losses import WRITE_OFF
from loans.acts.kinds.money import REFUND
from loans.disbursement import disbursing
from loans.events.act_kinds import Wish
from loans.models import Application, Disbursement, DisbursementStatus, LoanPosition, LoanStatus, RepaymentChannel
from loans.origination import origination
from loans.origination.decisions import Decision
from loans.servicing import repayments
from messaging import delivery, receipts
from operations.demo.borrowers import at, receive
from operations.demo.conduct import Conduct, conduct_of, draw
from risk import underwriting, work_queue
from risk.models import Assessment
from staff.models import User

Team = dict[str, User]
WRITE_OFF_AFTER = 120  # days past due in the demo
OUTCOMES = (
    (Outcome.NO_ANSWER, 34),
    (Outcome.PROMISE, 34),
    (Outcome.ANSWERED, 12),
    (Outcome.HARDSHIP, 8),
    (Outcome.REFUSED, 6),
    (Outcome.UNREACHABLE, 4),
    (Outcome.WRONG_NUMBER, 2),
)
NOTES = {
    Outcome.NO_ANSWER: "响铃无人接听",
    Outcome.PROMISE: "客户称工资迟发，承诺按期付款",
    Outcome.ANSWERED: "客户要求明天再联系",
    Outcome.HARDSHIP: "客户住院，申请延期",
    Outcome.REFUSED: "客户表示暂不还款",
    Outcome.UNREACHABLE: "无法接通",
    Outcome.WRONG_NUMBER: "接听者称不认识借款人",
}


@contextmanager
def _as(person: User, reason: str = "") -> Iterator[None]:
    with acting(actor=person, channel="web", reason=reason):
        yield


def deliver_messages(on: date) -> None:
    """The morning's reminders go out; by noon the receipts are in."""
    delivery.send_due(at(on, 9, 30))
    receipts.collect_receipts(at(on, 12))


def decide_by_rules(application: Application, on: date) -> None:
    underwriting.decide_automatically(application_id=application.pk, on=on)


def underwrite(team: Team, on: date, *, leave: int = 0) -> None:
    """The underwriter works through the queue, oldest first, and leaves the last ones for tomorrow."""
    person = team["underwriter"]
    waiting = list(Application.objects.waiting_for_underwriter().values_list("pk", flat=True))
    for application_id in waiting[: max(len(waiting) - leave, 0)]:
        with _as(person), suppress(DomainError):
            work_queue.claim(application_id=application_id, by=person, now=at(on, 10))
            _decide(application_id, team, on)


def _decide(application_id: int, team: Team, on: date) -> None:
    """Approve two of three for at most the limit of the grade, decline the others; the reason is always said."""
    application, person = Application.objects.get(pk=application_id), team["underwriter"]
    _ask_for_income(application, team, on)
    assessment = Assessment.objects.filter(application=application).order_by("-id").first()
    limit = assessment.limit_amount if assessment else Decimal(0)
    if draw(application.number, "underwriter", 3) == 0 or limit < 1000:
        underwriting.decide(application_id=application_id, outcome="decline", reasons=("score_low",), on=on, by=person)
        return
    principal = min(application.amount, limit)
    underwriting.decide(
        application_id=application_id,
        outcome="approve" if principal == application.amount else "counter_offer",
        reasons=("income_verified", "contact_confirmed"),
        on=on,
        by=person,
        principal=principal,
        note="与客户电话核实收入",
        override="与客户电话核实收入与负债，按期还款能力充足",
    )


def _ask_for_income(application: Application, team: Team, on: date) -> None:
    """Who has not told an income tells it to the officer; the underwriter sees the pay slip and assesses it again."""
    incomes = Income.objects.filter(borrower_id=application.borrower_id)
    if not incomes.exists():
        amount = Decimal(4000 + 100 * draw(application.number, "income", 80))
        with _as(team["officer"]):
            record_income(
                borrower_id=application.borrower_id,
                source="salary",
                monthly_amount=amount,
                as_of=on,
                by=team["officer"],
            )
    for income in incomes.filter(told_by=ToldBy.DECLARED, verified_by=None):
        verify_income(income_id=income.pk, evidence="工资流水三个月，已归档", on=on, by=team["underwriter"])
    underwriting.assess(application_id=application.pk, on=on)


def approve_above_authority(team: Team, application: Application, on: date) -> None:
    """A loan one person may not grant alone: it now waits for a second one."""
    person = team["underwriter"]
    large = Decision(outcome="refer", reasons=("large_amount",), source="automatic")
    origination.refer(application_id=application.pk, decision=large, on=on)
    with _as(person):
        work_queue.claim(application_id=application.pk, by=person, now=at(on, 10))
        underwriting.assess(application_id=application.pk, on=on)
        underwriting.decide(
            application_id=application.pk,
            outcome="approve",
            reasons=("income_verified",),
            on=on,
            by=person,
            principal=application.amount,
            term_count=24,
            note="优质客户，装修用途，请复核",
            override="优质客户，收入稳定，无其他负债",
        )


def pay_out_in_vain(application: Application, on: date) -> None:
    """Approved and accepted, but the bank refuses the account."""
    with suppress(DomainError):
        decide_by_rules(application, on)
    offer = application.offers.filter(status="open").first()
    if offer:
        with suppress(DomainError):
            loan = origination.accept_offer(offer_id=offer.pk, on=on, accepted_via="web")
            disbursing.disburse(loan_id=loan.pk, on=on)


def decide_as_second_person(team: Team, on: date) -> None:
    """The checker decides on what others asked for, and sends back every ninth."""
    person = team["checker"]
    for approval in list(Approval.objects.filter(status=ApprovalStatus.PENDING).order_by("id")):
        with _as(person), suppress(DomainError):
            if draw(str(approval.pk), "checker", 9) == 0:
                approvals.reject(approval_id=approval.pk, decided_by=person, reason="资料不全，请补充", on=on)
            else:
                _approve(approval, person, on)


def _approve(approval: Approval, person: User, on: date) -> None:
    """Approve as shown; what came back because it changed overnight is compared and approved as it now stands."""
    with suppress(approvals.OutcomeChanged):
        approvals.approve(approval_id=approval.pk, decided_by=person, on=on, reason="已复核")
        return
    approvals.approve(approval_id=approval.pk, decided_by=person, on=on, reason="已核对变动")


def follow_up_disbursements(team: Team, on: date) -> None:
    """Ask the bank about what is under way; try again what it refused, as far as that helps."""
    disbursing.send_due(now=at(on, 11), on=on)
    failed = Disbursement.objects.filter(
        status__in=(DisbursementStatus.FAILED, DisbursementStatus.RETURNED), requested_on=on - timedelta(days=3)
    )
    for disbursement in failed:
        with _as(team["operations"]), suppress(DomainError):
            if disbursement.attempt_count > 1 or draw(disbursement.number, "give up", 2):
                disbursing.cancel(disbursement_id=disbursement.pk, on=on, reason="客户放弃借款")
            else:
                disbursing.retry(disbursement_id=disbursement.pk, on=on, requested_by=team["operations"])


def collect(team: Team, random: Random, on: date, *, calls: int) -> None:
    """The collector works the queue from the top."""
    person, leaving = team["collector"], None
    for number in range(calls):
        now = at(on, 9 + number % 9, 10 + number * 3 % 50)
        case = workload.claim_next(collector=person, now=now, on=on, leaving=leaving)
        if case is None:
            break
        leaving = case.pk
        with _as(person), suppress(DomainError):
            _call(case, person, random, on, number)
    workload.give_back(collector=person)


def _call(case: Case, person: User, random: Random, on: date, number: int) -> None:
    """One call and what it leads to."""
    now = at(on, 9 + number % 9, 10 + number * 3 % 50)
    point = case.borrower.contact_points.filter(kind="mobile").exclude(state__in=("wrong_person", "retired")).first()
    outcome = random.choices([code for code, _share in OUTCOMES], [share for _code, share in OUTCOMES])[0]
    late = list(queries.late_positions(case.borrower_id))
    promise = None
    if outcome == Outcome.PROMISE and late:
        owed = min(max(case.overdue_amount, Decimal(1)), queries.owed_on(late[0]))
        if conduct_of(late[0].loan.number) is Conduct.STOPS:
            owed = min(owed, Decimal(500))  # who has stopped paying promises a part at most
        promise = PromiseTerms(
            amount=round_money(owed), due_on=on + timedelta(days=random.randint(2, 6)), loan_id=late[0].loan_id
        )
    log_contact(
        case_id=case.pk,
        outcome=outcome,
        on=on,
        now=now,
        by=person,
        channel=Channel.CALL,
        contact_point_id=point.pk if point else None,
        note=NOTES[outcome],
        promise=promise,
    )
    if outcome == Outcome.HARDSHIP and late and _deserves_time(late[0]):
        solutions.grant_extension(
            case_id=case.pk,
            loan_id=late[0].loan_id,
            days=max(30, late[0].days_past_due + 1),
            reason="住院治疗，已提供证明",
            on=on,
            by=person,
            idempotency_key=f"demo:extension:{case.pk}:{on}",
        )


def _deserves_time(position: LoanPosition) -> bool:
    """Nobody is refused more time in the first weeks; later only those who still pay get it."""
    early = position.days_past_due < 20
    return position.status == LoanStatus.ACTIVE and (early or conduct_of(position.loan.number) is not Conduct.STOPS)


def propose_one_write_off(team: Team, on: date) -> None:
    """The loan that is latest of all, so that a write-off waits for its second person."""
    worst = LoanPosition.objects.filter(status=LoanStatus.ACTIVE).order_by("-days_past_due").first()
    if worst and worst.days_past_due > 0:
        ask_for_write_offs(team, on, from_days=worst.days_past_due)


def ask_for_write_offs(team: Team, on: date, *, from_days: int = WRITE_OFF_AFTER) -> None:
    """What nobody has paid for four months is proposed for write-off, case by case."""
    hopeless = LoanPosition.objects.filter(status=LoanStatus.ACTIVE, days_past_due__gte=from_days)
    pending = Approval.objects.filter(kind=to_do(WRITE_OFF), status=ApprovalStatus.PENDING).values("object_id")
    asked = {int(row["object_id"]) for row in pending}
    for position in hopeless.exclude(loan_id__in=asked):
        case = Case.objects.open().filter(borrower_id=position.borrower_id).first()
        if case:
            with _as(team["collector"]), suppress(DomainError):
                solutions.request_write_off(
                    case_id=case.pk,
                    loan_id=position.loan_id,
                    reason="逾期超过四个月，多次联系无果",
                    on=on,
                    by=team["collector"],
                    idempotency_key=f"demo:write-off:{position.loan_id}:{on}",
                )


def recover(team: Team, on: date) -> None:
    """After the write-off every second borrower pays a little each month."""
    for position in LoanPosition.objects.filter(status=LoanStatus.WRITTEN_OFF).select_related("loan"):
        written_off_on = position.loan.written_off_on
        if written_off_on is None or (on - written_off_on).days % 20 != 10 or draw(position.loan.number, "recovers", 2):
            continue
        left = position.written_off_amount - position.recovered
        if left > 0:
            receive(position.loan_id, min(left, Decimal(300)), on, f"demo:recovery:{position.loan_id}:{on}", None)


def give_back_overpayments(team: Team, on: date) -> None:
    """Finance returns what was paid too much, after a look at it."""
    for position in LoanPosition.objects.filter(overpaid__gt=0, status=LoanStatus.SETTLED).select_related("loan"):
        if draw(position.loan.number, "refund", 2) and position.loan.settled_on == on - timedelta(days=5):
            with _as(team["finance"]):
                perform_or_ask(
                    Wish(
                        loan_id=position.loan_id,
                        kind=REFUND.code,
                        values={"amount": position.overpaid},
                        effective_on=on,
                        recorded_on=on,
                        reason="paid too much",
                        idempotency_key=f"demo:refund:{position.loan_id}",
                        by=team["finance"],
                    )
                )


def correct_a_mistake(team: Team, on: date) -> None:
    """Once a month a payment typed on the wrong loan is reversed."""
    if on.day != 12:
        return
    repayment = (
        LoanPosition.objects.filter(status=LoanStatus.ACTIVE, loan__repayments__channel=RepaymentChannel.COUNTER)
        .values_list("loan__repayments__pk", flat=True)
        .filter(loan__repayments__status="posted", loan__repayments__recorded_on__gte=on - timedelta(days=6))
        .first()
    )
    if repayment:
        with _as(team["finance"]), suppress(DomainError):
            repayments.reverse_repayment(
                repayment_id=repayment,
                reason="录入错误，付款属于另一笔借款",
                reversed_on=on,
                reversed_by=team["finance"],
            )
