from django.db import migrations

from core.migration_operations import Seeds, sow_rules


def adopt_scorecard(apps, content) -> None:
    scorecard = apps.get_model("risk", "Scorecard")
    scorecard.objects.bulk_create([scorecard(**content)], ignore_conflicts=True)


def adopt_policy(apps, content) -> None:
    policy = apps.get_model("risk", "GradePolicy")
    policy.objects.bulk_create([policy(**content)], ignore_conflicts=True)


class Migration(migrations.Migration):
    dependencies = [("risk", "0002_law"), ("core", "0001_tables")]
    operations = [
        Seeds(__file__, "rules", sow_rules),
        Seeds(__file__, "scorecard", adopt_scorecard),
        Seeds(__file__, "grades", adopt_policy),
    ]
