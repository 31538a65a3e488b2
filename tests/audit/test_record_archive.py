"""Months of messages, of the audit log and of moves put away and brought back, by the commands people type."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse

from audit.models import ArchivedRecords, AuditEvent
from audit.record_archive import archived_through
from core import business_date, partitions
from debt_collections.models import Case
from loans.models import LoanPosition, LoanTransition
from messaging.models import Message, MessageKey
from tests.borrowers.factories import BorrowerFactory
from tests.debt_collections.factories import CaseFactory
from tests.loans.factories import LoanFactory

pytestmark = pytest.mark.django_db
TODAY = date(2026, 6, 15)
JANUARY, MARCH, MAY = date(2025, 1, 10), date(2025, 3, 20), date(2025, 5, 31)
GROUPS = {"messages": "messaging_message", "audit": "audit_auditevent", "moves": "loans_loantransition"}


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    business_date.move_to(TODAY)
    yield
    partitions.forget()


def message(on: date, key: str, status: str = "delivered", reference: str = "") -> Message:
    partitions.require_month(on)
    return Message.objects.create(
        borrower=BorrowerFactory(),
        dedupe_key=key,
        template_code="repayment_due_soon",
        purpose="reminder",
        due_at=datetime(on.year, on.month, on.day, tzinfo=UTC),
        sent_at=datetime(on.year, on.month, on.day, 1, tzinfo=UTC) if status == "delivered" else None,
        status=status,
        reference=reference,
        created_on=on,
    )


def move(on: date, loan_id: int = 7) -> LoanTransition:
    partitions.require_month(on)
    return LoanTransition.objects.create(loan_id=loan_id, on=on, kind="bucket", before="C", after="M1", days_past_due=1)


def event(on: date) -> AuditEvent:
    partitions.require_month(on)
    at = datetime(on.year, on.month, on.day, 1, tzinfo=UTC)
    return AuditEvent.objects.create(at=at, channel="web", action="revealed", object_type="x.y", object_id="1")


def rows_of(group: str) -> list[str]:
    made = {"messages": lambda on: message(on, f"{on}"), "audit": event, "moves": move}[group]
    for on in (JANUARY, JANUARY + timedelta(days=2), MARCH):
        made(on)  # type: ignore[operator]
    return content(group)


def content(group: str) -> list[str]:
    with connection.cursor() as cursor:
        column = partitions.partitioned()[GROUPS[group]]
        cursor.execute(f"SELECT t::text FROM {GROUPS[group]} t WHERE \"{column}\" < '2026-01-01' ORDER BY id")
        return [row for (row,) in cursor.fetchall()]


def refused(command: str, month: str, group: str, **options: object) -> str:
    with pytest.raises(CommandError) as refusal, transaction.atomic():
        call_command(command, month, "--of", group, **options)
    return str(refusal.value)


@pytest.mark.parametrize("group", GROUPS)
def test_a_month_goes_and_comes_back_as_it_was(group: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = rows_of(group)

    call_command("archive_month", "2025-01", "--of", group, folder=tmp_path)

    sealed = ArchivedRecords.objects.get()
    told = capsys.readouterr().out
    assert f"archived {group} 2025-01: 2 rows" in told and sealed.sha256 in told
    assert (sealed.rows, sealed.archived_on, archived_through(group)) == (2, TODAY, date(2025, 1, 31))
    assert content(group) == before[2:]
    assert AuditEvent.objects.filter(action="archived", object_label=f"{group} 2025-01").exists()

    call_command("restore_month", "2025-01", "--of", group)

    assert f"brought back {group} 2025-01: 2 rows, as sealed" in capsys.readouterr().out
    assert content(group) == before and archived_through(group) is None
    with pytest.raises(DatabaseError, match="append-only" if group != "messages" else "refused"), transaction.atomic():
        guarded = "dedupe_key = 'x'" if group == "messages" else "id = 0"
        with connection.cursor() as cursor:
            cursor.execute(f"UPDATE {GROUPS[group]}_2025_01 SET {guarded}")


@pytest.mark.parametrize("group", GROUPS)
def test_months_go_oldest_first_and_come_back_newest_first(group: str, tmp_path: Path) -> None:
    rows_of(group)

    assert "archive_months_in_order" in refused("archive_month", "2025-03", group, folder=tmp_path)
    for month in ("2025-01", "2025-03"):
        call_command("archive_month", month, "--of", group, folder=tmp_path)
    assert "archive_no_records" in refused("archive_month", "2025-03", group, folder=tmp_path)
    assert "archive_months_in_order" in refused("restore_month", "2025-01", group)
    for month in ("2025-03", "2025-01"):
        call_command("restore_month", month, "--of", group)
    assert "archive_month_not_archived" in refused("restore_month", "2025-01", group)


def test_what_is_typed_wrong_is_refused(tmp_path: Path) -> None:
    assert "invalid choice: 'loans'" in refused("archive_month", "2025-01", "loans", folder=tmp_path)
    assert "invalid month value: '2025-13'" in refused("archive_month", "2025-13", "audit", folder=tmp_path)
    assert "archive_no_records" in refused("archive_month", "2019-01", "audit", folder=tmp_path)


@pytest.mark.parametrize(("on", "goes"), [(date(2025, 4, 30), True), (MAY, False), (TODAY, False)])
def test_the_records_of_thirteen_months_stay(on: date, goes: bool, tmp_path: Path) -> None:
    move(on)
    if goes:
        call_command("archive_month", f"{on:%Y-%m}", "--of", "moves", folder=tmp_path)
    else:
        assert "archive_month_too_recent" in refused("archive_month", f"{on:%Y-%m}", "moves", folder=tmp_path)
    assert LoanTransition.objects.exists() is not goes


def test_what_still_runs_keeps_its_month(tmp_path: Path) -> None:
    loan = LoanFactory(active=True)
    waiting = message(JANUARY, "waits", status="queued")
    message(MARCH, "late", reference=loan.number)
    move(JANUARY, loan.pk)

    told = refused("archive_month", "2025-01", "messages", folder=tmp_path)
    assert "archive_month_still_needed" in told and f"#{waiting.pk}" in told
    assert loan.number in refused("archive_month", "2025-01", "moves", folder=tmp_path)
    Message.objects.filter(pk=waiting.pk).update(status="refused", refusal="no_usable_contact")
    call_command("archive_month", "2025-01", "--of", "messages", folder=tmp_path)
    LoanPosition.objects.filter(pk=loan.pk).update(oldest_due_on=date(2025, 3, 25))
    assert loan.number in refused("archive_month", "2025-03", "messages", folder=tmp_path)
    LoanPosition.objects.filter(pk=loan.pk).update(oldest_due_on=None, status="settled")
    call_command("archive_month", "2025-03", "--of", "messages", folder=tmp_path)
    call_command("archive_month", "2025-01", "--of", "moves", folder=tmp_path)
    assert not LoanTransition.objects.exists()


def test_a_key_taken_once_stays_taken_while_its_message_is_away(tmp_path: Path) -> None:
    first = message(JANUARY, "once")
    call_command("archive_month", "2025-01", "--of", "messages", folder=tmp_path)

    assert MessageKey.objects.get(pk="once").message_id == first.pk
    assert not Message.objects.filter(dedupe_key="once").exists()


def test_a_file_that_was_changed_or_is_gone_brings_nothing_back(tmp_path: Path) -> None:
    rows_of("moves")
    call_command("archive_month", "2025-01", "--of", "moves", folder=tmp_path)
    (file,) = tmp_path.glob("*.csv.gz")
    whole = file.read_bytes()

    file.write_bytes(gzip.compress(gzip.decompress(whole).replace(b"M1", b"M4")))
    assert "archive_seal_broken" in refused("restore_month", "2025-01", "moves")
    file.write_bytes(whole[:-20])
    assert "archive_seal_broken" in refused("restore_month", "2025-01", "moves")
    file.unlink()
    assert "archive_files_missing" in refused("restore_month", "2025-01", "moves")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / file.name).write_bytes(whole)
    call_command("restore_month", "2025-01", "--of", "moves", folder=tmp_path / "elsewhere")
    assert LoanTransition.objects.count() == 3


def test_rows_written_since_into_a_month_that_is_away_are_not_lost(tmp_path: Path) -> None:
    rows_of("moves")
    call_command("archive_month", "2025-01", "--of", "moves", folder=tmp_path)
    since = move(JANUARY)

    assert "archive_month_in_use" in refused("restore_month", "2025-01", "moves")
    assert LoanTransition.objects.filter(pk=since.pk).exists()


def test_a_seal_is_never_changed(tmp_path: Path) -> None:
    rows_of("moves")
    call_command("archive_month", "2025-01", "--of", "moves", folder=tmp_path)
    for wrong in ({"rows": 1}, {"sha256": ""}, {"month": MARCH.replace(day=1)}):
        with pytest.raises(DatabaseError), transaction.atomic():
            ArchivedRecords.objects.update(**wrong)
    with pytest.raises(DatabaseError), transaction.atomic():
        ArchivedRecords.objects.all().delete()


def test_pages_and_admin_say_that_there_is_more(
    tmp_path: Path, admin_client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    since, old = LoanFactory(active=True), LoanFactory(active=True, disbursed_on=JANUARY)
    case = CaseFactory()
    Case.objects.filter(pk=case.pk).update(opened_on=JANUARY)
    business_date.move_to(TODAY)
    pages = {
        "messages": [
            reverse("messaging:message_list"),
            reverse("admin:messaging_message_changelist"),
            reverse("desk:loan_tab", args=[old.number, "messages"]),
            reverse("collections:case", args=[case.public_id]),
        ],
        "audit": [
            reverse("audit:events"),
            reverse("admin:audit_auditevent_changelist"),
            reverse("desk:loan_tab", args=[old.number, "changes"]),
        ],
        "moves": [reverse("admin:loans_loantransition_changelist")],
    }
    quiet = [reverse("desk:loan_tab", args=[since.number, tab]) for tab in ("schedule", "messages", "changes")]
    for group, addresses in pages.items():
        rows_of(group)
        assert all("are archived" not in admin_client.get(address).content.decode() for address in addresses)
        call_command("archive_month", "2025-01", "--of", group, folder=tmp_path)
        told = [admin_client.get(address).content.decode() for address in addresses]
        assert all("are archived and not shown here" in page for page in told), group
    assert all("are archived" not in admin_client.get(address).content.decode() for address in quiet)  # lent since


def test_the_portfolio_of_days_whose_moves_are_away_is_not_made_anew(tmp_path: Path) -> None:
    rows_of("moves")
    call_command("archive_month", "2025-01", "--of", "moves", folder=tmp_path)

    with pytest.raises(CommandError, match="Moves of loans are archived"):
        call_command("rebuild_portfolio", "2026-06-01", "2026-06-02")
    call_command("restore_month", "2025-01", "--of", "moves")
    call_command("rebuild_portfolio", "2026-06-01", "2026-06-02")
