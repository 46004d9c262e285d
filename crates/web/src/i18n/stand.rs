//! Words of the page that a stand's printed code opens, and of the stand in the console.

use super::texts;

texts! {
    TITLE = "st.title" "Pay here" "扫码付款";
    PAY_TO = "st.pay_to" "You pay" "付款给";
    YOUR_AMOUNT = "st.your_amount" "Type the amount" "请输入付款金额";
    ASKED = "st.asked" "The shop asks for" "商家收款金额";
    ASKED_SAY = "st.asked_say" "Check the amount with the shop, then pay." "请与商家核对金额后付款。";
    OTHER_AMOUNT = "st.other_amount" "Another amount" "输入其他金额";
    THE_ASKED = "st.the_asked" "Pay {amount}, as the shop asks" "付商家的 {amount}";
    TO_PAY = "st.to_pay" "To pay" "付款金额";
    LIMIT = "st.limit" "Up to {amount}" "最多 {amount}";
    PAY_WITH = "st.pay_with" "Pay with {channel}" "用{channel}付款";
    OPEN_WITH = "st.open_with" "Open {channel}" "打开{channel}";
    BROWSER_SAY = "st.browser_say" "This is an ordinary browser. Choose how to pay; or scan the code again with the wallet's own scanner, which is quicker." "您正在普通浏览器中。请选择付款方式；用钱包的“扫一扫”重新扫码会更快。";
    OPENING = "st.opening" "Opening {channel}" "正在打开{channel}";
    CONFIRMING = "st.confirming" "Your payment is being confirmed" "正在确认您的付款";
    CONFIRMING_SAY = "st.confirming_say" "Please wait; do not pay again. This page goes on by itself." "请稍候，勿重复付款，页面会自动更新。";
    CANCELLED = "st.cancelled" "You have not paid" "您尚未付款";
    CANCELLED_SAY = "st.cancelled_say" "Nothing was taken. Pay when you are ready." "没有扣款，准备好后可继续付款。";
    NOT_YET = "st.not_yet" "Not paid yet" "尚未付款";
    NOT_YET_SAY = "st.not_yet_say" "If you have just paid, wait a moment: this page goes on by itself. Otherwise pay now." "如果您刚刚付过款，请稍候，页面会自动更新；否则请继续付款。";
    DECLINED = "st.declined" "The payment did not go through" "付款未成功";
    DECLINED_SAY = "st.declined_say" "Nothing was taken. Try again, or scan the code with another wallet." "没有扣款。请重试，或换一个钱包扫码。";
    FAILED_SAY = "st.failed_say" "The wallet could not open its cashier. Try again, or pay at the counter." "钱包未能打开收银台，请重试或到柜台付款。";
    NO_BRIDGE = "st.no_bridge" "The wallet does not answer. Close this page and scan the code again." "钱包没有响应，请关闭页面后重新扫码。";
    PAY_AGAIN = "st.pay_again" "Pay now" "继续付款";
    START_OVER = "st.start_over" "Start over" "重新开始";
    OTHER_PAYS = "st.other_pays" "Somebody else has begun to pay this" "有人正在支付这一笔";
    OTHER_PAYS_SAY = "st.other_pays_say" "Is it yours? Then go on here: the other try is stopped first, and nothing is taken twice. If not, wait, or type your own amount." "如果这是您的付款，请在此继续：先前的尝试会被停止，不会重复扣款。如果不是，请稍候，或输入您自己的金额。";
    TAKE_OVER = "st.take_over" "It is mine: pay here" "是我的，在此付款";
    CHANGED = "st.changed" "The shop has changed the amount" "商家已更改金额";
    CHANGED_SAY = "st.changed_say" "Nothing was taken. Look at the new amount and go on." "没有扣款，请核对新的金额后继续。";
    WALLET_CLOSED = "st.wallet_closed" "{channel} is not taken here at the moment" "此处暂不支持{channel}";
    NOTHING_OPEN = "st.nothing_open" "This code takes no payments at the moment" "此码暂时无法收款";
    USE_OTHERS = "st.use_others" "Scan the code with {channels}, or pay at the counter." "请用{channels}扫码，或到柜台付款。";
    PAY_AT_COUNTER = "st.pay_at_counter" "Please pay at the counter." "请到柜台付款。";
    UNKNOWN = "st.unknown" "The wallet did not tell who you are" "未能从钱包确认您的身份";
    UNKNOWN_SAY = "st.unknown_say" "Nothing was taken. Try again, or scan the code anew." "没有扣款。请重试，或重新扫码。";
    NEEDS_SCRIPT = "st.needs_script" "This page needs JavaScript" "此页面需要 JavaScript";
    NEEDS_SCRIPT_SAY = "st.needs_script_say" "Open it with the wallet's scanner, or pay at the counter." "请用钱包扫一扫打开，或到柜台付款。";

    // the terminal
    SEND = "t.stand" "Pay at the stand" "码牌付款";
    SEND_SAY = "t.stand_say" "The customer scans {name}" "顾客扫“{name}”";
    STAND_WAITS = "t.stand_waits" "Waits at {name}" "已发送到“{name}”";
    STAND_WAITS_SAY = "t.stand_waits_say" "Ask the customer to scan the printed code or to tap it. The wallet shows this amount." "请顾客扫码牌上的二维码或碰一碰，钱包会显示此金额。";
    STAND_BEGUN = "t.stand_begun" "A customer is paying with {channel}" "顾客正在用{channel}付款";
    STAND_TAKE_BACK = "t.stand_take_back" "Take it back" "撤回";
    RECEIVED = "t.received" "Received" "收款到账";
    RECEIVED_AT = "t.received_at" "{name}, {time}" "{name}，{time} 到账";
    RECEIVED_SPOKEN = "t.received_spoken" "{channel}: {amount} received" "{channel}到账{amount}元";
    RECEIVED_MORE = "t.received_more" "Before that" "之前的收款";
    RECEIVED_DONE = "t.received_done" "Got it" "知道了";

    // the console
    STAND_CODE = "st.code" "Code and tag" "码牌与标签";
    STAND_CODE_SAY = "st.code_say" "The printed code and the NFC tag hold the same address. Any wallet opens it; it never changes." "印刷的二维码与 NFC 标签内容相同，任何钱包都能打开，地址永不改变。";
    POSTER = "st.poster" "Poster (A6)" "海报（A6）";
    POSTER_SCAN = "st.poster_scan" "Tap or scan to pay" "碰一碰或扫码付款";
    POSTER_WALLETS = "st.poster_wallets" "WeChat Pay, Alipay" "微信支付、支付宝";
    TAG = "st.tag" "The NFC tag" "NFC 标签";
    TAG_SAY = "st.tag_say" "One NDEF record: an address. A telephone that is held to it opens the page in its browser." "一条 NDEF 记录（网址）。手机靠近后会在浏览器中打开付款页。";
    TAG_MESSAGE = "st.tag_message" "NDEF message" "NDEF 消息";
    TAG_MESSAGE_SAY = "st.tag_message_say" "Type 4 tags, and apps that write messages. In a type 4 tag's NDEF file two bytes of length stand before it." "用于 Type 4 标签以及可写入 NDEF 消息的应用。在 Type 4 标签的 NDEF 文件中，前面还有两个字节的长度。";
    TAG_TYPE_2 = "st.tag_type_2" "Memory of a type 2 tag, from page 4 on" "Type 2 标签内存（从第 4 页起）";
    TAG_TYPE_2_SAY = "st.tag_type_2_say" "NTAG213 (144 bytes), NTAG215 and NTAG216, MIFARE Ultralight. {bytes} bytes are needed. Lock the tag after writing, so that nobody writes another address into it." "适用于 NTAG213（144 字节）、NTAG215、NTAG216、MIFARE Ultralight。需要 {bytes} 字节。写入后请锁定标签，防止他人改写。";
    TAG_APP_SAY = "st.tag_app_say" "The simplest way: a telephone with an app that writes NFC tags, a record of the kind URL, and the address above. The result is the same bytes." "最简单的方法：用手机上的 NFC 写卡应用新建“网址”记录，填入上面的地址，结果与下列字节相同。";
    TAG_SAVE = "st.tag_save" "Save as a file" "保存为文件";
    TRY_PHONE = "st.try_phone" "Try it on the sandbox phone" "用沙箱手机试一试";
    PAYER_CHARGED = "k.payer_charged" "The wallet was charged" "付款人支付";
    SETTLED = "k.settled" "We are settled" "商户结算";
    STAND_PAGE = "st.page" "Page of the code" "付款页";
}
