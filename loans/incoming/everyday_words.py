"""Words that payers write into remarks every day. A borrower who is called like one is not named by it."""

EVERYDAY = frozenset(
    (
        "还款 还贷 还钱 还债 还信用卡 代还 代还款 提前还款 部分还款 月还款 还本金 还利息 还本付息 货款 贷款 借款 "
        "欠款 尾款 余款 余额 首付 首付款 定金 订金 押金 保证金 分期 分期款 分期付款 月供 本金 利息 本息 罚息 "
        "手续费 服务费 费用 工资 薪资 薪水 奖金 劳务费 报销 补贴 转账 转款 转帐 汇款 汇兑 付款 支付 收款 入账 "
        "存款 取款 提现 充值 代付 代扣 扣款 退款 往来款 往来 跨行转账 网银转账 手机转账 房租 租金 水电费 生活费 "
        "家用 红包 谢谢 你好 其他 其它 备用 备用金 款项 一月 二月 三月 四月 五月 六月 七月 八月 九月 十月 十一月 "
        "十二月 本月 上月 下月 今天 支付宝 微信 微信支付 财付通 银行 公司 本人 自己 朋友 家人 客户 先生 女士 "
        "loan loans repayment repay repaid payment payments pay paid transfer salary wages wage rent refund "
        "deposit instalment installment instalments installments interest principal fee fees balance invoice bill "
        "order cash bank thanks thank you advance credit debit bonus monthly month final first second last "
        "january february march april may june july august september october november december gift money goods "
        "for from to the and of in my no ref"
    ).split()
)
