"""Nobody holds both ends: no role has a right to ask for what it may decide, over every role and every kind of request."""

import pytest

from audit import approvals
from staff.roles import ROLES


@pytest.mark.parametrize("role", ROLES)
def test_no_role_asks_for_what_it_decides(role: str) -> None:
    both = [
        kind.code for kind in approvals.kinds() if kind.permission in ROLES[role] and set(kind.asked_with) & ROLES[role]
    ]
    assert both == []


def test_every_kind_says_who_may_ask_and_some_role_may_decide() -> None:
    for kind in approvals.kinds():
        assert kind.asked_with, kind.code
        assert kind.permission not in kind.asked_with, kind.code
        assert any(kind.permission in rights for rights in ROLES.values()), kind.code
