"""Tests that commit empty all tables afterwards; what the migrations seeded must be there for the next of them."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group

from core.models import Rule
from staff.roles import LABELS
from tests.core.factories import without_rule


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", ["first", "second"])
def test_rules_and_roles_survive_the_emptying_of_the_tables(turn: str) -> None:
    assert Rule.objects.filter(code="arrears_buckets").count() == 1
    assert set(Group.objects.values_list("name", flat=True)) == set(LABELS)
    assert Group.objects.get(name="officer").permissions.exists()
    without_rule("arrears_buckets")
