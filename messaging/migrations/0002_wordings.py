"""The first approved wordings, in both languages, for SMS (which push and WeChat fall back to) and e-mail."""

from django.db import migrations

# code: (subject zh, text zh, subject en, text en). No 【】, no ¥, short variables: gateways refuse the rest.
WORDINGS = {
    "repayment_due_soon": (
        "还款提醒",
        "您的借款{loan_number}将于{due_on}应还{amount}元，请提前备足款项。如已还款请忽略。",
        "Your instalment is due soon",
        "Your loan {loan_number}: CNY {amount} is due on {due_on}. Please have it ready. If you have paid, ignore this.",
    ),
    "repayment_due_today": (
        "今日还款提醒",
        "您的借款{loan_number}今日应还{amount}元，请于今日24点前还款。如已还款请忽略。",
        "Your instalment is due today",
        "Your loan {loan_number}: CNY {amount} is due today. If you have paid, ignore this.",
    ),
    "repayment_overdue": (
        "逾期提醒",
        "您的借款{loan_number}已逾期{days_past_due}天，应还{amount}元。请尽快还款；如有困难，可联系客服商议延期。",
        "Your instalment is overdue",
        "Your loan {loan_number} is {days_past_due} days past due: CNY {amount}. Please pay, or talk to us about more time.",
    ),
    "repayment_received": (
        "还款到账",
        "已收到您于{received_on}为借款{loan_number}还款{amount}元，谢谢。",
        "We received your payment",
        "We received CNY {amount} for your loan {loan_number} on {received_on}. Thank you.",
    ),
    "offer_ready": (
        "申请结果",
        "您的申请{application_number}已通过：金额{amount}元，分{term_count}期。请于{valid_until}前确认。",
        "Your offer is ready",
        "Your application {application_number}: we offer CNY {amount} in {term_count} instalments, until {valid_until}.",
    ),
    "loan_disbursed": (
        "放款通知",
        "您的借款{loan_number}已于{disbursed_on}放款{amount}元，请查收。",
        "Your loan was paid out",
        "Your loan {loan_number}: CNY {amount} was paid out on {disbursed_on}.",
    ),
    "loan_settled": (
        "结清通知",
        "您的借款{loan_number}已于{settled_on}结清，感谢您的信任。",
        "Your loan is settled",
        "Your loan {loan_number} was settled on {settled_on}. Thank you for your trust.",
    ),
    "promise_broken": (
        "还款约定提醒",
        "您承诺{promised_on}为借款{loan_number}还款{amount}元，尚未收到。请还款或联系客服。",
        "Your promised payment has not arrived",
        "You promised CNY {amount} for loan {loan_number} by {promised_on}. It has not arrived. Please pay or call us.",
    ),
    "extension_granted": (
        "展期通知",
        "您的借款{loan_number}已展期{days}天，新的还款日为{due_on}。",
        "You have more time to pay",
        "Your loan {loan_number} was extended by {days} days. The new due date is {due_on}.",
    ),
}
LETTERS = {
    "zh-hans": "您好：\n\n{text}\n\n此邮件由系统发出，请勿直接回复。",
    "en": "Hello,\n\n{text}\n\nThis message was sent by our system; please do not reply to it.",
}


def seed(apps, schema_editor) -> None:
    template = apps.get_model("messaging", "Template")
    rows = []
    for code, (subject_zh, text_zh, subject_en, text_en) in WORDINGS.items():
        for language, subject, text in (("zh-hans", subject_zh, text_zh), ("en", subject_en, text_en)):
            letter = LETTERS[language].replace("{text}", text)
            rows.append(template(code=code, channel="sms", language=language, subject=subject, body=text))
            rows.append(template(code=code, channel="email", language=language, subject=subject, body=letter))
    template.objects.bulk_create(rows, ignore_conflicts=True)


class Migration(migrations.Migration):
    dependencies = [("messaging", "0001_initial")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
