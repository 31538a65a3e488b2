"""What the team of the demo wrote down, keeps on file and asks each other for: so that these pages are not empty on the
first morning."""

from __future__ import annotations

from datetime import date

from casework import asking, clock, notes
from casework.evidence import Told, take_in
from casework.models import Source
from core import business_date
from loans.models import Application, Loan
from staff.models import User

Team = dict[str, User]
STATEMENT = "月收入约 6,800 元，每月 10 日由单位发放，银行流水下周补交。"


def leave_on_application(team: Team, application: Application, on: date) -> None:
    """What the borrower said of their income, and a note that has the underwriter look at it."""
    officer, underwriter = team["officer"], team["underwriter"]
    told = Told(kind="statement", source=Source.BORROWER, name="statement.txt", content_type="text/plain")
    take_in(STATEMENT.encode(), application, told, by=officer, on=on, now=business_date.now())
    words = f"客户称收入证明下周补交，@{underwriter.username} 审批时请留意。"
    notes.write(application, words, by=officer, now=clock.now())


def ask_about_loan(team: Team, loan: Loan) -> None:
    """The collections lead asks operations to see to a payout that the bank refused."""
    asking.ask_for(
        "loan.follow_up",
        loan,
        what="核对借款人的新账户后重新放款",
        team="operations",
        by=team["team_lead"],
        urgent_because="借款人明天用款",
        now=clock.now(),
    )
