"""What pages say where months of what they show are away in the archive."""

from datetime import date

from django import template

from audit.record_archive import archived_through

register = template.Library()


@register.inclusion_tag("audit/_archived.html")
def archived_note(groups: str, since: date | None = None, css: str = "notice") -> dict[str, object]:
    """A notice with the last day of ``groups`` (names with spaces between) that is archived; nothing where none is, or
    where what is shown began after it, on ``since``. ``css`` are its classes: the admin has others than the pages."""
    days = [day for day in map(archived_through, groups.split()) if day is not None and (since is None or since <= day)]
    return {"through": max(days, default=None), "css": css}
