"""One loan from application to recovery in nine steps, each the very call a page or the API makes.

The story is somebody's who does not exist: she takes a loan, pays once, loses the thread, promises and breaks it, gets more
time, and in the end the lender writes off and recovers a part. A step either acts at once or first lets days pass.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from audit import approvals
from borrowers.means import record_income, verify_income
from core import business_date
from core.context import acting
from core.errors import DomainError
from core.writing import money
from debt_collections import cases, solutions
from debt_collections.contacting import PromiseTerms, log_contact
from debt_collections.models import Case, Outcome
from loans.disbursement import disbursing
from loans.models import Application, Instalment, Loan, LoanAct, LoanPosition, Product, RepaymentChannel
from loans.origination import origination
from loans.origination.application_wish import ApplicationWish
from loans.servicing import repayments
from operations.demo import borrowers as clients
from operations.demo.people import AREA, MOBILE_PREFIX, Person, identity_number
from operations.demo.products import open_catalogue
from operations.demo.staff import hire_team
from operations.demo.time import let_days_pass
from operations.end_of_day import Callback
from operations.models import DemoStory
from risk import underwriting, work_queue

Facts = dict[str, str]
HEROINE = "林小雨"
AMOUNT, LESS, COUNT = Decimal(12000), Decimal(10000), 12
RECOVERED = Decimal(3000)
EXTENSION_DAYS = 30  # the most one person grants alone
WRITE_OFF_DAYS = 91


class StoryAtItsEnd(DomainError):
    code = "story_at_its_end"
    message = _("The tour is complete. Start again.")


@dataclass(frozen=True, slots=True)
class Step:
    """One step: who acts, what is about to happen, what happened (filled with facts), and until when days must pass."""

    code: str
    who: str | Promise
    title: str | Promise
    text: str | Promise
    told: str | Promise
    act: Callable[[DemoStory, date], Facts]
    until: Callable[[DemoStory], date] | None = None


def begin() -> DemoStory:
    """A new story at its first step."""
    return DemoStory.objects.create()


def current() -> DemoStory | None:
    return DemoStory.objects.first()


def next_step(story: DemoStory) -> Step | None:
    return STEPS[story.step] if story.step < len(STEPS) else None


def waits_until(story: DemoStory) -> date | None:
    """The day the next step needs, if days must pass before it."""
    step = next_step(story)
    until = step.until(story) if step and step.until else None
    return until if until and until > business_date.current() else None


def live(*, story_id: int, progress: Callback | None = None) -> DemoStory:
    """Let the days pass that the next step needs, then do it. Done twice, it is done once."""
    story = DemoStory.objects.get(pk=story_id)
    if until := waits_until(story):
        let_days_pass(
            until, progress=progress, daily=lambda on: _pay_first_instalment(story, on), except_loan=story.loan_id
        )
    return _act(story_id, story.step)


@transaction.atomic
def _act(story_id: int, expected: int) -> DemoStory:
    story = DemoStory.objects.select_for_update().get(pk=story_id)
    step = next_step(story)
    if step is None:
        raise StoryAtItsEnd
    if story.step != expected:
        return story
    on = business_date.current()
    facts = step.act(story, on)
    story.notes = [*story.notes, {"code": step.code, "on": on.isoformat(), "facts": facts}]
    story.step += 1
    story.save()
    return story


# --- the nine steps ---------------------------------------------------------------------------------------------------


def _apply(story: DemoStory, on: date) -> Facts:
    officer, checker = (hire_team()[role] for role in ("officer", "checker"))
    product = Product.objects.filter(code="phone-cash").first() or open_catalogue(on)["phone-cash"]
    with acting(actor=officer, channel="web"):
        borrower = clients.register(_heroine(story, on), on=on, officer=officer, checker=checker)
        wish = ApplicationWish(
            borrower_id=borrower.pk, product_id=product.pk, amount=AMOUNT, term_count=COUNT, purpose="electronics"
        )
        application = origination.submit_application(wish, on=on, channel="web", submitted_by=officer)
    story.borrower_id, story.application_id = borrower.pk, application.pk
    return {"number": application.number, "amount": money(AMOUNT, application.currency)}


def _heroine(story: DemoStory, on: date) -> Person:
    born = date(on.year - 28, 3, 8) + timedelta(days=story.pk % 300)
    return Person(
        name=HEROINE,
        identity_number=identity_number(Random(f"{AREA}{story.pk}"), born, 2 * (story.pk % 499)),
        phone=f"{MOBILE_PREFIX}7{story.pk % 1000:03d}{6000 + story.pk % 3000}",
        email="",
        language="zh-hans",
        work="设计师",
        income=None,  # she has not said what she earns: that is what the underwriter will ask
        income_proved=True,
        debt=Decimal(0),
    )


def _decide_by_rules(story: DemoStory, on: date) -> Facts:
    application = underwriting.decide_automatically(application_id=_id(story.application_id), on=on)
    assessment = underwriting.latest_assessment(application)
    assert assessment is not None
    return {"points": str(assessment.points), "grade": assessment.grade}


def _underwrite(story: DemoStory, on: date) -> Facts:
    person, application_id = hire_team()["underwriter"], _id(story.application_id)
    with acting(actor=person, channel="web"):
        work_queue.claim(application_id=application_id, by=person, now=clients.at(on, 10))
    with acting(actor=hire_team()["officer"], channel="web"):
        income = record_income(
            borrower_id=_id(story.borrower_id),
            source="salary",
            monthly_amount=Decimal(9000),
            as_of=on,
            by=hire_team()["officer"],
        )
    with acting(actor=person, channel="web"):
        verify_income(income_id=income.pk, evidence="工资流水三个月，已归档", on=on, by=person)
        assessment = underwriting.assess(application_id=application_id, on=on)
        underwriting.decide(
            application_id=application_id,
            outcome="counter_offer",
            reasons=("income_verified", "amount_over_limit"),
            on=on,
            by=person,
            principal=LESS,
            term_count=COUNT,
            note="收入已核实，首次借款，额度从严",
        )
    return {"grade": assessment.grade, "amount": money(LESS, assessment.application.currency)}


def _pay_out(story: DemoStory, on: date) -> Facts:
    offer = Application.objects.get(pk=_id(story.application_id)).offers.get(status="open")
    loan = origination.accept_offer(offer_id=offer.pk, on=on, accepted_via="web")
    story.loan_id = loan.pk
    with acting(actor=hire_team()["operations"], channel="web"):
        disbursing.disburse(loan_id=loan.pk, on=on, requested_by=hire_team()["operations"])
    first = Instalment.objects.filter(loan=loan).order_by("number")[0]
    return {"number": loan.number, "due_on": first.due_on.isoformat(), "amount": money(_total(first), loan.currency)}


def _second_missed(story: DemoStory) -> date:
    """Nine days after the second due date; the first instalment is paid on the way."""
    return _instalment(story, 2).due_on + timedelta(days=9)


def _fall_late(story: DemoStory, on: date) -> Facts:
    position = LoanPosition.objects.get(pk=_id(story.loan_id))
    return {"days": str(position.days_past_due), "bucket": position.bucket}


def _promise(story: DemoStory, on: date) -> Facts:
    person, case = hire_team()["collector"], _case(story)
    owed = LoanPosition.objects.get(pk=_id(story.loan_id)).overdue_total
    terms = PromiseTerms(amount=owed, due_on=on + timedelta(days=4), loan_id=story.loan_id)
    point = case.borrower.contact_points.get(kind="mobile")
    with acting(actor=person, channel="web"):
        log_contact(
            case_id=case.pk,
            outcome=Outcome.PROMISE,
            on=on,
            now=clients.at(on, 10, 5),
            by=person,
            contact_point_id=point.pk,
            note="工资周五到账，承诺周五还款",
            promise=terms,
        )
    return {"amount": money(owed, case.currency), "due_on": terms.due_on.isoformat()}


def _promise_over(story: DemoStory) -> date:
    return date.fromisoformat(story.notes[-1]["facts"]["due_on"]) + timedelta(days=2)


def _extend(story: DemoStory, on: date) -> Facts:
    person, case = hire_team()["collector"], _case(story)
    with acting(actor=person, channel="web"):
        extension = solutions.grant_extension(
            case_id=case.pk,
            loan_id=_id(story.loan_id),
            days=EXTENSION_DAYS,
            reason="住院两周，已提供证明",
            on=on,
            by=person,
            idempotency_key=f"story:{story.pk}:extension",
        )
    assert isinstance(extension, LoanAct), "thirty days are within one person's authority"
    return {"days": str(EXTENSION_DAYS), "interest": money(extension.figures["interest_added"], case.currency)}


def _hopeless(story: DemoStory) -> date:
    return _instalment(story, 2).due_on + timedelta(days=WRITE_OFF_DAYS)


def _write_off(story: DemoStory, on: date) -> Facts:
    team, case = hire_team(), _case(story)
    with acting(actor=team["collector"], channel="web"):
        approval = solutions.request_write_off(
            case_id=case.pk,
            loan_id=_id(story.loan_id),
            reason="多次联系无果",
            on=on,
            by=team["collector"],
            idempotency_key=f"story:{story.pk}:write-off",
        )
    approvals.approve(approval_id=approval.pk, decided_by=team["checker"], on=on, reason="已复核")
    position = LoanPosition.objects.get(pk=_id(story.loan_id))
    return {
        "amount": money(position.written_off_amount, case.currency),
        "asked": str(team["collector"]),
        "agreed": str(team["checker"]),
    }


def _recover(story: DemoStory, on: date) -> Facts:
    teller = hire_team()["finance"]
    with acting(actor=teller, channel="web"):
        repayments.record_repayment(
            loan_id=_id(story.loan_id),
            amount=RECOVERED,
            received_on=on,
            channel=RepaymentChannel.COUNTER,
            idempotency_key=f"story:{story.pk}:recovery",
            recorded_by=teller,
            recorded_on=on,
        )
    position = LoanPosition.objects.get(pk=_id(story.loan_id))
    share = 100 * position.recovered // position.written_off_amount
    return {"amount": money(RECOVERED, position.loan.currency), "share": str(share)}


# --- inside -----------------------------------------------------------------------------------------------------------


def _pay_first_instalment(story: DemoStory, on: date) -> None:
    """She pays once, on the day it is due; a repeat of the day pays nothing more."""
    if story.loan_id is None:
        return
    first = _instalment(story, 1)
    if first.due_on == on:
        repayments.record_repayment(
            loan_id=story.loan_id,
            amount=_total(first),
            received_on=on,
            channel=RepaymentChannel.API,
            idempotency_key=f"story:{story.pk}:first",
            recorded_by=None,
            recorded_on=on,
        )


def _instalment(story: DemoStory, number: int) -> Instalment:
    return Instalment.objects.get(loan_id=_id(story.loan_id), number=number, superseded_on__isnull=True)


def _total(instalment: Instalment) -> Decimal:
    return instalment.principal + instalment.interest + instalment.fee


def _case(story: DemoStory) -> Case:
    """Her open case; the review of tonight's signal may not have come yet, so it is reviewed here as well."""
    borrower_id = Loan.objects.values_list("borrower_id", flat=True).get(pk=_id(story.loan_id))
    case = Case.objects.open().filter(borrower_id=borrower_id).first()
    if case is None:
        cases.review_borrower(borrower_id=borrower_id, on=business_date.current())
        case = Case.objects.open().get(borrower_id=borrower_id)
    return case


