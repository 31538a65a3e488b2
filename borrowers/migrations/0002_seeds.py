from django.db import migrations

from core.migration_operations import Seeds, sow_rules


def word_consents(apps, content) -> None:
    consent_text = apps.get_model("borrowers", "ConsentText")
    first = {"version": content["version"], "effective_from": content["effective_from"]}
    rows = [
        consent_text(purpose=consent["purpose"], language=language, text=consent[language], **first)
        for consent in content["consent"]
        for language in ("zh-hans", "en")
    ]
    consent_text.objects.bulk_create(rows, ignore_conflicts=True)


class Migration(migrations.Migration):
    dependencies = [("borrowers", "0001_tables"), ("core", "0001_tables")]
    operations = [Seeds(__file__, "consent_texts", word_consents), Seeds(__file__, "rules", sow_rules)]
