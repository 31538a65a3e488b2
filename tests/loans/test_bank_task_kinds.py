"""What the bank brought and nobody can read or use is somebody's task until it is settled."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client

from casework import working
from casework.models import Task, TaskStatus
from core import business_date
from loans.banking import Report
from loans.banking.iso20022 import FileBank
from loans.disbursement import disbursing
from loans.incoming import taking_in
from loans.incoming.reading import FileUnreadable
from loans.models import Disbursement, SetAside
from tests.casework.looking import look
from tests.loans.disbursement.test_disbursing import sent
from tests.loans.disbursement.test_file_bank import camt054, pain002
from tests.loans.factories import DISBURSED, ON, BankFileFactory, DisbursementFactory
from tests.loans.statements import statement
from tests.loans.test_task_kinds import noon
from tests.staff.factories import UserFactory

pytestmark = pytest.mark.django_db
PICTURE = b"\x89PNG not a statement"


@pytest.fixture
def folder(tmp_path: Path, settings: Any) -> Path:
    settings.BANK_ADAPTER, settings.BANK_FILES = "loans.banking.iso20022.FileBank", str(tmp_path)
    FileBank()
    return tmp_path / "in"


def the_task(kind: str) -> Task:
    return Task.objects.get(kind=kind)


def test_a_file_that_a_person_uploads_and_nobody_can_read(client: Client) -> None:
    business_date.move_to(ON)
    client.force_login(UserFactory(roles=["operations"]))
    for _time in range(2):
        client.post("/app/payments/import", {"file": SimpleUploadedFile("june.csv", PICTURE)}, follow=True)
    assert SetAside.objects.get().came_by == SetAside.CameBy.UPLOAD
    assert look(noon(ON))["bank_file.unreadable"] == (1, 0) and look(noon(ON)) == {}
    task = the_task("bank_file.unreadable")
    assert "june.csv" in client.get(f"/app/tasks/{task.number}/").content.decode()
    BankFileFactory(name="june.csv", on=ON)
    assert look(noon(ON))["bank_file.unreadable"] == (0, 1)
    assert the_task("bank_file.unreadable").outcome == "read"


def test_a_file_that_the_connection_fetched_and_nobody_can_read(tmp_path: Path) -> None:
    with pytest.raises(FileUnreadable):
        taking_in.take_in(content=PICTURE, name="fetched.csv", on=ON)
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("import_statement", tmp_path / "not-there.csv", "--fetched")
    assert look(noon(ON))["bank_file.unreadable"] == (2, 0)


def test_who_said_that_it_was_nothing_is_not_asked_again() -> None:
    with pytest.raises(FileUnreadable):
        taking_in.take_in(content=PICTURE, name="fetched.csv", on=ON)
    look(noon(ON))
    task, clerk = the_task("bank_file.unreadable"), UserFactory(roles=["operations"])
    working.finish(task_id=task.pk, outcome="nothing", note="A picture of ours", by=clerk, now=business_date.now())
    with pytest.raises(FileUnreadable):
        taking_in.take_in(content=PICTURE, name="fetched.csv", on=ON)
    assert look(noon(ON)) == {} and Task.objects.count() == 1


def test_a_report_that_cannot_be_read_keeps_no_other_from_being_read(folder: Path) -> None:
    order = sent("6222020000001000")
    reference = order.transfers.get().reference
    (folder / "a-broken.xml").write_bytes(b"<Document><no end")
    (folder / "b-good.xml").write_bytes(camt054(reference, "DBIT"))
    for _round in range(2):
        assert disbursing.collect_reports(on=ON + timedelta(days=1)) == {"recorded": 1, "refused": 1}
    order.refresh_from_db()
    assert order.status == "paid"
    row = SetAside.objects.get()
    assert (row.name, row.code, row.came_by) == ("a-broken.xml", "xml_unreadable", "folder")
    assert look(noon(ON))["bank_file.unreadable"] == (1, 0)
    (folder / "a-broken.xml").unlink()
    disbursing.collect_reports(on=ON + timedelta(days=2))
    assert look(noon(ON))["bank_file.unreadable"] == (0, 1)
    (folder / "a-broken.xml").write_bytes(b"<Document><no end")
    disbursing.collect_reports(on=ON + timedelta(days=2))
    assert look(noon(ON))["bank_file.unreadable"] == (1, 0)


def test_news_that_fits_no_order_until_it_does(folder: Path) -> None:
    (folder / "news.xml").write_bytes(pain002("DB-2026-999999-1", "RJCT"))
    for _round in range(2):
        assert disbursing.collect_reports(on=ON) == {"recorded": 0, "refused": 1}
    assert look(noon(ON))["bank_news.refused"] == (1, 0) and look(noon(ON)) == {}
    task = the_task("bank_news.refused")
    assert task.object_label == "DB-2026-999999-1" and "disbursement_reference_unknown" in str(task.facts)
    order = sent("6222020000001000")
    order.transfers.update(reference="DB-2026-999999-1")
    assert disbursing.collect_reports(on=ON) == {"recorded": 1, "refused": 0}
    assert look(noon(ON))["bank_news.refused"] == (0, 1)
    assert the_task("bank_news.refused").status == TaskStatus.DONE


def test_the_order_is_asked_about_beside_a_file_that_cannot_be_read(folder: Path) -> None:
    (folder / "broken.xml").write_bytes(b"no xml")
    (folder / "news.xml").write_bytes(camt054("R-1", "DBIT"))
    found = list(FileBank().reports(ON))
    assert [type(news).__name__ for news in found] == ["Unread", "Report"]
    assert isinstance(found[1], Report)


def test_rows_of_a_statement_that_cannot_be_read_until_a_later_one_has_them() -> None:
    def of(account: str, *rows: tuple[str, str]) -> bytes:
        lines = [(DISBURSED.isoformat(), reference, amount, "x") for reference, amount in rows]
        return f"账号,{account}\n".encode() + statement(*lines)

    bad = BankFileFactory(content=of("62220001", ("BANK-A", "10.00"), ("BANK-B", "ten")))
    assert (bad.rejected_count, bad.account) == (1, "62220001")
    assert look(noon(DISBURSED))["bank_file.rows_left"] == (1, 0)
    BankFileFactory(content=of("62220002", ("BANK-C", "10.00")))
    assert "bank_file.rows_left" not in look(noon(DISBURSED))
    BankFileFactory(content=of("62220001", ("BANK-A", "10.00"), ("BANK-B", "20.00")))
    assert look(noon(DISBURSED))["bank_file.rows_left"] == (0, 1)


def test_an_order_that_stays_under_way_until_it_has_an_end() -> None:
    order = DisbursementFactory()
    assert look(noon(ON + timedelta(days=1))) == {}
    assert look(noon(ON + timedelta(days=2)))["payout.without_end"] == (1, 0)
    assert the_task("payout.without_end").facts["code"] == "queued"
    assert look(noon(ON)) == {} and the_task("payout.without_end").is_open  # a longer time by rule is no end
    disbursing.cancel(disbursement_id=order.pk, on=ON, reason="Wants no loan any more")
    assert look(noon(ON + timedelta(days=2)))["payout.without_end"] == (0, 1)
    assert not Disbursement.objects.filter(status="queued").exists()
