"""Addresses of borrowers. The borrower's page itself, `/app/borrowers/<number>`, belongs to the desk."""

from django.urls import path

from borrowers.web import acts, people, reveal

app_name = "borrowers"
urlpatterns = [
    # /app/borrowers/
    path("borrowers/", people.borrower_list, name="borrower_list"),
    path("borrowers/new", people.new_borrower, name="new"),
    path("borrowers/new/said", people.said, name="said"),
    path("identities/", people.identities, name="identities"),
    # /app/borrowers/<number>/
    path("borrowers/<str:number>/contacts/new", acts.add_contact, name="add_contact"),
    path("borrowers/<str:number>/contacts/<int:pk>/state", acts.contact_state, name="contact_state"),
    path("borrowers/<str:number>/contacts/<int:pk>/primary", acts.contact_primary, name="contact_primary"),
    path("borrowers/<str:number>/consents/new", acts.add_consent, name="add_consent"),
    path("borrowers/<str:number>/consents/<int:pk>/withdraw", acts.end_consent, name="end_consent"),
    path("borrowers/<str:number>/occupation", acts.occupation, name="occupation"),
    path("borrowers/<str:number>/identity", acts.confirm, name="confirm_identity"),
    path("borrowers/<str:number>/died", acts.died, name="died"),
    path("borrowers/<str:number>/lives", acts.lives, name="lives"),
    path("borrowers/<str:number>/incomes/new", acts.add_income, name="add_income"),
    path("borrowers/<str:number>/incomes/<int:pk>/verify", acts.prove_income, name="verify_income"),
    path("borrowers/<str:number>/debts/new", acts.add_debt, name="add_debt"),
    path("borrowers/<str:number>/accounts/new", acts.add_account, name="add_account"),
    path("borrowers/<str:number>/accounts/<int:pk>/ask", acts.ask_about_account, name="ask_about_account"),
    path("borrowers/<str:number>/accounts/<int:pk>/pay", acts.pay_to_account, name="pay_to_account"),
    path("borrowers/<str:number>/do-not-contact", acts.do_not_contact, name="do_not_contact"),
    path("borrowers/<str:number>/partner-files/<int:pk>/looked", acts.looked_at_file, name="looked_at_file"),
    path("borrowers/<str:number>/reveal/<slug:field>", reveal.reveal, name="reveal"),
    path("borrowers/<str:number>/reveal/<slug:field>/<int:pk>", reveal.reveal, name="reveal_item"),
    path("borrowers/<str:number>/masked", reveal.masked_again, name="masked_again"),
]
