"""Evidence that was attached by mistake is taken off again, with a reason, and its row stays."""

from __future__ import annotations

import threading
from datetime import date

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client

from audit.models import AuditEvent
from casework import clock, retention
from casework.detaching import AttachmentNotFound, AttachmentOfAnother, AttachmentSettled, detach
from casework.evidence import attach
from casework.evidence_queries import seen_by
from casework.models import EvidenceLink
from loans.models import Loan
from staff.models import User
from tests.borrowers.factories import BorrowerFactory
from tests.casework.factories import TaskFactory
from tests.casework.papers import kept
from tests.loans.factories import LoanFactory
from tests.staff.factories import UserFactory

pytestmark = pytest.mark.django_db
LONG_AGO, LATER = date(2010, 1, 1), date(2040, 1, 1)


@pytest.fixture
def officer() -> User:
    return UserFactory(roles=["officer"])


@pytest.fixture
def link(officer: User) -> EvidenceLink:
    evidence = kept(BorrowerFactory(), on=LONG_AGO, kind="other")
    return attach(evidence, LoanFactory(active=True), by=officer, now=clock.now())[0]


def taken_off(link: EvidenceLink, by: User, reason: str = "It is another person's") -> EvidenceLink:
    return detach(link_id=link.pk, reason=reason, by=by, now=clock.now())


def test_taken_off_it_keeps_nothing_and_stays_on_record(link: EvidenceLink, officer: User) -> None:
    assert retention.kept_until(link.evidence, LATER) is None
    found = taken_off(link, officer, "Wrong loan, call 13800138000")
    assert found.detached_because == "Wrong loan, call 138****8000" and found.detached_by == officer
    assert retention.kept_until(link.evidence, LATER) is not None
    assert AuditEvent.objects.get(action="detached").object_id == str(link.evidence_id)
    with pytest.raises(AttachmentNotFound):
        taken_off(link, officer)
    (again,) = attach(link.evidence, Loan.objects.get(), by=officer, now=clock.now())
    assert again.pk != link.pk and EvidenceLink.objects.count() == 2


def test_by_it_nobody_sees_the_evidence_any_more() -> None:
    underwriter = UserFactory(roles=["underwriter"])
    task, evidence = TaskFactory(), kept(BorrowerFactory())
    compliance = UserFactory(roles=["compliance"])
    assert not seen_by(underwriter).exists()
    (link,) = attach(evidence, task, by=compliance, now=clock.now())
    assert seen_by(underwriter).get() == evidence
    taken_off(link, compliance)
    assert not seen_by(underwriter).exists()


def test_by_whoever_attached_it_or_keeps_holds(link: EvidenceLink) -> None:
    for role in ("officer", "collector", "underwriter"):
        with pytest.raises(AttachmentOfAnother):
            taken_off(link, UserFactory(roles=[role]))
    assert taken_off(link, UserFactory(roles=["compliance"])).detached_at


def test_what_was_decided_keeps_what_it_was_decided_with(link: EvidenceLink, officer: User) -> None:
    Loan.objects.filter(pk=link.object_id).update(status="settled", settled_on=LONG_AGO)
    with pytest.raises(AttachmentSettled):
        taken_off(link, officer)
    assert taken_off(link, UserFactory(roles=["compliance"])).detached_at


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM casework_evidencelink",
        "UPDATE casework_evidencelink SET object_label = 'another'",
        "UPDATE casework_evidencelink SET detached_at = now(), detached_by_id = by_id",
        "UPDATE casework_evidencelink SET detached_at = now(), detached_by_id = by_id, detached_because = 'x',"
        " object_id = '1'",
    ],
)
def test_postgresql_lets_nothing_else_happen(link: EvidenceLink, statement: str) -> None:
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert link.pk


def test_what_was_taken_off_is_not_taken_off_anew(link: EvidenceLink, officer: User) -> None:
    taken_off(link, officer)
    with pytest.raises(DatabaseError, match="taken off once"), transaction.atomic():
        EvidenceLink.objects.update(detached_because="another reason")


@pytest.mark.django_db(transaction=True)
def test_two_take_it_off_at_once() -> None:
    officer, start = UserFactory(roles=["officer"]), threading.Barrier(2)
    (link,) = attach(kept(BorrowerFactory()), LoanFactory(active=True), by=officer, now=clock.now())
    done, refused = list[EvidenceLink](), list[Exception]()

    def take_off() -> None:
        start.wait()
        try:
            done.append(taken_off(link, officer))
        except AttachmentNotFound as refusal:
            refused.append(refusal)
        finally:
            connection.close()

    threads = [threading.Thread(target=take_off) for _n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) == len(refused) == 1


def test_on_the_page(link: EvidenceLink, officer: User) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(officer)
    url = link.evidence.get_absolute_url()
    assert "Take it off" in client.get(url).content.decode()
    assert client.post(f"{url}detach", {"detach-link": link.pk}).status_code == 422
    answer = client.post(f"{url}detach", {"detach-link": link.pk, "detach-reason": "Wrong loan"}, follow=True)
    page = answer.content.decode()
    assert "taken off by" in " ".join(page.split()) and "Wrong loan" in page and "Take it off" not in page
    other = kept(BorrowerFactory())
    (theirs,) = attach(other, LoanFactory(active=True), by=UserFactory(roles=["officer"]), now=clock.now())
    page = client.get(other.get_absolute_url()).content.decode()
    assert "Take it off" not in page
    refused = client.post(f"{other.get_absolute_url()}detach", {"detach-link": theirs.pk, "detach-reason": "x"})
    assert refused.status_code == 422
