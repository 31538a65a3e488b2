"""The side navigation leads each role somewhere: no heading stands over nothing."""

import re

import pytest
from django.test import Client

from staff.roles import ROLES

pytestmark = pytest.mark.django_db
_GROUP = re.compile(r'<ul aria-labelledby="(nav-[a-z]+)">(.*?)</ul>', re.DOTALL)


@pytest.mark.parametrize("role", ROLES)
def test_every_heading_has_a_place_under_it(client: Client, staff_member, role: str) -> None:
    client.force_login(staff_member(role), backend="staff.backends.StaffBackend")

    groups = dict(_GROUP.findall(client.get("/app/").content.decode()))

    assert groups
    assert [name for name, places in groups.items() if "href=" not in places] == []
