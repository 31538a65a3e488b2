"""The reason code of a finding that lacks an income (pure): who underwrites and who decides say the same."""

from loans.gate.gate import Finding, Result

_ABOUT_INCOME = frozenset({"affordability", "data_age"})


def income_reason(found: Finding) -> str | None:
    """ "income_declared" where an income was told and does not count, "income_unknown" where none is known; None of every
    other finding."""
    if found.result is not Result.MISSING or found.code not in _ABOUT_INCOME:
        return None
    return "income_unknown" if found.facts.get("declared_income") is None else "income_declared"
