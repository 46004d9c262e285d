//! Words of the counter terminal and of the payer's page.

use super::texts;

texts! {
    // the sale
    NEW_SALE = "t.new_sale" "New sale" "新的收款";
    ITEMS = "t.items" "Items" "商品";
    KEYPAD = "t.keypad" "Amount" "金额";
    DESCRIPTION = "t.description" "What is it for? (on the receipt)" "收款说明（显示在小票上）";
    DESCRIPTION_DEFAULT = "t.description_default" "Counter sale" "柜台收款";
    EMPTY_SALE = "t.empty_sale" "Nothing yet" "还没有内容";
    EMPTY_SALE_SAY = "t.empty_sale_say" "Tap items or type an amount. You can scan the customer's code as soon as there is a total." "点选商品或输入金额。有合计后即可直接扫顾客的付款码。";
    NO_ITEMS = "t.no_items" "There are no items in the catalogue yet" "商品目录还是空的";
    NO_ITEMS_SAY = "t.no_items_say" "Use the amount tab, or add items in the console." "请使用“金额”收款，或在管理台添加商品。";
    CLEAR = "t.clear" "Clear" "清空";
    ERASE = "t.erase" "Erase the last figure" "删除一位";
    MORE = "t.more" "One more" "加一";
    LESS = "t.less" "One less" "减一";
    TO_PAY = "t.to_pay" "To pay" "应收";
    SHOW_CODE = "t.show_code" "Customer scans" "顾客扫码";
    SHOW_CODE_SAY = "t.show_code_say" "Show a code on this screen" "屏幕出示收款码";
    SCAN_CODE = "t.scan_code" "Scan customer" "扫付款码";
    SCAN_CODE_SAY = "t.scan_code_say" "Read the code on their phone" "扫描顾客手机上的付款码";
    TAKE_CASH = "t.take_cash" "Cash" "现金";
    TAKE_CASH_SAY = "t.take_cash_say" "Take notes, give change" "收现金并找零";
    CASH_NEEDS_SHIFT = "t.cash_needs_shift" "Open a shift to take cash" "收现金请先开班";
    CANCEL_SALE = "t.cancel_sale" "Cancel sale" "取消收款";
    OTHER_WAY = "t.other_way" "Pay another way" "换一种方式";

    // customer scans
    SCAN_WITH = "t.scan_with" "Scan with {channel}" "请用{channel}扫码";
    SCAN_SAY = "t.scan_say" "Open the app, tap Scan, and point the camera at this code." "打开手机应用，点“扫一扫”，对准二维码。";
    WAITING = "t.waiting" "Waiting for the payment" "等待付款";
    CODE_COMING = "t.code_coming" "Getting the code from {channel}" "正在向{channel}取码……";
    LEFT = "t.left" "{time} left" "剩余 {time}";
    BOTH = "t.both" "Show all codes" "同时显示全部";
    CODE_OVER = "t.code_over" "The time for this code is over" "此码已过期";
    CODE_OVER_SAY = "t.code_over_say" "Nothing was taken. Show a fresh code to go on." "没有扣款。请刷新二维码继续。";
    FRESH_CODE = "t.fresh_code" "Show a fresh code" "刷新二维码";

    // scan customer
    SCAN_NOW = "t.scan_now" "Scan the customer's payment code" "请扫顾客的付款码";
    SCAN_NOW_SAY = "t.scan_now_say" "The scanner works at any moment; nothing has to be tapped first." "扫码枪随时可用，无需先点屏幕。";
    TYPE_CODE = "t.type_code" "Or type the number under the code" "或输入付款码下方的数字";
    SEND_CODE = "t.send_code" "Take payment" "收款";
    ASKING = "t.asking" "Asking {channel}" "正在向{channel}请款";
    ASKING_SAY = "t.asking_say" "This takes a moment. Please wait." "请稍候片刻。";
    PASSWORD = "t.password" "The customer is asked on the phone" "请顾客在手机上确认";
    PASSWORD_SAY = "t.password_say" "Ask them to enter the password. This screen follows by itself." "请顾客输入支付密码，屏幕会自动更新。";
    CHECKING = "t.checking" "Being checked" "正在确认结果";
    CHECKING_SAY = "t.checking_say" "{channel} has not said yet whether the money was taken. It is asked again every few seconds; please do not charge again and do not hand anything out yet." "{channel}尚未告知是否扣款，系统每隔几秒再次查询。请勿重复收款，也请先不要交付商品。";
    CHECKING_LONG = "t.checking_long" "This takes longer than usual. A colleague can see it in the console. The customer loses nothing: unclear money goes back." "时间比平时长，同事可在管理台看到。顾客不会损失：结果不明的款项会退回。";
    SECONDS = "t.seconds" "{n} s" "{n} 秒";

    // cash
    CASH_DUE = "t.cash_due" "Due" "应收";
    CASH_GIVEN = "t.cash_given" "Handed over" "实收";
    CASH_CHANGE = "t.cash_change" "Change" "找零";
    CASH_MISSING = "t.cash_missing" "Still missing" "还差";
    CASH_EXACT = "t.cash_exact" "Exact" "正好";
    CASH_TAKE = "t.cash_take" "Take cash" "确认收款";
    CASH_GIVE = "t.cash_give" "Hand out" "请找给顾客";
    CASH_NO_CHANGE = "t.cash_no_change" "No change to give" "无需找零";

    // how it ended
    PAID = "t.paid" "Paid" "收款成功";
    PAID_SAY = "t.paid_say" "Hand over the goods. The receipt is ready." "请交付商品，小票已备好。";
    PAID_BY = "t.paid_by" "with {channel}" "通过{channel}";
    PAID_CASH = "t.paid_cash" "in cash" "现金收款";
    RECEIPT = "t.receipt" "Receipt" "查看小票";
    PRINT_RECEIPT = "t.print_receipt" "Print receipt" "打印小票";
    NOT_PAID = "t.not_paid" "Not paid" "未收到款";
    REVERSED = "t.reversed" "Not paid. Nothing was taken." "未收款，顾客未被扣款";
    REVERSED_SAY = "t.reversed_say" "The payment was not confirmed in time and has been undone at {channel}. The customer keeps the money. Try again or choose another way." "付款未在规定时间内确认，已在{channel}撤销，顾客的钱没有被扣。请重试或换一种方式。";
    STOPPED = "t.stopped" "Stopped" "已停止";
    STOPPED_SAY = "t.stopped_say" "This try was stopped before anything was taken. Choose how to go on." "本次付款已停止，没有扣款。请选择下一步。";
    OVER = "t.over" "The time is over. Nothing was taken." "已超时，没有扣款";
    OVER_SAY = "t.over_say" "The sale was closed without payment. Make a new sale if the customer is still here; money that should still arrive goes back by itself." "本单已关闭且未收款。顾客还在请重新收款；若款项稍后到账，会自动退回。";
    CANCELLED = "t.cancelled" "Sale cancelled. Nothing was taken." "已取消，没有扣款";
    LATE_MONEY = "t.late_money" "Money came after the sale was closed" "关闭后收到了付款";
    LATE_MONEY_SAY = "t.late_money_say" "{amount} from {channel} is going back to the customer by itself. Do not hand anything out." "{channel}的 {amount} 正在自动退给顾客，请勿交付商品。";
    LATE_MONEY_DONE = "t.late_money_done" "Money that came late has been given back" "迟到的付款已退回";
    LATE_MONEY_DONE_SAY = "t.late_money_done_say" "{amount} went back to {channel}. The sale stays closed." "{amount} 已退回{channel}，本单保持关闭。";
    TWICE = "t.twice" "Paid twice: one payment goes back by itself" "重复付款，多付的一笔自动退回";
    TWICE_SAY = "t.twice_say" "{amount} from {channel} is going back to the customer. There is nothing to do." "{channel}的 {amount} 正在退给顾客，您无需操作。";
    TWICE_DONE = "t.twice_done" "A second payment has been given back" "多付的一笔已退回";
    TWICE_DONE_SAY = "t.twice_done_say" "{amount} went back to {channel}." "{amount} 已退回{channel}。";
    REFUNDED = "t.refunded" "Refunded" "已退款";
    REFUNDED_SAY = "t.refunded_say" "{amount} of this sale was given back." "本单已退 {amount}。";
    REFUND_STUCK = "t.refund_stuck" "Giving the money back did not work yet" "退款暂未成功";
    REFUND_STUCK_SAY = "t.refund_stuck_say" "{amount} is still owed to the customer. A colleague sees it in the console and can try again." "尚欠顾客 {amount}，同事可在管理台重试。";

    // the network
    OFFLINE = "t.offline" "No connection" "网络已断开";
    OFFLINE_SAY = "t.offline_say" "Nothing is lost: what was sent is repeated with the same number until it is answered." "内容不会丢失：已发送的请求会以同一编号重复，直到得到回应。";
    ONLINE = "t.online" "Connected" "已连接";
    PROCESS_BUSY = "t.busy" "Working" "处理中……";
    UNEXPECTED = "t.unexpected" "This did not work" "操作未完成";

    // shift and drawer
    SHIFT = "t.shift" "Shift" "班次";
    SHIFT_NONE = "t.shift_none" "No shift" "未开班";
    SHIFT_SINCE = "t.shift_since" "Shift since {time}" "{time} 开班";
    SHIFT_OPEN = "t.shift_open" "Open shift" "开班";
    SHIFT_OPEN_SAY = "t.shift_open_say" "Count the drawer: how many of each are in it now?" "请清点钱箱：现在各有多少张（枚）？";
    SHIFT_CLOSE = "t.shift_close" "Close shift" "交班";
    SHIFT_CLOSE_SAY = "t.shift_close_say" "Count the drawer again. The difference is kept with the shift." "请再次清点钱箱，差额会记入班次。";
    SHIFT_CLOSED = "t.shift_closed" "Shift closed" "已交班";
    DRAWER_TOTAL = "t.drawer_total" "In the drawer" "钱箱合计";
    EXPECTED = "t.expected" "Expected" "应有";
    COUNTED = "t.counted" "Counted" "实点";
    DIFFERENCE = "t.difference" "Difference" "差额";
    PIECES = "t.pieces" "{value}: how many" "{value}：数量";

    // sound, enrolment
    SOUND_ON = "t.sound_on" "Sound is on" "声音已开";
    SOUND_OFF = "t.sound_off" "Sound is off" "声音已关";
    ENROL = "t.enrol" "Set up this terminal" "启用此终端";
    ENROL_SAY = "t.enrol_say" "This browser is not yet known as a terminal. Enter the one-time code that the console shows, once; then it stays signed in." "此浏览器尚未登记为终端。请输入管理台显示的一次性登记码，只需一次。";
    ENROL_CODE = "t.enrol_code" "Enrolment code" "登记码";
    ENROL_BUTTON = "t.enrol_button" "Use as terminal" "启用";
    ENROL_SIGN_IN = "t.enrol_sign_in" "Or sign in as a manager" "或由店长登录启用";
    TERMINAL_OFF = "t.off" "This terminal is switched off" "此终端已停用";
    TERMINAL_OFF_SAY = "t.off_say" "A manager can switch it on again in the console." "请店长在管理台重新启用。";
    NEEDS_SCRIPT = "t.needs_script" "This screen needs JavaScript" "此页面需要 JavaScript";
    NEEDS_SCRIPT_SAY = "t.needs_script_say" "Switch it on in the browser's settings and load the page again." "请在浏览器设置中开启后重新打开。";

    // the payer's page
    PAY_TITLE = "p.title" "Pay" "付款";
    PAY_TO = "p.to" "To {name}" "收款方：{name}";
    PAY_CHOOSE = "p.choose" "How would you like to pay?" "请选择付款方式";
    PAY_WITH = "p.with" "Pay with {channel}" "用{channel}付款";
    PAY_OPEN_APP = "p.open_app" "Open {channel}" "打开{channel}";
    PAY_SCAN_SAY = "p.scan_say" "Or scan this code with {channel}. Pay within the time shown; this page follows by itself." "或用{channel}扫此二维码。请在剩余时间内付款，页面会自动更新。";
    PAY_WAITING = "p.waiting" "Waiting for your payment" "等待您付款";
    PAY_PREPARING = "p.preparing" "Preparing the code" "正在准备二维码";
    PAY_BY_HALF = "p.checking_say" "Your payment is being checked. Please do not pay again: unclear money goes back to you." "正在确认您的付款，请勿重复支付；结果不明的款项会退回给您。";
    PAY_PAID = "p.paid" "You have paid" "付款成功";
    PAY_PAID_SAY = "p.paid_say" "Thank you. Show this page if you are asked for it." "谢谢。如需出示凭证，请展示此页。";
    PAY_RECEIPT = "p.receipt" "Open the receipt" "查看小票";
    PAY_CLOSED = "p.closed" "This order is closed" "订单已关闭";
    PAY_CLOSED_SAY = "p.closed_say" "Nothing was taken. If you paid a moment ago, your money comes back by itself." "没有扣款。如果您刚刚付过款，钱会自动退回。";
    PAY_REFUNDS = "p.refunds" "Given back to you" "退还给您";
    PAY_REFUND_ROW = "p.refund_row" "Back to {channel}" "退回{channel}";
    PAY_FREE = "p.free" "Nothing to pay" "无需付款";
    PAY_OTHER = "p.other" "Choose another wallet" "换一种付款方式";
    PAY_AT_TERMINAL = "p.at_terminal" "Please pay at the counter" "请到柜台付款";
    PAY_AT_TERMINAL_SAY = "p.at_terminal_say" "No wallet can be used on this page at the moment." "目前此页面没有可用的付款方式。";
    PAY_NUMBER = "p.number" "Order number" "订单号";
    PAY_UNTIL = "p.until" "Pay by" "付款截止";
}