def _id(value: int | None) -> int:
    assert value is not None, "the steps are lived in order"
    return value


STEPS: tuple[Step, ...] = (
    Step(
        "apply",
        _("Borrower and loan officer"),
        _("She applies for 12,000 over 12 months"),
        _("A borrower is registered with identity, phone, consents and bank account; her application goes in."),
        _("Application %(number)s for %(amount)s is in. Personal data is stored encrypted and shown masked."),
        _apply,
    ),
    Step(
        "rules",
        _("The rules"),
        _("Checks, score and grade"),
        _("The points table scores what is known. What a rule may not decide goes to a person."),
        _("%(points)s points, grade %(grade)s. Her income is not known, so an underwriter must look."),
        _decide_by_rules,
    ),
    Step(
        "underwriter",
        _("Underwriter"),
        _("A person proves the income and offers 10,000"),
        _(
            "The underwriter takes the application from the queue, verifies the income that the officer recorded, and "
            "makes a counter-offer."
        ),
        _("With her income known the grade is %(grade)s; the offer is %(amount)s, its whole cost within the cap."),
        _underwrite,
    ),
    Step(
        "paid_out",
        _("Borrower and operations"),
        _("She accepts, the bank pays out"),
        _("The contract is sealed with its hash, the loan gets its schedule, the bank is ordered to pay."),
        _("Loan %(number)s runs. The first %(amount)s is due on %(due_on)s."),
        _pay_out,
    ),
    Step(
        "late",
        _("Time"),
        _("One instalment is paid, the next is missed"),
        _("Days pass; every night accrues, reminds, ages and opens cases. She pays once, then she stops."),
        _("%(days)s days past due, bucket %(bucket)s: reminders went out and a collection case is open."),
        _fall_late,
        _second_missed,
    ),
    Step(
        "promise",
        _("Collector"),
        _("A call, and a promise to pay"),
        _("The contact guard allows the call; its outcome is logged and the promise waits for its day."),
        _("She promised %(amount)s by %(due_on)s."),
        _promise,
    ),
    Step(
        "extension",
        _("Collector"),
        _("The promise breaks, she was ill: more time"),
        _("The night judges the promise by the money that came. Then an extension is granted from the case."),
        _("Promise broken. %(days)s days more were granted for %(interest)s of interest, with no penalty."),
        _extend,
        _promise_over,
    ),
    Step(
        "written_off",
        _("Team lead and checker"),
        _("Nothing more is paid: write-off by two people"),
        _("Three months pass. One person asks for the write-off, another must agree."),
        _("%(asked)s asked, %(agreed)s agreed: %(amount)s written off. The claim stays."),
        _write_off,
        _hopeless,
    ),
    Step(
        "recovered",
        _("Finance"),
        _("3,000 recovered after write-off"),
        _("Money for a written-off loan is booked as recovery; the books balance as on every day."),
        _("%(amount)s recovered, %(share)s %% of what was written off."),
        _recover,
    ),
)
