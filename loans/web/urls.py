"""Addresses of loans, payments and products. The loan's page itself, `/app/loans/<number>`, belongs to the desk."""

from django.urls import path

from loans.web import (
    acts,
    applications,
    calendars,
    disbursements,
    drawdowns,
    gate,
    loans,
    merchants,
    payments,
    policies,
    product_design,
    products,
    receipts,
)

app_name = "loans"
urlpatterns = [
    # /app/loans/
    path("loans/", loans.loan_list, name="loan_list"),
    # The acts; those that people know by an address of their own keep it.
    path("loans/<str:number>/pay", acts.pay, name="loan_pay"),
    path("loans/<str:number>/settle", acts.act, {"code": "early_settlement"}, name="loan_settle"),
    path("loans/<str:number>/settle/quote", acts.settle_quote, name="loan_settle_quote"),
    path("loans/<str:number>/refund", acts.act, {"code": "refund"}, name="loan_refund"),
    path("loans/<str:number>/extend", acts.act, {"code": "extension"}, name="loan_extend"),
    path("loans/<str:number>/waive", acts.act, {"code": "waiver"}, name="loan_waive"),
    path("loans/<str:number>/write-off", acts.act, {"code": "write_off"}, name="loan_write_off"),
    path("loans/<str:number>/acts/", acts.act_menu, name="loan_acts"),
    path("loans/<str:number>/acts/<slug:code>", acts.act, name="loan_act"),
    path("loans/<str:number>/acts/<slug:code>/preview", acts.act_preview, name="loan_act_preview"),
    path("loans/<str:number>/acts/<str:act_id>/undo", acts.act_undo, name="loan_act_undo"),
    path("loans/<str:number>/disburse", disbursements.disburse, name="loan_disburse"),
    path("loans/<str:number>/override", gate.override_payout, name="loan_override"),
    path("loans/<str:number>/drawdowns/<str:order>/send", drawdowns.send, name="drawdown_send"),
    path("loans/<str:number>/drawdowns/<str:order>/retry", drawdowns.retry, name="drawdown_retry"),
    path("loans/<str:number>/drawdowns/<str:order>/cancel", drawdowns.cancel, name="drawdown_cancel"),
    path("loans/<str:number>/why/<slug:what>", loans.why, name="loan_why"),
    path("loans/<str:number>/contract", loans.contract, name="loan_contract"),
    path("loans/<str:number>/policy/review", policies.review, name="policy_review"),
    path("loans/<str:number>/policy/capitalise", policies.capitalise, name="policy_capitalise"),
    path("loans/<str:number>/policy/cash-value", policies.cash_value, name="policy_cash_value"),
    path("loans/<str:number>/policy/reinstate", policies.reinstate, name="policy_reinstate"),
    path("loans/<str:number>/policy/release", policies.release, name="policy_release"),
    # /app/policies/
    path("policies/", policies.policy_list, name="policies"),
    path("policies/pledge", policies.pledge, name="policy_pledge"),
    # /app/applications/
    path("applications/", applications.application_list, name="applications"),
    path("applications/quote", applications.quote, name="quote"),
    path("applications/<str:number>/accept", applications.accept, name="application_accept"),
    path("applications/<str:number>/override", gate.override_acceptance, name="application_override"),
    path("applications/<str:number>/withdraw", applications.withdraw, name="application_withdraw"),
    path("applications/<str:number>/disburse", applications.disburse, name="application_disburse"),
    path("applications/<str:number>/disburse/retry", applications.retry_disbursement, name="application_retry"),
    path("applications/<str:number>/disburse/cancel", applications.cancel_disbursement, name="application_cancel"),
    path("overrides/", gate.override_list, name="overrides"),
    # /app/payments/
    path("payments/", payments.payment_list, name="payments"),
    path("payments/unmatched/", payments.unmatched_list, name="payments_unmatched"),
    path("payments/unmatched/<int:pk>", payments.incoming_payment, name="incoming_payment"),
    path("payments/unmatched/<int:pk>/return", payments.return_payment, name="incoming_payment_return"),
    path("payments/files/", payments.file_list, name="payment_files"),
    path("payments/files/<int:pk>", payments.file_detail, name="payment_file"),
    path("payments/import", payments.import_file, name="payment_import"),
    path("payments/import/commit", payments.import_commit, name="payment_import_commit"),
    path("payments/<str:number>", loans.receipt, name="receipt"),
    path("payments/<str:number>/reverse", receipts.reverse, name="repayment_reverse"),
    path("payments/<str:number>/reverse/preview", receipts.reverse_preview, name="repayment_reverse_preview"),
    # /app/products/
    path("products/", products.product_list, name="products"),
    path("products/<slug:code>", products.product_page, name="product"),
    path("products/<slug:code>/design", product_design.product_design, name="product_design"),
    path("products/<slug:code>/design/preview", product_design.product_design_preview, name="product_design_preview"),
    path("products/<slug:code>/copy", product_design.product_copy, name="product_copy"),
    path("products/<slug:code>/end-of-sale", product_design.product_end_of_sale, name="product_end_of_sale"),
    path("products/versions/<int:pk>", product_design.product_version, name="product_version"),
    path("products/versions/<int:pk>/ask", product_design.product_version_ask, name="product_version_ask"),
    # /app/merchants/
    path("merchants/", merchants.merchant_list, name="merchants"),
    path("merchants/new", merchants.merchant_new, name="merchant_new"),
    path("merchants/<str:merchant_id>", merchants.merchant_page, name="merchant"),
    path("merchants/<str:merchant_id>/edit", merchants.merchant_edit, name="merchant_edit"),
    path("merchants/<str:merchant_id>/account", merchants.merchant_account, name="merchant_account"),
    path("merchants/<str:merchant_id>/account/show", merchants.merchant_account_show, name="merchant_account_show"),
    path(
        "merchants/<str:merchant_id>/account/asked/show",
        merchants.merchant_account_show,
        {"asked": True},
        name="merchant_asked_account_show",
    ),
    # /app/calendars/
    path("calendars/", calendars.calendar_list, name="calendars"),
    path("calendars/<slug:code>", calendars.calendar_page, name="calendar"),
]
