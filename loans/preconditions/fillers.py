"""Words that say nothing by themselves and stand between the words of a purpose (pure): “还其他平台的网贷”.

Left out on purpose is what turns the sense around: 有, 没, 想, 在 after 还, which then means “still” or “also”.
"""

_CHINESE = (
    "其他 其它 别的 另外 另一 之前 以前 从前 先前 前面 前期 上个月 上月 本月 当月 下月 这个月 这期 到期 "
    "逾期 所有 全部 部分 平台 银行 招商 工商 建设 农业 交通 平安 浦发 网络 网上 线上 线下 私人 个人 公司 "
    "民间 机构 小额 消费 现金 高息 大额 微粒 朋友 亲戚 同事 同学 人家 别人 他人 家人 父母 爸妈 亲人 哥哥 "
    "弟弟 姐姐 妹妹 兄弟 老乡 我们 他们 自己 京东 支付宝 微信 美团 抖音 度小满 外面 外 一下 学区 商品 "
    "精装 二手 旧 老 欠 借 的 了 掉 清 完 上 一 二 两 三 几 多 各 些 点 个 家 笔 张 期 手 只 支 套 我 他 "
    "她 人 网 小 车 学 商"
)
_ENGLISH = (
    "a an the this that my our your his her their some any all of off few more other another old older existing previous "
    "earlier current outstanding remaining several many two three first second new own little bit lot lots bank personal "
    "online credit payday student card high interest big small good cheap apple tesla company tech us chinese family car "
    "back up with for to"
)
FILLERS = tuple(sorted({*_CHINESE.split(), *_ENGLISH.split()}, key=lambda word: (-len(word), word)))
