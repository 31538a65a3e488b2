from desk.api.books import AccountLines, TrialBalances
from desk.api.views import Enums
from partners.api.routes import route

urlpatterns = [
    route("enums", Enums.as_view(), "enums"),
    route("books/trial_balance", TrialBalances.as_view(), "trial_balance"),
    route("books/lines", AccountLines.as_view(), "account_lines"),
]
