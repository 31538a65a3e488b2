"""Forbidden purposes in disguise, and honest notes that look a little like them, by the words of a new house."""

import tomllib
from pathlib import Path

import pytest

from loans.preconditions.look_alikes import FOR_LETTERS, LOOK_ALIKES
from loans.preconditions.wording import GAP, NOT, WHOLE, plain, says

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

# Each purpose by more of its words: shares, futures, coins, leverage, a home, other loans, games, lending on.
SYNONYMS = {
    "securities": [
        "st0cks", "stocks", "s t o c k s", "s-t-0-c-k-5", "5t0ck5", "5h4re tr4ding", "buy some shares",
        "buy a few shares of Tencent", "buying Apple stock", "shares", "futures", "leverage", "trading with leverage",
        "l3v3r4g3", "buy ₿itcoin", "₿itcoin", "b¡tc0in", "¢rypto", "crypt∅", "cryptø", "cryyypto", "cryptooo",
        "CRYPT0 wallet top up", "buy btc", "dogecoin", "altcoins", "trade options", "margin account",
        "brokerage account", "买币", "买 币", "买个币", "买点比特币", "囤币", "挖矿", "加密货币", "狗狗币", "加杠杆",
        "加 杠 杆", "上杠杆", "加槓桿", "融资融券", "炒点股", "炒一下股", "炒A股", "炒1股", "炒x股", "买A股", "买港股",
        "买点股", "chao3gu3", "chao3 gu3", "炒gp", "炒月殳", "抄底", "合约交易", "加仓", "做空",
    ],
    "other_loans": [
        "还其他网贷", "还别的网贷", "还其他平台的贷款", "还另外一个平台的借款", "还之前借的钱", "还朋友的钱",
        "还了旧账", "还清信用卡", "还招商银行信用卡", "还信用卡账单", "还微粒贷", "还京东白条", "还欠款", "还其他的债",
        "还旧债", "还外债", "以贷还贷", "以 贷 还 贷", "借新还旧", "以卡还卡", "拆东墙补西墙", "填窟窿", "债务整合",
        "置换贷款", "还wd", "huan wangdai", "repay my other loans", "repay the other loan", "pay off all my old debts",
        "clear my credit card", "settle my debts", "credit card bill", "payday loan", "c0nsolidate debts",
        "rep4y l0ans", "balance transfer", "pay back another loan",
    ],
    "real_estate": [
        "凑首付", "首 付", "首付款", "sh0ufu", "付首期", "买套房", "买个房子", "买二手房", "买学区房", "买公寓",
        "d0wn p4yment", "downpayment", "deposit on a house", "house deposit", "buy my first home", "buy a flat",
        "buy a house", "purchase an apartment", "home loan",
    ],
    "gambling": [
        "赌钱", "贝者博", "网络菠菜", "玩老虎机", "体彩", "梭哈", "g4mbl3", "6ambling", "gambler's debts",
        "place a bet", "b3ts", "slot machines", "sl0t machine", "roulette", "bl4ckj4ck", "sports wager",
    ],
    "lending_on": [
        "帮朋友贷款", "帮亲戚借", "替他人贷款", "给别人借", "转借给同事", "出借", "放高利", "赚利差", "借出去",
        "lend it to my friend", "lend to my brother", "lend money", "l3nd m0ney", "borrow for a friend", "lend out",
    ],
}  # fmt: skip
MORE_HONEST = [
    "买菠菜和鸡蛋", "仓鼠笼子", "再加仓鼠笼子一个", "空调维修", "请人做空调清洗", "做多功能书柜", "购买股骨固定支具",
    "一个股骨头置换手术", "买纪念币册", "买游戏机和手柄", "还没有冰箱，想买一台", "还想买洗衣机", "还在交房租",
    "家里还有老人要看病", "归还图书馆的书后买新书", "给朋友买生日礼物", "帮父母换手机", "帮孩子报钢琴班",
    "给同事随份子", "给他人寄快递的箱子", "做股骨颈骨折手术", "杠铃和哑铃", "杠杆式咖啡机", "吃饭和日常开销",
    "买房间里的窗帘", "买房车露营的帐篷", "麻将桌", "考公上岸培训班", "考研上岸全程班", "炒菇的锅和调料",
    "小孩贝者幼儿园学费", "一套茶具", "合约手机套餐", "医院挂号和检查费", "矿泉水和饮水机", "大学学费和住宿费",
    "按时还款，谢谢", "白银手镯送妈妈", "信用卡丢了，先用来买药", "buy a household appliance", "buy a home theater",
    "buy a home gym", "buying a flat screen TV", "buy a flat iron", "buy a house plant", "buy stockings",
    "buy a stock pot", "chicken stock cubes", "our kids' futures: school fees", "the alphabet and better books",
    "parking slots for the wedding guests", "lend a hand to my mother: wheelchair", "a blender and a kettle",
    "share of the rent", "sharing a flat, two months' rent", "betty's birthday cake",
    "my method course, ethernet cable", "iPhone 6 and 8 GB of RAM", "3 beds, 2 lamps, 1 table",
    "netflix and internet for a year", "credit card holder wallet", "loan to repay on time from my salary",
    "deposit for my flat, rent", "home office desk", "bookmaking and bookbinding course", "lever espresso machine",
    "option for a larger fridge", "card table and chairs", "clear aligners for my teeth", "settle hospital bill",
    "pay back surgery costs", "pay off hospital bill", "new shirt size 40, pack of 5", "B12 and D3 vitamins",
    "0-3 months baby clothes", "photo shoot with stock photos", "a coin collection album",
    "futures in nursing: course fee", "tokenring museum tickets", "还款日之前买年货", "外出务工的路费", "还要交暖气费",
    "还要给孩子买书包", "先还你押金再搬家", "代步电动车", "代驾费和停车费", "帮家里换热水器", "替母亲买药",
    "帮借读的孩子交学费", "借书证押金", "买房东留下的家具", "家具和窗帘，新房入住", "买楼梯防护栏", "小提琴弓和松香",
    "基本生活用品", "买基围虾请客", "卡车驾照学费", "a new bed, better sleep", "dentist: two implants",
    "share a flat with my sister, first month's rent", "shareable family phone plan", "overdue vet bills",
    "optional insurance for my bike", "a coin-operated washing machine", "wagerly shoes for running",
    "lotion and lotus tea set", "slotted shelves for the kitchen", "mortar and pestle", "house moving van",
    "flat tyre repair", "home renovation tiles", "clear glass table", "a loan for my wedding dress",
    "consoles and games", "tokens for the laundry room", "bonding glue and tools", "gold wedding ring",
    "trade school toolbox",
]  # fmt: skip


