//! Words of the driver's pages.

web::texts! {
    TITLE = "pd.title" "Pay for parking" "停车缴费";
    CHOOSE = "pd.choose" "Where is your car?" "您的车停在哪里？";
    CHOOSE_SAY = "pd.choose_say" "Tap your car park on the map or in the list." "请在地图或列表中点选停车场。";
    SEARCH = "pd.search" "Name or address of the car park" "停车场名称或地址";
    SEARCH_DO = "pd.search_do" "Search" "搜索";
    NEAR_ME = "pd.near_me" "Near me" "我的附近";
    LOCATING = "pd.locating" "Finding your place" "正在定位……";
    LOCATION_REFUSED = "pd.location_refused" "Your place is not known. Choose from the list or search by name." "未能获取位置，请从列表选择或按名称搜索。";
    NO_PARKS = "pd.no_parks" "No car park was found" "没有找到停车场";
    NO_PARKS_SAY = "pd.no_parks_say" "Try another word, or clear the search to see all." "请换个词，或清空搜索查看全部。";
    FREE_SPACES = "pd.free_spaces" "{n} spaces free" "余 {n} 个车位";
    FULL = "pd.full" "Full" "已满";
    METRES = "pd.metres" "{n} m" "{n} 米";
    KILOMETRES = "pd.kilometres" "{n} km" "{n} 公里";
    YOU = "pd.you" "You" "您的位置";
    MAP = "pd.map" "Map of the car parks" "停车场地图";
    OTHER_PARK = "pd.other_park" "Another car park" "换一个停车场";

    PLATE = "pd.plate" "Number plate" "车牌号";
    PLATE_SAY = "pd.plate_say" "Write ? for a character you are not sure of." "不确定的字符可写“？”。";
    FIND = "pd.find" "Find my car" "查找车辆";
    NEW_ENERGY = "pd.new_energy" "New energy (8 characters)" "新能源（8 位）";
    KEPT = "pd.kept" "Your plates on this phone" "本机常用车牌";
    FORGET = "pd.forget" "Forget {plate}" "删除 {plate}";
    ERASE = "pd.erase" "Erase" "删除";
    PROVINCES = "pd.provinces" "Province" "省份简称";
    TARIFF_OF = "pd.tariff_of" "Tariff: {name}" "收费标准：{name}";
    WHICH = "pd.which" "Which one is your car?" "哪一辆是您的车？";
    WHICH_SAY = "pd.which_say" "The camera may have read a character wrongly. Check the time and the photo." "入口相机可能读错一位，请核对入场时间与照片。";
    NONE_FOUND = "pd.none_found" "No car with this plate is inside" "场内没有找到这个车牌";
    NONE_FOUND_SAY = "pd.none_found_say" "Check the plate and the car park. You can also pay at the kiosk, or call for help at the exit." "请核对车牌和停车场。也可到自助缴费机缴费，或在出口呼叫帮助。";
    SAME = "pd.why_same" "Plate as you typed it" "与输入一致";
    UNREAD = "pd.why_unread" "A character could not be read" "有一位未能识别";
    LOOK_ALIKE = "pd.why_look_alike" "Looks alike" "字形相近";
    ONE_WRONG = "pd.why_one_wrong" "One character differs" "有一位不同";
    TWO_WRONG = "pd.why_two_wrong" "Two characters differ" "有两位不同";
    CAME_AT = "pd.came_at" "Came in" "入场时间";
    THIS_ONE = "pd.this_one" "This is my car" "是这辆车";
    PHOTO = "pd.photo" "Photo at the entry" "入场照片";
    NO_PHOTO = "pd.no_photo" "No photo" "无照片";

    BILL = "pd.bill" "Your bill" "账单";
    PARKED = "pd.parked" "Parked for" "停车时长";
    CARD = "pd.card" "Card" "卡号";
    FEE = "pd.fee" "Fee" "应收";
    PAID_ALREADY = "pd.paid_already" "Paid already" "已付";
    DUE_NOW = "pd.due_now" "To pay now" "现应付";
    PAY = "pd.pay" "Pay {amount}" "去支付 {amount}";
    NOTHING_DUE = "pd.nothing_due" "Nothing to pay now" "现在无需付款";
    NOTHING_DUE_FREE = "pd.nothing_due_free" "The exit opens by itself. A longer stay may cost." "出口会自动放行。继续停放可能收费。";
    LEAVE_BY = "pd.leave_by" "Leave before {time}" "请在 {time} 前离场";
    LEAVE_BY_SAY = "pd.leave_by_say" "After that only the difference is charged." "超时只补差额。";
    LEAVE_WITHIN = "pd.leave_within" "After paying you have {time} to leave." "付款后请在 {time}内离场。";
    COVERED = "pd.covered" "Covered by a pass" "月卡车辆";
    PRICE_HOLDS = "pd.price_holds" "This is the price now. It is told again when you pay." "此为当前金额，支付时以订单为准。";
    BEST_EXIT = "pd.best_exit" "Best exit now: {gate}" "现在推荐出口：{gate}";
    BEST_EXIT_SAY = "pd.best_exit_say" "Its road is the clearest of those we heard of in the last minutes." "近几分钟内该出口道路最畅通。";
    NOT_MINE = "pd.not_mine" "This is not my car" "不是我的车";
    NOBODY_WAITS = "pd.nobody_waits" "No car is waiting at this exit" "此出口没有等待的车辆";
    NOBODY_WAITS_SAY = "pd.nobody_waits_say" "Drive up to the barrier, then scan again, or pay by your plate." "请将车开到道闸前再扫码，或按车牌缴费。";
    AT_EXIT = "pd.at_exit" "Exit {name}" "出口 {name}";
    AT_EXIT_SAY = "pd.at_exit_say" "The barrier opens by itself after you have paid." "付款后道闸自动抬起。";
    BY_PLATE = "pd.by_plate" "Pay by number plate" "按车牌缴费";
    SORRY_SAY = "pd.sorry_say" "Nothing was charged. Try again, or pay by plate, at a kiosk or with a person on site." "没有扣款。请重试，或按车牌、在自助机、向现场人员缴费。";
    CHANGED = "pd.changed" "Something has changed. Please check the bill again." "信息已更新，请重新核对账单。";

    DAYS = "pd.days" "{n} d" "{n} 天";
    HOURS = "pd.hours" "{n} h" "{n} 小时";
    MINUTES = "pd.minutes" "{n} min" "{n} 分钟";
}
