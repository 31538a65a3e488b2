"""Small invented tapes in the shape of repeat-loans."""

import csv
from pathlib import Path

COLUMNS = (
    "customerid,systemloanid,loannumber,approveddate,creationdate,loanamount,totaldue,termdays,closeddate,referredby,"
    "firstduedate,firstrepaiddate"
).split(",")

# Ada takes 30 days and repays on the day, Bola is ten days late with 15 days, Chidi pays 60 days back in one go.
ADA = {
    "customerid": "ada",
    "systemloanid": "1001",
    "loannumber": "1",
    "approveddate": "2020-03-02 10:00:00.000000",
    "creationdate": "2020-03-02 09:00:00.000000",
    "loanamount": "10000.0",
    "totaldue": "13000.0",
    "termdays": "30",
    "closeddate": "2020-04-01 08:15:00.000000",
    "referredby": "",
    "firstduedate": "2020-04-01 00:00:00.000000",
    "firstrepaiddate": "2020-04-01 08:14:00.000000",
}
BOLA = ADA | {
    "customerid": "bola",
    "systemloanid": "1002",
    "approveddate": "2020-03-02 18:30:00.000000",
    "creationdate": "2020-03-02 17:30:00.000000",
    "totaldue": "11500.0",
    "termdays": "15",
    "firstduedate": "2020-03-17 00:00:00.000000",
    "closeddate": "2020-03-27 12:00:00.000000",
    "firstrepaiddate": "2020-03-27 11:59:00.000000",
}
CHIDI = ADA | {
    "customerid": "chidi",
    "systemloanid": "1003",
    "approveddate": "2020-03-05 07:00:00.000000",
    "creationdate": "2020-03-05 06:00:00.000000",
    "loanamount": "20000.0",
    "totaldue": "24500.5",
    "termdays": "60",
    "firstduedate": "2020-04-06 00:00:00.000000",
    "closeddate": "2020-04-20 23:59:59.000000",
    "firstrepaiddate": "2020-04-06 09:00:00.000000",
}
# Ada borrows again in the hour after she has repaid.
ADA_AGAIN = ADA | {
    "systemloanid": "1004",
    "loannumber": "2",
    "approveddate": "2020-04-01 09:00:00.000000",
    "creationdate": "2020-04-01 08:30:00.000000",
    "firstduedate": "2020-05-01 00:00:00.000000",
    "closeddate": "2020-04-10 10:00:00.000000",
    "firstrepaiddate": "2020-04-10 09:59:00.000000",
}
ROWS = (ADA, BOLA, CHIDI, ADA_AGAIN)
# The same loans, all paid back within eight days with one event each: for tests that live it in processes of their own.
_DAYS = {"1001": (2, 4), "1002": (3, 7), "1004": (5, 8), "1003": (6, 9)}
WEEK = tuple(
    row
    | {
        "creationdate": f"2020-03-0{lent} 09:00:00.000000",
        "approveddate": f"2020-03-0{lent} 10:00:00.000000",
        "closeddate": f"2020-03-0{repaid} 09:00:00.000000",
    }
    for row in (ADA, BOLA, ADA_AGAIN, CHIDI)
    for lent, repaid in [_DAYS[row["systemloanid"]]]
)


def write_tape(path: Path, rows: tuple[dict[str, str], ...] = ROWS, *, columns: list[str] = COLUMNS) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    return path
