"""What each event does to an account, and in which order events count: worked by hand."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from core.money import ZERO
from loans.account.account import ChargeOff, Earned, WriteOff
from loans.account.changes.base import LaterEventImpossible, TakenBack
from loans.account.changes.charges import ChargesWaived, FeeAdded, NoInstalmentLeft, WaiverTooHigh
from loans.account.changes.credits import Refunded, RefundTooHigh
from loans.account.replay import PaymentEvent, apply, in_order, replay
from tests.loans.account.by_hand import a_row, an_account, on

ORDER = ("fee", "late_interest", "interest", "principal")
STORED = object()
# 31.00 of interest for January, 28.00 for February: 1.00 a day
ACCOUNT = an_account(
    a_row(1, "2-1", "100.00", "31.00", starts_on=date(2026, 1, 1)),
    a_row(2, "3-1", "200.00", "28.00", starts_on=date(2026, 2, 1)),
)


def payment(day: str, amount: str, **more: Any) -> PaymentEvent:
    return PaymentEvent(on=on(day), amount=Decimal(amount), order=ORDER, **more)


def test_a_payment_is_divided_and_one_that_settles_calls_all_in_first() -> None:
    plainly, told = apply(ACCOUNT, payment("1-11", "310.00"))
    early, also_told = apply(ACCOUNT, payment("1-11", "310.00", settles_early=True))

    assert told.allocation is not None and also_told.allocation is not None
    assert (told.allocation.parts.interest, told.allocation.parts.principal, plainly.owed) == (59, 251, 49)
    assert (also_told.allocation.parts.interest, also_told.allocation.parts.principal) == (10, 300)
    assert early.is_settled and early.instalments[1].interest == ZERO
    assert early.instalments[0].due_on == on("1-11")


@pytest.mark.parametrize(("component", "left"), [("fee", ("3.00", "9.00")), ("late_interest", ("8.00", "4.00"))])
def test_a_waiver_gives_up_what_it_names(component: str, left: tuple[str, str]) -> None:
    account = an_account(a_row(1, "1-1", "0.00", fee="8.00", late_interest="9.00000000"))

    after, _ = apply(account, ChargesWaived(on=on("1-1"), component=component, amount=Decimal("5.00")))

    (row,) = after.instalments
    assert (row.fee_owed, row.late_interest_owed) == tuple(map(Decimal, left))


def test_a_waiver_of_more_than_is_owed_is_refused_unless_it_stands_already() -> None:
    account = an_account(a_row(1, "1-1", "0.00", fee="8.00"))
    wished = ChargesWaived(on=on("1-1"), component="fee", amount=Decimal("8.01"))

    with pytest.raises(WaiverTooHigh):
        apply(account, wished)
    after, told = apply(account, replace(wished, source=STORED))

    assert after.instalments[0].fee_owed == ZERO
    assert (told.event.source, told.allocation, told.effect.figures) == (STORED, None, {"waived": 8})


def test_no_more_is_refunded_than_is_overpaid() -> None:
    account = an_account(a_row(1, "2-1", "0.00"), overpaid=Decimal("5.00"))

    part, _ = apply(account, Refunded(on=on("1-5"), amount=Decimal("2.00")))
    whole, told = apply(account, Refunded(on=on("1-5"), amount=Decimal("5.00")))

    assert (part.overpaid, whole.overpaid, whole.as_of) == (3, ZERO, on("1-5"))
    assert told.effect.figures == {"refunded": 5}
    with pytest.raises(RefundTooHigh):
        apply(account, Refunded(on=on("1-5"), amount=Decimal("5.01")))


def test_what_stands_and_is_not_possible_any_more_is_told_as_a_later_event() -> None:
    gone = FeeAdded(on=on("1-5"), amount=Decimal("5.00"))
    settled = an_account(a_row(1, "2-1", "0.00", settled_on=on("1-2")))

    with pytest.raises(NoInstalmentLeft):
        replay(settled, [gone])
    with pytest.raises(LaterEventImpossible):
        replay(settled, [replace(gone, source=STORED)])


def test_what_was_given_back_and_turns_out_not_to_have_been_overpaid_is_owed_from_the_day_it_was_taken_back() -> None:
    """100.00 left on 5 January; of what bounced later, what was never given back counts first."""
    taken_back = (TakenBack(on=on("1-20"), amount=Decimal("479.00")), TakenBack(on=on("1-10"), amount=Decimal("30.00")))
    stood = Refunded(on=on("1-5"), amount=Decimal("100.00"), source=STORED, taken_back=taken_back)

    after, told = apply(ACCOUNT, stood)  # owes 359.00: 509.00 had left 150.00 over, of which 50.00 stayed

    assert [(row.due_on, row.principal, row.interest) for row in after.instalments[2:]] == [(on("1-20"), 100, ZERO)]
    assert (told.effect.figures, after.overpaid, after.owed) == ({"refunded": 100, "owed_again": 100}, ZERO, 459)

    taken_back = (replace(taken_back[0], amount=Decimal("399.00")), replace(taken_back[1], amount=Decimal("80.00")))
    after, _ = apply(ACCOUNT, replace(stood, taken_back=taken_back))  # 479.00 had left 120.00 over, 20.00 stayed

    assert [(row.due_on, row.principal) for row in after.instalments[2:]] == [(on("1-10"), 60), (on("1-20"), 40)]


def test_a_refund_of_nothing_is_still_refused_while_it_is_only_wished_for() -> None:
    with pytest.raises(RefundTooHigh):
        replay(ACCOUNT, [Refunded(on=on("1-5"), amount=Decimal("5.00"))])


@pytest.mark.parametrize(
    ("amount", "recovered", "overpaid"),
    [("40.00", "50.00", "0.00"), ("90.00", "100.00", "0.00"), ("90.01", "100.00", "0.01")],
)
def test_money_for_a_written_off_loan_recovers_what_was_written_off_and_no_more(
    amount: str, recovered: str, overpaid: str
) -> None:
    lost = replace(ACCOUNT, written_off=WriteOff(on=on("1-5"), amount=Decimal("100.00"), recovered=Decimal("10.00")))

    after, told = apply(lost, payment("2-1", amount))

    assert after.written_off is not None and told.allocation is not None
    assert (after.written_off.recovered, after.overpaid) == (Decimal(recovered), Decimal(overpaid))
    assert (told.allocation.to_write_off, told.allocation.recovers) == (Decimal(recovered) - 10, True)
    assert after.instalments == ACCOUNT.instalments


def test_money_for_what_was_charged_off_is_a_recovery() -> None:
    charged_off = ChargeOff(
        on=on("1-5"), amount=Decimal("359.00"), earned=Earned(ZERO, ZERO, ZERO), recovered=Decimal("1.00")
    )
    lost = replace(ACCOUNT, charged_off=charged_off)

    after, told = apply(lost, payment("2-1", "50.00"))
    _, ordinary = apply(ACCOUNT, payment("2-1", "50.00"))

    assert after.charged_off is not None and told.allocation is not None and ordinary.allocation is not None
    assert (after.charged_off.recovered, told.allocation.recovers) == (51, True)
    assert ordinary.allocation.recovers is False


def test_of_an_overpayment_only_what_was_owed_is_recovered() -> None:
    charged_off = ChargeOff(on=on("1-5"), amount=Decimal("359.00"), earned=Earned(ZERO, ZERO, ZERO))

    after, _ = apply(replace(ACCOUNT, charged_off=charged_off), payment("3-1", "400.00"))

    assert after.charged_off is not None
    assert (after.charged_off.recovered, after.overpaid) == (359, 41)


@dataclass(frozen=True)
class Dawn:
    """Something that begins its day."""

    on: date
    begins_day: bool = True


def test_events_count_by_day_and_what_begins_a_day_comes_first() -> None:
    noon, dawn, eve = payment("1-11", "1.00"), Dawn(on("1-11")), payment("1-10", "1.00")

    assert sorted([noon, dawn, eve], key=in_order) == [eve, dawn, noon]  # type: ignore[arg-type]


def test_a_replay_tells_each_event_in_turn() -> None:
    events = [payment("1-11", "31.00"), payment("2-1", "100.00")]

    account, told = replay(ACCOUNT, events)

    assert [outcome.event for outcome in told] == events
    assert account.instalments[0].settled_on == on("2-1")
    assert account.as_of - events[0].on == timedelta(days=21)
