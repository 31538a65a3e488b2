"""One moment of the database, whatever others commit meanwhile."""

import pytest
from django.db import OperationalError, connection, transaction

from core.snapshots import one_moment, took_too_late
from operations.models import LongJob
from tests.loans.night.test_concurrency import at_once
from tests.operations.factories import LongJobFactory

pytestmark = pytest.mark.django_db(transaction=True)


def test_what_others_commit_meanwhile_is_not_seen() -> None:
    with one_moment():
        assert LongJob.objects.count() == 0
        at_once([LongJobFactory])
        assert LongJob.objects.count() == 0
    assert LongJob.objects.count() == 1


def test_a_row_that_another_changed_meanwhile_cannot_be_locked() -> None:
    job = LongJobFactory()
    with pytest.raises(OperationalError) as failure, one_moment():
        LongJob.objects.count()
        at_once([lambda: LongJob.objects.filter(pk=job.pk).update(done=1)])
        LongJob.objects.select_for_update().get(pk=job.pk)

    assert took_too_late(failure.value)


def test_another_failure_is_not_taken_for_it() -> None:
    with pytest.raises(OperationalError) as failure, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 1")
        cursor.execute("SELECT pg_sleep(9)")

    assert not took_too_late(failure.value)


def test_inside_a_transaction_it_is_that_one() -> None:
    with transaction.atomic():
        LongJobFactory()
        with one_moment():
            assert LongJob.objects.count() == 1
