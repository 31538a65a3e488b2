"""Personal data: sealed in the database, masked in people's hands, shown for a reason and never without a trace."""

import pytest
from django.db import connection

from audit.models import AuditEvent
from audit.reveals import RevealReasonMissing
from borrowers import queries
from borrowers.bank_accounts import add_bank_account
from borrowers.contacts import add_contact_point
from borrowers.models import Borrower
from borrowers.privacy import NothingToReveal, RevealNotAllowed, reveal
from tests.borrowers.factories import LIN_ID, LinFactory, WangFactory, mobile_of

pytestmark = pytest.mark.django_db

SECRETS = ("林小雨", LIN_ID, "13812341234", "lin@example.com", "6222021234567890")
TABLES = ("borrower", "contactpoint", "bankaccount")


def everything_stored(table: str) -> str:
    """The rows of a table as PostgreSQL itself holds them."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT coalesce(string_agg(t::text, chr(10)), '') FROM \"{table}\" t")
        return cursor.fetchone()[0]


def test_no_table_holds_personal_data_in_the_clear() -> None:
    borrower = LinFactory()
    add_bank_account(borrower_id=borrower.pk, bank_name="示例银行", account_number="6222 0212 3456 7890")
    borrower.do_not_contact = True
    borrower.save()

    tables = [f"borrowers_{kind}{table}" for table in TABLES for kind in ("", "historical")]
    for table in [*tables, "audit_auditevent"]:
        stored = everything_stored(table)
        assert stored, f"{table} is empty, nothing was tested"
        for secret in SECRETS:
            assert secret not in stored, f"{table} shows personal data"


def test_what_was_sealed_is_read_back() -> None:
    LinFactory()

    borrower = Borrower.objects.get()
    assert (borrower.name, borrower.identity_number, borrower.phone) == ("林小雨", LIN_ID, "13812341234")


def test_a_change_of_something_else_does_not_look_like_a_change_of_personal_data() -> None:
    borrower = LinFactory()
    AuditEvent.objects.filter(object_type="borrowers.borrower")
    for _time in range(2):
        borrower = Borrower.objects.get(pk=borrower.pk)
        borrower.do_not_contact = not borrower.do_not_contact
        borrower.save()

    changes = AuditEvent.objects.filter(object_type="borrowers.borrower", action="changed")
    assert [set(change.after) for change in changes] == [{"do_not_contact"}, {"do_not_contact"}]


@pytest.mark.parametrize(
    "text",
    ["138 1234 1234", "+86-13812341234", "11010519491231002x", "林小雨", " 林 小 雨 ", "LIN@example.com"],
)
def test_a_borrower_is_found_by_exact_phone_identity_name_or_address(text: str) -> None:
    borrower = LinFactory()
    WangFactory()

    assert list(queries.find(text)) == [borrower]


def test_a_borrower_is_found_by_number_and_partner_number() -> None:
    borrower = LinFactory(source="lilac", external_id="A-77")

    assert list(queries.find(borrower.number.lower())) == [borrower]
    assert list(queries.find("A-77")) == [borrower]


@pytest.mark.parametrize("text", ["", "  ", "林", "1381234", "13812341235", "%"])
def test_a_part_finds_nobody(text: str) -> None:
    LinFactory()

    assert not queries.find(text).exists()


def test_an_earlier_number_still_leads_to_the_borrower() -> None:
    borrower = LinFactory()
    add_contact_point(borrower_id=borrower.pk, kind="mobile", value="13766667777", make_primary=True)

    assert list(queries.find("13812341234")) == [borrower]


def test_pages_see_masks() -> None:
    borrower = LinFactory()

    assert borrower.masked_name == "林*雨"
    assert borrower.masked_phone == "138****1234"
    assert borrower.masked_identity == "110***********002X"


def test_a_reveal_needs_the_right(staff_member) -> None:
    borrower = LinFactory()

    with pytest.raises(RevealNotAllowed):
        reveal(borrower_id=borrower.pk, field="phone", why="call", revealed_by=staff_member("finance"))

    assert not AuditEvent.objects.filter(action="revealed").exists()


def test_a_reveal_needs_a_reason(staff_member) -> None:
    with pytest.raises(RevealReasonMissing):
        reveal(borrower_id=LinFactory().pk, field="phone", why="  ", revealed_by=staff_member("officer"))


def test_a_reveal_shows_the_value_and_leaves_a_trace_without_it(staff_member) -> None:
    borrower, officer = LinFactory(), staff_member("officer")

    asked = {"why": "identity_check", "note": "Copy of the ID"}
    value = reveal(borrower_id=borrower.pk, field="identity_number", **asked, revealed_by=officer)

    assert value == LIN_ID
    event = AuditEvent.objects.get(action="revealed")
    assert (event.actor, event.reason, event.object_label) == (
        officer,
        "identity check: Copy of the ID",
        borrower.number,
    )
    assert event.after == {"field": "identity_number", "why": "identity_check"}
    assert LIN_ID not in everything_stored("audit_auditevent")


def test_contact_points_and_accounts_are_revealed_by_their_id(staff_member) -> None:
    borrower, officer = LinFactory(), staff_member("officer")
    account = add_bank_account(borrower_id=borrower.pk, bank_name="示例银行", account_number="6222021234567890")
    asked = {"borrower_id": borrower.pk, "why": "payment", "revealed_by": officer}

    assert reveal(field="contact_point", item_id=mobile_of(borrower).pk, **asked) == "13812341234"
    assert reveal(field="bank_account", item_id=account.pk, **asked) == "6222021234567890"


def test_another_persons_data_cannot_be_reached_through_a_borrower(staff_member) -> None:
    other = mobile_of(WangFactory())

    with pytest.raises(NothingToReveal):
        reveal(
            borrower_id=LinFactory().pk,
            field="contact_point",
            item_id=other.pk,
            why="complaint",
            revealed_by=staff_member("officer"),
        )
    assert not AuditEvent.objects.filter(action="revealed").exists()


def test_an_unknown_field_is_refused(staff_member) -> None:
    with pytest.raises(NothingToReveal):
        reveal(borrower_id=LinFactory().pk, field="password", why="complaint", revealed_by=staff_member("officer"))


def test_a_search_reads_indexes_only() -> None:
    LinFactory()

    for people in (queries.find("13812341234"), queries.find("林小雨"), queries.with_phone("13812341234")):
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
            plan = people.explain()
        assert "Seq Scan" not in plan, plan
