"""The over-five-year loan prime rate beside the one-year rate, and the announcement behind each row.

The National Interbank Funding Center announces both for the People's Bank of China on the 20th of a month, or the next
working day, also when nothing changes; only days with a change are kept. Every row was held against three independent
lists of the announcements, which agree. After 2025-05-20 the rates stayed at 3.00 % and 3.50 %: quoted so for April to
July 2026, the later months are not confirmed.
"""

from datetime import date

from django.db import migrations

# Day of the announcement, one year, over five years.
ANNOUNCED = (
    ("2019-08-20", "0.0425", "0.0485"),
    ("2019-09-20", "0.0420", "0.0485"),
    ("2019-11-20", "0.0415", "0.0480"),
    ("2020-02-20", "0.0405", "0.0475"),
    ("2020-04-20", "0.0385", "0.0465"),
    ("2021-12-20", "0.0380", "0.0465"),
    ("2022-01-20", "0.0370", "0.0460"),
    ("2022-05-20", "0.0370", "0.0445"),
    ("2022-08-22", "0.0365", "0.0430"),
    ("2023-06-20", "0.0355", "0.0420"),
    ("2023-08-21", "0.0345", "0.0420"),
    ("2024-02-20", "0.0345", "0.0395"),
    ("2024-07-22", "0.0335", "0.0385"),
    ("2024-10-21", "0.0310", "0.0360"),
    ("2025-05-20", "0.0300", "0.0350"),
)
SEEDED = "One-year loan prime rate published by the National Interbank Funding Center."
SOURCE = "Announcement of {on}, National Interbank Funding Center for the People's Bank of China: loan prime rates."


def add(apps, schema_editor) -> None:
    """A row that staff wrote themselves keeps its words and its rates; it only gets the term it lacks."""
    rules = apps.get_model("core", "Rule").objects
    for day, changed in _changes():
        row, made = rules.get_or_create(
            code="index_rates",
            market="CN",
            effective_from=date.fromisoformat(day),
            defaults={"data": changed, "source": SOURCE.format(on=day)},
        )
        if not made:
            row.data = changed | row.data
            row.source = SOURCE.format(on=day) if row.source == SEEDED else row.source
            row.save()


def _changes():
    """Each day with the rates that changed on it."""
    before = (None, None)
    for day, *rates in ANNOUNCED:
        names = ("LPR1Y", "LPR5Y")
        yield day, {name: new for name, new, old in zip(names, rates, before, strict=True) if new != old}
        before = rates


class Migration(migrations.Migration):
    dependencies = [("core", "0012_books_closing")]
    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
