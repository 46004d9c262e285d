//! The screens of parking through the real router: drivers without an account, cashiers at a handheld, the owner in the console.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use data_encoding::HEXLOWER;
use desk::rows::Role;
use desk::{NewOperator, NewSite};
use scenes::parking::handheld::{self, unproven};
use scenes::parking::owner::{overrides, tally};
use scenes::parking::places::{self, ParkAsk};
use scenes::parking::rows::ParkOptions;
use scenes::parking::{photos, samples, stays};
use serde_json::json;
use store::testing::Engine;
use store::{Id, Millis};

use super::rig::{MIGRATED, local};
use super::site::{JPEG, Site, encoded};

store::both_engines! {
    with [MIGRATED[0], MIGRATED[1]];

    async fn p3_p4_a_menu_link_leads_to_the_car_parks_and_another_has_another_tariff(engine: Engine) {
        let site = Site::on(engine).await;
        let list = site.page("/park").await;
        assert_eq!(list.status, StatusCode::OK);
        list.says(&["<svg class=\"map\"", &format!("/park/{}", site.rig.site.id), "300 spaces free"]);
        site.page("/park?q=mall").await.says(&["class=\"place\""]);
        site.page("/park?q=nowhere").await.says(&["No car park was found"]);
        let own = format!("/park/{}", site.rig.site.id);
        site.page(&own).await.says(&["Number plate", "data-plate-keys"]);
        let (desk, who) = (&site.rig.desk, &site.rig.who);
        let new = NewSite { name: "Pier".to_owned(), zone: None, cut_off_minutes: 0, address: String::new() };
        let pier = desk.create_site(who, new).await.unwrap().id;
        let ask = ParkAsk {
            name_en: "Pier".to_owned(),
            name_zh: "码头".to_owned(),
            spaces: 20,
            latitude: 9_000,
            longitude: 9_000,
            options: ParkOptions::default(),
        };
        places::set_park(desk, who, pier, ask).await.unwrap();
        let toml = samples::text("qianshan").unwrap();
        places::add_tariff(desk, who, "pier", pier, toml, local("2026-01-01T00:00")).await.unwrap();
        let here = site.rig.came("粤B10101").await;
        let by_hand = |site| stays::ByHand {
            site,
            plate: "粤B20202".to_owned(),
            entered_at: None,
            vehicle: String::new(),
            reason: String::new(),
        };
        let there = stays::enter_by_hand(desk, who, "there", by_hand(pier)).await.unwrap();
        site.rig.pass(180);
        assert_ne!(site.rig.owes(here.id).await, site.rig.owes(there.id).await, "another car park, another tariff");
        site.page(&format!("/park/{pier}?plate={}", encoded("粤B10101"))).await.says(&["No car with this plate is inside"]);
        let strange = site.page("/park/0000000000001").await;
        assert_eq!(strange.status, StatusCode::NOT_FOUND);
        strange.says(&["not a car park of ours"]);
    }

    async fn p5_the_driver_confirms_sees_the_bill_and_pays_once(engine: Engine) {
        let site = Site::on(engine).await;
        let stay = site.rig.came("粤B8D52K").await;
        site.rig.pass(150);
        let (own, typed) = (format!("/park/{}", site.rig.site.id), encoded("粤BBD52K"));
        let found = site.page(&format!("{own}?plate={typed}")).await;
        found.says(&["Which one is your car?", "Looks alike", "10 Mar, 10:00", &stay.id.to_string()]);
        assert!(!found.text.contains("粤B8D52K"), "another plate than the typed one is masked");
        site.page(&format!("{own}?plate={}", encoded("粤Z99999"))).await.says(&["No car with this plate is inside"]);
        let path = format!("{own}/bill?plate={typed}&stay={}", stay.id);
        let bill = site.page(&path).await;
        bill.says(&["2 h 30 min", ">10<span", ">3<span", "Pay ¥13.00", "15 min"]);
        let at = bill.text.split("name=\"at\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let form = format!("plate={typed}&stay={}&at={at}", stay.id);
        let first = site.form(&format!("{own}/bill"), &form).await;
        assert_eq!(first.status, StatusCode::SEE_OTHER, "{}", first.text);
        assert!(first.place.contains("/p/"), "{}", first.place);
        let second = site.form(&format!("{own}/bill"), &format!("plate={typed}&stay={}&at=another", stay.id)).await;
        assert_eq!(second.place, first.place, "a second phone gets the order that is open");
        let order = stays::open_order_of(&site.rig.desk, site.rig.who.merchant, stay.id).await.unwrap().unwrap();
        site.rig.pay(order).await.unwrap();
        site.page(&path).await.says(&["Paid already", "Leave before 10 Mar, 12:45"]);
        let wrong = site.page(&format!("{own}/bill?plate={}&stay={}", encoded("粤Z99999"), stay.id)).await;
        assert_eq!(wrong.status, StatusCode::NOT_FOUND, "a stay is shown to whoever knows its plate");
    }

    async fn p1_the_card_and_p24_the_exit_lead_to_the_same_bill(engine: Engine) {
        let site = Site::on(engine).await;
        let stay = site.rig.came("粤B12345").await;
        stays::issue_card(&site.rig.desk, &site.rig.who, &site.rig.key(), stay.id, "M-7").await.unwrap();
        site.rig.pass(60);
        let bill = site.page(&format!("/park/{}/card/M-7", site.rig.site.id)).await;
        bill.says(&["Pay ¥10.00", "M-7"]);
        assert!(!bill.text.contains("粤B12345"), "whoever finds the card learns no plate");
        let own = format!("/park/{}", site.rig.site.id);
        site.page(&format!("{own}/card/NONE")).await.says(&["does not belong to this car park"]);
        let nobody = site.page(&format!("{own}/lane/{}", site.rig.south.id)).await;
        nobody.says(&["No car is waiting at this exit"]);
        let elsewhere = site.form(&format!("{own}/bill"), &format!("card=M-7&stay={}&at=1", Id(5))).await;
        assert!(elsewhere.place.ends_with("/card/M-7?changed=1"), "another car than the one seen is never paid: {}", elsewhere.place);
    }

    async fn p2_the_same_card_opens_the_same_bill_in_alipay_and_its_order_is_the_wechat_ones(engine: Engine) {
        let site = Site::on(engine).await;
        let stay = site.rig.came("粤B12345").await;
        stays::issue_card(&site.rig.desk, &site.rig.who, &site.rig.key(), stay.id, "M-8").await.unwrap();
        site.rig.pass(60);
        let path = format!("/park/{}/card/M-8", site.rig.site.id);
        let mut pages = Vec::new();
        for agent in ["MicroMessenger/8.0", "AlipayClient/10.5"] {
            let bill = site.send(Request::get(&path).header("user-agent", agent).body(Body::empty()).unwrap()).await;
            assert_eq!(bill.status, StatusCode::OK, "{agent}: {}", bill.text);
            let at = bill.text.split("name=\"at\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
            let form = format!("card=M-8&stay={}&at={at}", stay.id);
            let request = Request::post(format!("/park/{}/bill", site.rig.site.id))
                .header("user-agent", agent)
                .header("content-type", "application/x-www-form-urlencoded");
            let made = site.send(request.body(Body::from(form)).unwrap()).await;
            assert_eq!(made.status, StatusCode::SEE_OTHER, "{agent}: {}", made.text);
            pages.push((bill.text, made.place));
        }
        assert_eq!(pages[0], pages[1], "the flow is identical, and whichever wallet is quicker pays the one order");
        let order = stays::open_order_of(&site.rig.desk, site.rig.who.merchant, stay.id).await.unwrap().unwrap();
        site.rig.pay(order).await.unwrap();
        site.page(&path).await.says(&["Leave before"]);
    }

    async fn who_walks_through_plates_is_slowed_down_and_others_are_not(engine: Engine) {
        let site = Site::on(engine).await;
        let stay = site.rig.came("粤B12345").await;
        site.rig.pass(60);
        let own = format!("/park/{}", site.rig.site.id);
        let ask = async |plate: &str, from: &str| {
            let path = format!("{own}?plate={}", encoded(plate));
            site.send(Request::get(path).header("x-forwarded-for", from).body(Body::empty()).unwrap()).await
        };
        let (walker, driver) = ("203.0.113.9", "10.1.2.3, 203.0.113.10");
        let mut allowed = 0;
        while ask(&format!("沪Z9{allowed:04}"), walker).await.status == StatusCode::OK {
            allowed += 1;
            assert!(allowed < 100, "nobody walks through all plates");
        }
        assert_eq!(allowed, 30);
        let refused = ask("粤B12345", walker).await;
        assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
        refused.says(&["Too many number plates were looked up from here", "Wait a few minutes"]);
        let bill = format!("{own}/bill?plate={}&stay={}", encoded("粤B12345"), stay.id);
        let walked = Request::get(&bill).header("x-forwarded-for", walker).body(Body::empty()).unwrap();
        assert_eq!(site.send(walked).await.status, StatusCode::TOO_MANY_REQUESTS, "nor through bills");
        for _ in 0..40 {
            assert_eq!(ask("粤B12345", driver).await.status, StatusCode::OK, "the own plate as often as wanted");
        }
        site.rig.pass(10);
        assert_eq!(ask("粤B12345", walker).await.status, StatusCode::OK, "after ten minutes");
    }

    async fn p14_every_act_is_the_operators_and_one_person_has_one_device(engine: Engine) {
        let site = Site::on(engine).await;
        let nobody = site.page(&site.own("/state")).await;
        assert_eq!(nobody.status, StatusCode::UNAUTHORIZED);
        site.shift().await;
        let state = site.call("GET", &site.own("/state"), None, "-").await.json();
        assert_eq!((&state["operator"]["name"], &state["shift"]["own"]), (&json!("8001"), &json!(true)));
        let other = Site::handheld(&site.rig, "Handheld 2").await;
        let path = format!("/parking/handheld/{}/shift", other.id);
        let refused = site.call("POST", &path, Some(json!({"float": {}})), "second").await;
        assert_eq!((refused.status, refused.json()["code"].clone()), (StatusCode::CONFLICT, json!("shift_open")));
        let stay = site.rig.came("粤B33333").await;
        site.rig.pass(60);
        let (order, _) = site.cash(json!({"stay": stay.id}), 1000, "one").await;
        let order: Id = order.json()["id"].as_str().unwrap().parse().unwrap();
        let whole = site.rig.desk.order(&site.rig.who, order).await.unwrap();
        assert_eq!(whole.order.operator, site.session.who.operator());
        let tries = site.rig.desk.settings().sign_in_tries;
        for n in 0..=tries {
            let code = site.rig.desk.sign_in("8001", "wrong").await.unwrap_err().code();
            assert_eq!(code, if n < tries { "sign_in_failed" } else { "sign_in_locked" }, "try {n}");
        }
        let locked = site.rig.desk.sign_in("8001", "correct horse").await.unwrap_err();
        assert_eq!(locked.code(), "sign_in_locked", "the right password does not help now");
    }

    async fn p15_a_temporary_car_has_a_fee_and_a_monthly_one_has_none(engine: Engine) {
        let site = Site::on(engine).await;
        let now = site.rig.clock.now();
        let pass = stays::NewPass {
            name: "office".to_owned(),
            code: "monthly".to_owned(),
            plates: vec!["粤BM8888".to_owned()],
            sites: Vec::new(),
            cars: 1,
            valid_from: Millis(now.0 - 1000),
            valid_until: Millis(now.0 + 86_400_000 * 30),
        };
        stays::add_pass(&site.rig.desk, &site.rig.who, &site.rig.key(), pass).await.unwrap();
        site.rig.came("粤BM8888").await;
        site.rig.came("粤B44444").await;
        site.rig.pass(60);
        for (plate, covered) in [("粤BM8888", true), ("粤B44444", false)] {
            let path = format!("/v1/parking/lookup?site={}&plate={}", site.rig.site.id, encoded(plate));
            let found = site.call("GET", &path, None, "-").await.json();
            assert_eq!(found["items"][0]["pass"], json!(covered), "{plate}");
        }
        let kept = site.call("GET", &site.own("/stays"), None, "-").await.json();
        for stay in kept["stays"].as_array().unwrap() {
            let due = stay["steps"][0]["due"].as_i64().unwrap();
            assert_eq!(due > 0, stay["pass"] == json!(false), "{stay}");
        }
    }

    async fn p16_two_photos_are_kept_as_taken_and_a_payment_without_them_is_flagged(engine: Engine) {
        let site = Site::on(engine).await;
        site.shift().await;
        let mut orders = Vec::new();
        for (n, plate) in ["粤B50001", "粤B50002", "粤B50003"].into_iter().enumerate() {
            let stay = site.rig.came(plate).await;
            site.rig.pass(60);
            let (order, paid) = site.cash(json!({"stay": stay.id}), 1000, &format!("p16-{n}")).await;
            assert_eq!(paid.status, StatusCode::CREATED, "{}", paid.text);
            orders.push(order.json()["id"].as_str().unwrap().to_owned());
        }
        let sha = HEXLOWER.encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, JPEG).as_ref());
        for kind in ["evidence_1", "evidence_2", "evidence_1"] {
            let path = site.own(&format!("/evidence?kind={kind}&order={}&sha256={sha}", orders[0]));
            let kept = site.raw(&path, JPEG, kind).await;
            assert_eq!(kept.status, StatusCode::CREATED, "{}", kept.text);
        }
        let order: Id = orders[0].parse().unwrap();
        let kept = photos::of(&site.rig.desk, &site.rig.who, None, Some(order)).await.unwrap();
        assert_eq!(kept.len(), 2, "the same photo sent twice is one");
        let path = site.own(&format!("/evidence?kind=evidence_1&order={}&sha256={}", orders[1], sha.replace('1', "2")));
        assert_eq!(site.raw(&path, JPEG, "other").await.json()["code"], json!("parking_photo_invalid"));
        let page = site.own(&format!("/evidence?kind=evidence_1&order={}", orders[1]));
        assert_eq!(site.raw(&page, b"<html>", "html").await.json()["code"], json!("parking_photo_invalid"));
        let path = site.own("/no-evidence");
        let silent = site.call("POST", &path, Some(json!({"order": orders[1], "reason": " "})), "r0").await;
        assert_eq!(silent.json()["code"], json!("parking_reason_missing"));
        let told = site.call("POST", &path, Some(json!({"order": orders[1], "reason": "rain"})), "r1").await;
        assert_eq!(told.status, StatusCode::OK, "{}", told.text);
        let flagged = unproven(&site.rig.desk, &site.rig.who, Millis(0)).await.unwrap();
        let rows: Vec<_> = flagged.iter().map(|u| (u.order.to_string(), u.photos, u.reason.as_deref())).collect();
        assert_eq!(rows, [(orders[2].clone(), 0, None), (orders[1].clone(), 0, Some("rain"))]);
    }

    async fn p17_cash_of_a_dead_network_is_booked_once_at_the_price_it_was_taken_for(engine: Engine) {
        let site = Site::on(engine).await;
        site.shift().await;
        let stay = site.rig.came("粤B60001").await;
        site.rig.pass(60);
        let kept = site.call("GET", &site.own("/stays"), None, "-").await.json();
        let step = &kept["stays"][0]["steps"][0];
        assert_eq!(step["due"], json!(1000));
        let taken_at = Millis(step["at"].as_i64().unwrap());
        // an hour and a half without a network: by now more would be due
        site.rig.pass(90);
        let late = json!({"stay": stay.id, "taken_at": taken_at});
        let (order, paid) = site.cash(late.clone(), 2000, "queue").await;
        assert_eq!((order.json()["amount"]["value"].clone(), paid.json()["change"]["value"].clone()), (json!(1000), json!(1000)));
        let (again, twice) = site.cash(late, 2000, "queue").await;
        assert_eq!((again.json()["id"].clone(), twice.json()["id"].clone()), (order.json()["id"].clone(), paid.json()["id"].clone()));
        let row = site.rig.stay(stay.id).await;
        assert_eq!((row.paid, row.has("paid_offline")), (1000, true), "sent twice, booked once");
        // somebody else had taken it too: nothing is due any more, and the cash is given back
        let (free, refused) = site.cash(json!({"stay": stay.id, "taken_at": taken_at}), 1000, "other").await;
        assert_eq!(free.json()["amount"]["value"], json!(0));
        assert!(!refused.status.is_success(), "{}", refused.text);
        let kiosk = site.rig.order(json!({"stay": stay.id, "taken_at": taken_at})).await.unwrap_err();
        assert_eq!(kiosk.code(), "terminal_unable", "only a handheld books what it took before");
        let future = Millis(site.rig.clock.now().0 + 60_000);
        let (early, _) = site.cash(json!({"stay": stay.id, "taken_at": future}), 1000, "future").await;
        assert_eq!(early.json()["code"], json!("parking_times_contradict"));
    }

    async fn p18_the_receipt_is_there_whether_or_not_it_is_printed(engine: Engine) {
        let site = Site::on(engine).await;
        site.shift().await;
        let stay = site.rig.came("粤B61111").await;
        site.rig.pass(60);
        let (order, _) = site.cash(json!({"stay": stay.id}), 1000, "receipt").await;
        let whole = site.call("GET", &format!("/v1/orders/{}", order.json()["id"].as_str().unwrap()), None, "-").await.json();
        let receipt = whole["fulfilments"].as_array().unwrap().iter().find(|f| f["kind"] == "receipt").unwrap()["id"].clone();
        let paper = site.call("GET", &format!("/v1/fulfilments/{}/escpos", receipt.as_str().unwrap()), None, "-").await;
        assert_eq!(paper.status, StatusCode::OK);
        assert!(paper.text.contains("10.00"));
    }

    async fn p21_the_owner_sees_every_override_and_who_did_it(engine: Engine) {
        let site = Site::on(engine).await;
        let stay = site.rig.came("粤B71111").await;
        let cashier = &site.session.who;
        let ask = stays::Correction { stay: stay.id, plate: "粤B71112".to_owned(), reason: "misread".to_owned() };
        stays::correct_plate(&site.rig.desk, cashier, &site.rig.key(), ask).await.unwrap();
        let voiding = stays::end_by_hand(&site.rig.desk, cashier, &site.rig.key(), stay.id, true, "no car").await;
        assert_eq!(voiding.unwrap_err().code(), "forbidden", "a cashier cannot make a stay disappear");
        let all = overrides(&site.rig.desk, &site.rig.who, Millis(0)).await.unwrap();
        let plate = all.iter().find(|o| o.what == "plate").unwrap();
        assert_eq!((plate.operator, plate.reason.as_str()), (cashier.operator(), "misread"));
        assert!(!plate.detail.contains("71111") && plate.detail.contains("→"), "plates are masked: {}", plate.detail);
        assert_eq!(tally(&all)[&cashier.operator()].changes, 1);
    }

    async fn p28_p30_each_concern_has_its_page_and_the_map_its_pay_points(engine: Engine) {
        let site = Site::on(engine).await;
        let new = NewOperator { name: "ning".to_owned(), password: "correct horse".to_owned(), role: Role::Owner };
        site.rig.desk.create_operator(&site.rig.who, new).await.unwrap();
        let owner = site.rig.desk.sign_in("ning", "correct horse").await.unwrap();
        let page = async |path: &str| {
            let request = Request::get(path).header("cookie", format!("saoma_session={}", owner.token));
            site.send(request.body(Body::empty()).unwrap()).await
        };
        let index = page("/parking").await;
        assert_eq!(index.status, StatusCode::OK, "{}", index.text);
        for path in ["throughput", "money", "staffing", "validation", "roads", "occupancy", "costs", "map"] {
            let href = format!("/parking/{path}");
            assert!(index.text.contains(&format!("href=\"{href}\"")), "{href} is linked");
            assert_eq!(page(&href).await.status, StatusCode::OK, "{href}");
        }
        page("/parking/staffing").await.says(&["180,000"]);
        page("/parking/costs").await.says(&["214,500", "27,500", "423,501", "35,003", "14.3"]);
        page("/parking/throughput").await.says(&["3250", "1600", "2.03", "111", "225"]);
        let strangers = site.page("/parking").await;
        assert_eq!((strangers.status, strangers.place.as_str()), (StatusCode::SEE_OTHER, "/sign-in?next=/parking"));
        let screen = site.send(Request::get(format!("/parking/handheld/{}/app.webmanifest", site.handheld.id)).body(Body::empty()).unwrap()).await;
        assert_eq!(screen.json()["display"], json!("standalone"), "the handheld can be installed");
        assert!(handheld::FILES.iter().any(|(name, _)| *name == "hh-queue.js"));
    }
}
