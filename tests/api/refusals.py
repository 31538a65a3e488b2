"""What a refusal says, and whether it wrote anything."""

from typing import Any

from django.db import connection

from tests.partners.test_problems import assert_problem

TABLES = """
    borrowers_borrower borrowers_consent borrowers_contactpoint borrowers_income borrowers_bankaccount borrowers_externaldebt
    loans_application loans_loan loans_repayment loans_loanact loans_policypledge ledger_journalentry
    partners_idempotencyrecord
""".split()


def rows() -> list[int]:
    """How many rows each table has, by plain SQL."""
    with connection.cursor() as cursor:
        counts = []
        for table in TABLES:
            cursor.execute(f"SELECT count(*) FROM {table}")
            counts.append(cursor.fetchone()[0])
    return counts


def errors_of(response: Any) -> set[tuple[str, str]]:
    return {(error["pointer"], error["code"]) for error in assert_problem(response, 422, "validation_failed")["errors"]}


def pointers_of(response: Any) -> set[str]:
    assert response.status_code == 422, response.content
    return {error["pointer"] for error in response.json()["errors"]}
