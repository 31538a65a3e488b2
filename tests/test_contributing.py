"""The lists of CONTRIBUTING.md, followed step by step: the files are there, with the example each step names; and an act
that is only declared, as its list says, has its page, preview, API, message, history, replay and undo."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from loans.account.account import Account, age
from loans.account.changes.base import Effect, EventImpossible
from loans.events import act_kinds
from loans.events.act_kinds import ActKind, Group, register
from loans.events.act_parameters import Parameter, Sort
from loans.models import LoanAct
from messaging.models import Message
from tests.loans.books import a_running_loan, close_until
from tests.loans.servicing.test_repayments import assert_books_agree, pay, position
from tests.places import ROOT

GUIDE = (ROOT / "CONTRIBUTING.md").read_text()
STEPS = re.findall(r"`([\w/.]+\.\w+)` \(`(.+?)`\)", " ".join(GUIDE.split()))


@pytest.mark.parametrize(("path", "example"), STEPS)
def test_each_step_names_a_file_and_an_example_that_stands_in_it(path: str, example: str) -> None:
    text = " ".join((ROOT / path).read_text().split())
    assert example.strip() in text, f"{path} has no {example}"


def test_every_recipe_has_its_steps() -> None:
    recipes = re.split(r"^## ", GUIDE, flags=re.MULTILINE)[1:]
    assert len(recipes) == 7
    for recipe in recipes:
        assert len(re.findall(r"^\d\. ", recipe, flags=re.MULTILINE)) >= 3, recipe.splitlines()[0]


# --- an act, by its list ----------------------------------------------------------------------------------------------


class NothingToRound(EventImpossible):
    code = "nothing_to_round"
    field = "most"
    message = _("No interest is owed that could be rounded down.")


@dataclass(frozen=True, slots=True, kw_only=True)
class InterestRoundedDown:
    """Step 1: cents of the next instalment's interest are given up, ``most`` at the most."""

    on: date
    most: Decimal
    source: Any = None

    def apply(self, account: Account) -> Effect:
        account = age(account, self.on)
        rows = [row for row in account.instalments if row.interest_owed and row.due_on > self.on]
        cents = min(rows[0].interest_owed % 1, self.most) if rows else Decimal("0.00")
        if not cents and self.source is None:
            raise NothingToRound()
        changed = [
            replace(row, interest=row.interest - cents) if rows and row.number == rows[0].number else row
            for row in account.instalments
        ]
        return Effect(replace(account, instalments=tuple(changed)), figures={"rounded": cents})


@pytest.fixture
def declared() -> Iterator[ActKind]:
    """Step 2, and nothing else."""
    kind = register(
        ActKind(
            code="interest_rounded",
            label="Round interest down",
            hint="Cents of the next instalment are given up.",
            permission="loans.waive_charges",
            change=InterestRoundedDown,
            group=Group.CHARGES,
            for_partners=True,
            parameters=(Parameter(name="most", sort=Sort.MONEY, label="At most", least=Decimal("0.01")),),
            figures=(("rounded", "Given up"),),
        )
    )
    yield kind
    del act_kinds._kinds[kind.code]


@pytest.mark.django_db
def test_an_act_that_is_only_declared_is_whole(
    client: Client, signed_in: Callable[..., Client], declared: ActKind
) -> None:
    loan = a_running_loan(annual_rate=Decimal("0.1807"))
    close_until(date(2026, 1, 24))
    before = [row.interest for row in loan.instalments.order_by("number")]
    lead, at = signed_in(client, "team_lead", superuser=True), [loan.number, declared.code]
    assert reverse("loans:loan_act", args=at) in lead.get(reverse("loans:loan_acts", args=at[:1])).content.decode()

    drawn = lead.get(reverse("loans:loan_act", args=at)).context["form"]
    typed = {"key": drawn["key"].value(), "effective_on": "2026-01-25", "most": "0.80", "reason": "a kind word"}
    shown = lead.get(reverse("loans:loan_act_preview", args=at), typed).context["shown"]
    lead.post(reverse("loans:loan_act", args=at), typed)
    lead.post(reverse("loans:loan_act", args=at), typed)

    act = LoanAct.objects.get()
    assert [value for _label, value in shown.figures] == [act.figures["rounded"]] == [str(before[0] % 1)] != ["0.00"]
    assert (act.history.count(), act.reason) == (1, "a kind word")
    assert Message.objects.filter(template_code="loan_changed", context__change="Round interest down").count() == 1
    pay(loan, "50.00", date(2026, 1, 20), recorded_on=date(2026, 1, 26))  # told of late: everything is applied again
    assert_books_agree(loan)

    lead.post(reverse("loans:loan_act_undo", args=[loan.number, act.public_id]), {"reason": "no longer kind"})

    rows = loan.instalments.filter(superseded_on=None).order_by("number")
    assert [row.interest for row in rows] == before
    assert position(loan).principal_outstanding + position(loan).interest_paid == loan.principal + 50
    assert_books_agree(loan)


@pytest.mark.django_db
def test_its_refusal_stands_beside_its_field(
    client: Client, signed_in: Callable[..., Client], declared: ActKind
) -> None:
    loan = a_running_loan(annual_rate=Decimal(0))
    lead, at = signed_in(client, "team_lead", superuser=True), [loan.number, declared.code]
    key = lead.get(reverse("loans:loan_act", args=at)).context["form"]["key"].value()

    answer = lead.post(
        reverse("loans:loan_act", args=at), {"key": key, "effective_on": "2026-01-15", "most": "0.50", "reason": "-"}
    )

    assert answer.status_code == 422
    assert answer.context["form"].errors == {"most": ["No interest is owed that could be rounded down."]}
