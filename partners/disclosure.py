"""Personal data that leaves the house in clear: by scope only, one borrower at a time, each time written down."""

from django.db.models import Model

from audit import events
from partners.models import ApiKey

SCOPE = "borrowers:read_personal"


def discloses(key: ApiKey) -> bool:
    """Whether the key may see personal data unmasked."""
    return key.allows(SCOPE)


def note_disclosure(*, key: ApiKey, subject: Model, fields: list[str]) -> None:
    """The audit event of a disclosure; the caller stores it before the data leaves."""
    events.record("revealed", subject, reason=f"API {SCOPE}", after={"fields": fields, "key": key.prefix})
