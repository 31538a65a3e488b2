from django.db import migrations

from core.migration_operations import Seeds


def word_messages(apps, content) -> None:
    template = apps.get_model("messaging", "Template")
    rows = []
    for wording in content["wording"]:
        for language, letter in content["letters"].items():
            subject, text = wording[language]["subject"], wording[language]["text"]
            for channel, body in (("sms", text), ("email", letter.replace("{text}", text))):
                named = {"code": wording["code"], "channel": channel, "language": language}
                rows.append(template(subject=subject, body=body, **named))
    template.objects.bulk_create(rows, ignore_conflicts=True)


class Migration(migrations.Migration):
    dependencies = [("messaging", "0002_law")]
    operations = [Seeds(__file__, "wordings", word_messages)]
