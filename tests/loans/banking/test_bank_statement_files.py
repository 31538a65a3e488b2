"""Reading statements: what banks and Excel really send, and every mistake reported at once."""

from datetime import date
from decimal import Decimal

import pytest

from loans.banking.camt054 import looks_like_camt, read_camt054
from loans.banking.csv_statement import read_csv
from loans.banking.statement import BadValue, parse_amount, parse_date

ENGLISH = "date,amount,reference,payer,remark\n2026-06-15,936.67,B-1,Lin Xiaoyu,LN-2026-000418\n"
CHINESE = (
    "账户名称：示例消费金融,,,,\n"
    "交易日期,交易流水号,贷方金额,借方金额,对方户名,对方账号,附言\n"
    '2026年6月15日,00012345,"1,234.50",,林小雨,6222 0212 3456,还款 LN-2026-000418\n'
    "20260615,00012346,,500.00,某公司,,手续费\n"
)
CAMT = """<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.054.001.08"><BkToCstmrDbtCdtNtfctn><Ntfctn>
 <Ntry><Amt Ccy="CNY">936.67</Amt><CdtDbtInd>CRDT</CdtDbtInd><BookgDt><Dt>2026-06-15</Dt></BookgDt>
  <NtryDtls><TxDtls><Refs><AcctSvcrRef>BK-1</AcctSvcrRef></Refs>
   <RltdPties><Dbtr><Pty><Nm>Lin Xiaoyu</Nm></Pty></Dbtr></RltdPties>
   <RmtInf><Ustrd>LN-2026-000418</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>
 <Ntry><Amt Ccy="CNY">5.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><BookgDt><Dt>2026-06-15</Dt></BookgDt></Ntry>
</Ntfctn></BkToCstmrDbtCdtNtfctn></Document>"""


def test_an_english_file_is_read_row_by_row() -> None:
    statement = read_csv(ENGLISH.encode())

    (row,) = statement.rows
    assert (row.line, row.paid_on, row.amount, row.bank_reference) == (2, date(2026, 6, 15), Decimal("936.67"), "B-1")
    assert row.remark == "LN-2026-000418"
    assert statement.errors == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_chinese_file_reads_the_same_in_every_encoding(encoding: str) -> None:
    statement = read_csv(CHINESE.encode(encoding))

    (row,) = statement.rows
    assert (row.payer_name, row.amount, row.paid_on) == ("林小雨", Decimal("1234.50"), date(2026, 6, 15))
    assert row.payer_account == "622202123456"
    assert row.line == 3
    assert statement.outgoing == 1


def test_every_mistake_of_every_row_is_named_with_its_line_and_column() -> None:
    content = (
        "date,amount,reference\n"
        "2026-13-01,12.00,A\n"
        "yesterday,-,B\n"
        "2026-06-01,12.345,C\n"
        "2026-06-01,0.00,D\n"
        "2026-06-01,1.00,\n"
        "2026-06-01,1.00,6.22E+15\n"
        "2026-06-01,1.00,F\n"
        "2026-06-02,1.00,F\n"
    )

    statement = read_csv(content.encode())

    assert [(e.line, e.column, e.code) for e in statement.errors] == [
        (2, "date", "date_impossible"),
        (3, "date", "date_unreadable"),
        (3, "amount", "amount_unreadable"),
        (4, "amount", "amount_below_one_cent"),
        (5, "amount", "amount_zero"),
        (6, "reference", "reference_missing"),
        (7, "reference", "reference_mangled_by_excel"),
        (9, "reference", "reference_repeated"),
    ]
    assert [row.bank_reference for row in statement.rows] == ["F"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "not_a_csv"),
        (b"\x00\x01\x02\x03", "not_a_csv"),
        (b"\xff\xfe\xff\xff\xff", "encoding_unknown"),
        (b"name,age\nLin,30\n", "header_missing"),
    ],
)
def test_a_file_that_is_no_statement_is_refused_as_a_whole(content: bytes, code: str) -> None:
    statement = read_csv(content)

    assert [error.code for error in statement.errors] == [code]
    assert statement.rows == []


@pytest.mark.parametrize("text", ["１，２３４．５０", "¥1,234.50", "1234.5", "1 234.50 元", "CNY 1234.50"])
def test_amounts_are_read_however_they_are_decorated(text: str) -> None:
    assert parse_amount(text) == Decimal("1234.50")


@pytest.mark.parametrize("text", ["NaN", "Infinity", "1e3", "12..5", "999999999999"])
def test_amounts_that_are_not_plain_numbers_are_refused(text: str) -> None:
    with pytest.raises(BadValue):
        parse_amount(text)


@pytest.mark.parametrize("text", ["2026-06-15", "2026/6/15", "20260615", "2026.06.15", "2026-06-15 09:30:00"])
def test_dates_are_read_in_the_usual_shapes(text: str) -> None:
    assert parse_date(text) == date(2026, 6, 15)


def test_a_camt054_notification_gives_its_credits_and_skips_its_debits() -> None:
    content = CAMT.encode()

    statement = read_camt054(content)

    (row,) = statement.rows
    assert looks_like_camt(content)
    assert (row.amount, row.bank_reference, row.payer_name) == (Decimal("936.67"), "BK-1", "Lin Xiaoyu")
    assert row.remark == "LN-2026-000418"
    assert statement.outgoing == 1


def test_a_camt054_file_with_a_document_type_is_refused() -> None:
    content = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x "y">]><Document>camt.054</Document>'

    assert [error.code for error in read_camt054(content).errors] == ["xml_with_doctype"]


def test_line_ends_of_every_office_are_read_and_a_cell_without_end_is_refused() -> None:
    (row,) = read_csv(ENGLISH.replace("\n", "\r").encode()).rows
    endless = read_csv((ENGLISH + '2026-06-15,1.00,B-2,"' + "x" * 200_000).encode())

    assert row.bank_reference == "B-1"
    assert [error.code for error in endless.errors] == ["not_a_csv"]


@pytest.mark.parametrize(
    ("before", "after", "code"),
    [("DBIT", "CRDT", "reference_missing"), ("936.67", "0.00", "amount_zero"), ("936.67", "-1", "amount_unreadable")],
)
def test_a_camt054_entry_that_cannot_be_credited_is_named(before: str, after: str, code: str) -> None:
    assert [error.code for error in read_camt054(CAMT.replace(before, after).encode()).errors] == [code]


def test_a_reference_that_a_camt054_file_uses_twice_counts_once() -> None:
    entry = CAMT[CAMT.index(" <Ntry>") : CAMT.index("</Ntry>") + len("</Ntry>")]
    statement = read_camt054(CAMT.replace(entry, entry + entry, 1).encode())

    assert len(statement.rows) == 1
    assert [error.code for error in statement.errors] == ["reference_repeated"]
