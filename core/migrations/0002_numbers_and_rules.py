"""Running numbers (one sequence a prefix) and the first versions of the rules of the Chinese market."""

from datetime import date

from django.db import migrations

PREFIXES = ("cu", "ap", "of", "ct", "ln", "rp", "db", "cs", "rf", "mn", "bf", "ex")

BEGINNING = date(2000, 1, 1)
RULES: tuple[tuple[str, dict, str], ...] = (
    (
        "arrears_buckets",
        {"buckets": [["C", 0], ["M1", 1], ["M2", 31], ["M3", 61], ["M4", 91], ["M5", 121], ["M6", 151], ["M7", 181]]},
        "Customary 30-day buckets; the repayment status codes 1-7 of the credit bureau use the same steps.",
    ),
    (
        "risk_classes",
        {
            "floors": [
                ["normal", 0],
                ["special_mention", 1],
                ["substandard", 91],
                ["doubtful", 271],
                ["loss", 361],
            ]
        },
        "Measures for the Risk Classification of Financial Assets (2023, order 1): > 90, > 270, > 360 days past due.",
    ),
    ("cost_cap", {"annual_rate": "0.24"}, "Guideline on all-in cost of microloan companies (2025-12): 24 % a year."),
    ("contact_hours", {"from": "08:00", "to": "22:00"}, "GB/T 45251-2025: no collection from 22:00 to 08:00."),
    (
        "contact_counts",
        {"answered_calls_per_day": 3, "dials_per_number_per_day": 6},
        "GB/T 45251-2025 (answered calls a day); banking association guideline of 2026-01 (dials a number a day).",
    ),
    ("phone_reverify_days", {"days": 90}, "Operators resell cancelled numbers; verify again after 90 idle days."),
    (
        "provision_rates",
        {"normal": "0.015", "special_mention": "0.03", "substandard": "0.30", "doubtful": "0.60", "loss": "1.00"},
        "Caijin [2012] 20: standard provision factors by risk class.",
    ),
    ("second_approval", {"amount_over": "50000.00"}, "House rule: larger loans need a second pair of eyes."),
    ("extension_authority", {"days": 30, "times_per_loan": 2}, "House rule: beyond this a second person approves."),
    (
        "reminders",
        {"days_before_due": [3, 1], "on_due": True, "days_after_due": [1, 3, 7, 15, 30]},
        "House rule: when a borrower is reminded, in days relative to the due date.",
    ),
)


def seed(apps, schema_editor) -> None:
    rule = apps.get_model("core", "Rule")
    for code, data, source in RULES:
        rule.objects.get_or_create(
            code=code, market="CN", effective_from=BEGINNING, defaults={"data": data, "source": source}
        )


class Migration(migrations.Migration):
    dependencies = [("core", "0001_initial")]
    operations = [
        *[
            migrations.RunSQL(
                f"CREATE SEQUENCE IF NOT EXISTS core_number_{prefix}", f"DROP SEQUENCE core_number_{prefix}"
            )
            for prefix in PREFIXES
        ],
        migrations.RunPython(seed, migrations.RunPython.noop),
    ]
