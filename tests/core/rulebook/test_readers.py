"""Every rule is read by some code, and what the pages say of its readers is true."""

import pytest

from core.rulebook.readers import readers


def test_every_rule_is_read() -> None:
    unread = {code for code, modules in readers().items() if not modules}

    assert unread <= {"provision_rates"}  # declared with its rates before provisions are booked by it


@pytest.mark.parametrize(
    ("code", "module"),
    [
        ("cost_cap", "loans/pricing/cost_caps.py"),  # as text
        ("alone_in_a_day", "loans/servicing/in_a_day.py"),  # under a name
        ("receipt_without_bank_line", "loans/incoming/proving_by_line.py"),  # under a name of another module
        ("lending_age", "loans/gate/facts.py"),  # through a function that reads it
        ("reveal_quota", "audit/reveals.py"),  # through a function of another module
        ("collections_work", "collections/debt_collections/cases.py"),  # in an app outside the root
    ],
)
def test_a_reader_is_found(code: str, module: str) -> None:
    assert module in readers()[code]


def test_what_only_names_a_rule_reads_nothing() -> None:
    assert "loans/gate/words.py" not in readers()["exposure"]
    assert not any("rules_declared" in module for modules in readers().values() for module in modules)
