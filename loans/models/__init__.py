"""The data of lending."""

from loans.models.account_mapping import AccountMapping
from loans.models.act import MERCHANT_REFUND, ActStatus, LoanAct
from loans.models.application import FROM_IMPORT, Application, ApplicationStatus, DecisionSource, Outcome
from loans.models.bank_file import (
    BankFile,
    BankFileContent,
    BankFileStatus,
    IncomingPayment,
    IncomingPaymentShare,
    IncomingPaymentStatus,
    MatchGround,
)
from loans.models.disbursement import BankTransfer, Disbursement, DisbursementStatus, SimulatedPayment
from loans.models.gate import GateAct, GateOverride, GateVerdict
from loans.models.instalment import Instalment
from loans.models.loan import Loan, LoanStatus
from loans.models.merchant import Merchant
from loans.models.offer import Contract, Offer, OfferStatus
from loans.models.pledge import (
    CURABLE_PLEDGES,
    LIVE_PLEDGES,
    CashValueGrowth,
    PledgeStatus,
    PolicyCashValue,
    PolicyPledge,
)
from loans.models.portfolio_day import PortfolioDay
from loans.models.position import LoanPosition, RiskClass
from loans.models.product import (
    FeeDue,
    Product,
    ProductVersion,
    RepaymentFrequency,
    RepaymentMethod,
    VersionStatus,
)
from loans.models.purpose import LoanPurpose
from loans.models.repayment import (
    WITHOUT_BANK_LINE,
    Repayment,
    RepaymentChannel,
    RepaymentLine,
    RepaymentStatus,
)
from loans.models.servicing import Accrual, LoanTransition, Mandate, MandateAttempt, MandateStatus, NightAccrual
from loans.models.set_aside import SetAside

__all__ = [
    "CURABLE_PLEDGES",
    "FROM_IMPORT",
    "LIVE_PLEDGES",
    "MERCHANT_REFUND",
    "WITHOUT_BANK_LINE",
    "AccountMapping",
    "Accrual",
    "ActStatus",
    "Application",
    "ApplicationStatus",
    "BankFile",
    "BankFileContent",
    "BankFileStatus",
    "BankTransfer",
    "CashValueGrowth",
    "Contract",
    "DecisionSource",
    "Disbursement",
    "DisbursementStatus",
    "FeeDue",
    "GateAct",
    "GateOverride",
    "GateVerdict",
    "IncomingPayment",
    "IncomingPaymentShare",
    "IncomingPaymentStatus",
    "Instalment",
    "Loan",
    "LoanAct",
    "LoanPosition",
    "LoanPurpose",
    "LoanStatus",
    "LoanTransition",
    "Mandate",
    "MandateAttempt",
    "MandateStatus",
    "MatchGround",
    "Merchant",
    "NightAccrual",
    "Offer",
    "OfferStatus",
    "Outcome",
    "PledgeStatus",
    "PolicyCashValue",
    "PolicyPledge",
    "PortfolioDay",
    "Product",
    "ProductVersion",
    "Repayment",
    "RepaymentChannel",
    "RepaymentFrequency",
    "RepaymentLine",
    "RepaymentMethod",
    "RepaymentStatus",
    "RiskClass",
    "SetAside",
    "SimulatedPayment",
    "VersionStatus",
]
