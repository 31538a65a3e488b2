from loans.api import (
    act_views,
    merchant_views,
    policy_views,
    preview_views,
    price_tables,
    reversal_views,
    servicing_views,
    views,
)
from partners.api.routes import route

urlpatterns = [
    route("products", views.Products.as_view(), "products"),
    route("products/<prod:product_id>", views.ProductDetail.as_view(), "product"),
    route("merchants", merchant_views.Merchants.as_view(), "merchants"),
    route("merchants/<mer:merchant_id>", merchant_views.MerchantDetail.as_view(), "merchant"),
    route("products/<prod:product_id>/price_table", price_tables.PriceTables.as_view(), "product_price_table"),
    route("quotes", views.Quotes.as_view(), "quotes"),
    route("applications", views.Applications.as_view(), "applications"),
    route("applications/<app:application_id>", views.ApplicationDetail.as_view(), "application"),
    route("applications/<app:application_id>/submit", views.Submit.as_view(), "application_submit"),
    route("applications/<app:application_id>/withdraw", views.Withdraw.as_view(), "application_withdraw"),
    route("applications/<app:application_id>/decision", views.DecisionDetail.as_view(), "application_decision"),
    route("offers/<off:offer_id>", views.OfferDetail.as_view(), "offer"),
    route("offers/<off:offer_id>/accept", views.Accept.as_view(), "offer_accept"),
    route("loans", servicing_views.Loans.as_view(), "loans"),
    route("loans/<loan:loan_id>", servicing_views.LoanDetail.as_view(), "loan"),
    route("loans/<loan:loan_id>/schedule", servicing_views.ScheduleDetail.as_view(), "loan_schedule"),
    route("loans/<loan:loan_id>/transactions", servicing_views.Transactions.as_view(), "loan_transactions"),
    route("loans/<loan:loan_id>/payoff_quote", servicing_views.PayoffQuote.as_view(), "loan_payoff_quote"),
    route("act_kinds", act_views.ActKinds.as_view(), "act_kinds"),
    route("loans/<loan:loan_id>/acts", act_views.Acts.as_view(), "loan_acts"),
    route("loans/<loan:loan_id>/acts/preview", act_views.ActPreview.as_view(), "loan_act_preview"),
    route("loans/<loan:loan_id>/acts/<act:act_id>/undo", act_views.ActUndo.as_view(), "loan_act_undo"),
    route(
        "loans/<loan:loan_id>/waivers/<wvr:row_id>/reverse", reversal_views.WaiverReverse.as_view(), "waiver_reverse"
    ),
    route(
        "loans/<loan:loan_id>/extensions/<ext:row_id>/reverse",
        reversal_views.ExtensionReverse.as_view(),
        "extension_reverse",
    ),
    route(
        "loans/<loan:loan_id>/refunds/<rfd:row_id>/reverse", reversal_views.RefundReverse.as_view(), "refund_reverse"
    ),
    route("loans/<loan:loan_id>/policy", policy_views.PolicyDetail.as_view(), "loan_policy"),
    route("policies", policy_views.PolicyPledges.as_view(), "policy_pledges"),
    route("policies/<plg:policy_id>", policy_views.PolicyPledgeDetail.as_view(), "policy_pledge"),
    route("policies/<plg:policy_id>/cash_values", policy_views.CashValues.as_view(), "policy_cash_values"),
    route("policies/<plg:policy_id>/review", policy_views.Review.as_view(), "policy_review"),
    route("policies/<plg:policy_id>/release", policy_views.Release.as_view(), "policy_release"),
    route(
        "policies/<plg:policy_id>/reinstatement_quote",
        policy_views.ReinstatementQuote.as_view(),
        "policy_reinstatement_quote",
    ),
    route("policies/<plg:policy_id>/reinstate", policy_views.Reinstate.as_view(), "policy_reinstate"),
    route("repayments", servicing_views.Repayments.as_view(), "repayments"),
    route("repayments/preview", preview_views.RepaymentPreview.as_view(), "repayment_preview"),
    route("repayments/<rep:repayment_id>", servicing_views.RepaymentDetail.as_view(), "repayment"),
    route("repayments/<rep:repayment_id>/reverse", servicing_views.Reverse.as_view(), "repayment_reverse"),
    route(
        "repayments/<rep:repayment_id>/reverse/preview",
        preview_views.ReversalPreview.as_view(),
        "repayment_reverse_preview",
    ),
]
