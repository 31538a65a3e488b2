"""The log, requests, people and rules in the admin, and ``by_two``: the admin of whatever two people change."""

from audit.admin import people_and_rules, record

__all__ = ["people_and_rules", "record"]
