"""Closings of the books and their reopenings."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [migrations.swappable_dependency(settings.AUTH_USER_MODEL), ("ledger", "0003_more_accounts")]

    operations = [
        migrations.CreateModel(
            name="PeriodClosing",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("act", models.CharField(choices=[("closed", "closed"), ("reopened", "opened again")], max_length=8)),
                ("closed_through", models.DateField(null=True, verbose_name="closed through")),
                ("entries", models.PositiveBigIntegerField(default=0)),
                ("debit", models.DecimalField(decimal_places=2, default=0, max_digits=14)),
                ("credit", models.DecimalField(decimal_places=2, default=0, max_digits=14)),
                ("reason", models.CharField(blank=True, max_length=500, verbose_name="reason")),
                ("recorded_at", models.DateTimeField(auto_now_add=True)),
                (
                    "approved_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "closing of the books",
                "verbose_name_plural": "closings of the books",
                "permissions": [
                    ("close_period", "Can close the books up to a day"),
                    ("reopen_period", "Can approve opening closed books again"),
                ],
                "default_permissions": ("view",),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("act", "closed"),
                                ("approved_by__isnull", True),
                                ("closed_through__isnull", False),
                                ("debit", models.F("credit")),
                            ),
                            models.Q(
                                ("act", "reopened"),
                                ("approved_by__isnull", False),
                                ("by__isnull", False),
                                models.Q(("by", models.F("approved_by")), _negated=True),
                                models.Q(("reason", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="ledger_closing_lawful",
                    )
                ],
            },
        ),
    ]
