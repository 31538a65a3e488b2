"""Keeping evidence: what is stored and how, what is refused, versions, attachment, hold and wiping."""

from __future__ import annotations

import hashlib
import io
import threading
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection, connections, transaction
from django.db.utils import DatabaseError
from django.test import override_settings
from django.utils import timezone

from audit import approvals
from audit.deciding import ApprovalNotPermitted, SecondPersonNeeded
from audit.models import AuditEvent
from borrowers.models import Borrower
from casework import clock, holds, keeping, retention
from casework.evidence import (
    EvidenceKindNotYours,
    EvidenceOfAnotherObject,
    EvidenceReplaced,
    EvidenceTwice,
    OriginalSeenLater,
    attach,
    bytes_of,
)
from casework.evidence_kinds import KINDS, EvidenceKindUnknown
from casework.evidence_queries import on_file, seen_by
from casework.models import Evidence, EvidenceHold
from core import business_date
from core.rules import forget_cached_rules
from core.strict import DayOutOfRange
from loans.models import Loan, LoanStatus
from tests.borrowers.factories import BorrowerFactory
from tests.casework import files
from tests.casework.papers import kept
from tests.core.factories import RuleFactory
from tests.loans.factories import LoanFactory
from tests.staff.factories import UserFactory

pytestmark = pytest.mark.django_db
NAME = "hospital-bill-of-Lin.txt"


@pytest.fixture
def borrower() -> Borrower:
    return BorrowerFactory()


def test_what_is_kept_is_told_and_opens_again(borrower: Borrower) -> None:
    officer = UserFactory(roles=["officer"])
    sent = files.photo_with_place()
    evidence = kept(borrower, sent, by=officer, original_seen_on=business_date.current())
    assert (evidence.object_type, evidence.object_label) == ("borrowers.borrower", borrower.number)
    assert (evidence.content_type, evidence.source, evidence.original_seen_by) == ("image/jpeg", "borrower", officer)
    assert evidence.sha256_sent == hashlib.sha256(sent).hexdigest()
    assert hashlib.sha256(bytes_of(evidence)).hexdigest() == evidence.sha256_kept != evidence.sha256_sent
    assert AuditEvent.objects.filter(object_type="casework.evidence", action="created", actor=officer).count() == 1


def test_neither_a_dump_nor_the_folder_holds_anything_in_clear(borrower: Borrower, tmp_path: Path) -> None:
    storages = {
        "evidence": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": str(tmp_path)},
        }
    }
    with override_settings(STORAGES=storages):
        evidence = kept(borrower, files.SECRET.encode(), kind="statement", name=NAME)
        lying = [path for path in tmp_path.rglob("*") if path.is_file()]
        assert len(lying) == 1 and len(lying[0].name) == 64
        held = lying[0].read_bytes()
        assert b"Lin" not in held and b"hospital" not in held
        assert bytes_of(evidence).decode() == files.SECRET
        dump = io.StringIO()
        call_command("dumpdata", "casework", "audit", stdout=dump)
        with connection.cursor() as cursor:
            cursor.execute("SELECT name FROM casework_evidence")
            (stored,) = cursor.fetchone()
    assert files.SECRET not in stored and NAME not in stored
    assert evidence.public_id in dump.getvalue()
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(e)::text FROM casework_evidence e")
        rows = str(cursor.fetchall())
    assert NAME not in rows and "hospital" not in rows


def test_what_was_sealed_under_an_older_key_opens_after_rotation(borrower: Borrower) -> None:
    old, new = "old-key-of-thirty-two-characters!", "new-key-of-thirty-two-characters!"
    with override_settings(DATA_ENCRYPTION_KEYS=[old]):
        evidence = kept(borrower, b"words", name="words.txt")
    with override_settings(DATA_ENCRYPTION_KEYS=[old, new]):
        assert bytes_of(evidence) == b"words"
    with override_settings(DATA_ENCRYPTION_KEYS=[new]), pytest.raises(keeping.EvidenceMissing):
        bytes_of(evidence)


