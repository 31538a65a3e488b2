"""The first wordings of the consents, one purpose each, in both languages."""

from datetime import date

from django.db import migrations

VERSION, IN_FORCE_FROM = "2026-01", date(2015, 1, 1)
TEXTS = {
    "personal_data": (
        "我同意贷款人为办理和管理本人借款，处理我的姓名、身份证件号码、手机号码及申请资料。我可以随时撤回本同意。",
        "I agree that the lender uses my name, identity number, mobile number and application data to handle my loan. "
        "I may withdraw this at any time.",
    ),
    "sensitive_data": (
        "我单独同意贷款人为放款和还款，处理我的银行账户信息。我可以随时撤回本同意。",
        "I separately agree that the lender uses my bank account data to pay out and collect the loan. "
        "I may withdraw this at any time.",
    ),
    "credit_query": (
        "我授权贷款人为审批和贷后管理，向金融信用信息基础数据库查询本人信用报告。",
        "I authorise the lender to query my credit report for the decision on this loan and for its administration.",
    ),
    "credit_report": (
        "我知悉并同意贷款人向金融信用信息基础数据库报送本人借款信息；报送不良信息前将告知我。",
        "I agree that the lender reports this loan to the credit bureau; I will be told before adverse items are reported.",
    ),
    "third_party": (
        "我单独同意贷款人将办理借款所必需的信息提供给其公示的合作机构。我可以随时撤回本同意。",
        "I separately agree that the lender passes the data needed for this loan to its published partners. "
        "I may withdraw this at any time.",
    ),
    "automated_decision": (
        "我知悉审批可由系统自动作出，我有权要求说明理由并要求人工复核。",
        "I know that the decision may be made by software; I may ask for the reasons and for a review by a person.",
    ),
    "electronic_messages": (
        "我同意接收与借款有关的还款提醒信息。我可以随时撤回本同意。",
        "I agree to receive reminders about my loan by message. I may withdraw this at any time.",
    ),
}


def seed(apps, schema_editor) -> None:
    consent_text = apps.get_model("borrowers", "ConsentText")
    rows = [
        consent_text(purpose=purpose, language=language, version=VERSION, text=text, effective_from=IN_FORCE_FROM)
        for purpose, texts in TEXTS.items()
        for language, text in zip(("zh-hans", "en"), texts, strict=True)
    ]
    consent_text.objects.bulk_create(rows, ignore_conflicts=True)


class Migration(migrations.Migration):
    dependencies = [("borrowers", "0001_initial")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
