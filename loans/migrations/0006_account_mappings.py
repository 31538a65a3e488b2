"""Which account plays which part for a product; the common rows are the accounts used so far."""

import django.db.models.deletion
import simple_history.models
from django.conf import settings
from django.db import migrations, models

STANDARD = {
    "cash": "1001",
    "principal": "1201",
    "interest": "1202",
    "late_interest": "1203",
    "fees": "1204",
    "overpayments": "2201",
    "unidentified_receipts": "2202",
    "interest_income": "4001",
    "late_interest_income": "4002",
    "fee_income": "4003",
    "recoveries": "4101",
    "write_offs": "5001",
    "charge_offs": "5002",
    "goodwill": "5003",
    "settlement_discounts": "5004",
    "merchant_refunds": "1301",
    "disbursement_clearing": "2203",
    "adjustments": "4004",
    "suspense_interest": "2301",
}


def map_accounts(apps, schema_editor) -> None:
    mapping = apps.get_model("loans", "AccountMapping")
    for role, account in STANDARD.items():
        mapping.objects.get_or_create(product=None, role=role, defaults={"account_id": account})


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0003_more_accounts"),
        ("loans", "0005_schedule_settings"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="HistoricalAccountMapping",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                ("request_id", models.CharField(blank=True, default="", max_length=64)),
                ("channel", models.CharField(blank=True, default="system", max_length=12)),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("cash", "cash"),
                            ("principal", "principal receivable"),
                            ("interest", "interest receivable"),
                            ("late_interest", "late interest receivable"),
                            ("fees", "fees receivable"),
                            ("overpayments", "overpayments"),
                            ("unidentified_receipts", "unidentified receipts"),
                            ("interest_income", "interest income"),
                            ("late_interest_income", "late interest income"),
                            ("fee_income", "fee income"),
                            ("recoveries", "recoveries of written-off loans"),
                            ("write_offs", "write-off expense"),
                            ("charge_offs", "charge-off expense"),
                            ("goodwill", "goodwill expense"),
                            ("settlement_discounts", "discounts on settlement"),
                            ("merchant_refunds", "merchant refunds receivable"),
                            ("disbursement_clearing", "disbursement clearing"),
                            ("adjustments", "fees and penalties adjustments"),
                            ("suspense_interest", "interest in suspense"),
                        ],
                        max_length=30,
                        verbose_name="role",
                    ),
                ),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "account",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="ledger.account",
                        verbose_name="account",
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        help_text="Empty: for every product that has no account of its own for this role.",
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="loans.product",
                        verbose_name="product",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical account mapping",
                "verbose_name_plural": "historical account mappings",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="AccountMapping",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("cash", "cash"),
                            ("principal", "principal receivable"),
                            ("interest", "interest receivable"),
                            ("late_interest", "late interest receivable"),
                            ("fees", "fees receivable"),
                            ("overpayments", "overpayments"),
                            ("unidentified_receipts", "unidentified receipts"),
                            ("interest_income", "interest income"),
                            ("late_interest_income", "late interest income"),
                            ("fee_income", "fee income"),
                            ("recoveries", "recoveries of written-off loans"),
                            ("write_offs", "write-off expense"),
                            ("charge_offs", "charge-off expense"),
                            ("goodwill", "goodwill expense"),
                            ("settlement_discounts", "discounts on settlement"),
                            ("merchant_refunds", "merchant refunds receivable"),
                            ("disbursement_clearing", "disbursement clearing"),
                            ("adjustments", "fees and penalties adjustments"),
                            ("suspense_interest", "interest in suspense"),
                        ],
                        max_length=30,
                        verbose_name="role",
                    ),
                ),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ledger.account",
                        verbose_name="account",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        blank=True,
                        help_text="Empty: for every product that has no account of its own for this role.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="account_mappings",
                        to="loans.product",
                        verbose_name="product",
                    ),
                ),
            ],
            options={
                "verbose_name": "account mapping",
                "verbose_name_plural": "account mappings",
                "ordering": ["role", "product"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("product", "role"), name="loans_accountmapping_one_a_role", nulls_distinct=False
                    )
                ],
            },
        ),
        migrations.RunPython(map_accounts, migrations.RunPython.noop),
    ]
