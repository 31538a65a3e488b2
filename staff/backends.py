"""Who is signed in, read with all rights by one statement at each request."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import Group, Permission
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import CharField, F, OuterRef, QuerySet, Value
from django.db.models.functions import Concat

from staff.models import User


class StaffBackend(ModelBackend):
    """Django's own, but that the person of a session comes with roles and rights. Nothing outlives the request, so a right
    taken away is gone at the next click."""

    def get_user(self, user_id: Any) -> User | None:
        of_person: Any = User.objects.filter(pk=user_id).annotate(
            role_names=ArraySubquery(Group.objects.filter(user=OuterRef("pk")).order_by().values("name")),
            rights_of_roles=ArraySubquery(_names(Permission.objects.filter(group__user=OuterRef("pk")))),
            rights_of_person=ArraySubquery(_names(Permission.objects.filter(user=OuterRef("pk")))),
        )
        person: Any = of_person.first()
        if person is None or not self.user_can_authenticate(person):
            return None
        if not person.is_superuser:
            # Where ModelBackend keeps what it has read of a person.
            person._group_perm_cache = set(person.rights_of_roles)
            person._user_perm_cache = set(person.rights_of_person)
        return person


def _names(rights: QuerySet[Permission]) -> QuerySet[Any, Any]:
    name = Concat(F("content_type__app_label"), Value("."), F("codename"), output_field=CharField())
    return rights.order_by().annotate(right=name).values("right").distinct()