def test_a_file_that_is_gone_is_told_by_name(borrower: Borrower) -> None:
    evidence = kept(borrower)
    keeping.drop(evidence.storage_key)
    with pytest.raises(keeping.EvidenceMissing):
        bytes_of(evidence)


def test_the_same_bytes_about_the_same_object_are_one(borrower: Borrower) -> None:
    first = kept(borrower, files.picture())
    with pytest.raises(EvidenceTwice) as refusal:
        kept(borrower, files.picture(), kind="other", name="again.jpg")
    assert refusal.value.context["existing"] == first.public_id and first.public_id in refusal.value.detail
    kept(BorrowerFactory(), files.picture())
    assert Evidence.objects.count() == 2
    assert len(list(keeping.older_than(timezone.now() + timedelta(hours=1)))) >= 2


@pytest.mark.django_db(transaction=True)
def test_sent_twice_at_once_it_is_one() -> None:
    borrower, officer = BorrowerFactory(), UserFactory(roles=["officer"])
    before = set(keeping.older_than(timezone.now() + timedelta(hours=1)))
    gate, found = threading.Barrier(4), []

    def send() -> None:
        gate.wait()
        try:
            found.append(kept(borrower, files.picture(), by=officer).public_id)
        except EvidenceTwice as refusal:
            found.append(refusal.context["existing"])
        finally:
            connections.close_all()

    threads = [threading.Thread(target=send) for _n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [Evidence.objects.get().public_id] * 4
    assert len(set(keeping.older_than(timezone.now() + timedelta(hours=1))) - before) == 1


def test_what_is_told_wrongly_is_refused(borrower: Borrower) -> None:
    on = business_date.current()
    with pytest.raises(EvidenceKindUnknown):
        kept(borrower, kind="rumour")
    with pytest.raises(OriginalSeenLater):
        kept(borrower, original_seen_on=on + timedelta(days=1))
    with pytest.raises(DayOutOfRange):
        kept(borrower, expires_on=date(1911, 1, 1))
    with pytest.raises(EvidenceKindNotYours):
        kept(borrower, kind="medical")
    assert not Evidence.objects.exists()


def test_a_newer_version_names_the_one_before(borrower: Borrower) -> None:
    first = kept(borrower)
    second = kept(borrower, replaces=first)
    assert first.replaced_by == second and second.replaces == first
    with pytest.raises(EvidenceReplaced) as refusal:
        kept(borrower, replaces=first)
    assert refusal.value.context["existing"] == second.public_id
    with pytest.raises(EvidenceOfAnotherObject):
        kept(BorrowerFactory(), replaces=second)


def test_attached_it_is_seen_by_who_sees_what_it_is_attached_to(borrower: Borrower) -> None:
    theirs = BorrowerFactory(registered_by=UserFactory(roles=["officer"]))
    evidence, other = kept(theirs), UserFactory(roles=["officer"])
    mine = BorrowerFactory(registered_by=other)
    assert evidence not in seen_by(other)
    attach(evidence, mine, by=evidence.received_by, now=business_date.now())
    attach(evidence, mine, by=evidence.received_by, now=business_date.now())
    assert evidence.links.count() == 1
    assert evidence in seen_by(other) and evidence in on_file(other, mine)


def test_a_medical_paper_is_for_some_roles_alone(borrower: Borrower) -> None:
    evidence = kept(borrower, kind="medical", by=UserFactory(roles=["compliance"]))
    assert evidence in seen_by(UserFactory(roles=["team_lead"]))
    assert evidence not in seen_by(UserFactory(roles=["finance"]))
    assert evidence not in on_file(UserFactory(roles=["finance"]), borrower)


# Law -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE casework_evidence SET kind = 'other'",
        "UPDATE casework_evidence SET sha256_kept = repeat('0', 64), wiped_on = now(), name = '', storage_key = ''",
        "DELETE FROM casework_evidence",
        "UPDATE casework_evidencelink SET object_label = ''",
        "DELETE FROM casework_evidencelink",
        "UPDATE casework_evidencehold SET reason = ''",
        "UPDATE casework_evidencehold SET lifted_on = now(), lifted_by_id = set_by_id, lift_asked_by_id = set_by_id",
        "DELETE FROM casework_evidencehold",
        "UPDATE casework_evidence SET wiped_on = now(), name = '', storage_key = ''",
        "SET LOCAL loandesk.allow_truncate = off; TRUNCATE casework_evidence CASCADE",
    ],
)
def test_the_database_keeps_what_was_received(borrower: Borrower, statement: str) -> None:
    evidence = kept(borrower)
    attach(evidence, BorrowerFactory(), by=evidence.received_by, now=business_date.now())
    holds.put_under_hold(
        evidence_id=evidence.pk, reason="A court asks", by=UserFactory(roles=["compliance"]), on=date(2026, 6, 1)
    )
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_nothing_is_held_that_was_wiped(borrower: Borrower) -> None:
    evidence = kept(borrower)
    Evidence.objects.filter(pk=evidence.pk).update(wiped_on=date(2040, 1, 1), name="", storage_key="")
    lawyer = UserFactory(roles=["compliance"])
    with pytest.raises(holds.EvidenceWiped):
        holds.put_under_hold(evidence_id=evidence.pk, reason="Late", by=lawyer, on=date(2040, 1, 2))
    with pytest.raises(DatabaseError), transaction.atomic():
        EvidenceHold.objects.create(evidence=evidence, reason="x", set_on=date(2040, 1, 2), set_by=lawyer)
    with pytest.raises(DatabaseError), transaction.atomic():
        Evidence.objects.filter(pk=evidence.pk).update(wiped_on=date(2041, 1, 1))


