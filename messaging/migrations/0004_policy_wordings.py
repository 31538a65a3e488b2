"""The wordings about a policy pledged for a loan: cover low, lapse ahead, lapsed, reinstated."""

from django.db import migrations

TEXTS = {
    "policy_cover_low": (
        "保单现金价值预警",
        "保单借款{loan_number}欠{owed}元，已达现金价值的{percent}%，满额后保单将中止，请还款。",
        "Your policy's cash value is nearly used up",
        "Loan {loan_number}: you owe CNY {owed}, {percent} % of your policy's cash value. At 100 % the policy lapses. "
        "Please pay soon.",
    ),
    "policy_lapse_ahead": (
        "保单中止通知",
        "最迟{last_day}为保单借款{loan_number}还款{amount}元以上，否则保单将中止。",
        "Your policy will lapse",
        "Pay at least CNY {amount} for loan {loan_number} by {last_day}: its debt has reached your policy's cash value "
        "and the policy will lapse.",
    ),
    "policy_lapsed": (
        "保单已中止",
        "保单已中止，现金价值{paid}元抵还{loan_number}，尚欠{owed}元，还清可复效。",
        "Your policy has lapsed",
        "Your policy lapsed. Its cash value of CNY {paid} was paid against loan {loan_number}; CNY {owed} is still owed. "
        "Paying debt and interest in time reinstates it.",
    ),
    "policy_reinstated": (
        "保单已复效",
        "借款{loan_number}已还清，质押保单自{reinstated_on}起复效。",
        "Your policy is in force again",
        "Loan {loan_number} is paid and your policy is in force again from {reinstated_on}.",
    ),
}
LETTERS = {
    "zh-hans": "您好：\n\n{text}\n\n此邮件由系统发出，请勿直接回复。",
    "en": "Hello,\n\n{text}\n\nThis message was sent by our system; please do not reply to it.",
}


def seed(apps, schema_editor) -> None:
    template = apps.get_model("messaging", "Template")
    for code, (subject_zh, text_zh, subject_en, text_en) in TEXTS.items():
        for language, subject, text in (("zh-hans", subject_zh, text_zh), ("en", subject_en, text_en)):
            letter = LETTERS[language].replace("{text}", text)
            for channel, body in (("sms", text), ("email", letter)):
                template.objects.get_or_create(
                    code=code, channel=channel, language=language, defaults={"subject": subject, "body": body}
                )


class Migration(migrations.Migration):
    dependencies = [("messaging", "0003_loan_changed")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
