"""Objects that a body names by their id."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from core.errors import Invalid


class ReferenceUnknown(Invalid):
    """The body names an object that does not exist, or not for this caller."""

    code = "reference_unknown"
    message = _("There is no %(what)s %(public_id)s.")


def referred(rows: QuerySet[Any], what: str, public_id: str) -> Any:
    """The object a body names by its id. Raises ReferenceUnknown."""
    found = rows.filter(public_id=public_id).first()
    if found is None:
        raise ReferenceUnknown(what=what, public_id=public_id, field=what)
    return found
