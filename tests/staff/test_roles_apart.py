"""Who decides pays nothing out and who configures moves no money: at every door that gives roles, and in the database."""

import re
from collections.abc import Callable
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client

from audit import changes_by_two, delegations
from audit.models import Approval
from core import business_date
from operations.demo.staff import every_role_together
from staff.apart import RIGHTS_OF, RightsApart, RolesApart, pairs, require_together
from staff.models import User
from staff.roles import ROLES
from tests.staff.factories import UserFactory

Make = Callable[..., User]
LAW = Path(__file__).resolve().parents[2] / "staff" / "law" / "roles_apart.sql"
PAIRS = [(pair.one, pair.other) for pair in pairs()]


def test_the_database_keeps_the_pairs_of_the_role_table() -> None:
    kept = re.findall(r"\('(\w+)', '(\w+)'\)", LAW.read_text("utf-8"))
    assert sorted(map(sorted, kept)) == sorted(map(sorted, PAIRS))


def test_the_pairs_are_those_that_put_together_what_two_must_hold() -> None:
    assert ("underwriter", "operations") in PAIRS
    assert ("finance", "administrator") in PAIRS
    assert ("officer", "collector") not in PAIRS
    known = {right for rights in ROLES.values() for right in rights}
    assert {right for rights in RIGHTS_OF.values() for right in rights} <= known


@pytest.mark.django_db
@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_no_door_gives_both(one: str, other: str, staff_member: Make) -> None:
    groups = list(Group.objects.filter(name__in=[one, other]))
    holder = staff_member(one)

    with pytest.raises(RolesApart):
        require_together([other, one])
    with pytest.raises(CommandError, match="Nobody holds both"):
        call_command("add_person", "newcomer", role=[one, other])
    with pytest.raises(RolesApart):
        changes_by_two.ask(
            holder, reason="Both", by=staff_member(username="root"), on=business_date.current(), many={"groups": groups}
        )
    with pytest.raises(IntegrityError, match="nobody holds both"), transaction.atomic():
        holder.groups.add(Group.objects.get(name=other))
    with pytest.raises(IntegrityError, match="nobody holds both"), transaction.atomic():
        Group.objects.get(name=other).user_set.add(holder)
    assert [group.name for group in holder.groups.all()] == [one]


@pytest.mark.django_db
def test_the_admin_refuses_by_name(client: Client, signed_in: Callable[..., Client], staff_member: Make) -> None:
    holder = staff_member("underwriter", username="uwe")
    groups = list(Group.objects.filter(name__in=["underwriter", "operations"]).values_list("pk", flat=True))

    answer = signed_in(client, "administrator").post(
        f"/admin/staff/user/{holder.pk}/change/",
        {
            "username": "uwe",
            "display_name": "",
            "email": "",
            "groups": groups,
            "is_active": "on",
            "language": "en",
            "theme": "auto",
            "shortcuts_enabled": "on",
            "reason_for_change": "He is quick",
        },
        follow=True,
    )

    assert "Nobody holds both Underwriter and Operations" in answer.content.decode()
    assert not Approval.objects.exists()


@pytest.mark.django_db
def test_the_matrix_tells_them(client: Client, signed_in: Callable[..., Client]) -> None:
    page = signed_in(client, "compliance").get("/app/two-people/rights").content.decode()

    assert "Roles nobody holds together" in page
    assert page.count("decides on loans and pays them out") == 4
    for label in ("Underwriter + Operations", "Finance + Administrator"):
        assert label in page


@pytest.mark.django_db
def test_a_right_to_decide_is_not_lent_to_who_pays_out(staff_member: Make) -> None:
    on = business_date.current()
    wish: dict[str, Any] = {"permission": "risk.approve_limit", "ends_on": on, "reason": "Away", "on": on}
    with pytest.raises(RightsApart):
        delegations.ask(given_by=staff_member("checker"), given_to=staff_member("operations"), **wish)


@pytest.mark.django_db
def test_the_guide_of_a_demo_holds_all_and_nobody_else_after() -> None:
    with every_role_together():
        UserFactory(username="guide", roles=list(ROLES))
    with pytest.raises(IntegrityError), transaction.atomic():
        UserFactory(roles=["checker", "finance"])


@pytest.mark.django_db(transaction=True)
def test_two_roles_given_at_once_do_not_pass_each_other() -> None:
    holder, gate, refused = UserFactory(username="uwe"), Barrier(2), []

    def give(role: str) -> None:
        try:
            with transaction.atomic():
                group = Group.objects.get(name=role)
                gate.wait()
                User.objects.get(pk=holder.pk).groups.add(group)
        except IntegrityError:
            refused.append(role)
        finally:
            connection.close()

    threads = [Thread(target=give, args=[role]) for role in ("underwriter", "operations")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(refused) == 1
    assert holder.groups.count() == 1
