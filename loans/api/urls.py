from loans.api import act_views, policy_views, reversal_views, servicing_views, views
from partners.api.routes import route

urlpatterns = [
    route("products", views.Products.as_view(), "products"),
    route("products/<prod:product_id>", views.ProductDetail.as_view(), "product"),
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
    route("repayments", servicing_views.Repayments.as_view(), "repayments"),
    route("repayments/<rep:repayment_id>", servicing_views.RepaymentDetail.as_view(), "repayment"),
    route("repayments/<rep:repayment_id>/reverse", servicing_views.Reverse.as_view(), "repayment_reverse"),
]
