"""How long evidence is kept: as long as anything needs it, and what stands in the way of wiping one keeps no other."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError

from audit.models import Approval, ApprovalStatus, AuditEvent
from casework import clock, holds, keeping, retention, tasks
from casework.evidence import attach, bytes_of
from casework.models import Evidence, Task
from casework.raising import settle
from core import business_date
from core.rules import RuleMissing
from loans.models import Loan, LoanStatus
from tests.borrowers.factories import BorrowerFactory
from tests.casework.factories import TaskFactory
from tests.casework.papers import kept
from tests.debt_collections.factories import CaseFactory
from tests.loans.factories import ApplicationFactory, LoanFactory
from tests.staff.factories import UserFactory

pytestmark = pytest.mark.django_db
LONG_AGO, LATER = date(2010, 1, 1), date(2040, 1, 1)


def settled_loan() -> Loan:
    loan = LoanFactory(active=True)
    Loan.objects.filter(pk=loan.pk).update(status=LoanStatus.SETTLED, settled_on=LONG_AGO)
    loan.refresh_from_db()
    return loan


def wiped(evidence: Evidence, on: date = LATER) -> bool:
    retention.wipe_what_is_due(on, now=clock.now())
    evidence.refresh_from_db()
    return evidence.wiped_on is not None


def test_attached_to_a_loan_that_runs_it_is_kept() -> None:
    evidence = kept(settled_loan(), on=LONG_AGO, kind="other")
    attach(evidence, LoanFactory(active=True), by=UserFactory(roles=["officer"]), now=clock.now())
    assert retention.kept_until(evidence, LATER) is None
    assert not wiped(evidence)


def test_about_or_attached_to_a_task_that_is_open_it_is_kept() -> None:
    task = TaskFactory()
    about = kept(task, on=LONG_AGO, kind="other")
    attached = kept(BorrowerFactory(), on=LONG_AGO, kind="other")
    attach(attached, task, by=UserFactory(roles=["officer"]), now=clock.now())
    assert not wiped(about) and not wiped(attached)


def test_about_a_task_it_is_kept_as_long_as_what_the_task_is_about() -> None:
    task = TaskFactory()
    evidence = kept(task, on=LONG_AGO, kind="other")
    settle(
        task.kind,
        ApplicationFactory._meta.model.objects.get(pk=task.object_id),
        outcome="withdrawn",
        fact="x",
        now=clock.now(),
    )
    assert not wiped(evidence)  # the application waits still


def test_about_a_request_that_waits_it_is_kept() -> None:
    lawyer, held = UserFactory(roles=["compliance"]), kept(BorrowerFactory())
    holds.put_under_hold(evidence_id=held.pk, reason="A court asks", by=lawyer, on=LONG_AGO)
    asked = holds.ask_to_lift(evidence_id=held.pk, reason="It is over", by=lawyer, on=business_date.current())
    evidence = kept(asked, on=LONG_AGO, kind="other")
    assert not wiped(evidence)
    Approval.objects.filter(pk=asked.pk).update(status=ApprovalStatus.EXPIRED)
    assert wiped(evidence)


def test_about_a_borrower_who_asks_for_a_loan_it_is_kept() -> None:
    application = ApplicationFactory()
    evidence = kept(application.borrower, on=LONG_AGO, kind="other")
    assert not wiped(evidence)


def test_about_a_loan_written_off_it_is_kept_while_the_case_is_open() -> None:
    case = CaseFactory()
    loan = Loan.objects.get()
    evidence = kept(loan, on=LONG_AGO, kind="other")
    Loan.objects.filter(pk=loan.pk).update(status=LoanStatus.WRITTEN_OFF, written_off_on=LONG_AGO)
    case.refresh_from_db()
    assert case.closed_on is None and not wiped(evidence)


def test_a_hold_keeps_every_version() -> None:
    borrower, lawyer = BorrowerFactory(), UserFactory(roles=["compliance"])
    first = kept(borrower, on=LONG_AGO, kind="other")
    second = kept(borrower, on=LONG_AGO, kind="other", replaces=first)
    third = kept(borrower, on=LONG_AGO, kind="other", replaces=second)
    holds.put_under_hold(evidence_id=second.pk, reason="A court asks", by=lawyer, on=LONG_AGO)
    assert not wiped(first) and not wiped(second) and not wiped(third)
    for version in (first, third):
        with pytest.raises(DatabaseError, match="legal hold"), transaction.atomic():
            Evidence.objects.filter(pk=version.pk).update(wiped_on=LATER, name="", storage_key="")


def test_an_older_version_is_kept_as_long_as_the_newest() -> None:
    borrower = BorrowerFactory()
    first = kept(borrower, on=LONG_AGO, kind="other")
    newest = kept(borrower, on=date(2036, 1, 1), kind="other", replaces=first)
    assert retention.kept_until(first, LATER) == retention.kept_until(newest, LATER) == date(2041, 1, 1)
    assert not wiped(first)
    assert wiped(first, date(2041, 1, 1)) and wiped(newest, date(2041, 1, 1))


def test_of_objects_nobody_tells_of_everything_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("casework.subjects._ends", {})
    assert not wiped(kept(BorrowerFactory(), on=LONG_AGO, kind="other"))


# One bad file --------------------------------------------------------------------------------------------------------


def test_a_file_that_cannot_be_removed_keeps_no_other(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    borrower = BorrowerFactory()
    stuck, other = (kept(borrower, on=LONG_AGO, kind="other") for _n in range(2))
    delete = type(keeping.storage()).delete

    def refuse(self: object, name: str) -> None:
        if stuck.storage_key in name:
            raise OSError("read only")
        delete(self, name)

    monkeypatch.setattr(type(keeping.storage()), "delete", refuse)
    assert retention.wipe_what_is_due(LATER, now=clock.now()) == 1
    stuck.refresh_from_db()
    other.refresh_from_db()
    assert stuck.wiped_on is None and other.wiped_on == LATER and bytes_of(stuck)
    assert Task.objects.open().get(kind=retention.NOT_WIPED).object_id == str(stuck.pk)


def test_where_it_cannot_be_recorded_the_bytes_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    evidence = kept(BorrowerFactory(), on=LONG_AGO, kind="other")

    def fail(*_args: object, **_given: object) -> None:
        raise RuntimeError("the log is full")

    monkeypatch.setattr(retention, "record", fail)
    assert not wiped(evidence)
    assert bytes_of(evidence)


def test_nothing_is_held_whose_bytes_are_gone() -> None:
    evidence = kept(BorrowerFactory())
    keeping.drop(evidence.storage_key)
    with pytest.raises(keeping.EvidenceMissing):
        holds.put_under_hold(
            evidence_id=evidence.pk, reason="A court asks", by=UserFactory(roles=["compliance"]), on=LATER
        )


def test_also_where_nobody_can_be_told_the_others_are_wiped(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stuck, fine = kept(settled_loan(), on=LONG_AGO, kind="other"), kept(settled_loan(), on=LONG_AGO, kind="other")
    delete = type(keeping.storage()).delete

    def refuse(storage: object, name: str) -> None:
        if stuck.storage_key in name:
            raise OSError("read-only")
        delete(storage, name)

    def nobody(*_given: object, **_named: object) -> None:
        raise RuleMissing(rule="task_times", market="cn", on=LATER.isoformat())

    monkeypatch.setattr(type(keeping.storage()), "delete", refuse)
    monkeypatch.setattr(retention, "raise_task", nobody)
    assert wiped(fine) and not wiped(stuck)


def test_a_storage_that_cannot_be_listed_holds_up_no_wiping(monkeypatch: pytest.MonkeyPatch) -> None:
    evidence = kept(BorrowerFactory(), on=date(2001, 1, 1), kind="other")

    def fail(_moment: object) -> Iterator[str]:
        raise OSError("no listing")

    monkeypatch.setattr(keeping, "older_than", fail)
    with pytest.raises(OSError, match="no listing"):
        tasks.keep_evidence_in_order()
    evidence.refresh_from_db()
    assert evidence.wiped_on is not None


# What belongs to no row ----------------------------------------------------------------------------------------------


def lying(count: int) -> list[str]:
    """Keys of sealed files that lie there for long and belong to no row."""
    keys = [keeping.keep([b"of another database"]) for _n in range(count)]
    for key in keys:
        os.utime(keeping.storage().path(f"{key[:2]}/{key}"), (0, 0))
    return keys


def test_a_storage_that_another_database_uses_is_not_emptied(folder: Path) -> None:
    keys = lying(21)
    with pytest.raises(retention.StorageOfAnother):
        retention.drop_orphans()
    assert all(list(keeping.kept(key)) for key in keys)


def test_a_lost_file_that_cannot_be_removed_keeps_no_other(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stuck, lost = lying(2)
    drop = keeping.drop

    def refuse(key: str) -> None:
        if key == stuck:
            raise OSError("read only")
        drop(key)

    monkeypatch.setattr(keeping, "drop", refuse)
    with pytest.raises(OSError, match="read only"):
        retention.drop_orphans()
    with pytest.raises(keeping.EvidenceMissing):
        list(keeping.kept(lost))


def test_what_is_no_file_of_ours_stays(folder: Path) -> None:
    note = folder / "zz" / "README"
    note.parent.mkdir()
    note.write_text("left by somebody")
    os.utime(note, (0, 0))
    assert retention.drop_orphans() == 0 and note.exists()


def test_the_law_follows_versions_both_ways() -> None:
    """The function of the database, asked itself: a chain of three, held at one end."""
    borrower, lawyer = BorrowerFactory(), UserFactory(roles=["compliance"])
    first = kept(borrower)
    second = kept(borrower, replaces=first)
    third = kept(borrower, replaces=second)
    other = kept(borrower)
    holds.put_under_hold(evidence_id=third.pk, reason="A court asks", by=lawyer, on=business_date.current())
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, casework_a_version_is_held(id) FROM casework_evidence WHERE id = ANY(%s)",
            [[first.pk, second.pk, third.pk, other.pk]],
        )
        assert dict(cursor.fetchall()) == {first.pk: True, second.pk: True, third.pk: True, other.pk: False}


def test_a_reason_holds_no_personal_number() -> None:
    """More people read why than see the evidence: the page of approvals, the log."""
    evidence, lawyer = kept(BorrowerFactory()), UserFactory(roles=["compliance"])
    on = business_date.current()
    hold = holds.put_under_hold(evidence_id=evidence.pk, reason="Court, 11010519491231002X", by=lawyer, on=on)
    asked = holds.ask_to_lift(evidence_id=evidence.pk, reason="Called 138 0013 8000", by=lawyer, on=on)
    assert hold.reason == "Court, 110***********002X" and asked.reason == "Called 138****8000"
    assert "19491231" not in str(list(AuditEvent.objects.values()))
