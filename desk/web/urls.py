"""The desk's own places: my day, search, the borrower, the loan."""

from django.urls import path, re_path

from desk.web import books, books_closing, borrowers, home, loans

app_name = "desk"
urlpatterns = [
    path("", home.home, name="home"),
    path("search", home.search_page, name="search"),
    # /app/books/
    path("books/", books.balances, name="books"),
    path("books/trial-balance.csv", books.balances_file, name="books_file"),
    path("books/accounts/<str:code>/", books.account, name="books_account"),
    path("books/accounts/<str:code>/statement.csv", books.account_file, name="books_account_file"),
    path("books/entries/<int:pk>/", books.entry, name="books_entry"),
    path("books/closing/", books_closing.closing, name="books_closing"),
    path("books/closing/close", books_closing.close, name="books_close"),
    path("books/closing/reopen", books_closing.reopen, name="books_reopen"),
    # /app/borrowers/<number>, /app/loans/<number> and their tabs
    path("borrowers/<str:number>", borrowers.borrower_page, name="borrower"),
    path("loans/<str:number>", loans.loan_page, name="loan"),
    path("loans/<str:number>/books.csv", books.loan_file, name="loan_books_file"),
    re_path(
        r"^loans/(?P<number>[\w-]+)/"
        r"(?P<tab>schedule|transactions|policy|collections|documents|messages|accounting|changes)$",
        loans.loan_page,
        name="loan_tab",
    ),
]
