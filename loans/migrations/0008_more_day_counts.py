"""The choices of a product's day count; nothing changes in the table."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("loans", "0007_holds"),
    ]

    operations = [
        migrations.AlterField(
            model_name="historicalproductversion",
            name="day_count",
            field=models.CharField(
                choices=[
                    ("act_365f", "act_365f"),
                    ("act_360", "act_360"),
                    ("30_360", "30_360"),
                    ("act_364", "act_364"),
                    ("act_365_25", "act_365_25"),
                    ("nl_365", "nl_365"),
                    ("30e_360", "30e_360"),
                    ("30e_360_isda", "30e_360_isda"),
                    ("30u_360", "30u_360"),
                    ("act_act_isda", "act_act_isda"),
                    ("act_act_icma", "act_act_icma"),
                    ("act_act_afb", "act_act_afb"),
                    ("eu_remark_c", "eu_remark_c"),
                ],
                default="act_365f",
                max_length=20,
                verbose_name="day count",
            ),
        ),
        migrations.AlterField(
            model_name="productversion",
            name="day_count",
            field=models.CharField(
                choices=[
                    ("act_365f", "act_365f"),
                    ("act_360", "act_360"),
                    ("30_360", "30_360"),
                    ("act_364", "act_364"),
                    ("act_365_25", "act_365_25"),
                    ("nl_365", "nl_365"),
                    ("30e_360", "30e_360"),
                    ("30e_360_isda", "30e_360_isda"),
                    ("30u_360", "30u_360"),
                    ("act_act_isda", "act_act_isda"),
                    ("act_act_icma", "act_act_icma"),
                    ("act_act_afb", "act_act_afb"),
                    ("eu_remark_c", "eu_remark_c"),
                ],
                default="act_365f",
                max_length=20,
                verbose_name="day count",
            ),
        ),
    ]
