"""Requests and complaints of partners: the same two kinds for each type of object that partners know."""

from django.utils.translation import gettext_lazy as _

from casework.kinds import Choice, TaskKind, declare

_LOOK = Choice("words", _("Read the partner's words under what happened"))
_ANSWERED = Choice("answered", _("Answered"))


def declare_partner_kinds(word: str, about: str) -> None:
    """Let partners ask for something and complain about their objects of the type ``about``, called ``word``."""
    declare(
        TaskKind(
            code=f"{word}.partner_request",
            label=_("Request of a partner"),
            about=about,
            teams=("operations", "officer"),
            escalates_to="checker",
            words=_("%(partner)s asks for something."),
            steps=(_LOOK, Choice("act", _("Do what is asked, or say why not")), Choice("tell", _("Tell the partner"))),
            outcomes=(_ANSWERED, Choice("refused", _("Refused, and told why"))),
            priority=40,
            partners_raise=True,
            programs=True,
        )
    )
    declare(
        TaskKind(
            code=f"{word}.partner_complaint",
            label=_("Complaint of a partner"),
            about=about,
            teams=("compliance",),
            escalates_to="compliance",
            words=_("%(partner)s complains."),
            steps=(
                _LOOK,
                Choice("look", _("Find out what happened")),
                Choice("mend", _("Have mended what was wrong")),
                Choice("tell", _("Tell the partner")),
            ),
            outcomes=(_ANSWERED, Choice("unfounded", _("Without ground, and told so"))),
            priority=60,
            partners_raise=True,
        )
    )
