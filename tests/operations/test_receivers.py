"""After whose commit a worker is woken, and for what; that nobody waits long for a broker that is down."""

from __future__ import annotations

import ast
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError
from pytest_django.fixtures import Settings

from config.celery import app
from loans.bookkeeping.signals import quiet
from loans.disbursement import disbursing
from loans.origination import origination
from loans.origination.application_wish import ApplicationWish
from loans.tasks import send_disbursement
from operations import receivers
from tests.borrowers.factories import ON
from tests.loans.acts.test_drawing import ordered
from tests.loans.disbursement.test_disbursing import sent
from tests.loans.disbursement.test_first_drawdown import a_line_drawn_once
from tests.loans.factories import (
    ApplicantFactory,
    ApplicationFactory,
    DisbursementFactory,
    OfferFactory,
    ProductVersionFactory,
)
from tests.places import ROOT

pytestmark = pytest.mark.django_db
DECIDE, PAY_OUT = "risk.assess_application", "loans.send_disbursement"
Rung = list[tuple[str, dict[str, int]]]


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> Rung:
    """What was enqueued: the name of the task with its ids."""
    found: Rung = []
    for task in (receivers.assess_application, receivers.send_disbursement, receivers.look_at_changed):
        monkeypatch.setattr(
            task, "apply_async", lambda kwargs, retry, name=task.name: found.append((name, kwargs)) or retry
        )
    monkeypatch.setattr(receivers, "_bell", receivers._Bell())
    return found


def submitted() -> tuple[str, dict[str, int]]:
    return DECIDE, {"application_id": ApplicationFactory().pk}


def draft_submitted() -> tuple[str, dict[str, int]]:
    wish = ApplicationWish(borrower_id=ApplicantFactory().pk, product_id=ProductVersionFactory().product_id,
                           amount=Decimal(2_000), term_count=6, purpose="electronics")  # fmt: skip
    draft = origination.save_draft(wish, on=ON, channel="web")
    return DECIDE, {"application_id": origination.submit_draft(application_id=draft.pk, on=ON).pk}


def accepted() -> tuple[str, dict[str, int]]:
    loan = origination.accept_offer(offer_id=OfferFactory().pk, on=ON, accepted_via="web")
    return PAY_OUT, {"disbursement_id": loan.disbursements.get().pk}


def tried_again() -> tuple[str, dict[str, int]]:
    refused = sent("6222020200001001")
    return PAY_OUT, {"disbursement_id": disbursing.retry(disbursement_id=refused.pk, on=ON).pk}


def drawn_again() -> tuple[str, dict[str, int]]:
    return PAY_OUT, {"disbursement_id": ordered(a_line_drawn_once()).pk}


@pytest.mark.parametrize("act", [submitted, draft_submitted, accepted, tried_again, drawn_again])
def test_a_worker_is_woken_for_it_after_the_commit(
    act: Callable[[], tuple[str, dict[str, int]]], rung: Rung, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        wanted = act()
        assert wanted not in rung

    assert [what for what in rung if what[0] == wanted[0]][-1] == wanted


def test_what_was_taken_back_wakes_nobody(rung: Rung, django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks(execute=True), pytest.raises(ZeroDivisionError), transaction.atomic():
        submitted()
        raise ZeroDivisionError

    assert not rung


def test_who_lives_whole_days_at_once_wakes_nobody(rung: Rung, django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks(execute=True), quiet():
        submitted()
        accepted()

    assert not rung


def test_a_broker_that_is_down_is_asked_once_in_a_while(
    rung: Rung, monkeypatch: pytest.MonkeyPatch, settings: Settings, django_capture_on_commit_callbacks: Any
) -> None:
    asked = []

    def silent(**_: Any) -> None:
        asked.append(1)
        raise OperationalError("nobody there")

    monkeypatch.setattr(receivers.assess_application, "apply_async", silent)
    for seconds, times in ((3600, 1), (0, 2)):
        settings.BROKER_REST_SECONDS = seconds
        monkeypatch.setattr(receivers, "_bell", receivers._Bell())
        with django_capture_on_commit_callbacks(execute=True):
            submitted()
            submitted()
        assert len(asked) == times
        asked.clear()


def test_nothing_tries_again_to_reach_a_broker_that_is_down() -> None:
    """kombu's own default waits 2 and then 4 seconds between attempts, also where ``retry=False``."""
    assert app.conf.broker_transport_options["max_retries"] == 0
    assert app.conf.broker_transport_options["socket_connect_timeout"] == 1


def test_woken_beside_the_schedule_an_order_is_sent_once() -> None:
    order = DisbursementFactory()

    assert send_disbursement(disbursement_id=order.pk) == {"paid": 1}
    assert send_disbursement(disbursement_id=order.pk) == {}
    assert order.transfers.count() == 1


def test_an_order_that_another_worker_has_taken_is_left_to_it() -> None:
    order, other = DisbursementFactory(), DisbursementFactory()
    disbursing._claim_due(timezone.now(), 200, order.pk)

    assert send_disbursement(disbursement_id=order.pk) == {}
    assert send_disbursement(disbursement_id=other.pk) == {"paid": 1}


def test_whoever_queues_an_order_or_submits_announces_it() -> None:
    """A walk through the code of lending: whoever makes an order, or a step to “queued” or “submitted”, tells of it."""
    found = set()
    for path in sorted((ROOT / "loans").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef):
                code = ast.unparse(node)
                if ("Disbursement(" in code and "insert_tracked" in code) or "advance(disbursement, S.QUEUED" in code:
                    found.add(node.name)
                    assert "announce_payout(" in code, f"{path}: {node.name}"
                if "S.SUBMITTED, submitted_on" in code or ("_numbered(application, on)" in code and "try" in code):
                    found.add(node.name)
                    assert "announce_submission(" in code, f"{path}: {node.name}"
    assert found == {"queue", "retry", "_order", "submit_application", "submit_draft"}
