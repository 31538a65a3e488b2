"""A payer's words are sealed at rest; late rates and day counts have bounds; a merchant's new account takes two people."""

from collections.abc import Callable

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

import core.fields
from core.encryption import decrypt, encrypt

PORTION = 1000
DAY_COUNTS = [
    "act_365f",
    "act_360",
    "30_360",
    "act_364",
    "act_365_25",
    "nl_365",
    "30e_360",
    "30e_360_isda",
    "30u_360",
    "act_act_isda",
    "act_act_icma",
    "act_act_afb",
    "act_act_year_end",
    "eu_remark_c",
]


def _each_remark(schema_editor: BaseDatabaseSchemaEditor, change: Callable[[str], str]) -> None:
    with schema_editor.connection.cursor() as cursor:
        last = 0
        while True:
            cursor.execute(
                "SELECT id, remark FROM loans_incomingpayment WHERE id > %s AND remark <> '' ORDER BY id LIMIT %s",
                [last, PORTION],
            )
            rows = cursor.fetchall()
            if not rows:
                return
            cursor.executemany(
                "UPDATE loans_incomingpayment SET remark = %s WHERE id = %s", [(change(text), pk) for pk, text in rows]
            )
            last = rows[-1][0]


def seal(_apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    _each_remark(schema_editor, encrypt)


def open_again(_apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    _each_remark(schema_editor, decrypt)


class Migration(migrations.Migration):
    dependencies = [
        ("loans", "0024_drawdown_orders"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="merchant",
            options={
                "default_permissions": ("view", "add", "change"),
                "permissions": [("approve_merchant_account", "Can agree to another account of a merchant")],
                "verbose_name": "merchant",
                "verbose_name_plural": "merchants",
            },
        ),
        migrations.AlterField(
            model_name="incomingpayment",
            name="remark",
            field=core.fields.EncryptedTextField(blank=True, default="", verbose_name="remark"),
        ),
        # Before the laws: those lock the tables of loans and products, and this may take a while.
        migrations.RunPython(seal, open_again),
        migrations.AddConstraint(
            model_name="loan",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "day_count__in",
                        DAY_COUNTS,
                    )
                ),
                name="loans_loan_day_count_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="loan",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("late_rate_multiplier__isnull", True),
                        ("late_rate_multiplier__range", (0, 10)),
                        _connector="OR",
                    ),
                    ("late_annual_rate__range", (0, 100)),
                ),
                name="loans_loan_late_rates",
            ),
        ),
        migrations.AddConstraint(
            model_name="productversion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "day_count__in",
                        DAY_COUNTS,
                    )
                ),
                name="loans_productversion_day_count_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="productversion",
            constraint=models.CheckConstraint(
                condition=models.Q(("late_rate_multiplier__range", (0, 10))),
                name="loans_productversion_late_multiplier",
                violation_error_message="Late interest is between 0 and 10 times the contract rate.",
            ),
        ),
    ]
