"""What a second person decides on in `borrowers`: the words borrowers consent to."""

from django.utils.translation import gettext_lazy as _

from audit import changes_by_two
from audit.changes_by_two import Declared
from borrowers.models import ConsentText

changes_by_two.declare(
    Declared(
        model=ConsentText,
        code="power.consent_text",
        label=_("Wording of a consent"),
        asked_with=("borrowers.add_consenttext",),
    )
)
