"""The wording that tells a borrower what was changed about a running loan."""

from django.db import migrations

TEXTS = {
    "zh-hans": ("借款变更通知", "您的借款{loan_number}已变更：{change}。如有疑问请联系客服。"),
    "en": ("Your loan was changed", "Your loan {loan_number} was changed: {change}. Call us with any question."),
}
LETTERS = {
    "zh-hans": "您好：\n\n{text}\n\n此邮件由系统发出，请勿直接回复。",
    "en": "Hello,\n\n{text}\n\nThis message was sent by our system; please do not reply to it.",
}


def seed(apps, schema_editor) -> None:
    template = apps.get_model("messaging", "Template")
    for language, (subject, text) in TEXTS.items():
        letter = LETTERS[language].replace("{text}", text)
        for channel, body in (("sms", text), ("email", letter)):
            template.objects.get_or_create(
                code="loan_changed", channel=channel, language=language, defaults={"subject": subject, "body": body}
            )


class Migration(migrations.Migration):
    dependencies = [("messaging", "0002_wordings")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
