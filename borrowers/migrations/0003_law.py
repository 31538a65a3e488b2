from django.db import migrations

from core.migration_operations import Law


class Migration(migrations.Migration):
    dependencies = [("borrowers", "0002_seeds")]
    operations = [Law(__file__, "facts_by_two"), Law(__file__, "consent_again")]
