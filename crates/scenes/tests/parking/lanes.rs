//! Cameras and lanes: who leaves by itself, who is offered the code, and one rule for every case in which cameras are wrong.

use serde_json::json;
use store::testing::Engine;
use store::{Id, Millis};

use super::rig::{MIGRATED, Rig, local};
use desk::rows::OrderState;
use scenes::parking::cameras::{Heading, Heard, Reading, Said};
use scenes::parking::lanes::{self, Answer, Seen};
use scenes::parking::rows::{CommandState, Direction, Lane, Passage, Sighting, Staffing, StayState};
use scenes::parking::stays::{self, NewPass};
use scenes::parking::{cameras, photos, places};

fn reading(plate: &str) -> Reading {
    Reading { plate: plate.to_owned(), confidence: Some(95), ..Reading::default() }
}

async fn see_all(rig: &Rig, lane: &Lane, reading: Reading, fact: bool) -> Answer {
    let seen = Seen { lane: lane.id, source: "plain".to_owned(), reading, fact };
    lanes::see(&rig.desk, &rig.who, seen).await.unwrap()
}

async fn see(rig: &Rig, lane: &Lane, plate: &str) -> Answer {
    see_all(rig, lane, reading(plate), false).await
}

/// A car comes in by the camera of the east gate.
async fn comes(rig: &Rig, plate: &str) -> Id {
    let answer = see(rig, &rig.entry, plate).await;
    assert_eq!(answer.outcome, "opened", "{plate}");
    answer.stay.unwrap()
}

async fn count<T: store::Row>(rig: &Rig) -> usize {
    rig.desk.read(|sql| sql.rows::<T>("where merchant > $1", &[&0_i64])).await.unwrap().len()
}

async fn inside(rig: &Rig) -> i64 {
    places::parks(&rig.desk, &rig.who).await.unwrap()[0].inside
}

async fn waiting(rig: &Rig, lane: &Lane) -> Option<Id> {
    let lanes = places::lanes(&rig.desk, &rig.who, rig.site.id).await.unwrap();
    lanes.into_iter().find(|l| l.id == lane.id).unwrap().waiting
}

