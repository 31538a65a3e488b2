"""One key, one answer: whoever repeats, whoever dies in between."""

import hashlib
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection, transaction
from django.utils import timezone

from core.errors import Invalid
from partners import idempotency
from partners.idempotency import Answer, answer_once
from partners.models import IdempotencyRecord
from partners.tasks import forget_old_answers
from tests.partners.factories import ApiClientFactory, IdempotencyRecordFactory

ASKED = idempotency.fingerprint(method="POST", path="/api/v1/repayments", body={"amount": 1})


def run(work, *, client=None, key="key-1", fingerprint=ASKED):
    return answer_once(client=client or ApiClientFactory(), key=key, fingerprint=fingerprint, work=work)


class Work:
    """Counts how often it was really done."""

    def __init__(self):
        self.times = 0

    def __call__(self):
        self.times += 1
        return Answer(201, f'{{"time": {self.times}}}', "/api/v1/repayments/1")


@pytest.mark.django_db
def test_a_repeat_gets_the_first_answer_without_doing_the_work():
    work = Work()

    first, second = run(work), run(work)

    assert work.times == 1
    assert (second.status, second.body, second.location) == (first.status, first.body, first.location)
    assert (first.replayed, second.replayed) == (False, True)


@pytest.mark.django_db
def test_another_request_under_the_same_key_is_refused():
    work = Work()
    run(work)

    with pytest.raises(idempotency.IdempotencyKeyReused):
        run(work, fingerprint=idempotency.fingerprint(method="POST", path="/api/v1/repayments", body={"amount": 2}))

    assert run(work).body == '{"time": 1}'


@pytest.mark.django_db
def test_clients_do_not_share_keys():
    work = Work()

    run(work, client=ApiClientFactory(name="Lilac Phones"))
    run(work, client=ApiClientFactory(name="Harbour Pay"))

    assert work.times == 2


@pytest.mark.django_db
def test_a_refusal_is_not_stored_and_leaves_nothing_behind():
    def refuse():
        ApiClientFactory(name="Made inside")
        raise Invalid

    with pytest.raises(Invalid):
        run(refuse)

    assert not IdempotencyRecord.objects.exists()
    assert run(Work()).status == 201


@pytest.mark.django_db
def test_the_order_of_fields_does_not_make_another_request():
    one = idempotency.fingerprint(method="POST", path="/x", body={"a": 1, "b": {"c": 2, "d": 3}})
    same = idempotency.fingerprint(method="POST", path="/x", body={"b": {"d": 3, "c": 2}, "a": 1})
    other = idempotency.fingerprint(method="POST", path="/y", body={"a": 1, "b": {"c": 2, "d": 3}})

    assert one == same != other


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["", "x" * 256, "tab\there", "schlüssel", "\x00"])
def test_a_key_is_printable_ascii_of_reasonable_length(key):
    with pytest.raises(idempotency.IdempotencyKeyInvalid):
        run(Work(), key=key)


@pytest.mark.django_db
def test_the_work_of_a_process_that_died_is_taken_over():
    client = ApiClientFactory()
    IdempotencyRecordFactory(client=client, key="key-1", fingerprint=ASKED)

    assert run(Work(), client=client).status == 201


@pytest.mark.django_db
def test_answers_are_forgotten_after_seven_days():
    run(Work(), key="old")
    run(Work(), key="young")
    IdempotencyRecord.objects.filter(key="old").update(created_at=timezone.now() - timedelta(days=7, minutes=1))

    forget_old_answers()

    assert list(IdempotencyRecord.objects.values_list("key", flat=True)) == ["young"]


@pytest.mark.django_db(transaction=True)
def test_while_the_first_request_runs_a_second_one_is_asked_to_wait():
    client, began, go_on = ApiClientFactory(), Barrier(2, timeout=20), Barrier(2, timeout=20)
    work = Work()

    def slow():
        began.wait()
        go_on.wait()
        return work()

    def first():
        try:
            run(slow, client=client)
        finally:
            connection.close()

    thread = Thread(target=first)
    thread.start()
    began.wait()
    with pytest.raises(idempotency.RequestStillRunning):
        run(work, client=client)
    go_on.wait()
    thread.join()

    assert run(work, client=client).replayed
    assert work.times == 1


@pytest.mark.django_db(transaction=True)
def test_effect_and_answer_are_committed_together():
    client = ApiClientFactory()

    def work():
        ApiClientFactory(name="Made inside")
        assert transaction.get_connection().in_atomic_block
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(work, client=client)

    assert not IdempotencyRecord.objects.exists()
    assert not type(client).objects.filter(name="Made inside").exists()


def test_what_was_asked_is_not_found_by_trying() -> None:
    """A dump holds the fingerprint for a week; who tries all phone numbers must not learn which one was sent."""
    body = {"phone": "13800138000"}
    text = 'POST /api/v1/borrowers\n{"phone":"13800138000"}'
    asked = idempotency.fingerprint(method="POST", path="/api/v1/borrowers", body=body)
    assert asked != hashlib.sha256(text.encode()).hexdigest() and len(asked) == 64
