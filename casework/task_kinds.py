"""What people must do about things of this app."""

from django.utils.translation import gettext_lazy as _

from casework.kinds import Choice, TaskKind, declare
from casework.notes import MENTION
from staff.roles import LABELS

declare(
    TaskKind(
        code=MENTION,
        label=_("Read a note that mentions you"),
        about="casework.note",
        teams=tuple(LABELS),
        escalates_to="team_lead",
        words=_("%(who)s mentions you in a note on %(about)s."),
        outcomes=(Choice("read", _("Read")),),
        steps=(),
        priority=30,
        personal=True,
        settled_by=_("you say on the note that you have read it"),
    )
)
