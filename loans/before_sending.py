"""Who reads a loan again before a message about it is sent; imported when Django starts (``messaging.rereading``)."""

from loans.notices.rereading import REMINDERS, acts_today, offers_today, receipts_today, reminders_today
from loans.pledges.notices_today import NOTICES, pledges_today
from messaging.rereading import register

register(REMINDERS, reminders_today)
register(["offer_ready"], offers_today)
register(["repayment_received", "loan_settled"], receipts_today)
register(["extension_granted", "loan_changed"], acts_today)
register(NOTICES, pledges_today)
