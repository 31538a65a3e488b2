from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from casework import asking
from casework.kinds import TaskKind
from core.forms import StrictForm
from staff.models import User
from staff.roles import role_label


def people_of(roles: Collection[str]) -> QuerySet[User]:
    """Active people who work here in any of the roles, by name."""
    people = User.objects.filter(is_active=True, api_client__isnull=True, groups__name__in=roles)
    return people.distinct().order_by("display_name", "username")


class HandOverForm(StrictForm):
    """To whom, with the note that tells them where it stands."""

    to = forms.ModelChoiceField(label=_("To"), queryset=User.objects.none(), empty_label=_("Choose a person"))
    note = forms.CharField(label=_("Note"), max_length=500, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, roles: Collection[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].queryset = people_of(roles)  # type: ignore[attr-defined]


class FinishForm(StrictForm):
    """How it ended, and what whoever reads it later must know."""

    outcome = forms.ChoiceField(label=_("Outcome"), widget=forms.RadioSelect)
    note = forms.CharField(label=_("What was done"), max_length=500, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, kind: TaskKind, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(choice.code, choice.label) for choice in kind.outcomes]
        self.fields["outcome"].choices = choices  # type: ignore[attr-defined]
        if len(choices) == 1:  # nothing to choose
            self.fields["outcome"].initial = choices[0][0]


class ReasonForm(StrictForm):
    note = forms.CharField(label=_("Reason"), max_length=500)


class NoteForm(StrictForm):
    note = forms.CharField(label=_("Note"), max_length=500, required=False)


class SeveralForm(StrictForm):
    """What is done with the chosen tasks, and why. Its fields stand outside of its element, below the list."""

    ELEMENT = "several"

    act = forms.ChoiceField(
        label=_("With the chosen ones"),
        choices=[("hand_over", _("Hand over")), ("give_back", _("Give back to the team")), ("drop", _("Drop"))],
    )
    to = forms.ModelChoiceField(
        label=_("To"), queryset=User.objects.none(), required=False, empty_label=_("Choose a person")
    )
    note = forms.CharField(label=_("Reason"), max_length=500)

    def __init__(self, *args: Any, roles: Collection[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].queryset = people_of(roles)  # type: ignore[attr-defined]
        for one in self.fields.values():
            one.widget.attrs["form"] = self.ELEMENT

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("act") == "hand_over" and not cleaned.get("to"):
            self.add_error("to", _("Choose who gets the tasks."))
        return cleaned


class AskForm(StrictForm):
    """What somebody asks a team for about an object."""

    kind = forms.ChoiceField(label=_("Kind"))
    what = forms.CharField(
        label=_("What is to be done"),
        max_length=asking.MOST,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("One thing a task, without names and numbers of people."),
    )
    team = forms.ChoiceField(label=_("Who is to do it"))
    urgent_because = forms.CharField(
        label=_("Why it is urgent"), max_length=200, required=False, help_text=_("Leave it empty where it is not.")
    )

    def __init__(self, *args: Any, kinds: Sequence[TaskKind], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        teams = list(dict.fromkeys(team for kind in kinds for team in kind.teams))
        self.fields["kind"].choices = [(kind.code, kind.label) for kind in kinds]  # type: ignore[attr-defined]
        self.fields["team"].choices = [(team, role_label(team)) for team in teams]  # type: ignore[attr-defined]
        if len(kinds) == 1:
            self.fields["kind"].widget = forms.HiddenInput()
            self.fields["kind"].initial = kinds[0].code


class AbsenceForm(StrictForm):
    """Who is away when, and who covers."""

    person = forms.ModelChoiceField(label=_("Who is away"), queryset=User.objects.none())
    first_day = forms.DateField(label=_("First day"), widget=forms.DateInput)
    last_day = forms.DateField(label=_("Last day"), widget=forms.DateInput)
    cover = forms.ModelChoiceField(
        label=_("Covered by"),
        queryset=User.objects.none(),
        empty_label=_("Choose a person"),
        help_text=_("Somebody with a role in common."),
    )
    note = forms.CharField(label=_("Note"), max_length=200, required=False)

    def __init__(self, *args: Any, by: User, roles: Collection[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        team = people_of(roles)
        # Most plan their own; who gives out tasks plans for the team.
        own = team if by.has_perm("casework.assign_task") else team.filter(pk=by.pk)
        self.fields["person"].queryset = own  # type: ignore[attr-defined]
        self.fields["person"].initial = by.pk
        # Nobody covers for themselves.
        self.fields["cover"].queryset = team if own is team else team.exclude(pk=by.pk)  # type: ignore[attr-defined]
