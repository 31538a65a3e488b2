"""The sentences behind the codes of the bank file rooms, in one place so that each is translated once."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

ROW_ERRORS: dict[str, str | Promise] = {
    "amount_missing": _("The amount is missing."),
    "amount_unreadable": _("This is not an amount."),
    "amount_below_one_cent": _("The amount has more than two decimals."),
    "amount_too_large": _("The amount is too large."),
    "amount_zero": _("The amount is zero."),
    "date_missing": _("The date is missing."),
    "date_unreadable": _("This is not a date. Write it as 2026-06-15."),
    "date_impossible": _("This day does not exist."),
    "date_out_of_range": _("The day lies too far back."),
    "text_not_plain": _("The text holds a sign that cannot be seen or that turns the direction of reading."),
    "reference_missing": _("The bank's reference is missing. Without it a repeated payment cannot be recognised."),
    "reference_mangled_by_excel": _("Excel shortened this number. Format the column as text and export again."),
    "reference_too_long": _("The reference is longer than 64 characters."),
    "reference_repeated": _("This reference stands in the file twice."),
    "encoding_unknown": _("The file is neither UTF-8 nor GB18030 text."),
    "not_a_csv": _("This is not a CSV file. Export the statement as CSV or camt.054."),
    "header_missing": _("No header line was found. These columns are needed: date, amount, reference."),
    "too_many_rows": _("The file has more than 50,000 rows. Split it and import the parts."),
    "xml_unreadable": _("The XML of this file is broken."),
    "xml_with_doctype": _("The XML declares a document type, which a statement never needs. It was not opened."),
}

UNMATCHED: dict[str, str | Promise] = {
    "no_reference": _("No loan number in the remark, and the payer's account is not known."),
    "loan_unknown": _("The remark names a loan that does not exist."),
    "loan_closed": _("The remark names a loan that takes no more money."),
    "several_loans": _("The payer has several loans and the remark does not say which."),
    "payment_above_owed": _("More than the loan owes: what was not credited waits."),
    "incoming_payment_contradicted": _("The bank's own statement says otherwise."),
    "line_decided": _("Two people decided which of two lines is the bank's: it can be matched."),
    "taken_back": _("It was taken back from the loan it was credited to."),
    "payment_looks_repeated": _("A receipt looks the same: look whether this is another payment."),
}

MATCHED_HOW: dict[str, str | Promise] = {
    "loan_number": _("loan number in the remark"),
    "payer_account": _("payer's account"),
    "by_hand": _("by hand"),
}


def row_error(code: str) -> str:
    return str(ROW_ERRORS.get(code, code))


def unmatched(code: str) -> str:
    return str(UNMATCHED.get(code, _("The loan refused the payment (%(code)s).") % {"code": code})) if code else ""


def matched_how(code: str) -> str:
    return str(MATCHED_HOW.get(code, code))
