"""The pages that take money ask before they take more than is owed or the same again, in both languages."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from core import business_date
from loans.models import IncomingPayment, Loan, LoanPosition, LoanStatus, Repayment
from tests.loans.books import a_running_loan, close_until
from tests.loans.doing import file_confirmed, second_person_agrees, write_off
from tests.loans.factories import RepaymentFactory
from tests.loans.statements import statement, upload

pytestmark = pytest.mark.django_db
ON = date(2026, 1, 25)  # 12,058.06 settle the loan
OVERPAYMENT, REPEAT = 'name="allow_overpayment"', 'name="allow_repeat"'


@pytest.fixture
def loan() -> Loan:
    made = a_running_loan()
    close_until(date(2026, 1, 24))
    return made


@pytest.fixture
def operator(client: Client, signed_in: Callable[..., Client]) -> Client:
    return signed_in(client, "operations")


def at(name: str, *args: object) -> str:
    return reverse(f"loans:{name}", args=args)


def payment(client: Client, loan: Loan, amount: str, **typed: str) -> dict[str, str]:
    drawn = client.get(at("loan_pay", loan.number)).context["form"]
    return {"key": drawn["key"].value(), "amount": amount, "effective_on": ON.isoformat(), **typed}


def posted(client: Client, loan: Loan, form: dict[str, str]) -> Any:
    return client.post(at("loan_pay", loan.number), form)


def test_the_page_warns_with_the_figures_and_keeps_what_was_typed(operator: Client, loan: Loan) -> None:
    form = payment(operator, loan, "12100.00", payer_reference="slip 7")

    asked = posted(operator, loan, form)
    page = asked.content.decode()

    assert asked.status_code == 422 and not Repayment.objects.exists()
    assert "¥ 12,058.06" in page and "¥ 41.94 too much" in page and "Keep the excess as a credit balance" in page
    assert OVERPAYMENT in page and REPEAT not in page
    assert (asked.context["form"]["amount"].value(), asked.context["form"]["key"].value()) == ("12100.00", form["key"])
    assert 'value="slip 7"' in page

    done = posted(operator, loan, {**form, "allow_overpayment": "on"})

    loan.refresh_from_db()
    assert done.status_code == 302
    assert (loan.status, Repayment.objects.get().overpaid) == (LoanStatus.SETTLED, Decimal("41.94"))


def test_the_question_is_not_asked_where_there_is_none(operator: Client, loan: Loan) -> None:
    drawn = operator.get(at("loan_pay", loan.number)).content.decode()

    assert OVERPAYMENT not in drawn and REPEAT not in drawn
    assert posted(operator, loan, payment(operator, loan, "12058.06")).status_code == 302


def test_the_page_names_the_receipt_that_looks_the_same(operator: Client, loan: Loan) -> None:
    earlier = RepaymentFactory(loan=loan, amount=Decimal("500.00"), received_on=ON)
    form = payment(operator, loan, "500.00")

    page = posted(operator, loan, form).content.decode()

    assert earlier.number in page and "¥ 500.00 received on 2026-01-25" in page and REPEAT in page
    assert posted(operator, loan, {**form, "allow_repeat": "on"}).status_code == 302
    assert Repayment.objects.filter(amount=500).count() == 2


def test_both_questions_are_answered_on_one_page(operator: Client, loan: Loan) -> None:
    RepaymentFactory(loan=loan, amount=Decimal("12100.00"), received_on=ON)
    form = payment(operator, loan, "12100.00")

    first = posted(operator, loan, form).content.decode()
    second = posted(operator, loan, {**form, "allow_repeat": "on"}).content.decode()

    assert REPEAT in first and OVERPAYMENT not in first
    assert REPEAT in second and OVERPAYMENT in second and "checked" in second
    done = posted(operator, loan, {**form, "allow_repeat": "on", "allow_overpayment": "on"})
    assert done.status_code == 302


def test_a_double_click_of_the_answered_form_records_one_payment(operator: Client, loan: Loan) -> None:
    form = payment(operator, loan, "12100.00", allow_overpayment="on")

    assert [posted(operator, loan, form).status_code for _ in range(2)] == [302, 302]
    assert Repayment.objects.count() == 1


def test_the_preview_brings_the_question_into_the_form_while_typing(operator: Client, loan: Loan) -> None:
    typed = {"amount": "12100.00", "effective_on": ON.isoformat()}

    asked = operator.get(at("loan_act_preview", loan.number, "repayment"), typed).content.decode()
    answered = operator.get(
        at("loan_act_preview", loan.number, "repayment"), {**typed, "allow_overpayment": "on"}
    ).content.decode()
    nothing = operator.get(
        at("loan_act_preview", loan.number, "repayment"), {**typed, "amount": "10.00"}
    ).content.decode()

    assert 'id="act-questions" hx-swap-oob="true"' in asked and OVERPAYMENT in asked and "¥ 41.94 too much" in asked
    assert OVERPAYMENT in answered and "settles the loan" in answered and "41.94" in answered
    assert 'id="act-questions" hx-swap-oob="true"' in nothing and OVERPAYMENT not in nothing
    assert not Repayment.objects.exists()


def test_the_page_of_an_act_that_asks_nothing_gets_no_questions(operator: Client, loan: Loan) -> None:
    page = operator.get(at("loan_act_preview", loan.number, "extension"), {"days": "7"}).content.decode()

    assert "act-questions" not in page


def test_a_recovery_above_the_loss_is_asked_about(operator: Client, loan: Loan) -> None:
    write_off(loan_id=loan.pk, on=ON, reason="no prospect")
    left = LoanPosition.objects.get(pk=loan.pk).recoverable
    form = payment(operator, loan, str(left + 5))

    assert OVERPAYMENT in posted(operator, loan, form).content.decode()
    assert posted(operator, loan, {**form, "allow_overpayment": "on"}).status_code == 302


def test_settling_beside_a_receipt_of_the_same_day_and_amount_is_asked_about(operator: Client, loan: Loan) -> None:
    RepaymentFactory(loan=loan, amount=Decimal("6029.03"), received_on=ON)
    drawn = operator.get(at("loan_settle", loan.number)).context["form"]
    form = {"key": drawn["key"].value(), "amount": "6029.03", "effective_on": ON.isoformat()}

    asked = operator.post(at("loan_settle", loan.number), form)

    assert asked.status_code == 422 and REPEAT in asked.content.decode()
    assert operator.post(at("loan_settle", loan.number), {**form, "allow_repeat": "on"}).status_code == 302
    loan.refresh_from_db()
    assert loan.status == LoanStatus.SETTLED


def test_the_questions_in_chinese(client: Client, signed_in: Callable[..., Client], loan: Loan) -> None:
    reader = signed_in(client, "operations", language="zh-hans")
    reader.cookies["django_language"] = "zh-hans"
    earlier = RepaymentFactory(loan=loan, amount=Decimal("500.00"), received_on=ON)

    above = posted(reader, loan, payment(reader, loan, "12100.00")).content.decode()
    again = posted(reader, loan, payment(reader, loan, "500.00")).content.decode()

    assert f"借据 {loan.number} 在 2026-01-25 的应还总额为 ¥ 11,558.06" in above and "超出部分转为溢缴款" in above
    assert (
        f"还款凭证 {earlier.number}（2026-01-25 收到 ¥ 500.00）与本笔日期和金额相同" in again
        and "确认是另一笔款项" in again
    )


# Bank files -----------------------------------------------------------------------------------------------------------


def imported(client: Client, *rows: tuple[str, str, str, str]) -> IncomingPayment:
    preview = client.post(at("payment_import"), {"file": upload(statement(*rows))}).context["preview"]
    client.post(at("payment_import_commit"), {"sha256": preview.sha256})
    file_confirmed(business_date.current())
    return IncomingPayment.objects.latest("id")


def test_an_excess_waits_on_its_line_and_is_decided_by_hand(operator: Client, loan: Loan) -> None:
    line = imported(operator, (ON.isoformat(), "B-1", "13000.00", loan.number))
    queue = operator.get(at("payments_unmatched")).content.decode()
    page = operator.get(at("incoming_payment", line.pk)).content.decode()
    home = operator.get("/app/").content.decode()

    assert "941.94" in queue and "of ¥ 13,000.00" in " ".join(queue.split()) and "what was not credited waits" in queue
    assert "¥ 941.94" in home
    assert OVERPAYMENT in page and 'value="941.94"' in page and Repayment.objects.get().number in page
    assert "of ¥ 13,000.00, ¥ 12,058.06 is credited" in " ".join(page.split())

    typed = {"loan_1": loan.number, "amount_1": "941.94"}
    asked = operator.post(at("incoming_payment", line.pk), typed)
    assert asked.status_code == 422 and "¥ 941.94 too much" in asked.content.decode()
    done = operator.post(at("incoming_payment", line.pk), {**typed, "allow_overpayment": "on"})

    assert done.status_code == 302
    assert LoanPosition.objects.get(pk=loan.pk).overpaid == Decimal("941.94")
    assert operator.get(at("payments_unmatched")).context["page"].items == []


def test_the_excess_is_given_back_by_hand(operator: Client, loan: Loan) -> None:
    line = imported(operator, (ON.isoformat(), "B-1", "13000.00", loan.number))

    operator.post(at("incoming_payment_return", line.pk), {"reason": "too much"})
    second_person_agrees(business_date.current())

    page = " ".join(operator.get(at("incoming_payment", line.pk)).content.decode().split())
    assert "<dt>Given back</dt> <dd>¥ 941.94</dd>" in page and Repayment.objects.get().number in page


def test_a_line_that_looks_repeated_waits_and_is_confirmed_by_hand(operator: Client, loan: Loan) -> None:
    RepaymentFactory(loan=loan, amount=Decimal("500.00"), received_on=ON, channel="direct_debit")
    line = imported(operator, (ON.isoformat(), "B-1", "500.00", loan.number))
    page = operator.get(at("incoming_payment", line.pk)).content.decode()

    assert "A receipt looks the same" in page and REPEAT in page and OVERPAYMENT not in page
    typed = {"loan_1": loan.number, "amount_1": "500.00"}
    assert operator.post(at("incoming_payment", line.pk), typed).status_code == 422
    assert operator.post(at("incoming_payment", line.pk), {**typed, "allow_repeat": "on"}).status_code == 302
    assert Repayment.objects.filter(amount=500).count() == 2


def test_a_line_nobody_could_place_asks_nothing_before_it_is_placed(operator: Client, loan: Loan) -> None:
    line = imported(operator, (ON.isoformat(), "B-1", "13000.00", f"for {loan.borrower.number}"))
    before = operator.get(at("incoming_payment", line.pk)).content.decode()

    asked = operator.post(at("incoming_payment", line.pk), {"loan_1": loan.number, "amount_1": "13000.00"})

    assert OVERPAYMENT not in before and OVERPAYMENT in asked.content.decode()
    assert asked.context["form"]["loan_1"].value() == loan.number
