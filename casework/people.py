"""Whoever is to own a task: held until the task is theirs, so that nobody leaves in between.

People are held before tasks: whoever shuts an account holds it, too, before its tasks go back (``law/tasks.sql``).
"""

from django.utils.translation import gettext_lazy as _

from core.errors import Invalid
from staff.models import User


class NewOwnerUnfit(Invalid):
    code = "task_owner_unfit"
    field = "to"
    message = _(
        "%(person)s cannot own this task: they are not active, in none of its teams, or do not see what it is about."
    )


def held(person: User) -> User:
    """The person as they are now, held until the transaction ends. Raises NewOwnerUnfit for somebody who has left."""
    found = User.objects.select_for_update(no_key=True, of=("self",)).filter(pk=person.pk, is_active=True).first()
    if found is None:
        raise NewOwnerUnfit(person=str(person))
    return found
