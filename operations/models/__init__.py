"""What operations must remember to survive a kill."""

from operations.models.business_days import (
    BusinessDay,
    ChangedLoan,
    DemoLoad,
    DemoStory,
    EndOfDayChunk,
    EndOfDayRun,
    FailingJob,
    ImportBatch,
    ImportRow,
    LongJob,
)
from operations.models.verification import Verification, VerificationChunk, VerificationDifference

__all__ = [
    "BusinessDay",
    "ChangedLoan",
    "DemoLoad",
    "DemoStory",
    "EndOfDayChunk",
    "EndOfDayRun",
    "FailingJob",
    "ImportBatch",
    "ImportRow",
    "LongJob",
    "Verification",
    "VerificationChunk",
    "VerificationDifference",
]
