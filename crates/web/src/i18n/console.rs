//! Words of the operator's console.

use super::texts;

texts! {
    SIGN_IN = "k.sign_in" "Sign in" "登录";
    SIGN_IN_SAY = "k.sign_in_say" "The console of your shop: takings, orders, refunds, terminals." "店铺管理台：收款、订单、退款、终端。";
    NAME = "k.name" "Name" "用户名";
    PASSWORD = "k.password" "Password" "密码";
    SIGN_OUT = "k.sign_out" "Sign out" "退出";
    DEMO_SIGN_INS = "k.demo_sign_ins" "Sign-ins of this demo" "演示账号";
    DEMO_USE = "k.demo_use" "Sign in as {name}" "以 {name} 登录";
    DEMO_SCREENS = "k.demo_screens" "Screens of this demo" "演示页面";
    DEMO_PHONE = "k.demo_phone" "The simulated phone" "模拟手机";

    TODAY = "k.today" "Today" "今日";
    ORDERS = "k.orders" "Orders" "订单";
    TERMINALS = "k.terminals" "Terminals" "终端";
    SITES = "k.sites" "Sites" "场所";
    PEOPLE = "k.people" "People" "人员";
    KEYS = "k.keys" "API keys" "接口密钥";
    CHANNELS = "k.channels" "Channels" "支付渠道";
    SHIFTS = "k.shifts" "Shifts" "班次";
    MENU = "k.menu" "Menu" "菜单";
    LIVE = "k.live" "Live" "实时";
    LIVE_LOST = "k.live_lost" "Not live: reconnecting" "实时中断，重连中";

    TAKEN = "k.taken" "Taken today" "今日收款";
    TAKEN_SAY = "k.taken_say" "{n} paid orders on {date}" "{date} · {n} 笔已付订单";
    NET = "k.net" "After refunds" "扣除退款后";
    REFUNDED = "k.refunded" "Given back" "已退款";
    REFUNDS_RUNNING = "k.refunds_running" "{n} on their way" "{n} 笔退款中";
    WAITING_NOW = "k.waiting_now" "Waiting now" "正在付款";
    WAITING_NOW_SAY = "k.waiting_now_say" "Payments that have not ended" "尚未结束的付款";
    IN_DOUBT = "k.in_doubt" "Being checked" "结果确认中";
    IN_DOUBT_SAY = "k.in_doubt_say" "Asked again until the channel gives a final answer" "持续查询，直到渠道给出最终结果";
    BY_CHANNEL = "k.by_channel" "By channel" "按渠道";
    PAYMENTS = "k.payments" "{n} payments" "{n} 笔";
    NO_TAKINGS = "k.no_takings" "No payments yet today" "今日还没有收款";
    NO_TAKINGS_SAY = "k.no_takings_say" "Open a terminal's screen and make the first sale." "打开终端页面，完成第一笔收款。";
    ATTENTION = "k.attention" "Needs a look" "需要留意";
    ATTENTION_NONE = "k.attention_none" "Nothing needs a look" "没有需要处理的事项";
    ATTENTION_NONE_SAY = "k.attention_none_say" "Automatic refunds, failed refunds and parked jobs appear here by themselves." "自动退款、未成功的退款和搁置的任务会自动出现在这里。";
    LATEST = "k.latest" "Latest orders" "最新订单";
    ALL_ORDERS = "k.all_orders" "All orders" "全部订单";
    PARKED = "k.parked" "Parked jobs" "搁置的任务";

    SEARCH = "k.search" "Search" "搜索";
    SEARCH_HINT = "k.search_hint" "Order, description or channel number" "订单号、说明或渠道单号";
    ANY_STATE = "k.any_state" "Any state" "全部状态";
    ANY_TERMINAL = "k.any_terminal" "Any terminal" "全部终端";
    ANY_SITE = "k.any_site" "Any site" "全部场所";
    FROM = "k.from" "From" "从";
    TO = "k.to" "To" "到";
    ONLY_ATTENTION = "k.only_attention" "Only what needs a look" "仅看需要留意的";
    FILTER = "k.filter" "Show" "查询";
    CLEAR_FILTER = "k.clear_filter" "Clear" "清除条件";
    NO_ORDERS = "k.no_orders" "No order fits" "没有符合条件的订单";
    NO_ORDERS_SAY = "k.no_orders_say" "Change the search, or clear it to see all." "请修改条件，或清除后查看全部。";
    OLDER = "k.older" "Older orders" "更早的订单";
    NEWEST = "k.newest" "Newest" "最新";
    DESCRIPTION = "k.description" "Description" "说明";

    ORDER = "k.order" "Order" "订单";
    ORDER_N = "k.order_n" "Order {id}" "订单 {id}";
    LINES = "k.lines" "What was sold" "明细";
    DUE = "k.due" "Due" "应收";
    PAID = "k.paid" "Paid" "已收";
    GIVEN_BACK = "k.given_back" "Given back" "已退";
    LEFT_TO_REFUND = "k.left_to_refund" "Can still be given back" "可退余额";
    MADE_AT = "k.made_at" "Made" "创建";
    PAID_AT = "k.paid_at" "Paid" "付款时间";
    BUSINESS_DATE = "k.business_date" "Business date" "营业日";
    SITE = "k.site" "Site" "场所";
    TERMINAL = "k.terminal" "Terminal" "终端";
    OPERATOR = "k.operator" "Operator" "操作员";
    PAYER_PAGE = "k.payer_page" "Payer's page" "付款页";
    RECEIPT = "k.receipt" "Receipt" "小票";
    PAYMENTS_OF = "k.payments_of" "Payments" "付款";
    REFUNDS_OF = "k.refunds_of" "Refunds" "退款";
    NUMBER = "k.number" "Our number" "商户单号";
    CHANNEL_NUMBER = "k.channel_number" "Channel's number" "渠道单号";
    CHANNEL_SAID = "k.channel_said" "Channel's own words" "渠道原话";
    TENDERED = "k.tendered" "Handed over" "实收";
    CHANGE = "k.change" "Change" "找零";
    NO_ATTEMPTS = "k.no_attempts" "Nobody has tried to pay yet" "还没有人付款";
    NO_REFUNDS = "k.no_refunds" "Nothing was given back" "没有退款";
    REFUND = "k.refund" "Refund" "退款";
    REFUND_AMOUNT = "k.refund_amount" "Amount, at most {max}" "金额，最多 {max}";
    REFUND_REASON = "k.refund_reason" "Reason (the payer may read it)" "原因（付款人可能会看到）";
    REFUND_REASON_DEFAULT = "k.refund_reason_default" "Returned goods" "退货";
    REFUND_BUTTON = "k.refund_button" "Give back" "确认退款";
    REFUND_SAY = "k.refund_say" "The money goes back the way it came. The number stays the same through every retry." "款项按原路退回；无论重试多少次，退款单号不变。";
    REFUND_STARTED = "k.refund_started" "The refund is on its way." "退款已提交。";
    REFUND_RETRY = "k.refund_retry" "Try the refund again" "重试退款";
    REFUND_ALL = "k.refund_all" "Everything has been given back." "已全部退回。";
    CLOSE_ORDER = "k.close_order" "Close without payment" "关闭订单";
    CLOSE_SAY = "k.close_say" "Stops every payment that is open. Money that should come all the same goes back by itself." "停止所有进行中的付款；之后若仍有款项到账，会自动退回。";
    CLOSED_NOW = "k.closed_now" "The order is closed." "订单已关闭。";
    TIME_LINE = "k.time_line" "Everything that happened" "全部经过";
    ENTRIES = "k.entries" "Booked" "记账";
    DEBIT = "k.debit" "Debit" "借";
    CREDIT = "k.credit" "Credit" "贷";
    ADVICE = "k.advice" "What you can do" "可以怎么做";

    TERMINALS_SAY = "k.terminals_say" "Devices that take payments. A new code signs a browser in as the terminal, once." "收款设备。登记码可使一个浏览器成为该终端，仅能使用一次。";
    KIND = "k.kind" "Kind" "类型";
    ABLE = "k.able" "Can do" "能力";
    SEEN = "k.seen" "Last seen" "最近在线";
    NEVER = "k.never" "Never" "从未";
    OPEN_SCREEN = "k.open_screen" "Open its screen" "打开终端页面";
    NEW_CODE = "k.new_code" "New enrolment code" "生成登记码";
    NEW_CODE_SAY = "k.new_code_say" "Scan this with the device, or open its screen and type the code. It works once." "用设备扫描，或打开终端页面输入登记码。仅能使用一次。";
    SWITCH_OFF = "k.switch_off" "Switch off" "停用";
    SWITCH_ON = "k.switch_on" "Switch on" "启用";
    NEW_TERMINAL = "k.new_terminal" "New terminal" "新终端";
    UNATTENDED = "k.unattended" "Unattended: takes cash without a shift" "无人值守：收现金无需开班";
    CREATE = "k.create" "Create" "创建";
    CREATED = "k.created" "Created." "已创建。";
    SAVED = "k.saved" "Saved." "已保存。";

    CAN_SHOWS_CODE = "able.shows_code" "Shows a code" "出示二维码";
    CAN_SCANS_CODE = "able.scans_code" "Scans codes" "扫码";
    CAN_TAPS = "able.taps" "Taps" "碰一碰";
    CAN_TAKES_CASH = "able.takes_cash" "Takes cash" "收现金";
    CAN_GIVES_CHANGE = "able.gives_change" "Gives change" "找零";
    CAN_PRINTS = "able.prints" "Prints" "打印";
    CAN_PHOTOGRAPHS = "able.photographs" "Photographs" "拍照";
    CAN_OPENS_BARRIER = "able.opens_barrier" "Opens a barrier" "抬杆";

    SITES_SAY = "k.sites_say" "Places where you sell. Zone and cut-off decide which day a payment counts for." "经营场所。时区与日切时间决定一笔收款算在哪一天。";
    ZONE = "k.zone" "Time zone" "时区";
    CUT_OFF = "k.cut_off" "Day ends at (minutes after midnight)" "日切（零点后分钟数）";
    ADDRESS = "k.address" "Address" "地址";
    NEW_SITE = "k.new_site" "New site" "新场所";

    PEOPLE_SAY = "k.people_say" "Who may sign in, and what they may do." "谁可以登录，以及可以做什么。";
    ROLE = "k.role" "Role" "角色";
    NEW_PERSON = "k.new_person" "New person" "新人员";
    ROLE_OWNER = "role.owner" "Owner" "负责人";
    ROLE_MANAGER = "role.manager" "Manager" "店长";
    ROLE_CASHIER = "role.cashier" "Cashier" "收银员";
    ROLE_AUDITOR = "role.auditor" "Auditor" "审计";
    ROLE_OWNER_SAY = "role_say.owner" "everything, settings and people included" "全部权限，包括设置与人员";
    ROLE_MANAGER_SAY = "role_say.manager" "sells, refunds, manages terminals" "收款、退款、管理终端";
    ROLE_CASHIER_SAY = "role_say.cashier" "sells and works shifts" "收款与交接班";
    ROLE_AUDITOR_SAY = "role_say.auditor" "looks, changes nothing" "只能查看";

    KEYS_SAY = "k.keys_say" "For partner systems that call the API. A key is shown once, when it is made." "供合作系统调用接口。密钥只在创建时显示一次。";
    NEW_KEY = "k.new_key" "New key" "新密钥";
    KEY_ONCE = "k.key_once" "Copy the key now. It will not be shown again." "请立即复制密钥，之后不再显示。";

    CHANNELS_SAY = "k.channels_say" "Who moves the money. Secrets are never shown; leave a secret empty to keep the one that is stored." "由谁转移资金。密钥从不显示；留空表示保留已有的值。";
    CHANNEL_ON = "k.channel_on" "Open" "已开通";
    CHANNEL_OFF = "k.channel_off" "Switched off" "已停用";
    CHANNEL_UNSET = "k.channel_unset" "Not set up" "未设置";
    CHANNEL_VALUE = "k.channel_value" "Needs no settings: the money is kept here." "无需设置：款项保存在本系统。";
    SETTINGS = "k.settings" "Settings" "设置";
    ACCOUNT_NAME = "k.account_name" "Name of the account" "账户名称";
    SETTINGS_JSON = "k.settings_json" "All settings as JSON" "全部设置（JSON）";
    STORED = "k.stored" "stored" "已保存";
    MISSING = "k.missing" "missing" "缺少";
    MISSING_SAY = "k.missing_say" "These settings are missing or wrong:" "以下设置缺失或有误：";
    NOTIFY_URL = "k.notify_url" "The channel calls back at" "渠道回调地址";
    VERSION = "k.version" "Version {n}" "第 {n} 版";

    SHIFTS_SAY = "k.shifts_say" "Who worked at which terminal, with the drawer counted at both ends." "谁在哪台终端当班，以及交接时的钱箱清点。";
    OPENED = "k.opened" "Opened" "开班";
    CLOSED_AT = "k.closed_at" "Closed" "交班";
    FLOAT = "k.float" "At the start" "备用金";
    NO_SHIFTS = "k.no_shifts" "No shift has been worked yet" "还没有班次";
    RUNNING = "k.running" "Running" "进行中";

    AT_REFUND_AUTO = "attention.refund_automatic" "Goes back by itself" "自动退款";
    AT_REFUND_FAILED = "attention.refund_failed" "Refund did not work" "退款未成功";
    AT_IN_DOUBT = "attention.attempt_in_doubt" "Being checked" "结果确认中";
    AT_JOB = "attention.job_parked" "A job is parked" "任务已搁置";

    ACCOUNT_RECEIVABLE = "account.receivable" "Owed by the channel" "渠道应收";
    ACCOUNT_DRAWER = "account.drawer" "Drawer" "钱箱";
    ACCOUNT_TAKINGS = "account.takings" "Takings" "营业收入";
    ACCOUNT_REFUNDS_DUE = "account.refunds_due" "Refunds due" "应退款项";
    ACCOUNT_TO_RETURN = "account.to_return" "To be returned" "待退回款项";
    ACCOUNT_SAFE = "account.safe" "Safe" "保险柜";
    ACCOUNT_OVER_SHORT = "account.over_short" "Over and short" "长短款";
    ACCOUNT_DEPOSITS = "account.deposits" "In machines, not yet paid with" "机器内待付款项";
}
