"""The desk's own places: my day, search, the borrower, the loan."""

from django.urls import path, re_path

from desk.web import borrowers, home, loans

app_name = "desk"
urlpatterns = [
    path("", home.home, name="home"),
    path("search", home.search_page, name="search"),
    # /app/borrowers/<number>, /app/loans/<number> and their tabs
    path("borrowers/<str:number>", borrowers.borrower_page, name="borrower"),
    path("loans/<str:number>", loans.loan_page, name="loan"),
    re_path(
        r"^loans/(?P<number>[\w-]+)/"
        r"(?P<tab>schedule|transactions|policy|collections|documents|messages|accounting|changes)$",
        loans.loan_page,
        name="loan_tab",
    ),
]
