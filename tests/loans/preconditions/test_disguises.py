"""Forbidden purposes in disguise, and honest notes that look a little like them, by the words of a new house."""

import tomllib
from pathlib import Path

import pytest

from loans.preconditions.look_alikes import FOR_LETTERS, LOOK_ALIKES
from loans.preconditions.wording import plain, says

SEEDS = Path("loans/seeds/loan_purposes.toml")
WORDS = {row["code"]: row.get("words", []) for row in tomllib.loads(SEEDS.read_text("utf-8"))["purpose"]}
DISGUISED = [
    # Chinese: taken apart, widened, in traditional characters, mixed with pinyin, with another character of the same sound
    ("炒 股", "securities"),
    ("炒.股", "securities"),
    ("炒_股_", "securities"),
    ("炒·股", "securities"),
    ("炒/股/票", "securities"),
    ("炒💰股", "securities"),
    ("炒\u200b股", "securities"),
    ("炒\u2060\ufeff股", "securities"),
    ("炒\n\n股", "securities"),
    ("《炒》《股》", "securities"),
    ("炒gu", "securities"),
    ("chao股", "securities"),
    ("抄股", "securities"),
    ("投資理財", "securities"),
    ("買期貨", "securities"),
    ("虛擬貨幣", "securities"),
    ("證券開戶", "securities"),
    ("買樓首付", "real_estate"),
    ("買 樓", "real_estate"),
    ("賭 博", "gambling"),
    ("網上賭錢", "gambling"),
    ("還網貸", "other_loans"),
    ("償還信用卡", "other_loans"),
    ("轉貸給別人", "lending_on"),
    ("資金週轉", "business"),
    ("公司股權", "equity"),
    ("洗錢", "unlawful"),
    # pinyin
    ("chaogu", "securities"),
    ("chao gu", "securities"),
    ("Chǎo gǔ", "securities"),
    ("c h a o g u", "securities"),
    ("CHAO-GU", "securities"),
    ("mai gupiao", "securities"),
    ("maifang", "real_estate"),
    # letters of other scripts and styles
    ("сrурtо", "securities"),  # Cyrillic с, у, р, о
    ("сгурто", "securities"),  # Cyrillic throughout
    ("ϲrγpτο", "securities"),  # Greek
    ("ｃｒｙｐｔｏ", "securities"),
    ("ⓒⓡⓨⓟⓣⓞ", "securities"),
    ("𝖈𝖗𝖞𝖕𝖙𝖔", "securities"),
    ("🅲🆁🆈🅿🆃🅾", "securities"),
    ("ᴄʀʏᴘᴛᴏ", "securities"),
    ("crýptö", "securities"),
    ("ɡаmbling", "gambling"),
    ("ѕtосk trаding", "securities"),
    # digits and signs for letters
    ("crypt0", "securities"),
    ("cryp70", "securities"),
    ("b1tc01n", "securities"),
    ("5t0ck trading", "securities"),
    ("$tock trading", "securities"),
    ("g@mbling", "gambling"),
    ("g4m8l1ng", "gambling"),
    ("gamb|ing", "gambling"),
    ("ca5in0", "gambling"),
    ("p0ker", "gambling"),
    ("c r y p t 0", "securities"),
    ("f0rex", "securities"),
    ("1nvestment", "securities"),
    ("m0rtgage", "real_estate"),
    # taken apart
    ("c.r.y.p.t.o", "securities"),
    ("cry-pto", "securities"),
    ("b i t c o i n", "securities"),
    ("gam\u00adbling", "gambling"),
    ("stock_trading", "securities"),
    ("STOCK   TRADING", "securities"),
    ("stock/trading", "securities"),
]
HONEST = [
    "股骨手术", "股骨头坏死治疗", "屁股烫伤门诊", "炒菜锅", "炒锅和电饭煲", "炒饭店的家庭聚餐", "孩子学费",
    "老人住院", "买手机", "买電腦",
    "裝修廚房", "装修卫生间", "租房押金", "交房租", "婚礼酒席", "蜜月旅游", "驾校报名", "考研培训班",
    "买冰箱和洗衣机", "钢琴课",
    "牙齿矫正", "配眼镜", "宝宝奶粉", "修车换轮胎", "电动车电池", "搬家费用", "给女儿买钢琴",
    "回家过年的车票", "按时还款", "宠物看病",
    "femur surgery", "stockings shop", "stock pot and pans", "a bookcase", "tennis racket", "new phone for exams",
    "rent for 3 months", "room 4 rent", "2 bedroom flat rent", "course for example English B2", "hip replacement",
    "PS5 and a 4K TV", "MP3 player", "iPhone 15 Pro", "a gift for my friend on her birthday", "bed and mattress",
    "encryption dongle for work laptop", "cryptic crossword books", "security deposit for my flat", "better bike brakes",
    "alphabet blocks for a child", "poke bowl catering", "pokemon cards for my son", "home insurance", "house cleaning",
    "Dubois wedding", "shares a taxi to hospital", "trade school fees", "driving lessons 10x", "vet bills", "funeral costs",
    "мебель для кухни", "ремонт ванной", "έπιπλα κουζίνας", "cours de français", "Gebühr für die Fahrschule",
]  # fmt: skip


@pytest.mark.parametrize(("note", "code"), DISGUISED)
def test_a_disguise_is_seen_through(note: str, code: str) -> None:
    assert says(note, WORDS[code])


@pytest.mark.parametrize("note", HONEST)
def test_an_honest_note_passes(note: str) -> None:
    assert [code for code, words in WORDS.items() if says(note, words)] == []


def test_there_are_enough_of_both() -> None:
    assert len({note for note, _code in DISGUISED}) >= 40
    assert len(set(HONEST)) >= 40


def test_traditional_and_simplified_words_are_one() -> None:
    for words in WORDS.values():
        for word in words:
            assert says(word, words)
    assert plain("證券") == plain("证券")


def test_the_tables_lead_to_plain_signs_and_no_further() -> None:
    for table in (LOOK_ALIKES, *FOR_LETTERS):
        for sign in table.values():
            assert sign.translate(table) == sign
