"""Personal data that leaves the house in clear: by scope only, one borrower at a time, each time written down."""

from django.db.models import Model

from audit import reveals
from audit.reveals import Why
from partners.models import ApiKey

SCOPE = "borrowers:read_personal"


def discloses(key: ApiKey) -> bool:
    """Whether the key may see personal data unmasked."""
    return key.allows(SCOPE)


def note_disclosure(*, key: ApiKey, subject: Model, fields: list[str]) -> None:
    """The audit event of a disclosure; the caller stores it before the data leaves."""
    shown = {"fields": fields, "key": key.prefix}
    reveals.record(subject, why=Why.API, note=SCOPE, shown=shown, by=key.client.acts_as, program=True)
