from borrowers.api import views
from partners.api.routes import route

urlpatterns = [
    route("borrowers", views.Borrowers.as_view(), "borrowers"),
    route("borrowers/<cus:borrower_id>", views.BorrowerDetail.as_view(), "borrower"),
    route("borrowers/<cus:borrower_id>/consents", views.Consents.as_view(), "borrower_consents"),
    route("borrowers/<cus:borrower_id>/contact_points", views.ContactPoints.as_view(), "borrower_contact_points"),
    route("borrowers/<cus:borrower_id>/incomes", views.Incomes.as_view(), "borrower_incomes"),
    route("borrowers/<cus:borrower_id>/external_debts", views.ExternalDebts.as_view(), "borrower_external_debts"),
    route("borrowers/<cus:borrower_id>/bank_accounts", views.BankAccounts.as_view(), "borrower_bank_accounts"),
]
