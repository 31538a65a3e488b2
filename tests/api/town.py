"""What a partner sends about the people of the tests, and shortcuts to the middle of a story."""

import base64
import hashlib
from datetime import date
from decimal import Decimal
from itertools import count
from typing import Any

from django.db.models import Q

from borrowers.means import receive_income
from borrowers.models import Borrower, ToldBy
from loans.models import Product
from loans.tasks import send_due_disbursements
from risk.tasks import assess_submitted
from tests.borrowers.factories import LIN_ID, NEEDED, resident_number
from tests.partners.factories import Caller

_people, _accounts = count(1), count(1_234_567)
CONSENTS = ("credit_query", "automated_decision", "personal_data", "sensitive_data")
NAMES = "张三 李四 王芳 赵敏 孙强 周杰 吴静 郑伟".split()


def yuan(amount: int, cents: int = 0) -> dict[str, Any]:
    """Money as it travels."""
    return {"amount": amount * 100 + cents, "currency": "CNY"}


def passing_on() -> list[dict[str, Any]]:
    """The tick without which no partner registers anybody."""
    return [{"purpose": "third_party", "given_at": "2026-06-15T01:00:00Z"}]


def lin(**changes: Any) -> dict[str, Any]:
    facts = {"name": "林小雨", "identity_number": LIN_ID, "phone": "13812341234", "consents": passing_on()}
    return {**facts, **changes}


def somebody(**changes: Any) -> dict[str, Any]:
    """Another person each time."""
    n = next(_people)
    facts = {"name": NAMES[n % 8], "identity_number": resident_number(n), "phone": f"138{n:08d}"}
    return {**facts, "occupation": "employed", "consents": passing_on(), **changes}


def registered(caller: Caller, **changes: Any) -> str:
    """The id of a person the partner brought in, with income, consents and an account; the payroll says the same."""
    made = caller.send("/borrowers", {**somebody(), **changes})
    assert made.status_code == 201, made.content
    path = f"/borrowers/{made.json()['id']}"
    for part, body in (
        *(("consents", {"purpose": purpose, "given_at": "2026-06-15T02:00:00Z"}) for purpose in NEEDED),
        ("incomes", {"source": "salary", "monthly_amount": yuan(15_000), "as_of": "2026-06-01"}),
        ("bank_accounts", {"bank_name": "Harbour Bank", "account_number": f"62220202{next(_accounts):011d}"}),
    ):
        added = caller.send(f"{path}/{part}", body)
        assert added.status_code == 201, added.content
    the_payroll_says(made.json()["id"], Decimal(15_000))
    return str(made.json()["id"])


def the_payroll_says(public_id: str, amount: Decimal) -> None:
    """What a partner tells is declared: the rules decide once a system that proves itself says it as well."""
    known = Q(public_id=public_id) | Q(partner_files__public_id=public_id)
    borrower = Borrower.objects.filter(known).distinct().get()
    told = {"source": "salary", "monthly_amount": amount, "as_of": date(2026, 6, 1)}
    receive_income(borrower_id=borrower.pk, **told, told_by=ToldBy.PAYROLL)


def applied(caller: Caller, product: Product, *, borrower: str = "", **changes: Any) -> dict[str, Any]:
    """An application of the partner for 2,000 over six months."""
    wish = {
        "borrower": borrower or registered(caller),
        "product": product.public_id,
        "amount": yuan(2_000),
        "term_count": 6,
        "purpose": "electronics",
    }
    made = caller.send("/applications", {**wish, **changes})
    assert made.status_code == 201, made.content
    return made.json()


def offered(caller: Caller, product: Product, **changes: Any) -> dict[str, Any]:
    """The offer that was made on an application of the partner."""
    application = applied(caller, product, **changes)
    assess_submitted()
    decision = caller.ask(f"/applications/{application['id']}/decision").json()
    assert decision["offer"], decision
    return decision["offer"]


def lent(caller: Caller, product: Product, **changes: Any) -> dict[str, Any]:
    """A running loan that came from the partner."""
    offer = offered(caller, product, **changes)
    loan = caller.send(f"/offers/{offer['id']}/accept").json()
    send_due_disbursements()
    return caller.ask(f"/loans/{loan['id']}").json()


WORDS = b"She came by herself."


def statement(about: str, words: bytes = WORDS) -> dict[str, Any]:
    """What begins an upload of a statement."""
    told = {"kind": "statement", "source": "borrower", "name": "statement.txt"}
    return {"about": about, **told, "size": len(words), "sha256": hashlib.sha256(words).hexdigest()}


def part_of(words: bytes) -> dict[str, Any]:
    """All of it in one part."""
    digest = hashlib.sha256(words).hexdigest()
    return {"offset": 0, "content": base64.b64encode(words).decode(), "sha256": digest}


def brought_evidence(partner: Caller, about: str) -> Any:
    """The answer to the end of an upload in one part."""
    upload = partner.send("/evidence_uploads", statement(about)).json()["id"]
    partner.send(f"/evidence_uploads/{upload}/parts", part_of(WORDS))
    return partner.send(f"/evidence_uploads/{upload}/finish", {})
