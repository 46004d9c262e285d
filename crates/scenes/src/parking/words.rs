//! Words that all screens of parking share: kinds of terminals, what is handed out, the lines of a fee.
//!
//! A line of a fee is worded by its code and parameters (`web::screens::scene::line_words`): `{from}` and `{to}` are local
//! date-times, `{price}` is an amount, `{rule}` the tariff's own name of the rule.

web::texts! {
    KIOSK = "kind.parking_kiosk" "Parking kiosk" "停车缴费机";
    HANDHELD = "kind.parking_handheld" "Parking handheld" "停车手持机";
    LANE = "kind.parking_lane" "Parking lane" "停车车道";

    EXIT_PERMISSION = "handout.exit_permission" "Permission to leave" "离场许可";
    LEAVE_BY = "handed.exit_permission" "Leave before {leave_by}" "请在 {leave_by} 前离场";
}
