"""Letting the months pass: every day the borrowers and the team do their part, then the night is closed as always.

The acts of a day are one transaction, the night has its own checkpoints: a load that is killed goes on where it was.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from borrowers.models import Borrower
from core import business_date
from core.context import acting
from core.errors import DomainError
from loans.bookkeeping.signals import quiet
from loans.models import Application, Loan, LoanStatus, Product
from operations.coordinator import only_coordinator
from operations.demo import borrowers as clients
from operations.demo import office, papers, policies
from operations.demo.people import People
from operations.demo.products import open_catalogue
from operations.demo.staff import hire_team
from operations.end_of_day import EndOfDayFailed, close_day
from operations.models import BusinessDay, DemoLoad, EndOfDayRun
from operations.tape.living import without_waiting_for_disk
from partners.demo import make_demo_client
from staff.models import User

SEED = 20260615
LARGE_AMOUNT, SMALL_AMOUNT = 55000, 6000  # the first is above what one person may approve
SOLID: dict[str, Any] = {"income": Decimal(26000), "income_proved": True, "debt": Decimal(0)}
ANALYZE_EVERY = 30  # days: the tables grow faster than the server looks


class DemoNotPossible(DomainError):
    code = "demo_not_possible"
    message = _("There are loans here already. The demo is loaded into an empty database only.")


@dataclass(frozen=True, slots=True)
class Size:
    """How long the past is, and how many applications come a day on average."""

    days: int
    applications_a_day: float
    calls_a_day: int


SIZES = {"tiny": Size(75, 0.6, 1), "demo": Size(240, 1.4, 2)}


@dataclass(frozen=True, slots=True)
class Day:
    """How far the load is."""

    on: date
    done: int
    total: int


def load(*, size: str, today: date, progress: Callable[[Day], object] | None = None) -> DemoLoad:
    """Build the portfolio of the days before ``today``, once, or go on with one that was interrupted.

    Raises DemoNotPossible on a desk that has borrowers of its own.
    """
    with only_coordinator(), quiet(), without_waiting_for_disk(), acting(channel="system", reason="demo"):
        under_way = DemoLoad.objects.first() or _begin(size, today)
        if under_way.finished_at:
            return under_way
        months = _Months(under_way)
        for number in range(months.lived, months.days):
            months.live_day()
            if progress:
                progress(Day(months.on, number + 1, months.days))
        return months.finish()


@transaction.atomic
def _begin(size: str, today: date) -> DemoLoad:
    """Open the books on the first day, with a team and products."""
    if Borrower.objects.exists():
        raise DemoNotPossible
    first_on = today - timedelta(days=SIZES[size].days)
    hire_team()
    open_catalogue(first_on)
    business_date.move_to(first_on)
    BusinessDay.objects.get_or_create(on=first_on)
    return DemoLoad.objects.create(size=size, seed=SEED, first_on=first_on, until=today)


class _Months:
    """The days of a load, one after the other. All that chance decides on a day follows from the seed and the day."""

    def __init__(self, under_way: DemoLoad) -> None:
        self.load, self.size = under_way, SIZES[under_way.size]
        self.on = business_date.current()
        self.days = (under_way.until - under_way.first_on).days
        self.random = Random()
        self.people = People(under_way.seed, under_way.first_on)
        self.team: dict[str, User] = hire_team()
        self.products: dict[str, Product] = {product.code: product for product in Product.objects.all()}

    @property
    def lived(self) -> int:
        return (self.on - self.load.first_on).days

    def live_day(self) -> None:
        """The acts of the day in one transaction with the note that they are done; then the night."""
        if self.load.acted_on != self.on:
            with transaction.atomic():
                self.random.seed(f"{self.load.seed}:{self.on}")
                self._act()
                self._note_acted()
        if self.lived % ANALYZE_EVERY == 1:
            with connection.cursor() as cursor:
                cursor.execute("ANALYZE")
        self._close()

    @transaction.atomic
    def finish(self) -> DemoLoad:
        self.random.seed(f"{self.load.seed}:{self.on}")
        self._leave_work_for_today()
        if settings.DEMO:
            make_demo_client()
        self.load.finished_at = timezone.now()
        self._note_acted()
        return self.load

    def _note_acted(self) -> None:
        self.load.acted_on = self.on
        self.load.save()

    def _act(self) -> None:
        on, team = self.on, self.team
        last_days = self.load.until - on <= timedelta(days=2)
        office.deliver_messages(on)
        clients.answer_offers(on)
        office.follow_up_disbursements(team, on)
        if not last_days:
            office.decide_as_second_person(team, on)
        office.underwrite(team, on, leave=4 if last_days else 0)
        self._take_applications()
        clients.pay(on, teller=team["operations"], voucher=team["checker"])
        clients.keep_promises(on)
        office.collect(team, self.random, on, calls=self.size.calls_a_day)
        office.ask_for_write_offs(team, on)
        office.recover(team, on)
        office.give_back_overpayments(team, on)
        office.correct_a_mistake(team, on)
        self._keep_policies()

    def _keep_policies(self) -> None:
        left = (self.load.until - self.on).days
        if left == policies.LENT_BEFORE:
            policies.lend_on_policies(self._apply_with_policy, self.team, self.on)
        if left == policies.LOWERED_BEFORE:
            policies.state_lower_value(self.team, self.on)

    def _apply_with_policy(self) -> Application:
        borrower = self._somebody_new(self.on, **SOLID)
        application = self._apply_as(borrower, amount=policies.AMOUNT, product="policy-loan")
        office.decide_by_rules(application, self.on)
        return application

    def _leave_work_for_today(self) -> None:
        """So that each queue has somebody waiting on the first morning."""
        on = self.on
        office.deliver_messages(on)
        for _number in range(2):
            self._new_application(on)
        self._apply_as(self._somebody_new(on))
        for _number in range(3):
            unproved = self._apply_as(self._somebody_new(on, income=None))
            office.decide_by_rules(unproved, on)
        papers.leave_on_application(self.team, unproved, on)
        large = self._apply_as(self._somebody_new(on, **SOLID), amount=LARGE_AMOUNT)
        office.approve_above_authority(self.team, large, on)
        refused = self._somebody_new(on, account_ending=clients.REFUSING_BANK, **SOLID)
        office.pay_out_in_vain(self._apply_as(refused, amount=SMALL_AMOUNT), on)
        for loan in Loan.objects.filter(borrower=refused):
            papers.ask_about_loan(self.team, loan)
        office.propose_one_write_off(self.team, on)

    def _apply_as(self, borrower: Borrower, *, amount: int = 0, product: str = "") -> Application:
        officer = self.team["officer"]
        with acting(actor=officer):
            return clients.apply(
                borrower, self.products, self.random, on=self.on, officer=officer, amount=amount, product=product
            )

    def _take_applications(self) -> None:
        expected = self.size.applications_a_day
        count = sum(self.random.random() < expected / 4 for _chance in range(4))
        for _number in range(count):
            self._new_application(self.on)

    def _new_application(self, on: date) -> None:
        """One in six is by somebody who has paid back a loan before."""
        known = self._somebody_known() if self.random.randrange(6) == 0 else None
        ending = clients.REFUSING_BANK if self.random.randrange(40) == 0 else ""
        borrower = known or self._somebody_new(on, account_ending=ending)
        office.decide_by_rules(self._apply_as(borrower), on)

    def _somebody_known(self) -> Borrower | None:
        settled = Borrower.objects.filter(loans__status=LoanStatus.SETTLED).exclude(loans__status=LoanStatus.ACTIVE)
        found = list(settled.distinct().order_by("pk")[:40])
        return self.random.choice(found) if found else None

    def _somebody_new(self, on: date, *, account_ending: str = "", **traits: Any) -> Borrower:
        person = replace(self.people.person(Borrower.objects.count() + 1), **traits)
        with acting(actor=self.team["officer"]):
            team = {"officer": self.team["officer"], "checker": self.team["checker"]}
            return clients.register(person, on=on, account_ending=account_ending, **team)

    def _close(self) -> None:
        run = close_day(on=self.on, triggered_by=EndOfDayRun.Trigger.DEMO)
        if not run.finished:
            raise EndOfDayFailed(on=self.on, error=run.error)
        self.on += timedelta(days=1)
