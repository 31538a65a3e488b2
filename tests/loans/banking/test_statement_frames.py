"""What a statement says of itself: account, period, balances, and whether they fit its lines and the last statement."""

from datetime import date
from decimal import Decimal

import pytest

from loans.banking.camt054 import read_camt054
from loans.banking.continuity import Joint, continuity
from loans.banking.csv_statement import read_csv
from loans.banking.statement import BadValue, Frame, parse_balance

D = Decimal
HEAD = '账号：6222 0000 1111,起止日期：2026年6月1日至2026年6月30日\n期初余额,"1,000.00",期末余额：1350.00\n'
LINES = "交易日期,交易流水号,贷方金额,借方金额,余额\n2026-06-02,A,500.00,,1500.00\n2026-06-03,B,,150.00,1350.00\n"
CAMT = """<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><Stmt>
 <FrToDt><FrDtTm>2026-06-01T00:00:00+08:00</FrDtTm><ToDtTm>2026-06-30T23:59:59+08:00</ToDtTm></FrToDt>
 <Acct><Id><Othr><Id>6222000011</Id></Othr></Id></Acct>
 <Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy="CNY">20.00</Amt><CdtDbtInd>DBIT</CdtDbtInd></Bal>
 <Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="CNY">75.00</Amt><CdtDbtInd>CRDT</CdtDbtInd></Bal>
 <Ntry><Amt Ccy="CNY">100.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><BookgDt><Dt>2026-06-15</Dt></BookgDt>
  <AcctSvcrRef>K-1</AcctSvcrRef></Ntry>
 <Ntry><Amt Ccy="CNY">5.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><BookgDt><Dt>2026-06-15</Dt></BookgDt></Ntry>
</Stmt></BkToCstmrStmt></Document>"""


def test_a_csv_tells_its_frame_above_the_header() -> None:
    statement = read_csv((HEAD + LINES).encode())

    assert statement.frame == Frame("622200001111", date(2026, 6, 1), date(2026, 6, 30), D("1000.00"), D("1350.00"))
    assert (statement.total, statement.outgoing, statement.sum_out) == (500, 1, 150)
    assert statement.unexplained == 0


def test_running_balances_tell_both_ends_in_either_order() -> None:
    header, first, second, _end = LINES.split("\n")

    for lines in (LINES, "\n".join([header, second, first])):
        frame = read_csv(lines.encode()).frame
        assert (frame.opening, frame.closing, frame.broken_at) == (1000, 1350, None)


def test_an_edited_line_breaks_the_running_balance_and_the_sum() -> None:
    statement = read_csv(
        (HEAD + LINES.replace("A,500.00", "A,9500.00").replace("2026-06-02,A", "2026-06-01,A")).encode()
    )

    assert statement.unexplained == D("-9000.00")
    more = LINES + "2026-06-04,C,9000.00,,1360.00\n"
    assert read_csv(more.encode()).frame.broken_at == 4


def test_a_line_that_cannot_be_read_leaves_the_running_balance_open() -> None:
    frame = read_csv((LINES + "2026-06-04,C,,soon,1360.00\n").encode()).frame

    assert frame == Frame()


def test_a_camt_tells_account_period_and_balances() -> None:
    statement = read_camt054(CAMT.encode())

    assert statement.frame == Frame("6222000011", date(2026, 6, 1), date(2026, 6, 30), D("-20.00"), D("75.00"))
    assert (statement.total, statement.sum_out, statement.unexplained) == (100, 5, 0)


def test_of_several_accounts_no_balance_is_told() -> None:
    second = CAMT[CAMT.index("<Stmt>") : CAMT.index("</BkToCstmrStmt>")].replace("6222000011", "6222000022")
    frame = read_camt054(
        CAMT.replace("</BkToCstmrStmt>", second + "</BkToCstmrStmt>").replace("K-1", "K-1", 1).encode()
    ).frame

    assert (frame.account, frame.opening, frame.closing) == ("6222000011, 6222000022", None, None)


@pytest.mark.parametrize("text", ["", "x", "1000000000000.00"])
def test_a_balance_that_is_none(text: str) -> None:
    with pytest.raises(BadValue):
        parse_balance(text)


@pytest.mark.parametrize(
    ("facts", "joint", "gap"),
    [
        ({"last_closing": D(10), "opening": D(10)}, Joint.CONTINUES, 0),
        ({"last_closing": D(10), "opening": D(12)}, Joint.GAP, 2),
        ({"last_closing": D(10), "opening": D(7)}, Joint.GAP, -3),
        ({"last_closing": None, "opening": D(7)}, Joint.UNKNOWN, 0),
        ({"last_closing": D(10), "opening": None}, Joint.UNKNOWN, 0),
        ({"last_closing": None, "opening": D(7), "is_first": True}, Joint.FIRST, 0),
        ({"last_closing": D(10), "opening": D(12), "account": ""}, Joint.UNKNOWN, 0),
    ],
)
def test_whether_a_statement_goes_on_from_the_last_one(facts: dict[str, object], joint: Joint, gap: int) -> None:
    told = {"account": "1", "last_day": None, "is_first": False, **facts}

    found = continuity(**told)  # type: ignore[arg-type]

    assert (found.joint, found.gap) == (joint, gap)
