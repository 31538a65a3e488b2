"""What people type about evidence and notes."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from audit.reveals import FOR_PEOPLE
from casework.evidence import Told
from casework.evidence_kinds import KINDS, kinds_hidden_from
from casework.models import EvidenceLink, Source
from casework.notes import MOST as LONGEST_NOTE
from casework.subjects import subjects
from core.forms import StrictForm

STATEMENT_NAME = "statement.txt"


def _day(label: Any, help_text: Any = "") -> forms.DateField:
    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    return forms.DateField(label=label, required=False, widget=widget, help_text=help_text)


class EvidenceForm(StrictForm):
    """A file, or a statement in words; and what is known of it."""

    kind = forms.ChoiceField(label=_("Kind"))
    source = forms.ChoiceField(label=_("From whom"), choices=Source.choices, initial=Source.BORROWER)
    file = forms.FileField(
        label=_("File"),
        required=False,
        allow_empty_file=True,
        help_text=_(
            "A JPEG or PNG picture, a PDF or a plain text. Where and with what a photo was taken is removed. A PDF is "
            "written anew: a signature in it no longer verifies."
        ),
    )
    statement = forms.CharField(
        label=_("Or in words"), required=False, max_length=20_000, widget=forms.Textarea(attrs={"rows": 3})
    )
    original_seen_on = _day(_("I saw the original on"))
    expires_on = _day(_("Valid until"), _("Where the paper itself ends."))
    replaces = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)

    def __init__(self, *args: Any, roles: Collection[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        hidden = kinds_hidden_from(roles)
        offered = [(kind.code, kind.label) for kind in KINDS.values() if kind.code not in hidden]
        self.fields["kind"].choices = offered  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if bool(cleaned.get("file")) == bool(cleaned.get("statement")) and "file" not in self.errors:
            self.add_error("file", _("Choose a file, or write the statement: one of the two."))
        return cleaned

    @property
    def sent(self) -> tuple[bytes, Told]:
        """The bytes, and what is told of them."""
        data: dict[str, Any] = self.cleaned_data
        file: UploadedFile | None = data["file"]
        about = {name: data[name] for name in ("kind", "source", "original_seen_on", "expires_on")}
        if file is None:
            text = data["statement"].replace("\r\n", "\n").encode()
            return text, Told(name=STATEMENT_NAME, content_type="text/plain", **about)
        return file.read(), Told(name=file.name or "", content_type=file.content_type or "", **about)


class OpeningForm(StrictForm):
    """Why somebody needs to see it."""

    reason = forms.ChoiceField(
        label=_("Why do you need to see it?"),
        widget=forms.RadioSelect,
        choices=[(why.value, why.label) for why in FOR_PEOPLE],
    )
    other = forms.CharField(label=_("In words"), max_length=180, required=False)


class HoldForm(StrictForm):
    reason = forms.CharField(label=_("Reason"), max_length=500)


class AttachForm(StrictForm):
    """What it is attached to, by its kind and the number or identifier people know it by."""

    word = forms.ChoiceField(label=_("Attach to"))
    name = forms.CharField(label=_("Its number"), max_length=40)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = [(subject.word, subject.label) for subject in subjects()]
        self.fields["word"].choices = offered  # type: ignore[attr-defined]
        self.fields["word"].initial = "task"


class DetachForm(StrictForm):
    """What was attached by mistake, of what the person may take off, and why it is none of it."""

    link = forms.ModelChoiceField(
        label=_("Take off"), queryset=EvidenceLink.objects.none(), empty_label=_("Choose where it does not belong")
    )
    reason = forms.CharField(label=_("Reason"), max_length=500)

    def __init__(self, *args: Any, links: Collection[EvidenceLink], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["link"]
        field.queryset = EvidenceLink.objects.filter(pk__in=[link.pk for link in links])
        field.label_from_instance = lambda link: link.object_label


class NoteTextForm(StrictForm):
    text = forms.CharField(
        label=_("Note"),
        max_length=LONGEST_NOTE,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("@ and a user name raises a task for that person. Identity, card and phone numbers are sealed."),
    )
    corrects = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)


class EvidenceFilter(StrictForm):
    kind = forms.ChoiceField(label=_("Kind"), required=False)
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[
            ("", _("All")),
            ("held", _("Under legal hold")),
            ("expired", _("No longer valid")),
            ("wiped", _("Wiped")),
        ],
    )

    def __init__(self, *args: Any, roles: Collection[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        hidden = kinds_hidden_from(roles)
        offered = [(kind.code, kind.label) for kind in KINDS.values() if kind.code not in hidden]
        self.fields["kind"].choices = [("", _("All kinds")), *offered]  # type: ignore[attr-defined]
