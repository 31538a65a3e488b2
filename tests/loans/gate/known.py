"""Facts of which nothing stops an act, and the same with one thing changed (no Django)."""

from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import date
from decimal import Decimal
from typing import Any

from loans.gate.known_facts import Credit, Deal, Facts, House, Person

ON = date(2026, 6, 15)

FINE = Facts(
    on=ON,
    person=Person(
        alive=True, identity_proved=True, age=36, occupation="employed", consents_missing=(), do_not_lend=False
    ),
    house=House(
        least_age=18,
        most_age=60,
        student_lending="refused",
        exposure_cap=Decimal(20000),
        debt_share_cap=Decimal("0.50"),
        data_age_days=90,
        one_person_decides=Decimal(30000),
    ),
    deal=Deal(
        amount=Decimal(10000),
        payment=Decimal(1000),
        cost_allowed=True,
        yearly_cost=Decimal("0.18"),
        cost_cap=Decimal("0.24"),
        on_sale=True,
        purpose="known",
        payee="verified",
    ),
    credit=Credit(
        limit=Decimal(30000),
        grade="B",
        points=570,
        grade_decision="approve",
        income=Decimal(12000),
        income_as_of=date(2026, 6, 1),
        debt_payments=Decimal(0),
        other_applications=0,
        days_past_due=0,
        loans_written_off=0,
    ),
    committed=Decimal(0),
    committed_payments=Decimal(0),
    agreed_by_one=Decimal(0),
)


# One way to fail each check and no other.
BROKEN: Mapping[str, dict[str, Any]] = {
    "alive": {"alive": False},
    "identity": {"identity_proved": False},
    "age": {"age": 17},
    "consent": {"consents_missing": ("credit_query",)},
    "do_not_lend": {"do_not_lend": True},
    "student": {"occupation": "student"},
    "product": {"on_sale": False},
    "purpose": {"purpose": "forbidden"},
    "price": {"cost_allowed": False},
    "exposure": {"exposure_cap": Decimal(9999)},
    "payee": {"payee": "unverified"},
    "limit": {"limit": Decimal(9999)},
    "affordability": {"income": Decimal(1999)},
    "score": {"grade_decision": "decline"},
    "data_age": {"income_as_of": date(2025, 6, 15)},
    "arrears": {"days_past_due": 1},
    "authority": {"one_person_decides": Decimal(9999)},
    "other_applications": {"other_applications": 1},
}


def known(base: Facts = FINE, **changes: Any) -> Facts:
    """``base`` with those facts changed, whichever part they belong to: ``known(age=17, limit=None)``."""
    parts: dict[str, Any] = {}
    for part in ("person", "house", "deal", "credit"):
        whole = getattr(base, part)
        own = {field.name: changes.pop(field.name) for field in fields(whole) if field.name in changes}
        parts[part] = replace(whole, **own)
    return replace(base, **parts, **changes)


def agreed(*codes: str) -> list[dict[str, Any]]:
    """Findings that two people agreed to, each as bad as it can be and with nothing known: nothing is worse."""
    worst: dict[str, dict[str, Any]] = {
        "limit": {"after": "1000000000", "limit": "0"},
        "affordability": {"payment": "1000000000", "room": "0"},
        "score": {"points": 0, "grade": "Z"},
        "data_age": {"as_of": "1900-01-01"},
        "arrears": {"days_past_due": 99999, "written_off": 99999},
        "authority": {"bound_by_one": "1000000000", "one_decides": "0"},
        "other_applications": {"open": 99999},
    }
    return [
        {"code": code, "severity": "soft", "result": result, "facts": list(map(list, worst.get(code, {}).items()))}
        for code in codes
        for result in ("failed", "missing")
    ]
