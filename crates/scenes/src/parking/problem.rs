//! What parking refuses, besides what the desk refuses already.

desk::problems! {
    NO_PARK = NotFound "parking_no_car_park" "This site is not a car park" "Set the car park up first: PUT /v1/parking/parks/SITE.";
    NO_TARIFF = Conflict "parking_no_tariff" "The car park has no tariff for this time" "Add a tariff that applies from the entry or before: POST /v1/parking/parks/SITE/tariffs.";
    TARIFF_INVALID = Invalid "parking_tariff_invalid" "The tariff cannot be used" "Correct what the detail names; saoma parking check says more.";
    TARIFF_NEEDED = Conflict "parking_tariff_needed" "Stays need this version of the tariff" "Add another version that applies from the same moment or before, then withdraw this one.";
    TOO_MANY_LOOKUPS = TooMany "parking_too_many_lookups" "Too many number plates were looked up from here" "Wait a few minutes, scan the code on your card, or pay at a machine.";
    TARIFF_DISAGREES = Conflict "parking_tariff_disagrees" "The tariff has no answer for this stay" "See the detail; the operator corrects the tariff or the stay.";
    NO_STAY = NotFound "parking_no_stay" "There is no such stay here" "Look the plate up again, or call for help at the lane.";
    STAY_ENDED = Conflict "parking_stay_ended" "This stay has ended" "Nothing is to be paid for it here; ask at the office if you think otherwise.";
    CARD_UNKNOWN = NotFound "parking_card_unknown" "This card is not one of this car park" "Check the code on the card, or pay by the number plate.";
    CARD_FREE = Conflict "parking_card_not_issued" "This card belongs to no car now" "Pay by the number plate, or call for help.";
    CARD_TAKEN = Conflict "parking_card_taken" "This card belongs to another car now" "Use another card, or end the other stay first.";
    PLATE_INVALID = Invalid "parking_plate_invalid" "This cannot be a number plate" "See the detail; write ? for a character that cannot be read.";
    PLATE_INSIDE = Conflict "parking_plate_inside" "A car with this plate is inside already" "Look the plate up, and end the other stay first if it is wrong.";
    TIMES_CONTRADICT = Invalid "parking_times_contradict" "The times contradict each other" "An exit comes after its entry, and neither lies in the future.";
    VALIDATION_USED = Conflict "parking_validation_used" "This voucher or receipt was used already" "Each counts once; use another one.";
    VALIDATION_UNKNOWN = Invalid "parking_validation_unknown" "The tariff has no such validation" "Use one of the codes named in the detail.";
    SHOP_LIMIT = Conflict "parking_shop_limit" "The shop has given all it may give" "The limit is in the detail; the car park's office can change it.";
    PHOTO_INVALID = Invalid "parking_photo_invalid" "This is not a photo" "Send a JPEG, PNG or WebP picture, whole.";
    PHOTO_TOO_LARGE = Invalid "parking_photo_too_large" "The photo is too large" "Send a picture of at most the size named in the detail.";
    CAMERA_UNREADABLE = Invalid "parking_camera_unreadable" "The camera's message cannot be understood" "See the detail; check the camera's protocol and the address it posts to.";
    LANE_CLOSED = Conflict "parking_lane_closed" "This lane is closed now" "Use another gate; the detail names those that are open.";
    LANE_UNABLE = Conflict "parking_lane_unable" "This lane cannot do that" "See the detail.";
    SCHEDULE_INVALID = Invalid "parking_schedule_invalid" "The schedule cannot be used" "Write windows such as {\"days\": \"all\", \"time\": \"07:00-19:00\", \"gate\": \"staffed\"}.";
    REASON_MISSING = Invalid "parking_reason_missing" "This needs a reason" "Say why in a few words; it is kept with your name.";
    PASS_INVALID = Invalid "parking_pass_invalid" "The pass cannot be used" "See the detail.";
}