# Retention and hold ----------------------------------------------------------------------------------------------------


def test_wiped_when_its_years_are_over_and_the_row_stays(borrower: Borrower) -> None:
    received = date(2026, 6, 1)
    evidence, other = kept(borrower, on=received, kind="other"), kept(borrower, on=received, kind="income")
    assert retention.wipe_what_is_due(date(2031, 5, 31), now=clock.now()) == 0
    assert retention.wipe_what_is_due(date(2031, 6, 1), now=clock.now()) == 1
    assert retention.wipe_what_is_due(date(2031, 6, 1), now=clock.now()) == 0
    evidence.refresh_from_db()
    assert (evidence.wiped_on, evidence.name, evidence.storage_key) == (date(2031, 6, 1), "", "")
    assert len(evidence.sha256_sent) == len(evidence.sha256_kept) == 64
    assert bytes_of(other)
    assert retention.kept_until(other, date(2031, 6, 1)) == date(2036, 6, 1)
    assert AuditEvent.objects.filter(action="wiped", object_id=str(evidence.pk)).exists()
    kept(borrower, on=received, kind="other")  # what was wiped is no double


def test_the_years_are_those_of_the_rule(borrower: Borrower) -> None:
    evidence = kept(borrower, on=date(2026, 6, 1), kind="other")
    RuleFactory(
        market="CN", code="evidence_retention", effective_from=date(2028, 1, 1), data={"years": "2"}, source="test"
    )
    forget_cached_rules()
    assert retention.kept_until(evidence, date(2027, 12, 31)) == date(2031, 6, 1)
    assert retention.kept_until(evidence, date(2028, 1, 1)) == date(2028, 6, 1)
    assert retention.wipe_what_is_due(date(2028, 6, 1), now=clock.now()) == 1
    forget_cached_rules()


