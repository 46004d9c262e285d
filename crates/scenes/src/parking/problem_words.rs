//! What parking refuses, in words for people at a screen.

web::codes! {
    "problem.parking_no_car_park" "This is not a car park of ours. Choose one from the list." "这里不是本平台的停车场，请从列表选择。";
    "problem.parking_no_tariff" "This car park cannot price the stay now. Ask the staff, or try again in a moment." "停车场暂时无法计费，请联系工作人员或稍后再试。";
    "problem.parking_tariff_invalid" "The tariff cannot be used. Correct it and try again." "收费标准无效，请更正后重试。";
    "problem.parking_tariff_needed" "Stays need this version of the tariff. Add another one first." "仍有停车按此版本计费，请先添加其他版本。";
    "problem.parking_too_many_lookups" "Too many number plates were looked up from here. Wait a few minutes, scan the code on your card, or pay at a machine." "查询次数过多，请几分钟后再试，或扫停车卡上的码、到缴费机缴费。";
    "problem.parking_tariff_disagrees" "The tariff has no answer for this stay. A colleague has to look at it." "收费标准无法计算此次停车，请由工作人员处理。";
    "problem.parking_no_stay" "This car is not in the car park. Look the plate up again." "场内没有这辆车，请重新查找。";
    "problem.parking_stay_ended" "This car has left already. Nothing is to be paid here." "此车已离场，无需在此付款。";
    "problem.parking_card_unknown" "This card does not belong to this car park. Pay by number plate." "此卡不属于本停车场，请按车牌缴费。";
    "problem.parking_card_not_issued" "This card belongs to no car now. Pay by number plate, or call for help." "此卡当前未绑定车辆，请按车牌缴费或呼叫帮助。";
    "problem.parking_card_taken" "This card belongs to another car now. Use another card." "此卡已绑定其他车辆，请换一张卡。";
    "problem.parking_plate_invalid" "This cannot be a number plate. Write at least three characters, and ? for what cannot be read." "车牌号无效。请至少输入三位，看不清的写“？”。";
    "problem.parking_plate_inside" "A car with this plate is inside already. Look it up first." "场内已有此车牌的车辆，请先查找。";
    "problem.parking_times_contradict" "The times contradict each other. The entry lies before now." "时间矛盾：入场时间应早于现在。";
    "problem.parking_validation_used" "This voucher or receipt was used already. Each counts once." "此券或小票已使用，每张只计一次。";
    "problem.parking_validation_unknown" "The tariff has no such discount." "收费标准中没有此项优惠。";
    "problem.parking_shop_limit" "The shop has given all it may give." "该商户的优惠额度已用完。";
    "problem.parking_photo_invalid" "This is not a photo. Take it again." "这不是照片，请重新拍摄。";
    "problem.parking_photo_too_large" "The photo is too large. Take a smaller one." "照片过大，请重新拍摄。";
    "problem.parking_camera_unreadable" "The camera's message cannot be understood." "无法识别相机消息。";
    "problem.parking_lane_closed" "This lane is closed now. Use another gate." "此车道现已关闭，请走其他出入口。";
    "problem.parking_lane_unable" "This lane cannot do that." "此车道不支持该操作。";
    "problem.parking_schedule_invalid" "The schedule cannot be used." "时间表无效。";
    "problem.parking_reason_missing" "Say why in a few words. It is kept with your name." "请写明原因，将与您的姓名一并留存。";
    "problem.parking_pass_invalid" "The pass cannot be used. Check cars, plates and dates." "月卡信息无效，请核对车数、车牌和日期。";
}
