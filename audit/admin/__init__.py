"""The log, requests, people, rules and calendars in the admin, and ``by_two``: the admin of whatever two people change."""

from audit.admin import calendars, people_and_rules, record

__all__ = ["calendars", "people_and_rules", "record"]