def test_about_what_still_runs_nothing_is_wiped() -> None:
    loan = LoanFactory(active=True)
    about_loan = kept(loan, on=date(2026, 1, 1), kind="other")
    about_borrower = kept(loan.borrower, on=date(2026, 1, 1), kind="other")
    assert retention.kept_until(about_borrower, date(2050, 1, 1)) is None
    assert retention.wipe_what_is_due(date(2050, 1, 1), now=clock.now()) == 0
    Loan.objects.filter(pk=loan.pk).update(status=LoanStatus.SETTLED, settled_on=date(2045, 3, 1))
    assert retention.kept_until(about_loan, date(2050, 1, 1)) == date(2050, 3, 1)
    assert retention.wipe_what_is_due(date(2050, 2, 28), now=clock.now()) == 0
    assert retention.wipe_what_is_due(date(2050, 3, 1), now=clock.now()) == 2


def test_a_hold_keeps_it_and_two_people_lift_it(borrower: Borrower) -> None:
    on, over = date(2026, 6, 1), date(2040, 1, 1)
    lawyer, checker = UserFactory(roles=["compliance"]), UserFactory(roles=["checker"])
    evidence = kept(borrower, on=on)
    hold = holds.put_under_hold(evidence_id=evidence.pk, reason="A court asks", by=lawyer, on=on)
    assert holds.put_under_hold(evidence_id=evidence.pk, reason="Again", by=lawyer, on=on) == hold
    assert retention.wipe_what_is_due(over, now=clock.now()) == 0
    asked = holds.ask_to_lift(evidence_id=evidence.pk, reason="The case is closed", by=lawyer, on=over)
    with pytest.raises((ApprovalNotPermitted, SecondPersonNeeded)):
        approvals.approve(approval_id=asked.pk, decided_by=lawyer, on=over)
    assert retention.wipe_what_is_due(over, now=clock.now()) == 0
    approvals.approve(approval_id=asked.pk, decided_by=checker, on=over)
    hold.refresh_from_db()
    assert (hold.lifted_on, hold.lift_asked_by, hold.lifted_by) == (over, lawyer, checker)
    assert retention.wipe_what_is_due(over, now=clock.now()) == 1
    with pytest.raises(holds.EvidenceNotHeld):
        holds.ask_to_lift(evidence_id=evidence.pk, reason="Again", by=lawyer, on=over)


@pytest.mark.django_db(transaction=True)
def test_a_hold_that_is_being_set_is_waited_for() -> None:
    evidence, lawyer = kept(BorrowerFactory(), on=date(2026, 6, 1)), UserFactory(roles=["compliance"])
    wiped: list[int] = []

    def wipe() -> None:
        wiped.append(retention.wipe_what_is_due(date(2040, 1, 1), now=clock.now()))
        connections.close_all()

    night = threading.Thread(target=wipe)
    with transaction.atomic():
        holds.put_under_hold(evidence_id=evidence.pk, reason="A court asks", by=lawyer, on=date(2026, 6, 1))
        night.start()
        waiting = 0
        while not waiting and night.is_alive():
            with connection.cursor() as cursor:
                cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
                (waiting,) = cursor.fetchone()
    night.join()
    assert waiting and wiped == [0]
    assert bytes_of(Evidence.objects.get())


def test_what_belongs_to_no_row_is_removed_after_a_day(
    borrower: Borrower, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    evidence, lost = kept(borrower), keeping.keep([b"lost"])
    retention.drop_orphans()
    assert b"".join(keeping.kept(lost)) == b"lost"
    monkeypatch.setattr(retention, "ORPHANS_AFTER", timedelta(seconds=-60))
    assert retention.drop_orphans() >= 1
    with pytest.raises(keeping.EvidenceMissing):
        list(keeping.kept(lost))
    assert bytes_of(evidence)


def test_each_kind_has_its_years() -> None:
    years = {code: retention.years_of(code, date(2026, 6, 1)) for code in KINDS}
    assert years["identity"] == 10 and years["other"] == 5 and min(years.values()) >= 5
