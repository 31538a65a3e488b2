"""The parts every page is made of: one badge, one way to write money, one field. /app/style/ shows them all.

Small parts are built here in Python because lists draw them by the hundred; larger ones are templates in core/ui/.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from django import template
from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple, DateInput, RadioSelect, Select
from django.template.context import Context
from django.templatetags.static import static
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from core.charts import LineChart
from core.choices import Showable, Tone, bucket_tone
from core.currencies import house_currency
from core.masking import mask_numbers
from core.writing import ABSENT, day, listed, moment, money, number, percent, sums

register = template.Library()


# --- values ---------------------------------------------------------------------------------------------------------
register.filter(number)
register.filter(percent)
register.filter(sums)
register.filter(day)
register.filter(moment)
register.filter(listed)


@register.filter("money")
def money_of(value: Any, currency: str = "") -> str:
    """``{{ loan.principal|money:loan.currency }}``; without a currency, the house's own."""
    return money(value, currency or house_currency())


@register.filter
def age(value: datetime | None) -> str:
    """How long something has waited: 20 min, 3 h, 2 d."""
    if not value:
        return ABSENT
    minutes = max(0, int((timezone.now() - value).total_seconds() // 60))
    if minutes < 60:
        return _("%(n)d min") % {"n": minutes}
    if minutes < 60 * 48:
        return _("%(n)d h") % {"n": minutes // 60}
    return _("%(n)d d") % {"n": minutes // (60 * 24)}


@register.filter
def phrases(said: Iterable[object]) -> str:
    """Phrases as one sentence, with the comma of the reader's language."""
    return pgettext("between phrases", ", ").join(str(phrase) for phrase in said)


@register.filter
def item(mapping: object, key: object) -> Any:
    """Look up a key a template cannot spell."""
    return mapping.get(key) if hasattr(mapping, "get") else None


# --- small parts ----------------------------------------------------------------------------------------------------
@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """An icon of the sprite; without a label it is decoration and hidden from readers."""
    spoken = format_html('role="img" aria-label="{}"', label) if label else SafeString('aria-hidden="true"')
    source = static("vendor/tabler-icons/icons.svg")
    return format_html('<svg class="icon" {}><use href="{}#{}"></use></svg>', spoken, source, name)


@register.simple_tag
def badge(label: object, tone: str = Tone.NEUTRAL) -> SafeString:
    """The one way to show a word of state: a tone of ``core.choices.Tone``, its icon, the word."""
    known = Tone(tone) if tone in set(Tone) else Tone.NEUTRAL
    sign = icon(known.icon) if known.icon else ""
    return format_html('<span class="state state-{}">{}{}</span>', known, sign, label)


@register.simple_tag
def status_badge(shown: Showable | None, label: object = "") -> SafeString:
    """The badge of a choice or worked out state, which knows words and tone; ``label`` says more than its words."""
    return badge(label or shown.label, shown.tone) if shown else SafeString("")


_NOTICES = {"error": Tone.BAD, "warning": Tone.ATTENTION, "success": Tone.GOOD}


@register.filter
def notice_tone(level: str) -> str:
    """The class of a notice for the level of one of Django's messages; none for plain news."""
    return f"notice-{_NOTICES[level]}" if level in _NOTICES else ""


@register.simple_tag
def dpd(days: int | None, bucket: str = "") -> SafeString:
    """Days past due always come with their bucket: “31 days past due · M2”."""
    if not days or days < 0:
        return badge(_("On time"), "good")
    text = ngettext("%(n)d day past due", "%(n)d days past due", days) % {"n": days}
    return badge(f"{text} · {bucket}" if bucket else text, bucket_tone(bucket))


@register.simple_tag
def key(letter: str) -> SafeString:
    return format_html('<kbd aria-hidden="true">{}</kbd>', letter)


@register.simple_tag
def change(before: object, after: object) -> SafeString:
    """Before → after, the old value struck through; what was empty before is only named once."""
    if before is None or before == "":
        return format_html('<span class="diff"><ins>{}</ins></span>', _shown(after))
    return format_html('<span class="diff"><del>{}</del> → <ins>{}</ins></span>', _shown(before), _shown(after))


@register.filter
def shown(value: object) -> str:
    return _shown(value)


def _shown(value: object) -> str:
    """A stored value in words people use."""
    if value is None or value == "":
        return ABSENT
    if value is True or value is False:
        return _("yes") if value else _("no")
    return str(value)


@register.simple_tag
def copy(value: object, label: str = "") -> SafeString:
    """A button that copies the value; amounts are copied without separators."""
    text = f"{value:f}" if isinstance(value, Decimal) else str(value)
    spoken = label or _("Copy %(value)s") % {"value": text}
    return format_html(
        '<button type="button" class="copy" data-copy="{}" data-copied="{}" aria-label="{}" title="{}">{}</button>',
        text, _("Copied"), spoken, spoken, icon("copy"),
    )  # fmt: skip


@register.inclusion_tag("core/ui/_masked.html")
def masked(value: str, reveal_url: str = "", reason_field: str = "") -> dict[str, object]:
    """An already masked value with a copy button (copies the mask) and, where allowed, a way to ask for the whole."""
    return {"value": value, "reveal_url": reveal_url, "reason_field": reason_field}


@register.simple_tag
def why(text: str = "", href: str = "") -> SafeString:
    """“why?” beside a derived number: opens the formula here, or loads it from `href` into the dialog."""
    if href:
        return format_html(
            '<a class="why" href="{0}" hx-get="{0}" hx-target="#dialog-body" hx-swap="innerHTML">{1}</a>',
            href, _("why?"),
        )  # fmt: skip
    return format_html(
        '<details class="why"><summary>{}</summary><div class="why-box">{}</div></details>', _("why?"), text
    )


# --- larger parts ---------------------------------------------------------------------------------------------------
@register.inclusion_tag("core/ui/_stat.html")
def stat(label: str, value: object, note: str = "", tone: str = "neutral", href: str = "") -> dict[str, object]:
    """A tile of the home page: label, one number, one state."""
    return {"label": label, "value": value, "note": note, "tone": tone, "href": href}


@register.inclusion_tag("core/ui/_figure.html")
def figure(value: object, note: str, tone: str = "", because: str = "", because_url: str = "") -> dict[str, object]:
    """A number of an object's head with what it means below it and, when derived, why."""
    return {"value": value, "note": note, "tone": tone, "because": because, "because_url": because_url}


@register.inclusion_tag("core/ui/_facts.html")
def facts(rows: Iterable[tuple[Any, object]], kind: str = "") -> dict[str, object]:
    """A definition list from (label, value) pairs. Kind: "sums" sets values to the right, "ruled" draws lines."""
    return {"rows": rows, "kind": kind}


@register.inclusion_tag("core/ui/_event.html")
def event(
    title: str, text: Any = "", when: str = "", who: str = "", tone: str = "", href: str = ""
) -> dict[str, object]:
    """One item of a timeline (inside <ol class="timeline">): what, then by whom and when."""
    return {"title": title, "text": text, "when": when, "who": who, "tone": tone, "href": href}


@register.simple_tag
def meter(label: str, total: Any, *parts: Any) -> SafeString:
    """A bar of parts of a whole: {% meter "Paid" total paid "good" overdue "bad" %}. SVG, since style= is refused."""
    whole = Decimal(total or 0)
    rects, at = [], Decimal(0)
    for amount, tone in zip(parts[::2], parts[1::2], strict=True):
        width = min(Decimal(amount or 0) / whole * 100, 100 - at) if whole > 0 else Decimal(0)
        if width > 0:
            rects.append((f"{at:.3f}", f"{width:.3f}", tone))
            at += width
    drawn = format_html_join("", '<rect x="{}" y="0" width="{}" height="8" class="fill-{}"></rect>', rects)
    return format_html(
        '<svg class="meter" viewBox="0 0 100 8" preserveAspectRatio="none" role="img" aria-label="{}">{}</svg>',
        label, drawn,
    )  # fmt: skip


@register.simple_tag
def progress(done: object, total: object, label: str = "") -> SafeString:
    """How far a job is: one bar with its numbers read aloud."""
    return meter(f"{label} {number(done)} / {number(total)}".strip(), total, done, "accent")


@register.inclusion_tag("core/ui/_line_chart.html")
def line_chart(chart: LineChart) -> dict[str, Any]:
    """A picture and the table that says the same; the page loads ``core/_chart_scripts.html``."""
    return {"chart": chart}


@register.inclusion_tag("core/ui/_field.html")
def field(bound: BoundField, label: str = "", hint: str = "", css: str = "") -> dict[str, object]:
    """A form field with label, hint and its errors under the hand."""
    widget = bound.field.widget
    kind = "choices" if isinstance(widget, RadioSelect | CheckboxSelectMultiple) else "control"
    kind = "check" if isinstance(widget, CheckboxInput) else kind
    described = _described_by(bound, bool(hint or bound.help_text))
    return {
        "bound": bound,
        "label": label or bound.label,
        "hint": hint or bound.help_text,
        "css": css,
        "kind": kind,
        "described": described,
        "control": bound if kind == "choices" else _control(bound, kind, described),
    }


def _described_by(bound: BoundField, hinted: bool) -> str:
    """The ids of what a reader says after the label: the error first."""
    ids = [f"{bound.auto_id}-error"] if bound.errors else []
    return " ".join([*ids, f"{bound.auto_id}-hint"] if hinted else ids)


def _control(bound: BoundField, kind: str, described: str) -> SafeString:
    css = {"check": "form-check-input"}.get(
        kind, "form-select" if isinstance(bound.field.widget, Select) else "form-control"
    )
    attrs: dict[str, str | bool] = {"class": f"{bound.field.widget.attrs.get('class', '')} {css}".strip()}
    if isinstance(bound.field.widget, DateInput) and bound.field.widget.input_type in {"text", "date"}:
        # The browser's own picker speaks ISO only, whatever the person's language. A picker of months is left as it is.
        bound.field.widget.format = "%Y-%m-%d"
        bound.field.widget.input_type = "date"
    if bound.errors:
        attrs |= {"class": f"{attrs['class']} is-invalid", "aria-invalid": "true"}
    if described:
        attrs["aria-describedby"] = described
    return bound.as_widget(attrs=attrs)


@register.inclusion_tag("_pager.html")
def pager(page: object) -> dict[str, object]:
    return {"page": page}


@register.inclusion_tag("_empty.html")
def empty(title: str, text: str = "", url: str = "", action: str = "") -> dict[str, object]:
    """What a list says when there is nothing: why, and what to do next."""
    return {"title": title, "text": text, "url": url, "action": action}


_WAYS: dict[str, str | Promise] = {
    "counter": gettext_lazy("at the counter"),
    "web": gettext_lazy("on the web"),
    "app": gettext_lazy("in the app"),
    "api": gettext_lazy("through a partner"),
    "import": gettext_lazy("imported"),
    "paper": gettext_lazy("on paper"),
    "phone": gettext_lazy("by phone"),
}


@register.filter
def way(code: str) -> str:
    """Through which door something was asked for, agreed to or signed; a word of a partner's own stays as it is."""
    return str(_WAYS.get(code, code))


register.filter("masked_numbers", mask_numbers)


# --- places ---------------------------------------------------------------------------------------------------------
@register.inclusion_tag("core/ui/_nav_link.html", takes_context=True)
def nav_link(
    context: Context, path: str, label: str, count: Any = "", permission: str = "", go: str = "", exact: bool = False
) -> dict[str, object]:
    """A place in the side navigation; hidden from people who may not enter it."""
    request = context.get("request")
    here = request.path if request else ""
    allowed = not permission or (request is not None and request.user.has_perm(permission))
    current = here == path if exact else here.startswith(path)
    return {"path": path, "label": label, "count": count, "allowed": allowed, "current": current, "go": go}


@register.simple_tag
def tab(label: str, url: str, current: bool = False) -> SafeString:
    """A tab is a link with its own address (inside <nav class="tabs">), so that Back works and it can be shared."""
    mark = SafeString(' aria-current="page"') if current else ""
    return format_html('<a href="{}"{}>{}</a>', url, mark, label)
