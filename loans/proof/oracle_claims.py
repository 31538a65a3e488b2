"""What was charged back, for the oracle: with which instalment it is owed."""

from collections.abc import Sequence
from dataclasses import replace

from loans.proof.oracle_reading import Act, Facts, Row


def without_charge_backs(facts: Facts) -> tuple[Row, ...]:
    """The instalments in force without what a charge-back added to one of them: it bears no contract interest."""
    rows = {row.number: row for row in facts.rows}
    for act in facts.of("charge_back"):
        number = charged_back_to(facts.rows, act)
        rows[number] = replace(rows[number], principal=rows[number].principal - act.amount("owed_again"))
    return tuple(rows.values())


def charged_back_to(rows: Sequence[Row], act: Act) -> int:
    """The instalment that a charge-back is owed with: a claim of its own day, else the next one, or the last."""
    owed = act.amount("owed_again")
    claims = [row.number for row in rows if row.starts_on == row.due_on == act.on and row.principal == owed]
    return claims[-1] if claims else next((row.number for row in rows if row.due_on >= act.on), rows[-1].number)