@pytest.mark.parametrize(
    ("note", "code"), DISGUISED + [(note, code) for code, notes in SYNONYMS.items() for note in notes]
)
def test_a_disguise_is_seen_through(note: str, code: str) -> None:
    assert says(note, WORDS[code])


@pytest.mark.parametrize("note", HONEST + MORE_HONEST)
def test_an_honest_note_passes(note: str) -> None:
    assert [code for code, words in WORDS.items() if says(note, words)] == []


def test_there_are_enough_of_both() -> None:
    assert len({note for note, _code in DISGUISED}) >= 40
    assert len(set(HONEST)) >= 40
    assert len(set(MORE_HONEST) - set(HONEST)) >= 40


def test_traditional_and_simplified_words_are_one() -> None:
    for words in WORDS.values():
        for word in words:
            if not word.startswith(NOT):
                assert says(word.removeprefix(WHOLE).replace(GAP, " "), [word])
    assert plain("證券") == plain("证券")


def test_what_does_not_count_voids_only_what_it_overlaps() -> None:
    for words in WORDS.values():
        for word in words:
            if word.startswith(NOT):
                assert not says(word.removeprefix(NOT), words)
    assert says("买股骨支具和买股票", WORDS["securities"])


def test_the_tables_lead_to_plain_signs_and_no_further() -> None:
    for table in (LOOK_ALIKES, *FOR_LETTERS):
        for sign in table.values():
            assert sign.translate(table) == sign
