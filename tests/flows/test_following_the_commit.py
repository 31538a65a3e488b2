"""Decision and payout follow the commit: a real worker, a real broker and a real beat.

The times are printed for whoever reads the log; what the tests hold is that it comes to pass at all: with a worker alone, so
that only the commit can have woken it, and by beat where the broker was down.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from decimal import Decimal
from time import perf_counter

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from benchmarks.following import BEAT, WORKER, broker_gone, celery
from config.celery import app
from core import business_date
from devtools.processes import wait_until
from loans.disbursement import disbursing
from loans.models import Application, ApplicationStatus, DisbursementStatus, Loan, LoanStatus, Offer, ProductVersion
from loans.origination import origination
from loans.origination.application_wish import ApplicationWish
from operations import receivers
from risk import underwriting
from tests.api.town import applied
from tests.borrowers.factories import ON
from tests.loans.disbursement.test_disbursing import sent
from tests.loans.factories import ApplicantFactory, ProductVersionFactory
from tests.operations.fanned_out import elsewhere
from tests.partners.factories import Caller, CallerFactory
from tests.places import ROOT

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.long]
LONGEST = 90  # seconds until a test gives up


@pytest.fixture
def _really_sent(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Messages go to the broker, as on a server; none is left to the next test."""
    settings.CELERY_TASK_ALWAYS_EAGER = False
    monkeypatch.setattr(receivers, "_bell", receivers._Bell())
    business_date.move_to(ON)
    _forget_messages()
    yield
    _forget_messages()


def _forget_messages() -> None:
    with app.connection_for_write() as broker:
        broker.default_channel.queue_purge("celery")


def house() -> dict[str, str]:
    """The settings of a server, on the database of this test."""
    paths = os.pathsep.join([str(ROOT), str(ROOT / "collections")])
    return elsewhere() | {"DJANGO_SETTINGS_MODULE": "config.settings", "PYTHONPATH": paths}


def quick_beat() -> AbstractContextManager[None]:
    return celery(*BEAT, of="tests.flows.quick_beat", **house())


@pytest.fixture
def log(capsys: pytest.CaptureFixture[str]) -> Callable[[str, float], None]:
    def say(what: str, began: float) -> None:
        with capsys.disabled():
            print(f"\n  {what}: {perf_counter() - began:.3f} s", end="", flush=True)

    return say


def became(done: Callable[[], bool]) -> None:
    assert wait_until(done, seconds=LONGEST, step=0.01)


@pytest.fixture
def lilac() -> Caller:
    return CallerFactory(client__name="Lilac Phones")


def asked_at_the_counter(client: Client, version: ProductVersion) -> Application:
    wish = {
        "key": "k",
        "product": version.product_id,
        "amount": "2,000.00",
        "term_count": "6",
        "purpose": "electronics",
    }
    assert client.post(f"/app/applications/new?borrower={ApplicantFactory().number}", wish).status_code == 302
    return Application.objects.get(channel="counter")


def drafted(version: ProductVersion) -> Application:
    wish = ApplicationWish(borrower_id=ApplicantFactory().pk, product_id=version.product_id, amount=Decimal(2_000),
                           term_count=6, purpose="electronics")  # fmt: skip
    return origination.save_draft(wish, on=ON, channel="web")


def asked_by_partner(caller: Caller, version: ProductVersion) -> Application:
    return Application.objects.get(public_id=applied(caller, version.product)["id"])


def offered(application: Application) -> Callable[[], bool]:
    return Application.objects.filter(pk=application.pk, status=ApplicationStatus.OFFERED).exists


def accepted(caller: Caller, application: Application) -> Loan:
    offer = Offer.objects.get(application=application)
    assert caller.send(f"/offers/{offer.public_id}/accept").status_code == 201
    return Loan.objects.get(application=application)


def running(loan: Loan) -> Callable[[], bool]:
    return Loan.objects.filter(pk=loan.pk, status=LoanStatus.ACTIVE).exists


@pytest.mark.usefixtures("_really_sent")
def test_worker_alone_decides_and_pays_out_after_the_commit(
    client: Client, signed_in: Callable[..., Client], lilac: Caller, log: Callable[[str, float], None]
) -> None:
    version, officer = ProductVersionFactory(), signed_in(client, "officer")
    refused = sent("6222020200001001")
    with celery(*WORKER, **house()):
        draft, began = drafted(version), perf_counter()
        origination.submit_draft(application_id=draft.pk, on=ON)
        became(offered(draft))
        log("worker started and a submitted draft decided", began)

        began = perf_counter()
        at_counter = asked_at_the_counter(officer, version)
        became(offered(at_counter))
        log("page: submitted and decided", began)

        began = perf_counter()
        by_partner = asked_by_partner(lilac, version)
        became(offered(by_partner))
        log("API: submitted and decided", began)

        began = perf_counter()
        loan = accepted(lilac, by_partner)
        became(running(loan))
        log("API: accepted and paid out", began)

        began = perf_counter()
        disbursing.retry(disbursement_id=refused.pk, on=ON)
        became(refused.transfers.filter(reference__endswith="-2").exists)
        log("an order tried again and sent", began)


@pytest.mark.usefixtures("_really_sent")
def test_a_broker_that_is_down_loses_nothing_and_beat_does_it(
    client: Client, signed_in: Callable[..., Client], lilac: Caller, log: Callable[[str, float], None]
) -> None:
    version, officer = ProductVersionFactory(), signed_in(client, "officer")
    by_partner = asked_by_partner(lilac, version)
    underwriting.decide_automatically(application_id=by_partner.pk, on=ON)
    _forget_messages()
    with broker_gone():
        began = perf_counter()
        at_counter = asked_at_the_counter(officer, version)
        log("without a broker: submitted", began)
        began = perf_counter()
        loan = accepted(lilac, by_partner)
        log("without a broker: accepted", began)
    assert at_counter.status == ApplicationStatus.SUBMITTED
    assert loan.disbursements.get().status == DisbursementStatus.QUEUED

    began = perf_counter()
    with celery(*WORKER, **house()), quick_beat():
        became(offered(at_counter))
        became(running(loan))
    log("worker and beat started, both done", began)
