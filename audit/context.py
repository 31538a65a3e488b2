"""Who acts, why and through which door (kept in core, so that the lowest app can be tracked too)."""

from core.context import Context, acting, acting_for, current

__all__ = ["Context", "acting", "acting_for", "current"]
