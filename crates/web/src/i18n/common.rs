//! Words that every screen shares: states, ways to pay, buttons.

use super::texts;

texts! {
    NAME = "c.name" "Saoma" "扫码";
    LANGUAGE = "c.language" "Language" "语言";
    SKIP = "c.skip" "Skip to content" "跳到正文";
    CANCEL = "c.cancel" "Cancel" "取消";
    BACK = "c.back" "Back" "返回";
    SAVE = "c.save" "Save" "保存";
    CONTINUE = "c.continue" "Continue" "继续";
    RETRY = "c.retry" "Try again" "重试";
    CLOSE = "c.close" "Close" "关闭";
    PRINT = "c.print" "Print" "打印";
    OPEN = "c.open" "Open" "打开";
    COPY = "c.copy" "Copy" "复制";
    COPIED = "c.copied" "Copied" "已复制";
    TOTAL = "c.total" "Total" "合计";
    AMOUNT = "c.amount" "Amount" "金额";
    STATE = "c.state" "State" "状态";
    TIME = "c.time" "Time" "时间";
    NONE = "c.none" "—" "—";
    LOADING = "c.loading" "One moment" "请稍候……";

    ORDER_OPEN = "order.open" "Waiting for payment" "待付款";
    ORDER_PAID = "order.paid" "Paid, being handed out" "已付款，待交付";
    ORDER_FULFILLED = "order.fulfilled" "Paid" "已付款";
    ORDER_CLOSED = "order.closed" "Closed, not paid" "已关闭，未付款";
    ORDER_REFUNDED = "order.refunded" "Refunded" "已退款";
    ORDER_PART_REFUNDED = "order.part_refunded" "Partly refunded" "部分退款";

    ATTEMPT_PENDING = "attempt.pending" "Waiting" "等待中";
    ATTEMPT_IN_DOUBT = "attempt.in_doubt" "Being checked" "确认中";
    ATTEMPT_SUCCEEDED = "attempt.succeeded" "Paid" "已付款";
    ATTEMPT_DECLINED = "attempt.declined" "Not paid" "未付款";
    ATTEMPT_CLOSED = "attempt.closed" "Stopped" "已停止";
    ATTEMPT_REVERSED = "attempt.reversed" "Reversed" "已撤销";

    REFUND_PROCESSING = "refund.processing" "On its way" "退款中";
    REFUND_SUCCEEDED = "refund.succeeded" "Given back" "已退回";
    REFUND_FAILED = "refund.failed" "Not given back" "退款未成功";

    FULFILMENT_PENDING = "fulfilment.pending" "To be handed out" "待交付";
    FULFILMENT_DONE = "fulfilment.done" "Handed out" "已交付";
    FULFILMENT_FAILED = "fulfilment.failed" "Device failed" "设备未完成";
    FULFILMENT_REVOKED = "fulfilment.revoked" "Taken back" "已收回";

    STANDING_ON = "standing.on" "In use" "使用中";
    STANDING_OFF = "standing.off" "Switched off" "已停用";

    BY_SHOWN = "presentment.merchant_presented" "Customer scans" "顾客扫码";
    BY_SCANNED = "presentment.customer_presented" "Scan customer" "扫付款码";
    BY_CASH = "presentment.cash" "Cash" "现金";
    BY_TAP = "presentment.tap" "Tap" "碰一碰";
    BY_OFFLINE_TAP = "presentment.offline_tap" "Offline tap" "离线碰一碰";
    BY_APP = "presentment.in_app" "In the app" "应用内支付";
    BY_AGREEMENT = "presentment.agreement" "By agreement" "签约代扣";

    WECHAT = "channel.wechat" "WeChat Pay" "微信支付";
    ALIPAY = "channel.alipay" "Alipay" "支付宝";
    ALIPAY_PLUS = "channel.alipay_plus" "Alipay+ (wallets from abroad)" "Alipay+（境外钱包）";
    ECNY = "channel.ecny" "e-CNY" "数字人民币";
    CASH = "channel.cash" "Cash" "现金";

    KIND_RECEIPT = "handout.receipt" "Receipt" "小票";
    KIND_TICKET = "handout.ticket" "Ticket" "票";

    LINE_ITEM = "line.retail.item" "{name}" "{name}";
    LINE_AMOUNT = "line.retail.amount" "{description}" "{description}";

    NOT_FOUND_TITLE = "c.not_found" "There is nothing here" "这里什么也没有";
    NOT_FOUND_SAY = "c.not_found_say" "The address is wrong, or it belongs to somebody else. Check it, or go back to the start." "地址有误，或内容不属于您。请核对，或返回首页。";
    CODE_LOST_TITLE = "c.code_lost" "This code leads nowhere" "此二维码无效";
    CODE_LOST_SAY = "c.code_lost_say" "It was not read whole, or the shop does not use it any more. Scan it again, or ask the shop." "二维码未完整识别，或商家已停用。请重新扫码，或询问店员。";
    TROUBLE_TITLE = "c.trouble" "This did not work" "操作未完成";
    HOME = "c.home" "Go to the start" "返回首页";
}
