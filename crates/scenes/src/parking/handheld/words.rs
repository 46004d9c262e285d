//! Words of the handheld.

web::texts! {
    APP_NAME = "ph.app_name" "Saoma parking handheld" "扫码停车手持机";
    APP_SHORT = "ph.app_short" "Handheld" "手持收费";
    OFFLINE_SAY = "ph.offline_say" "Cash goes on: payments are kept here and sent by themselves. Wallets need the network." "可继续收现金：记录已保存，联网后自动上传。扫码支付需要网络。";

    SIGN_IN = "ph.sign_in" "Sign in" "登录";
    SIGN_IN_SAY = "ph.sign_in_say" "Everything you do here carries your name." "此后每一步操作都记在您名下。";
    NUMBER = "ph.number" "Operator number" "操作员工号";
    PASSWORD = "ph.password" "Password" "密码";
    AWAY_SIGN_IN = "ph.away_sign_in" "Signing in needs the network. Try again when it is back." "登录需要网络，请联网后再试。";
    SIGN_OUT = "ph.sign_out" "Sign out" "退出登录";
    OTHER_SHIFT = "ph.other_shift" "{name} has a shift on this device" "{name} 正在此设备当班";
    OTHER_SHIFT_SAY = "ph.other_shift_say" "One device for each person: count and close that shift first, or use another device." "每台一人：请先清点并交班，或换一台设备。";
    ELSEWHERE = "ph.elsewhere" "Your shift runs on {device}" "您正在 {device} 当班";
    ELSEWHERE_SAY = "ph.elsewhere_say" "One device for each person: close that shift there first." "每人一台：请先在那台设备上交班。";
    NOTE = "ph.note" "What explains a difference" "差额说明";
    SEND_FIRST = "ph.send_first" "{n} payments have to be sent first" "还有 {n} 笔待上传，请先上传";

    OPEN_FEE = "ph.open_fee" "Open the fee" "打开收费";
    MONTHLY = "ph.monthly" "Car with a pass" "月卡车";
    MONTHLY_SAY = "ph.monthly_say" "Nothing is charged here. The exit opens by itself." "无需收费，出口自动放行。";
    NO_PLATE = "ph.no_plate" "No plate" "无牌车";
    NONE_SAY = "ph.none_say" "Check the plate. If the car came in unseen, write its entry by hand." "请核对车牌。如入场未识别，可手动补录。";
    BY_HAND = "ph.by_hand" "Write the entry by hand" "手动补录入场";
    REASON = "ph.reason" "Reason" "原因";

    CAMERA = "ph.camera" "Camera" "相机";
    TAKE_PHOTO = "ph.take_photo" "Photo (F10)" "拍照 (F10)";
    PHOTO_N = "ph.photo_n" "Photo {n}" "照片 {n}";
    RETAKE = "ph.retake" "Take photo {n} again" "重拍照片 {n}";
    NO_CAMERA = "ph.no_camera" "The camera does not work. Choose a picture, or write why there is none." "相机不可用。请选取图片，或填写无照片原因。";
    NO_PHOTO = "ph.no_photo" "No photo possible" "无法拍照";
    WHY_NO_PHOTO = "ph.why_no_photo" "Why is there no photo? (kept with your name)" "无照片原因（记在您名下）";

    KEPT_FEE = "ph.kept_fee" "No network: the fee is as it was kept on this device" "无网络：金额取自本机保存的数据";
    NO_KEPT_FEE = "ph.no_kept_fee" "There is no network, and the fee of this car is not kept on this device." "无网络，且本机没有这辆车的收费数据。";
    NEEDS_NETWORK = "ph.needs_network" "This needs the network. Take cash, or try again." "此操作需要网络，可先收现金或稍后重试。";
    KEPT_PAYMENT = "ph.kept_payment" "Cash taken, kept on this device" "已收现金，记录已保存";
    KEPT_PAYMENT_SAY = "ph.kept_payment_say" "It is sent by itself when the network is back. Do not charge again." "联网后自动上传，请勿重复收费。";
    CONTESTED = "ph.contested" "Give the money back" "请退还现金";
    CONTESTED_SAY = "ph.contested_say" "The platform did not take this payment: {why}" "平台未接受此笔收款：{why}";
    GIVE_BACK = "ph.give_back" "Give back {amount} more: part was paid elsewhere" "请再退 {amount}：部分已在别处支付";
    NEXT_CAR = "ph.next_car" "Next car" "下一辆";

    QUEUE = "ph.queue" "Payments on this device" "本机收款记录";
    QUEUE_N = "ph.queue_n" "{n} to send" "{n} 笔待传";
    Q_WAITING = "ph.q_waiting" "Waits to be sent" "待上传";
    Q_DONE = "ph.q_done" "Sent" "已上传";
    Q_SETTLED = "ph.q_settled" "Settled by hand" "已人工处理";
    SEND_NOW = "ph.send_now" "Send now" "立即上传";
    SENT = "ph.sent" "Everything that could be sent was sent" "能上传的都已上传";
    SETTLED = "ph.settled" "Money given back" "已退还现金";

    CONNECT_PRINTER = "ph.connect_printer" "Connect a printer" "连接打印机";
    PRINTER_READY = "ph.printer_ready" "The printer is connected" "打印机已连接";
    PRINTER_NONE = "ph.printer_none" "No printer is connected. The payment stands." "未连接打印机，收款有效。";
    PRINTED = "ph.printed" "Printed" "已打印";
}
