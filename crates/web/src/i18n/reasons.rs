//! What arrives as a code and is worded here: why a payment did not happen, why money goes back, what an event was, what a problem means.

use super::codes;

codes! {
    "reason.not_enough_money" "Not enough money. Ask for another card in the wallet or another way to pay." "余额不足。请顾客换一张卡，或换一种付款方式。";
    "reason.payer_code_expired" "The payment code is too old or was used. Ask the customer to refresh it, then scan again." "付款码已过期或已使用。请顾客刷新后重新扫码。";
    "reason.payer_cancelled" "The customer did not confirm. Try again or choose another way." "顾客未确认付款。请重试或换一种方式。";
    "reason.wallet_refused" "The wallet refused. The customer can see why in the app; another wallet may work." "钱包拒绝了付款，原因可在顾客的应用中查看，可换一个钱包。";
    "reason.merchant_refused" "Our account at the channel refused. Tell a manager; use another way meanwhile." "本店的渠道账户拒绝了请求。请告知店长，先用其他方式。";
    "reason.declined" "The wallet did not pay. Try again or choose another way." "钱包未付款。请重试或换一种方式。";

    "cause.requested" "Asked for" "人工退款";
    "cause.duplicate_payment" "The order was paid already" "订单已付过款";
    "cause.paid_after_close" "The money came after the order was closed" "订单关闭后才到账";
    "cause.reversal_too_late" "The payment could no longer be reversed" "付款已无法撤销";
    "cause.fulfilment_failed" "The goods could not be handed out" "商品未能交付";

    "event.order.created" "Order made" "创建订单";
    "event.order.paid" "Order paid" "订单已付款";
    "event.order.fulfilled" "Everything handed out" "已全部交付";
    "event.order.closed" "Order closed without payment" "订单关闭，未付款";
    "event.order.expired" "The order’s time was over" "订单超时";
    "event.attempt.created" "Payment started" "发起付款";
    "event.attempt.presented" "Code shown" "已出示二维码";
    "event.attempt.pending" "Waiting for the payer" "等待付款人";
    "event.attempt.in_doubt" "Outcome unclear: being checked" "结果不明，确认中";
    "event.attempt.succeeded" "Payment received" "已收到付款";
    "event.attempt.declined" "Payment declined" "付款未成功";
    "event.attempt.closed" "Payment stopped" "付款已停止";
    "event.attempt.reversed" "Payment reversed: nothing was taken" "付款已撤销，未扣款";
    "event.refund.created" "Refund started" "发起退款";
    "event.refund.processing" "Refund on its way" "退款中";
    "event.refund.succeeded" "Money given back" "款项已退回";
    "event.refund.failed" "Refund did not work" "退款未成功";
    "event.refund.retried" "Refund tried again" "重试退款";
    "event.fulfilment.created" "Handed out" "已交付";
    "event.fulfilment.done" "Handed out by the device" "设备已交付";
    "event.fulfilment.failed" "The device could not hand it out" "设备未能交付";
    "event.fulfilment.revoked" "Taken back" "已收回";

    "kind.counter" "Counter" "柜台";
    "kind.pos" "Point of sale" "收银台";
    "kind.bom" "Ticket window" "人工售票";
    "kind.tvm" "Ticket machine" "自动售票机";
    "kind.gate" "Gate" "闸机";
    "kind.kiosk" "Kiosk" "自助机";
    "kind.handheld" "Handheld" "手持机";
    "kind.stand" "Stand" "码牌";
    "kind.api" "Partner system" "合作系统";

    "problem.not_found" "There is no such thing here, or it belongs to somebody else." "找不到，或不属于您。";
    "problem.unknown_scene" "This is not sold here." "此处不销售这类商品。";
    "problem.unknown_channel" "This way to pay is not open here." "此处没有这种付款方式。";
    "problem.channel_closed" "This way to pay is switched off. Use another one." "此付款方式已停用，请换一种。";
    "problem.presentment_unsupported" "This terminal or wallet cannot do that. Use another way." "此终端或钱包不支持，请换一种方式。";
    "problem.invalid_request" "Something in the form is not right. Correct it and send again." "填写有误，请更正后重试。";
    "problem.invalid_amount" "This amount is not possible. Enter more than zero and stay within the limit." "金额无效，请输入大于零且不超过限额的金额。";
    "problem.currency_mismatch" "The currency does not fit this sale." "币种与本单不符。";
    "problem.idempotency_key_missing" "The request had no number of its own. Load the page again." "请求缺少编号，请刷新页面。";
    "problem.idempotency_key_invalid" "The request’s number is not usable. Load the page again." "请求编号无效，请刷新页面。";
    "problem.idempotency_key_reused" "This form was sent before with other values. Load the page again." "此表单已用其他内容提交过，请刷新页面。";
    "problem.order_not_open" "This order can no longer be paid. Make a new one." "此订单已不能付款，请重新收款。";
    "problem.order_expired" "The order’s time is over. Make a new one." "订单已超时，请重新收款。";
    "problem.order_paid" "The order is paid already." "订单已付款。";
    "problem.order_not_paid" "The order has not been paid: there is nothing to give back." "订单尚未付款，无款可退。";
    "problem.subject_has_open_order" "There is an open order for this already." "已有一笔未完成的订单。";
    "problem.quote_expired" "The price is no longer valid. Start again." "报价已失效，请重新开始。";
    "problem.attempt_in_progress" "Another payment of this order is being checked. Wait until it has ended." "本单另一笔付款正在确认，请等待结果。";
    "problem.too_many_attempts" "Too many tries. Make a new sale." "尝试次数过多，请重新收款。";
    "problem.payer_code_invalid" "This is not a payment code. Ask the customer to open the payment code in the wallet and scan again." "这不是付款码。请顾客打开钱包的付款码后重新扫描。";
    "problem.payer_code_unknown_wallet" "This wallet is not taken here. Ask for WeChat Pay or Alipay, or take cash." "此处不支持该钱包。请使用微信支付、支付宝或现金。";
    "problem.cash_not_taken" "No cash can be taken here now. Open a shift first." "现在不能收现金，请先开班。";
    "problem.tendered_too_little" "That is less than what is due. Ask for the rest." "金额不足，请补足差额。";
    "problem.no_change" "The drawer cannot give this change. Ask for a closer amount, or use another way." "钱箱零钱不足。请顾客给接近的金额，或换一种方式。";
    "problem.refund_exceeds_paid" "That is more than can still be given back." "超过可退余额。";
    "problem.refund_window_over" "The channel no longer refunds this payment. Give the money back by hand and record it." "渠道已不支持退还此笔付款，请线下退还并登记。";
    "problem.refund_not_failed" "Only a failed refund can be tried again." "只有未成功的退款可以重试。";
    "problem.channel_unavailable" "The channel does not answer. Try again, or use another way." "渠道没有回应，请重试或换一种方式。";
    "problem.channel_refused" "The channel refused." "渠道拒绝了请求。";
    "problem.notification_forged" "A message that claimed to come from the channel was not believed." "收到伪造的渠道通知，未予采信。";
    "problem.notification_mismatch" "A message from the channel does not fit the payment." "渠道通知与付款不符。";
    "problem.terminal_off" "This terminal is switched off. A manager can switch it on in the console." "此终端已停用，请店长在管理台启用。";
    "problem.terminal_unable" "This terminal cannot do that." "此终端不支持该操作。";
    "problem.shift_open" "A shift is open here already." "此终端已开班。";
    "problem.shift_not_open" "No shift is open here." "此终端未开班。";
    "problem.sign_in_failed" "Name and password do not match. Check both and try again." "用户名或密码不正确，请核对后重试。";
    "problem.sign_in_locked" "Too many failed tries. Wait a few minutes, then try again." "失败次数过多，请稍候几分钟再试。";
    "problem.unauthenticated" "You are not signed in any more. Sign in again." "登录已失效，请重新登录。";
    "problem.forbidden" "You may not do this. Ask somebody with the right." "您没有此权限，请联系有权限的同事。";
    "problem.csrf" "The form was too old. It has been loaded again: please repeat." "表单已过期并已刷新，请再操作一次。";
    "problem.enrolment_invalid" "This code is used, too old or wrong. Ask for a new one in the console." "登记码已使用、过期或有误，请在管理台重新生成。";
    "problem.name_taken" "This name is taken. Choose another one." "名称已被占用，请换一个。";
    "problem.settings_invalid" "The settings are not complete." "设置不完整。";
    "problem.busy" "The service is busy. It is tried again." "系统繁忙，正在重试。";
    "problem.unknown_outcome" "It is not clear yet whether this was saved. It is asked again with the same number." "尚不确定是否已保存，正以同一编号再次查询。";
}
