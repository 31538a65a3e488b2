"""Contact points: the table of states, and which number a borrower is known by."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from audit.models import AuditEvent
from borrowers.contacts import (
    CONTACT_POINTS,
    AddressMissing,
    ContactPointKnown,
    ContactPointUnknown,
    ContactPointUnusable,
    ContactStateImpossible,
    add_contact_point,
    change_state,
    make_primary,
)
from borrowers.models import ContactPoint, ContactState
from tests.borrowers.factories import AT, ON, LinFactory, in_state, mobile_of

pytestmark = pytest.mark.django_db

PAIRS = [(before, after) for before in ContactState for after in ContactState]


@pytest.mark.parametrize(("before", "after"), PAIRS)
def test_a_contact_point_moves_only_along_the_table(before: ContactState, after: ContactState) -> None:
    point = in_state(mobile_of(LinFactory()), before)

    if after in CONTACT_POINTS.steps[before]:
        change_state(contact_point_id=point.pk, to=after, at=AT, reason="a test")
        point.refresh_from_db()
        assert (point.state, point.state_reason) == (after, "a test")
    else:
        with pytest.raises(ContactStateImpossible):
            change_state(contact_point_id=point.pk, to=after, at=AT)
        point.refresh_from_db()
        assert point.state == before


def test_every_move_leaves_a_history_row_with_its_reason() -> None:
    point = mobile_of(LinFactory())

    change_state(contact_point_id=point.pk, to=ContactState.WRONG_PERSON, at=AT, reason="A stranger answered.")

    newest = point.history.first()
    assert (newest.state, newest.history_change_reason) == ("wrong_person", "A stranger answered.")
    event = AuditEvent.objects.filter(object_type="borrowers.contactpoint", action="changed").get()
    assert event.before["state"] == "unverified"
    assert set(event.after) == {"state", "state_reason"}, "personal data that did not change must not appear"


def test_a_retired_contact_point_is_no_longer_primary_and_may_be_learnt_anew() -> None:
    borrower = LinFactory()
    old = mobile_of(borrower)
    change_state(contact_point_id=old.pk, to=ContactState.RETIRED, at=AT)

    new = add_contact_point(borrower_id=borrower.pk, kind="mobile", value="138 1234 1234")

    old.refresh_from_db()
    assert not old.is_primary
    assert new.is_primary
    assert new.value == old.value


def test_a_new_primary_mobile_is_the_number_the_borrower_is_known_by() -> None:
    borrower = LinFactory()

    new = add_contact_point(borrower_id=borrower.pk, kind="mobile", value="13766667777", make_primary=True)

    borrower.refresh_from_db()
    assert borrower.phone == "13766667777"
    assert borrower.phone_index == new.value_index
    assert list(borrower.contact_points.filter(kind="mobile", is_primary=True)) == [new]


def test_a_second_mobile_waits_behind_the_first() -> None:
    borrower = LinFactory()

    second = add_contact_point(borrower_id=borrower.pk, kind="mobile", value="13766667777")
    assert not second.is_primary

    make_primary(contact_point_id=second.pk)
    borrower.refresh_from_db()
    assert borrower.phone == "13766667777"


def test_a_dead_number_cannot_become_primary() -> None:
    borrower = LinFactory()
    second = add_contact_point(borrower_id=borrower.pk, kind="mobile", value="13766667777")
    in_state(second, ContactState.WRONG_PERSON)

    with pytest.raises(ContactPointUnusable):
        make_primary(contact_point_id=second.pk)


def test_the_same_address_is_not_kept_twice() -> None:
    borrower = LinFactory()

    with pytest.raises(ContactPointKnown) as refusal:
        add_contact_point(borrower_id=borrower.pk, kind="mobile", value="+86 138-1234-1234")

    assert refusal.value.existing == mobile_of(borrower)


@pytest.mark.parametrize("kind", ["push", "wechat"])
def test_an_empty_address_is_refused(kind: str) -> None:
    with pytest.raises(AddressMissing):
        add_contact_point(borrower_id=LinFactory().pk, kind=kind, value=" ")


def test_an_unknown_contact_point_is_named_as_such() -> None:
    with pytest.raises(ContactPointUnknown):
        change_state(contact_point_id=0, to=ContactState.VERIFIED, at=AT)


def test_a_verification_grows_old() -> None:
    point = in_state(mobile_of(LinFactory()), ContactState.VERIFIED)

    assert not point.needs_verification(ON, 90)
    assert not point.needs_verification(ON + timedelta(days=90), 90)
    assert point.needs_verification(ON + timedelta(days=91), 90)


def test_postgresql_refuses_a_second_primary_mobile() -> None:
    borrower = LinFactory()
    add_contact_point(borrower_id=borrower.pk, kind="mobile", value="13766667777")

    with pytest.raises(IntegrityError), transaction.atomic():
        ContactPoint.objects.filter(borrower=borrower, kind="mobile").update(is_primary=True)
