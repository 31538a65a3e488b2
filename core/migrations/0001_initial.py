from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies: list[tuple[str, str]] = []
    operations = [
        migrations.CreateModel(
            name="BusinessDate",
            fields=[
                ("id", models.SmallIntegerField(default=1, editable=False, primary_key=True, serialize=False)),
                ("on", models.DateField(verbose_name="business date")),
                ("moved_at", models.DateTimeField(auto_now=True)),
            ],
            options={
                "verbose_name": "business date",
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("id", 1)), name="core_businessdate_one_row")
                ],
            },
        ),
        migrations.CreateModel(
            name="Rule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=60)),
                ("market", models.CharField(default="CN", max_length=2)),
                ("effective_from", models.DateField()),
                ("data", models.JSONField()),
                ("source", models.TextField(help_text="Where the numbers come from.")),
            ],
            options={
                "ordering": ["code", "market", "-effective_from"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("code", "market", "effective_from"), name="core_rule_one_version_a_day"
                    )
                ],
            },
        ),
    ]
