"""Reads a statement file of either format."""

from loans.banking.camt054 import looks_like_camt, read_camt054
from loans.banking.csv_statement import read_csv
from loans.banking.statement import Statement


def read_statement(content: bytes) -> Statement:
    """What the bytes of a file say, in whichever of the formats they are."""
    return read_camt054(content) if looks_like_camt(content) else read_csv(content)
