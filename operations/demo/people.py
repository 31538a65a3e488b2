"""People of the demo, obviously invented: the area code of their identity numbers exists nowhere, their mobile prefix was
never given out, their names come from a list. Pure: the same seed gives the same people."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from borrowers.identity import check_character

AREA = "999"  # no region of China has a code beginning with 9
MOBILE_PREFIX = "154"
# Every twentieth number is one of those with which the simulated gateway shows what can go wrong.
UNLUCKY_ENDINGS = ("9001", "9002", "9003", "9004", "9007")

_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘蒋蔡余杜叶程苏魏吕丁任"
    "沈姚卢姜崔钟谭陆汪范金石廖贾夏韦方白邹孟熊秦邱江尹薛"
)
_GIVEN = (
    "雨晴 子轩 梓涵 浩然 思远 佳怡 俊杰 欣怡 宇航 诗涵 明轩 雅婷 志强 晓燕 建华 丽娟 海涛 秀英 文博 静怡 "
    "伟 芳 磊 敏 洋 艳 勇 娟 涛 霞 平 刚 桂英 玉兰 春梅 国强 少华 家豪 梦洁 若曦 一鸣 可欣 嘉懿 煜城 "
    "懿轩 烨伟 苑博 伟泽 熠彤 鸿煊 博涛 烨霖 烨华 煜祺 智宸 正豪 昊然 明杰 立诚 立轩 立辉 峻熙 弘文 "
    "晓明 小红 大勇 美玲 佩琪 雪梅 冬青 秋实 夏禾 春生 安然 乐天 知远 念慈 书瑶 采薇"
).split()
_WORK = "便利店店员 外卖骑手 网约车司机 小学教师 护士 前端工程师 理发师 会计 仓库管理员 个体商户".split()
_OF_THEIR_OWN = ("外卖骑手", "网约车司机", "个体商户")


@dataclass(frozen=True, slots=True)
class Person:
    """One invented borrower. ``income`` is what comes in a month, as far as it is told; ``debt`` what is owed elsewhere."""

    name: str
    identity_number: str
    phone: str
    email: str
    language: str
    work: str
    income: Decimal | None
    income_proved: bool
    debt: Decimal

    @property
    def occupation(self) -> str:
        """What they live from, in the words of borrowers."""
        return "self_employed" if self.work in _OF_THEIR_OWN else "employed"


class People:
    """The people of one seed, by number; no two have one name, identity number or phone. ``on``: adults on that day."""

    def __init__(self, seed: int, on: date) -> None:
        self.seed, self.on = seed, on
        self.names = [surname + given for surname in _SURNAMES for given in _GIVEN]
        Random(seed).shuffle(self.names)

    def person(self, number: int) -> Person:
        """Number one is the first."""
        return _person(Random(f"{self.seed}:{number}"), number, self.names[(number - 1) % len(self.names)], self.on)


def identity_number(random: Random, birth_date: date, sequence: int) -> str:
    """A number with the right check character and an area that does not exist."""
    first_17 = f"{AREA}{random.randint(1, 999):03d}{birth_date:%Y%m%d}{sequence:03d}"
    return first_17 + check_character(first_17)


def _phone(number: int) -> str:
    unlucky = number % 20 == 0
    ending = UNLUCKY_ENDINGS[number // 20 % len(UNLUCKY_ENDINGS)] if unlucky else f"{number * 7 % 9000:04d}"
    return f"{MOBILE_PREFIX}{number:04d}{ending}"


def _person(random: Random, number: int, name: str, on: date) -> Person:
    birth_date = on - timedelta(days=365 * random.randint(20, 55) + random.randint(1, 360))
    income = Decimal(random.randrange(3500, 16000, 100))
    return Person(
        name=name,
        identity_number=identity_number(random, birth_date, number % 1000),
        phone=_phone(number),
        email=f"borrower{number}@example.com" if number % 3 == 0 else "",
        language="en" if number % 12 == 0 else "zh-hans",
        work=random.choice(_WORK),
        income=income if number % 8 else None,
        income_proved=bool(number % 8) and random.randrange(10) < 8,
        debt=Decimal(random.choice((0, 0, 0, 2000, 5000, 12000, 30000))),
    )
