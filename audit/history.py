"""The declaration that gives a model its history (kept in core, so that the lowest app can be tracked too)."""

from core.history import ContextualHistory, tracked

__all__ = ["ContextualHistory", "tracked"]
