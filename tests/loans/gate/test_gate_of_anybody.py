"""What holds of the gate whoever asks (no Django): what is not known never passes, what binds more lets no more pass."""

from dataclasses import fields, replace
from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from loans.gate.gate import ASKED_OF, BindingAct, Result, gate
from loans.gate.known_facts import Credit, Deal, Facts, House, Person
from tests.loans.gate.known import BROKEN, ON, known

A = BindingAct
yuan = st.decimals(min_value=0, max_value=300_000, places=2)
maybe = st.sampled_from
NOT_NEEDED = {"yearly_cost", "cost_cap", "grade", "points", "declared_income"}  # shown, and asked of nobody
FACTS = {
    **{field.name: part for part in (Person, House, Deal, Credit) for field in fields(part)},
    "committed": Facts,
    "committed_payments": Facts,
}


@st.composite
def anybody(draw: st.DrawFn) -> Facts:
    return known(
        alive=draw(st.booleans()),
        identity_proved=draw(st.booleans()),
        age=draw(st.integers(10, 90)),
        occupation=draw(maybe(["employed", "student"])),
        consents_missing=draw(maybe([(), ("credit_query",)])),
        do_not_lend=draw(st.booleans()),
        student_lending=draw(maybe(["allowed", "conditions", "refused"])),
        exposure_cap=draw(yuan),
        amount=draw(yuan),
        payment=draw(yuan),
        cost_allowed=draw(st.booleans()),
        on_sale=draw(st.booleans()),
        purpose=draw(maybe(["known", "forbidden"])),
        payee=draw(maybe(["verified", "unverified"])),
        limit=draw(yuan),
        grade_decision=draw(maybe(["approve", "refer", "decline"])),
        income=draw(yuan),
        income_as_of=draw(st.dates(date(2024, 1, 1), ON)),
        debt_payments=draw(yuan),
        other_applications=draw(st.integers(0, 3)),
        days_past_due=draw(st.integers(0, 200)),
        loans_written_off=draw(st.integers(0, 2)),
        committed=draw(yuan),
        committed_payments=draw(yuan),
        overridden=draw(st.frozensets(maybe(sorted(ASKED_OF)))),
    )


acts = st.sampled_from(list(A))


@given(at=acts, missing=st.sampled_from(sorted(FACTS.keys() - NOT_NEEDED)))
def test_a_missing_fact_never_passes(at: BindingAct, missing: str) -> None:
    """Everything is fine but one fact, which is not known: no act that asks for it goes through."""
    codes = {code for code, needs in NEEDS.items() if missing in needs and at in ASKED_OF[code]}

    verdict = gate(known(**{missing: None}), at)

    assert {one.code for one in verdict.findings if one.result is Result.MISSING} == codes
    assert verdict.binds is (not codes)


NEEDS = {
    "alive": {"alive"},
    "identity": {"identity_proved"},
    "age": {"age", "least_age", "most_age"},
    "consent": {"consents_missing"},
    "do_not_lend": {"do_not_lend"},
    "student": {"occupation", "student_lending"},
    "product": {"on_sale"},
    "purpose": {"purpose"},
    "price": {"cost_allowed"},
    "exposure": {"amount", "committed", "exposure_cap"},
    "payee": {"payee"},
    "limit": {"amount", "committed", "limit"},
    "affordability": {"payment", "income", "debt_share_cap", "debt_payments", "committed_payments"},
    "score": {"grade_decision"},
    "data_age": {"income_as_of", "data_age_days"},
    "arrears": {"days_past_due", "loans_written_off"},
    "other_applications": {"other_applications"},
    "authority": {"amount", "one_person_decides"},
}


def test_every_fact_is_needed_by_a_check_or_only_shown() -> None:
    """A new fact that no check needs, or a check whose facts nobody names, is seen here."""
    assert set().union(*NEEDS.values()) | NOT_NEEDED == FACTS.keys()
    assert NEEDS.keys() == ASKED_OF.keys() == BROKEN.keys()


@given(facts=anybody(), at=acts, amount=yuan, payment=yuan)
def test_a_further_commitment_never_turns_a_refusal_into_a_pass(
    facts: Facts, at: BindingAct, amount: Decimal, payment: Decimal
) -> None:
    assert facts.committed is not None
    assert facts.committed_payments is not None
    more = replace(facts, committed=facts.committed + amount, committed_payments=facts.committed_payments + payment)

    before, after = gate(facts, at), gate(more, at)

    assert {one.code for one in before.stopped_by} <= {one.code for one in after.stopped_by}
    assert {one.code for one in before.to_override} <= {one.code for one in after.to_override}


@given(facts=anybody(), at=acts, amount=yuan)
def test_a_larger_amount_never_turns_a_refusal_into_a_pass(facts: Facts, at: BindingAct, amount: Decimal) -> None:
    assert facts.deal.amount is not None
    assert facts.deal.payment is not None
    more = known(facts, amount=facts.deal.amount + amount, payment=facts.deal.payment + amount)

    assert not (gate(more, at).binds and not gate(facts, at).binds)


@given(facts=anybody(), at=acts)
def test_overriding_never_lets_a_hard_check_pass(facts: Facts, at: BindingAct) -> None:
    without, everything = replace(facts, overridden=frozenset()), replace(facts, overridden=frozenset(ASKED_OF))

    assert gate(everything, at).stopped_by == gate(without, at).stopped_by
    assert gate(everything, at).to_override == ()
    assert gate(everything, at).binds is (not gate(without, at).stopped_by)


@given(facts=anybody(), at=acts)
def test_it_binds_only_if_no_check_stops_it(facts: Facts, at: BindingAct) -> None:
    verdict = gate(facts, at)

    assert verdict.binds is not bool(verdict.stopped_by or verdict.to_override)
    assert verdict == gate(facts, at)
