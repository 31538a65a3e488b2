"""What risk keeps: scorecards and policies as data, each assessment made with them, and each borrower's limit."""

from risk.models.assessment import Assessment, DoNotLendEntry
from risk.models.limit import CreditLimit, LimitChange, LimitReason
from risk.models.policy import GradePolicy, Scorecard

__all__ = ["Assessment", "CreditLimit", "DoNotLendEntry", "GradePolicy", "LimitChange", "LimitReason", "Scorecard"]
