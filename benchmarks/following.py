"""How soon the rules decide after a submission, and the bank is told after an acceptance. ``./dev bench following``

``[N] [--json]``: N people (10 unless told otherwise) apply, one after the other, while a worker and beat run as README
starts them; each offer is accepted as soon as it is made. Then the broker is gone for whoever submits: what the commit
takes, and how long until beat has found what nobody was woken for.
"""

import json
import os
import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median
from time import perf_counter, sleep

import django
from django.apps import apps

import config  # noqa: F401  (puts collections/ on the import path)

if not apps.ready:
    django.setup()

from django.utils import timezone

from config.celery import app
from core import business_date
from loans.models import Application, ApplicationStatus, Disbursement, DisbursementStatus, Offer, OfferStatus, Product
from loans.origination import origination
from loans.origination.application_wish import ApplicationWish
from loans.pricing.quotes import version_on_sale
from operations import receivers
from operations.demo import borrowers as clients
from operations.demo.people import People
from operations.demo.products import open_catalogue
from operations.demo.staff import hire_team
from staff.models import User

PEOPLE = 10
GOAL = 2.0  # seconds, the slowest
A_BEAT = 30.0
LONGEST = 120.0
WORKER = ("worker", "-Q", "celery", "--concurrency", "2", "--without-mingle", "--without-gossip")
BEAT = ("beat", "--pidfile", "")
NOBODY = "redis+socket:///nowhere/broker.sock"


def main() -> int:
    parser = ArgumentParser(prog="./dev bench following")
    parser.add_argument("people", nargs="?", type=int, default=PEOPLE)
    parser.add_argument("--json", action="store_true")
    wanted = parser.parse_args()
    if Application.objects.exists():
        print("This needs an empty database: ./dev bench following makes one.", file=sys.stderr)
        return 2
    on = timezone.localdate()
    business_date.move_to(on)
    officer, product, crowd = hire_team()["officer"], open_catalogue(on)["phone-cash"], People(1, on)
    told: dict[str, float] = {}
    with celery(*WORKER), celery(*BEAT):
        _one(crowd, 1, product, officer)  # until worker and beat are up
        rounds = [_one(crowd, number, product, officer) for number in range(2, wanted.people + 2)]
        told["decided_s"], told["decided_most_s"] = _told("decision after submission", [a for a, _b in rounds])
        paid = [b for _a, b in rounds if b is not None]
        told["paid_s"], told["paid_most_s"] = _told("payout order after acceptance", paid)
        with broker_gone():
            began = perf_counter()
            application = _apply(crowd, wanted.people + 2, product, officer)
            told["submitted_without_broker_s"] = perf_counter() - began
        told["decided_without_broker_s"] = _until(lambda: _decided(application), began)
    print(f"  without a broker: submitted in {told['submitted_without_broker_s']:.3f} s, decided by the beat after "
          f"{told['decided_without_broker_s']:.1f} s")  # fmt: skip
    if wanted.json:
        print(json.dumps(told))
    at_once = max(told["decided_most_s"], told["paid_most_s"]) <= GOAL
    return 0 if at_once and told["decided_without_broker_s"] <= A_BEAT + GOAL else 1


@contextmanager
def celery(*what: str, of: str = "config", **settings: str) -> Iterator[None]:
    """A Celery program of the app in the module ``of``, until the end of the block."""
    command = [sys.executable, "-m", "celery", "-A", of, *what, "--loglevel", "WARNING"]
    process = subprocess.Popen(command, env=os.environ | settings, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait()


@contextmanager
def broker_gone() -> Iterator[None]:
    """For this process nobody answers where the broker was."""
    known, pool, bell = app.conf.broker_write_url, app.amqp._producer_pool, receivers._bell
    app.conf.broker_write_url, app.amqp._producer_pool = NOBODY, None
    receivers._bell = receivers._Bell()
    try:
        yield
    finally:
        app.conf.broker_write_url, app.amqp._producer_pool = known, pool
        receivers._bell = bell


def _one(crowd: People, number: int, product: Product, officer: User) -> tuple[float, float | None]:
    """Seconds from a submission to its decision, and from an acceptance to its payout, where there was an offer."""
    application = _apply(crowd, number, product, officer)
    decided = _until(lambda: _decided(application), perf_counter())
    offer = Offer.objects.filter(application=application, status=OfferStatus.OPEN).first()
    if offer is None:
        return decided, None
    origination.accept_offer(offer_id=offer.pk, on=business_date.current(), accepted_via="web")
    return decided, _until(lambda: _told_to_bank(offer), perf_counter())


def _apply(crowd: People, number: int, product: Product, officer: User) -> Application:
    on = business_date.current()
    borrower = clients.register(crowd.person(number), on=on, officer=officer, checker=hire_team()["checker"])
    least = version_on_sale(product.pk, on).min_amount
    wish = ApplicationWish(
        borrower_id=borrower.pk, product_id=product.pk, amount=least, term_count=12, purpose="electronics"
    )
    return origination.submit_application(wish, on=on, channel="web", submitted_by=officer)


def _decided(application: Application) -> bool:
    return Application.objects.filter(pk=application.pk).exclude(status=ApplicationStatus.SUBMITTED).exists()


def _told_to_bank(offer: Offer) -> bool:
    orders = Disbursement.objects.filter(loan__application_id=offer.application_id)
    return orders.exclude(status=DisbursementStatus.QUEUED).exists()


def _until(done: Callable[[], bool], began: float) -> float:
    while not done():
        if perf_counter() - began > LONGEST:
            raise SystemExit(f"Nothing happened for {LONGEST:.0f} s: does the worker run?")
        sleep(0.01)
    return perf_counter() - began


def _told(what: str, took: list[float]) -> tuple[float, float]:
    if not took:
        raise SystemExit(f"There was no {what}.")
    print(f"  {what:<30} median {median(took):.3f} s, most {max(took):.3f} s; goal {GOAL} s")
    return median(took), max(took)


if __name__ == "__main__":
    sys.exit(main())