store::both_engines! {
    with [MIGRATED[0], MIGRATED[1]];

    async fn p19_paid_in_the_queue_and_the_exit_opens_by_itself(engine: Engine) {
        let rig = Rig::on(engine).await;
        let stay = comes(&rig, "粤B12345").await;
        rig.pass(60);
        let whole = rig.order_at(&rig.handheld, json!({"stay": stay})).await.unwrap();
        rig.pay(whole.order.id).await.unwrap();
        rig.pass(3);
        // The exit camera takes the 3 for an 8: no look-alike of it, so the booth says which car it is.
        let answer = see(&rig, &rig.south, "粤B12845").await;
        assert_eq!((answer.outcome.as_str(), answer.candidates.len()), ("confirm", 1));
        let confirmed = lanes::confirm(&rig.desk, &rig.who, &rig.key(), rig.south.id, answer.candidates[0].stay).await.unwrap();
        assert_eq!(confirmed.outcome, "opened");
        assert_eq!(rig.stay(stay).await.state, StayState::Left);
        // A look-alike of the only car that fits opens by itself.
        let other = comes(&rig, "粤B88888").await;
        rig.pay_stay(other).await;
        let answer = see(&rig, &rig.south, "粤B8888B").await;
        assert_eq!((answer.outcome.as_str(), answer.stay), ("opened", Some(other)));
        assert!(rig.stay(other).await.has("misread"));
        assert_eq!(inside(&rig).await, 0);
    }

    async fn p24_at_night_the_north_gate_lets_paid_cars_out_and_offers_others_its_code(engine: Engine) {
        let rig = Rig::on(engine).await;
        rig.clock.set(local("2026-03-10T22:30"));
        let (paid, unpaid) = (comes(&rig, "粤B11111").await, comes(&rig, "粤B22222").await);
        rig.clock.set(local("2026-03-11T01:50"));
        assert!(rig.pay_stay(paid).await > 0);
        rig.clock.set(local("2026-03-11T02:00"));
        let answer = see(&rig, &rig.north, "粤B11111").await;
        assert_eq!((answer.outcome.as_str(), answer.staffing.clone()), ("opened", Staffing::Unstaffed));
        assert_eq!(answer.command.unwrap().cause, "paid");
        let answer = see(&rig, &rig.north, "粤B22222").await;
        assert_eq!((answer.outcome.as_str(), answer.command.is_none()), ("unpaid", true));
        assert_eq!(waiting(&rig, &rig.north).await, Some(unpaid));
        // The lane's own code sells the stay that waits there; the payment itself lifts the barrier.
        let whole = rig.order_at(&rig.kiosk, json!({"lane": rig.north.id})).await.unwrap();
        assert_eq!(whole.order.due, answer.due.unwrap());
        rig.pay(whole.order.id).await.unwrap();
        let told = lanes::commands(&rig.desk, &rig.who, rig.north.id).await.unwrap();
        assert_eq!(told.iter().map(|c| c.cause.as_str()).collect::<Vec<_>>(), ["paid", "paid_here"]);
        assert_eq!(rig.stay(unpaid).await.state, StayState::Left);
        assert_eq!(waiting(&rig, &rig.north).await, None);
        // Help is a button away, and somebody answers.
        let call = lanes::call(&rig.desk, &rig.who, &rig.key(), rig.north.id, "cannot pay").await.unwrap();
        assert_eq!(lanes::open_calls(&rig.desk, &rig.who, rig.site.id).await.unwrap().len(), 1);
        lanes::answer_call(&rig.desk, &rig.who, call.id, "opened by hand").await.unwrap();
        assert!(lanes::open_calls(&rig.desk, &rig.who, rig.site.id).await.unwrap().is_empty());
        rig.clock.set(local("2026-03-11T10:00"));
        assert_eq!(see(&rig, &rig.north, "粤B99999").await.staffing, Staffing::Staffed);
    }

    async fn p1_the_site_is_away_after_the_payment_and_the_exit_works_when_it_is_back(engine: Engine) {
        let rig = Rig::on(engine).await;
        let stay = comes(&rig, "粤B12345").await;
        rig.pass(60);
        let answer = see(&rig, &rig.south, "粤B12345").await;
        assert_eq!(answer.outcome, "unpaid");
        rig.pay_stay(stay).await;
        // The barrier's controller was away; it asks when it is back, opens once, and says so twice.
        let told = lanes::commands(&rig.desk, &rig.who, rig.south.id).await.unwrap();
        assert_eq!(told.len(), 1);
        for _ in 0..2 {
            let done = lanes::acknowledge(&rig.desk, &rig.who, &rig.key(), told[0].id, true, None).await.unwrap();
            assert_eq!(done.state, CommandState::Done);
        }
        assert!(lanes::commands(&rig.desk, &rig.who, rig.south.id).await.unwrap().is_empty());
        assert_eq!(rig.stay(stay).await.paid, 1000, "no second charge");
        let refused = rig.order(json!({"stay": stay})).await.unwrap_err();
        assert_eq!(refused.code(), "parking_stay_ended");
        // A command nobody fetched in time opens nothing.
        let late = lanes::open_by_hand(&rig.desk, &rig.who, &rig.key(), rig.south.id, None, "test").await.unwrap();
        rig.pass(2);
        assert!(lanes::commands(&rig.desk, &rig.who, rig.south.id).await.unwrap().is_empty(), "{late:?}");
    }

    async fn p29_whatever_terminal_was_paid_at_the_car_leaves_by_any_gate(engine: Engine) {
        let rig = Rig::on(engine).await;
        for (i, (terminal, gate)) in [(&rig.kiosk, &rig.north), (&rig.handheld, &rig.south)].into_iter().enumerate() {
            let stay = comes(&rig, &format!("粤B1000{i}")).await;
            rig.pass(30);
            let whole = rig.order_at(terminal, json!({"plate": format!("粤B1000{i}")})).await.unwrap();
            let attempt = rig.pay(whole.order.id).await.unwrap();
            assert_eq!(attempt.channel, "cash");
            assert_eq!(rig.desk.order(&rig.who, whole.order.id).await.unwrap().order.state, OrderState::Fulfilled);
            let answer = see(&rig, gate, &format!("粤B1000{i}")).await;
            assert_eq!((answer.outcome.as_str(), answer.stay), ("opened", Some(stay)));
        }
    }

    async fn free_cars_passes_and_exempt_ones_leave_by_themselves(engine: Engine) {
        let rig = Rig::on(engine).await;
        let new = NewPass {
            name: "Office 3".to_owned(),
            code: "monthly".to_owned(),
            plates: vec!["粤B77777".to_owned(), "粤B77778".to_owned()],
            sites: vec![],
            cars: 1,
            valid_from: local("2026-03-01T00:00"),
            valid_until: local("2026-04-01T00:00"),
        };
        stays::add_pass(&rig.desk, &rig.who, &rig.key(), new).await.unwrap();
        for (plate, minutes, outcome, cause) in [
            ("粤B00001", 10, "opened", "free"),
            ("京A1234警", 600, "opened", "free"),
            ("粤B77777", 600, "opened", "pass"),
            ("粤B00002", 16, "unpaid", ""),
        ] {
            comes(&rig, plate).await;
            rig.pass(minutes);
            let answer = see(&rig, &rig.south, plate).await;
            let got = answer.command.map(|c| c.cause).unwrap_or_default();
            assert_eq!((answer.outcome.as_str(), got.as_str()), (outcome, cause), "{plate}");
        }
        // The pass has room for one of its cars: the second pays.
        let (first, second) = (comes(&rig, "粤B77777").await, comes(&rig, "粤B77778").await);
        rig.pass(60);
        assert_eq!((rig.owes(first).await, rig.owes(second).await > 0), (0, true));
        assert!(rig.stay(second).await.has("pass_full"));
    }

    async fn a_car_that_stands_at_the_camera_is_seen_once(engine: Engine) {
        let rig = Rig::on(engine).await;
        let stay = comes(&rig, "粤B12345").await;
        for plate in ["粤B12345", "粤B1234S", "粤B12345"] {
            rig.clock.advance(std::time::Duration::from_secs(1));
            let answer = see(&rig, &rig.entry, plate).await;
            assert_eq!((answer.outcome.as_str(), answer.stay), ("repeat", Some(stay)), "{plate}");
        }
        assert_eq!((inside(&rig).await, count::<Sighting>(&rig).await), (1, 1));
        rig.clock.advance(std::time::Duration::from_secs(20));
        assert_eq!(see(&rig, &rig.entry, "粤B12345").await.outcome, "second_camera");
        assert_eq!(inside(&rig).await, 1);
        // An event with an id of its own counts once, however late it is told again.
        let told = Reading { id: Some("77".to_owned()), ..reading("粤B55555") };
        let first = see_all(&rig, &rig.entry, told.clone(), false).await;
        rig.pass(30);
        let again = see_all(&rig, &rig.entry, told, false).await;
        assert_eq!((again.outcome.as_str(), again.stay), ("repeat", first.stay));
        let away = Reading { heading: Heading::Reverse, ..reading("粤B66666") };
        assert_eq!(see_all(&rig, &rig.entry, away, false).await.outcome, "wrong_way");
        assert_eq!(inside(&rig).await, 2);
    }

    async fn missing_entries_and_exits_have_a_rule_each(engine: Engine) {
        let rig = Rig::on(engine).await;
        // Nobody saw it leave: the old stay ends with the new entry.
        let first = comes(&rig, "粤B12345").await;
        rig.pass(24 * 60);
        let second = comes(&rig, "粤B12345").await;
        let old = rig.stay(first).await;
        assert_eq!((old.state.clone(), old.has("missing_exit"), inside(&rig).await), (StayState::Left, true, 1));
        assert_eq!(rig.stay(second).await.previous, Some(first));
        // Nobody saw it come: the barrier stays down, somebody enters the time with a reason, and it pays.
        let answer = see(&rig, &rig.south, "沪A99999").await;
        assert_eq!((answer.outcome.as_str(), answer.stay), ("no_entry", None));
        let by_hand = stays::ByHand {
            site: rig.site.id,
            plate: "沪A99999".to_owned(),
            entered_at: Some(Millis(rig.clock.now().0 - 3_600_000)),
            vehicle: String::new(),
            reason: String::new(),
        };
        let refused = stays::enter_by_hand(&rig.desk, &rig.who, &rig.key(), by_hand.clone()).await.unwrap_err();
        assert_eq!(refused.code(), "parking_reason_missing");
        let by_hand = stays::ByHand { reason: "camera was off".to_owned(), ..by_hand };
        let late = stays::enter_by_hand(&rig.desk, &rig.who, &rig.key(), by_hand).await.unwrap();
        assert_eq!(rig.owes(late.id).await, 1000);
        // An edge tells the exit before the entry: both are kept, the stay is over, no barrier moves.
        let at = |minutes_ago: i64| Said::Moment(Millis(rig.clock.now().0 - minutes_ago * 60_000));
        let exit = Reading { id: Some("x1".to_owned()), said: at(10), ..reading("沪B11111") };
        assert_eq!(see_all(&rig, &rig.south, exit, true).await.outcome, "no_entry");
        let entry = Reading { id: Some("e1".to_owned()), said: at(70), ..reading("沪B11111") };
        let answer = see_all(&rig, &rig.entry, entry, true).await;
        assert_eq!((answer.outcome.as_str(), answer.command), ("recorded", None));
        let stay = rig.stay(answer.stay.unwrap()).await;
        assert_eq!((stay.state.clone(), stay.has("wrong_order")), (StayState::Left, true));
        assert_eq!(stay.left_at.unwrap().since(stay.entered_at).as_secs(), 3600);
    }

    async fn a_camera_whose_clock_is_hours_off_is_not_believed(engine: Engine) {
        let rig = Rig::on(engine).await;
        let now = rig.clock.now();
        let ahead = Reading { said: Said::Moment(Millis(now.0 + 5 * 3_600_000)), ..reading("粤B12345") };
        let stay = see_all(&rig, &rig.entry, ahead, false).await.stay.unwrap();
        let row = rig.stay(stay).await;
        assert_eq!((row.entered_at, row.has("clock_off")), (now, true));
        rig.pass(5);
        let behind = Reading { said: Said::Moment(Millis(now.0 - 3 * 3_600_000)), ..reading("粤B12345") };
        let answer = see_all(&rig, &rig.south, behind, false).await;
        assert_eq!(answer.outcome, "opened");
        let row = rig.stay(stay).await;
        assert_eq!(row.left_at, Some(rig.clock.now()));
        assert!(!row.has("exit_before_entry"), "the moment of arrival counts");
        // Two clocks a minute apart may still turn an exit and an entry around: the stay has no length, and says so.
        let stay = comes(&rig, "粤B22222").await;
        rig.clock.advance(std::time::Duration::from_secs(5));
        let before = Reading { said: Said::Moment(Millis(rig.clock.now().0 - 50_000)), ..reading("粤B22222") };
        assert_eq!(see_all(&rig, &rig.south, before, false).await.outcome, "opened");
        let row = rig.stay(stay).await;
        assert_eq!((row.left_at, row.has("exit_before_entry")), (Some(row.entered_at), true));
    }

    async fn impossible_plates_are_kept_and_shown(engine: Engine) {
        let rig = Rig::on(engine).await;
        let odd = comes(&rig, "粤I000!").await;
        let stay = rig.stay(odd).await;
        assert_eq!((stay.plate.as_str(), stay.plate_seen.as_str(), stay.has("impossible_plate")), ("粤I000!", "粤I000!", true));
        let found = stays::lookup(&rig.desk, &rig.who, rig.site.id, "粤I000!").await.unwrap();
        assert_eq!(found[0].stay, odd);
        let unread = see(&rig, &rig.entry, "").await;
        assert_eq!((unread.outcome.as_str(), unread.command.unwrap().cause.as_str()), ("opened", "entry_unread"));
        let all = stays::present_at(&rig.desk, &rig.who, rig.site.id, None, 10).await.unwrap();
        assert_eq!(all.len(), 2, "found by the time it came");
        let right = stays::Correction { stay: odd, plate: "粤B00001".to_owned(), reason: "seen on the photo".to_owned() };
        let stay = stays::correct_plate(&rig.desk, &rig.who, &rig.key(), right).await.unwrap();
        assert!(stay.has("corrected") && !stay.has("impossible_plate"));
        assert!(stays::lookup(&rig.desk, &rig.who, rig.site.id, "粤I000!").await.unwrap().iter().all(|f| f.distance > 0));
        assert_eq!(stays::lookup(&rig.desk, &rig.who, rig.site.id, "粤B00001").await.unwrap()[0].distance, 0);
        let wrong = stays::Correction { stay: odd, plate: "粤I12345".to_owned(), reason: "x".to_owned() };
        assert_eq!(stays::correct_plate(&rig.desk, &rig.who, &rig.key(), wrong).await.unwrap_err().code(), "parking_plate_invalid");
    }

    async fn a_barrier_opened_by_hand_leaves_a_trace(engine: Engine) {
        let rig = Rig::on(engine).await;
        let stay = comes(&rig, "粤B12345").await;
        rig.pass(60);
        see(&rig, &rig.south, "粤B12345").await;
        let silent = lanes::open_by_hand(&rig.desk, &rig.who, &rig.key(), rig.south.id, None, " ").await.unwrap_err();
        assert_eq!(silent.code(), "parking_reason_missing");
        let command = lanes::open_by_hand(&rig.desk, &rig.who, &rig.key(), rig.south.id, None, "ambulance").await.unwrap();
        assert_eq!((command.cause.as_str(), command.stay), ("manual", Some(stay)));
        assert_eq!(rig.stay(stay).await.state, StayState::Left);
        let rows = rig.desk.read(|sql| sql.rows::<Passage>("where cause = $1", &[&"manual"])).await.unwrap();
        assert_eq!((rows.len(), rows[0].1.note.as_str(), rows[0].1.opened), (1, "ambulance", true));
        assert_eq!(rows[0].1.direction, Direction::Exit);
    }

    async fn a_picture_of_the_camera_is_the_entrys_photo(engine: Engine) {
        let rig = Rig::on(engine).await;
        let jpeg = [&[0xff, 0xd8, 0xff, 0xe0][..], &[7; 40], &[0xff, 0xd9]].concat();
        let photo = photos::check(jpeg.clone()).unwrap();
        let answer = see_all(&rig, &rig.entry, Reading { photos: vec![photo], ..reading("粤B12345") }, false).await;
        let id = rig.stay(answer.stay.unwrap()).await.entry_photo.unwrap();
        let (row, bytes) = photos::get(&rig.desk, &rig.who, id).await.unwrap();
        assert_eq!((row.kind.as_str(), row.mime.as_str(), bytes), ("entry", "image/jpeg", jpeg.clone()));
        let about = photos::About { kind: "evidence_1".to_owned(), stay: answer.stay, ..photos::About::default() };
        let refused = photos::add(&rig.desk, &rig.who, &rig.key(), about.clone(), b"GIF89a".to_vec()).await.unwrap_err();
        assert_eq!(refused.code(), "parking_photo_invalid");
        photos::add(&rig.desk, &rig.who, &rig.key(), about, jpeg).await.unwrap();
        assert_eq!(photos::of(&rig.desk, &rig.who, answer.stay, None).await.unwrap().len(), 2);
        let found = stays::lookup(&rig.desk, &rig.who, rig.site.id, "粤B12345").await.unwrap();
        assert_eq!(found[0].photo, Some(id));
    }
}

#[test]
fn a_message_becomes_a_reading() {
    let zone = jiff::tz::TimeZone::UTC;
    let heard = cameras::read("plain", "", br#"{"plate":"B12345"}"#, &zone).unwrap();
    assert!(matches!(&heard[0], Heard::Reading(r) if r.plate == "B12345"));
}
