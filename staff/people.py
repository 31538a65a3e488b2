"""What staff may change about their own account."""

from __future__ import annotations

from staff.models import Language, Theme, User


def change_preferences(
    *,
    user: User,
    display_name: str | None = None,
    language: str | None = None,
    theme: str | None = None,
    shortcuts_enabled: bool | None = None,
) -> User:
    """Store the given preferences; what is not given stays. Nothing is written when nothing changes."""
    wanted: dict[str, object] = {
        "display_name": display_name,
        "language": Language(language).value if language is not None else None,
        "theme": Theme(theme).value if theme is not None else None,
        "shortcuts_enabled": shortcuts_enabled,
    }
    changed = [name for name, value in wanted.items() if value is not None and value != getattr(user, name)]
    for name in changed:
        setattr(user, name, wanted[name])
    if changed:
        user.save(update_fields=changed)
    return user
