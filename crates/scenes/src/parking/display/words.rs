//! Words of the display at a lane.

web::texts! {
    IDLE_OUT = "pl.idle_out" "Drive up to the barrier" "请驶近道闸";
    IDLE_OUT_SAY = "pl.idle_out_say" "The camera reads your plate. Whoever has paid leaves at once." "相机识别车牌，已缴费车辆直接放行。";
    IDLE_IN = "pl.idle_in" "Welcome" "欢迎光临";
    IDLE_IN_SAY = "pl.idle_in_say" "{n} spaces free" "余 {n} 个车位";
    GO_OUT = "pl.go_out" "The barrier is open" "道闸已开";
    GO_OUT_SAY = "pl.go_out_say" "Goodbye, and drive safely." "一路平安";
    GO_IN = "pl.go_in" "Please drive in" "请入场";
    GO_IN_SAY = "pl.go_in_say" "Pay at a machine or with your phone before you leave." "离场前请在缴费机或手机上缴费。";
    PAY = "pl.pay" "Please pay" "请缴费";
    PAY_SAY = "pl.pay_say" "Scan this code with WeChat, Alipay or any other wallet. The barrier opens by itself." "请用微信、支付宝等扫码缴费，缴费后自动抬杆。";
    PAID = "pl.paid" "Paid" "已缴费";
    PAID_SAY = "pl.paid_say" "The barrier opens in a moment." "道闸即将抬起。";
    UNREAD = "pl.unread" "Your plate was not recognised" "未能识别车牌";
    UNREAD_SAY = "pl.unread_say" "Stay where you are and press Help: a colleague lets you out." "请停在原地并按“求助”，工作人员将为您放行。";
    NO_ENTRY = "pl.no_entry" "No entry was found for this plate" "没有找到此车的入场记录";
    NO_ENTRY_SAY = "pl.no_entry_say" "Press Help and say when you came in." "请按“求助”并告知入场时间。";
    CLOSED = "pl.closed" "This lane is closed" "此车道已关闭";
    CLOSED_SAY = "pl.closed_say" "Please use another gate." "请走其他出入口。";
    FULL = "pl.full" "The car park is full" "车位已满";
    FULL_SAY = "pl.full_say" "Please come back later, or use another car park." "请稍后再来，或前往其他停车场。";
    PASSES = "pl.passes" "Only for cars with a pass" "仅限月卡车辆";
    PASSES_SAY = "pl.passes_say" "Press Help if you have one." "如有月卡请按“求助”。";
    HELP = "pl.help" "Help" "求助";
    CALLED = "pl.called" "Somebody was called. Please wait." "已通知工作人员，请稍候。";
    NOT_CALLED = "pl.not_called" "The call did not get through. Press again." "呼叫未成功，请再按一次。";
    OFFLINE = "pl.offline" "The connection is lost" "网络连接中断";
    OFFLINE_SAY = "pl.offline_say" "Whoever has paid is let out by hand. Please wait." "已缴费车辆由人工放行，请稍候。";
    NO_LANE = "pl.no_lane" "This barrier belongs to no lane" "此道闸未绑定车道";
    NO_LANE_SAY = "pl.no_lane_say" "The office sets the lane up: POST /v1/parking/lanes with this terminal as its barrier." "请在后台设置车道并绑定此终端：POST /v1/parking/lanes。";
}
