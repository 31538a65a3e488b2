"""Whatever is sent to whichever address: it is answered, never with 5xx, and what is refused has written nothing.

Each story takes the example of the reference, puts in the ids of a living house, and spoils one or two of its values.
"""

import json
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loans.models import Loan, Offer
from partners.api.openapi import document
from tests.api.refusals import rows
from tests.api.test_doors import ADDRESSES, ULID
from tests.api.town import lent, offered, yuan
from tests.examples import lives

pytestmark = pytest.mark.django_db

CHANGING = [address.values for address in ADDRESSES if address.values[0] != "get"]
NAMES = st.sampled_from(
    ["colour", "", "~", "a/b", "\ud800", "\u202e", "amount", "__class__", "non_field_errors", "x" * 300]
)
JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from([0, -1, 1, 2**31, 2**63, 10**13, 10**40, 0.5, 1e308, -0.0]),
    st.sampled_from(
        [
            "",
            " ",
            "\x00",
            "\ud800",
            "\u202e",
            "1e3",
            "１２",
            "2026-W24-1",
            "0001-01-01",
            "9999-12-31",
            "9999-12-31T23:59:59Z",
            "0001-01-01T00:00:00+14:00",
            "x" * 5000,
            "é" * 40,
            "true",
            "yes",
            "NaN",
            "Infinity",
            "-1",
            "' OR 1=1 --",
            "{}",
        ]
    ),
    st.sampled_from([[], {}, [[]], [{}], [None], {"amount": None}, {"amount": 1}, {"amount": "1", "currency": "CNY"}]),
    st.builds(
        lambda fen, word: {"amount": fen, "currency": word},
        st.integers(-10, 10**16),
        st.sampled_from(["CNY", "USD", ""]),
    ),
    st.text(max_size=20),
)
# Which of the places of a body, what is done there, and with which value.
SPOILINGS = st.lists(
    st.tuples(st.integers(0, 60), st.sampled_from(["put", "put", "put", "leave out", "add"]), NAMES, JUNK),
    min_size=1,
    max_size=2,
)


def places(body: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a body, its own first."""
    inner = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    return [path, *(place for name, value in inner for place in places(value, (*path, name)))]


def spoilt(body: Any, spoilings: list[tuple[int, str, str, Any]]) -> Any:
    """``body`` with values replaced, left out or added."""
    body = deepcopy(body)
    for number, what, name, value in spoilings:
        known = places(body)
        *road, last = known[number % len(known)] or (None,)
        holder = body
        for step in road:
            holder = holder[step]
        if last is None:
            if what == "add" and isinstance(body, dict):
                body[name] = value
            continue
        if what == "add" and isinstance(holder[last], dict):
            holder[last][name] = value
        elif what == "leave out":
            del holder[last]
        else:
            holder[last] = value
    return body


def example_of(method: str, path: str) -> Any:
    """The example of the reference for the body of an address, or an empty one."""
    found = document()["paths"][template_of(path)][method]
    content = found.get("requestBody", {}).get("content", {}).get("application/json", {})
    return next((shown["value"] for shown in content.get("examples", {}).values()), {})


def template_of(path: str) -> str:
    """The path of the reference that an address is of."""
    shape = ["{}" if ULID in part else part for part in path.split("/")]
    for known in document()["paths"]:
        if ["{}" if part.startswith("{") else part for part in known.split("/")] == shape:
            return known
    raise AssertionError(path)


class House:
    """A partner with a loan that runs, an offer that is open, a receipt and an act: what the addresses are about."""

    def __init__(self, lilac: Any, product: Any) -> None:
        self.lilac = lilac
        loan = lent(lilac, product)
        offer = offered(lilac, product)
        paid = lilac.send("/repayments", {"loan": loan["id"], "amount": yuan(5)}).json()
        row = Loan.objects.get(public_id=loan["id"])
        self.ids = {
            "cus": row.borrower.public_id,
            "loan": row.public_id,
            "prod": product.public_id,
            "app": Offer.objects.get(public_id=offer["id"]).application.public_id,
            "off": offer["id"],
            "rep": paid["id"],
        }

    def at_home(self, text: str) -> str:
        """With the ids of the house for the ids of the examples."""
        for prefix, known in self.ids.items():
            text = text.replace(f"{prefix}_{ULID}", known)
        return text


@pytest.fixture
def house(lilac, product):
    return House(lilac, product)


@given(spoilings=SPOILINGS)
@lives(12)
def test_no_answer_is_a_defect_and_no_refusal_writes(house, spoilings):
    house.lilac.raise_request_exception = False
    for method, path, _view in CHANGING:
        body = spoilt(json.loads(house.at_home(json.dumps(example_of(method, path)))), spoilings)
        before = rows()

        response = house.lilac.send(house.at_home(path), json.dumps(body), method=method)

        assert response.status_code < 500, (method, path, body, response.content)
        assert response.status_code < 400 or rows() == before, (method, path, body, response.content)


def test_the_examples_are_what_the_addresses_take(house):
    """Else every story would end at the first check."""
    taken = set()
    for method, path, _view in CHANGING:
        body = json.loads(house.at_home(json.dumps(example_of(method, path))))
        response = house.lilac.send(house.at_home(path), body, method=method)
        if response.status_code < 300:
            taken.add(template_of(path))

    assert len(taken) >= 12, sorted(taken)
