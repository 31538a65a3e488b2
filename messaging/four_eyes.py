"""What a second person decides on in `messaging`: the words that borrowers are sent."""

from typing import Any

from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from audit import changes_by_two
from audit.changes_by_two import Declared
from messaging.models import Template
from messaging.wording import check_wording, publish_wording
from staff.models import User


def _refuse(wording: Any, _many: object) -> None:
    """Raise what a gateway would; the wording is the next version of its kind, also where others came in between."""
    check_wording(wording.code, wording.channel, wording.body)
    known = Template.objects.filter(code=wording.code, channel=wording.channel, language=wording.language)
    wording.version = (known.aggregate(latest=Max("version"))["latest"] or 0) + 1


def _publish(wording: Any, by: User, _agreed_by: User | None) -> None:
    told = {name: getattr(wording, name) for name in ("code", "channel", "language", "subject", "body")}
    wording.pk = publish_wording(**told, by=by).pk


changes_by_two.declare(
    Declared(
        model=Template,
        code="power.message_template",
        label=_("Wording of a message"),
        asked_with=("messaging.add_template",),
        refuse=_refuse,
        write=_publish,
    )
)
