//! The API of parking through the real router: lanes and their schedules, tariffs withdrawn, who stands at an exit, calls for help, contradictions.

use axum::http::StatusCode;
use desk::rows::Role;
use scenes::parking::lanes::{self, Seen};
use scenes::parking::rows::{Contradiction, StayState};
use scenes::parking::{cameras, samples};
use serde_json::{Value, json};
use store::testing::Engine;
use store::{Id, Json, Millis};

use super::rig::{MIGRATED, Rig, local};
use super::site::Site;

async fn seen(rig: &Rig, lane: Id, plate: &str) -> lanes::Answer {
    let reading = cameras::Reading { plate: plate.to_owned(), confidence: Some(97), ..Default::default() };
    let seen = Seen { lane, source: "plain".to_owned(), reading, fact: false };
    lanes::see(&rig.desk, &rig.who, seen).await.unwrap()
}

store::both_engines! {
    with [MIGRATED[0], MIGRATED[1]];

    async fn p24_a_gate_gets_another_schedule(engine: Engine) {
        let site = Site::on(engine).await;
        let owner = site.person("ning", Role::Owner).await;
        let path = format!("/v1/parking/lanes/{}", site.rig.north.id);
        let all = format!("/v1/parking/parks/{}/lanes", site.rig.site.id);
        let night = json!([{"days": "all", "time": "00:00-24:00", "gate": "closed"}]);
        let changed = site.call_as(&owner, "PATCH", &path, Some(json!({"schedule": night, "name": "North, rebuilt"}))).await;
        assert_eq!(changed.status, StatusCode::OK, "{}", changed.text);
        assert_eq!((&changed.json()["name"], &changed.json()["gate"]), (&json!("North, rebuilt"), &json!("north")));
        let listed = site.call_as(&owner, "GET", &all, None).await.json();
        let row = listed["items"].as_array().unwrap().iter().find(|l| l["id"] == json!(site.rig.north.id)).unwrap().clone();
        assert_eq!(row["schedule"][0]["gate"], json!("closed"));
        site.rig.came("粤B12345").await;
        assert_eq!(seen(&site.rig, site.rig.north.id, "粤B12345").await.outcome, "closed");
        for (body, code) in [
            (json!({"schedule": [{"time": "late", "gate": "closed"}]}), "parking_schedule_invalid"),
            (json!({"barrier": site.rig.kiosk.id}), "parking_lane_unable"),
            (json!({"direction": "entry"}), "invalid_request"),
        ] {
            assert_eq!(site.call_as(&owner, "PATCH", &path, Some(body.clone())).await.json()["code"], json!(code), "{body}");
        }
        let cashier = site.call("PATCH", &path, Some(json!({"schedule": []})), "x").await;
        assert_eq!(cashier.status, StatusCode::FORBIDDEN);
        let strange = site.call_as(&owner, "PATCH", "/v1/parking/lanes/0000000000001", Some(json!({}))).await;
        assert_eq!(strange.status, StatusCode::NOT_FOUND);
    }

    async fn a_tariff_is_withdrawn_and_the_one_before_it_counts_again(engine: Engine) {
        let site = Site::on(engine).await;
        let owner = site.person("ning", Role::Owner).await;
        let own = format!("/v1/parking/parks/{}/tariffs", site.rig.site.id);
        let stay = site.rig.came("粤B12345").await;
        site.rig.pass(180);
        assert_eq!(site.rig.owes(stay.id).await, 1600);
        let body = json!({"toml": samples::text("qianshan").unwrap(), "applies_from": local("2026-03-01T00:00")});
        let added = site.call_as(&owner, "POST", &own, Some(body)).await;
        assert_eq!(added.status, StatusCode::CREATED, "{}", added.text);
        assert_eq!(site.rig.owes(stay.id).await, 600);
        let new = added.json()["id"].as_str().unwrap().to_owned();
        let listed = site.call_as(&owner, "GET", &own, None).await.json();
        let versions = listed["items"].as_array().unwrap().clone();
        assert_eq!((versions.len(), &versions[0]["id"], &versions[0]["withdrawn_at"]), (2, &json!(new), &Value::Null));
        let first = versions[1]["id"].as_str().unwrap().to_owned();
        let kept = site.call_as(&owner, "POST", &format!("{own}/{first}/withdraw"), None).await;
        assert_eq!(kept.json()["code"], json!("parking_tariff_needed"), "nothing would price stays of January");
        let gone = site.call_as(&owner, "POST", &format!("{own}/{new}/withdraw"), None).await;
        assert_eq!(gone.status, StatusCode::OK, "{}", gone.text);
        let at = gone.json()["withdrawn_at"].clone();
        assert!(at.is_string(), "{at}");
        assert_eq!(site.rig.owes(stay.id).await, 1600);
        site.rig.pass(5);
        let again = site.call_as(&owner, "POST", &format!("{own}/{new}/withdraw"), None).await;
        assert_eq!(again.json()["withdrawn_at"], at, "withdrawn once");
        assert_eq!(site.call("POST", &format!("{own}/{new}/withdraw"), None, "x").await.status, StatusCode::FORBIDDEN);
        let elsewhere = format!("/v1/parking/parks/{}/tariffs/{new}/withdraw", Id(5));
        assert_eq!(site.call_as(&owner, "POST", &elsewhere, None).await.status, StatusCode::NOT_FOUND);
    }

    async fn p19_the_booth_says_which_car_stands_there(engine: Engine) {
        let site = Site::on(engine).await;
        let stay = site.rig.came("粤B12345").await;
        site.rig.pass(60);
        site.rig.pay_stay(stay.id).await;
        let answer = seen(&site.rig, site.rig.south.id, "粤B12945").await;
        assert_eq!(answer.outcome, "confirm");
        let path = format!("/v1/parking/lanes/{}/confirm", site.rig.south.id);
        let done = site.call("POST", &path, Some(json!({"stay": stay.id})), "c1").await;
        assert_eq!((done.status, &done.json()["outcome"]), (StatusCode::OK, &json!("opened")), "{}", done.text);
        assert_eq!(site.rig.stay(stay.id).await.state, StayState::Left);
        let again = site.call("POST", &path, Some(json!({"stay": stay.id})), "c2").await;
        assert_eq!(again.json()["code"], json!("parking_stay_ended"));
    }

    async fn p24_a_call_for_help_is_listed_answered_once_and_seen_in_the_console(engine: Engine) {
        let site = Site::on(engine).await;
        let owner = site.person("ning", Role::Owner).await;
        let stay = site.rig.came("粤B12345").await;
        site.rig.pass(60);
        assert_eq!(seen(&site.rig, site.rig.south.id, "粤B12345").await.outcome, "unpaid");
        let call = format!("/v1/parking/lanes/{}/call", site.rig.south.id);
        let made = site.call("POST", &call, Some(json!({"reason": "my phone is empty"})), "call").await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
        let twice = site.call("POST", &call, Some(json!({"reason": "my phone is empty"})), "call").await;
        assert_eq!(twice.json()["id"], made.json()["id"], "pressed once");
        let open = format!("/v1/parking/calls?site={}", site.rig.site.id);
        let listed = site.call("GET", &open, None, "-").await.json();
        assert_eq!(listed["items"].as_array().map(Vec::len), Some(1), "{listed}");
        assert_eq!((&listed["items"][0]["stay"], &listed["items"][0]["reason"]), (&json!(stay.id), &json!("my phone is empty")));
        let page = site.call_as(&owner, "GET", "/parking/matters", None).await;
        page.says(&["my phone is empty", "粤B***45", "What was done"]);
        let id = made.json()["id"].as_str().unwrap().to_owned();
        let path = format!("/v1/parking/calls/{id}/answer");
        let silent = site.call("POST", &path, Some(json!({"outcome": "  "})), "a0").await;
        assert_eq!(silent.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", silent.text);
        let answered = site.call("POST", &path, Some(json!({"outcome": "opened by hand"})), "a1").await;
        assert_eq!((answered.status, &answered.json()["outcome"]), (StatusCode::OK, &json!("opened by hand")));
        let late = site.call("POST", &path, Some(json!({"outcome": "something else"})), "a2").await;
        assert_eq!(late.json()["outcome"], json!("opened by hand"), "the first answer stays");
        assert_eq!(site.call("GET", &open, None, "-").await.json()["items"], json!([]));
        let all = site.call("GET", &format!("{open}&all=true"), None, "-").await.json();
        assert_eq!(all["items"][0]["operator"], json!(site.session.who.operator()), "{all}");
    }

    async fn p24_the_exits_display_offers_its_own_code_and_says_when_the_barrier_opens(engine: Engine) {
        let site = Site::on(engine).await;
        let owner = site.person("ning", Role::Owner).await;
        let display = async |barrier: Option<Id>| {
            let path = format!("/parking/display/{}", barrier.unwrap());
            let shown = site.call_as(&owner, "GET", &path, None).await;
            assert_eq!(shown.status, StatusCode::OK, "{}", shown.text);
            shown
        };
        display(site.rig.entry.barrier).await.says(&["Welcome", "300 spaces free"]);
        let stay = seen(&site.rig, site.rig.entry.id, "粤B12345").await.stay.unwrap();
        display(site.rig.entry.barrier).await.says(&["Please drive in"]);
        site.rig.pass(60);
        display(site.rig.south.barrier).await.says(&["Drive up to the barrier"]);
        assert_eq!(seen(&site.rig, site.rig.south.id, "粤B12345").await.outcome, "unpaid");
        let pay = display(site.rig.south.barrier).await;
        pay.says(&["Please pay", "粤B***45", "<svg class=\"qr\"", ">10<span"]);
        assert!(!pay.text.contains("粤B12345"), "who stands behind learns no plate");
        site.rig.pay_stay(stay).await;
        display(site.rig.south.barrier).await.says(&["The barrier is open"]);
        site.rig.pass(1);
        display(site.rig.south.barrier).await.says(&["Drive up to the barrier"]);
        assert_eq!(seen(&site.rig, site.rig.south.id, "粤Z99999").await.outcome, "no_entry");
        display(site.rig.south.barrier).await.says(&["No entry was found", "Press Help"]);
        assert_eq!(seen(&site.rig, site.rig.south.id, "").await.outcome, "unread");
        display(site.rig.south.barrier).await.says(&["not recognised"]);
        site.rig.pass(11);
        display(site.rig.south.barrier).await.says(&["Drive up to the barrier"]);
        let path = format!("/v1/parking/lanes/{}", site.rig.south.id);
        let closed = json!({"schedule": [{"time": "00:00-24:00", "gate": "closed"}]});
        site.call_as(&owner, "PATCH", &path, Some(closed)).await;
        display(site.rig.south.barrier).await.says(&["This lane is closed"]);
        let strange = site.call_as(&owner, "GET", &format!("/parking/display/{}", site.rig.kiosk.id), None).await;
        assert_eq!(strange.status, StatusCode::NOT_FOUND, "a kiosk is no barrier");
    }

    async fn contradictions_are_closed_in_the_console_with_a_note(engine: Engine) {
        let site = Site::on(engine).await;
        let owner = site.person("ning", Role::Owner).await;
        let (park, stay) = (site.rig.site.id, site.rig.came("粤B12345").await);
        let odd = |id: i64, what: &str, amount| Contradiction {
            id: Id(id),
            site: park,
            edge: Id(1),
            fact: format!("edge:{id}"),
            what: what.to_owned(),
            stay: Some(stay.id),
            amount,
            detail: Json(json!({"why": "told so"})),
            at: Millis(site.rig.clock.now().0),
            settled_at: None,
            operator: None,
            note: None,
        };
        let rows = [odd(71, "left_unpaid", Some(1300)), odd(72, "never_heard_of", None)];
        site.rig.desk.decide(site.rig.who.merchant, move |view| {
            rows.iter().for_each(|row| view.add(row.clone()));
            Ok::<(), store::Stop<desk::Refusal>>(())
        }).await.unwrap();
        let page = site.call_as(&owner, "GET", "/parking/matters", None).await;
        page.says(&["Left and owes money", "Collect the amount", "13", "never_heard_of", "kept word for word", "粤B***45"]);
        assert!(!page.text.contains("粤B12345"), "the plate is masked");
        let form = async |who: &desk::SignedIn, fields: String| {
            let request = axum::http::Request::post("/parking/matters/settle")
                .header("cookie", format!("saoma_session={}", who.token))
                .header("content-type", "application/x-www-form-urlencoded");
            site.send(request.body(axum::body::Body::from(fields)).unwrap()).await
        };
        let fields = |who: &desk::SignedIn, note: &str| format!("csrf={}&park={park}&id={}&note={note}", who.csrf, Id(71));
        let silent = form(&owner, fields(&owner, "")).await;
        assert!(silent.place.contains("wrong="), "{} {}", silent.place, silent.text);
        let closed = form(&owner, fields(&owner, "paid+at+the+office")).await;
        assert_eq!(closed.place, format!("/parking/matters?park={park}&done=saved"));
        let refused = form(&site.session, fields(&site.session, "mine")).await;
        assert!(refused.place.contains("wrong=forbidden"), "{}", refused.place);
        let page = site.call_as(&owner, "GET", "/parking/matters", None).await;
        page.says(&["Closed lately", "paid at the office"]);
        let open = site.call_as(&owner, "GET", &format!("/v1/parking/contradictions?site={park}"), None).await.json();
        assert_eq!(open["items"].as_array().map(Vec::len), Some(1));
    }

    async fn bad_input_is_told_in_clear_words_and_nothing_is_lost(engine: Engine) {
        let site = Site::on(engine).await;
        let owner = site.person("ning", Role::Owner).await;
        let (stay, park) = (site.rig.came("粤B12345").await, site.rig.site.id);
        let own = format!("/v1/parking/stays/{}", stay.id);
        let voucher = json!({"stay": stay.id, "code": "cinema", "serial": "C-9", "shop": null});
        let given = site.call_as(&owner, "POST", "/v1/parking/validations", Some(voucher.clone())).await;
        assert_eq!(given.status, StatusCode::CREATED, "{}", given.text);
        let windows = "currency = \"CNY\"\ntimezone = \"Asia/Shanghai\"\n\
            [[window]]\nname = \"day\"\ntime = \"08:00-20:00\"\nprice = 5\nper = \"1h\"\n\
            [[window]]\nname = \"evening\"\ntime = \"18:00-23:00\"\nprice = 3\nper = \"1h\"\n";
        let tomorrow = Millis(site.rig.clock.now().0 + 86_400_000);
        let enter = |plate: &str, at| json!({"site": park, "plate": plate, "entered_at": at, "reason": "the gate was open"});
        // What was sent, the code of the refusal, and words that its detail names.
        let cases: [(&str, Value, &str, &[&str]); 8] = [
            (&format!("{own}/plate"), json!({"plate": "粤I12345", "reason": "x"}), "parking_plate_invalid", &["粤I12345"]),
            (&format!("{own}/plate"), json!({"plate": "粤B1", "reason": "x"}), "parking_plate_invalid", &["粤B1"]),
            ("/v1/parking/stays", enter("粤B54321", Some(tomorrow)), "parking_times_contradict", &["entered_at", "future"]),
            ("/v1/parking/stays", enter("粤B12345", None), "parking_plate_inside", &["stay"]),
            (&format!("/v1/parking/parks/{park}/tariffs"), json!({"toml": windows}), "parking_tariff_invalid", &["day", "evening", "line 8"]),
            ("/v1/parking/validations", voucher, "parking_validation_used", &["C-9", "2026-03-10"]),
            ("/v1/parking/validations", json!({"stay": stay.id, "code": "opera", "shop": null}), "parking_validation_unknown", &["opera", "cinema"]),
            (&format!("{own}/end"), json!({"reason": ""}), "parking_reason_missing", &[]),
        ];
        for (path, body, code, words) in cases {
            let told = site.call_as(&owner, "POST", path, Some(body.clone())).await;
            let problem = told.json();
            assert!(told.status.is_client_error(), "{path} {body}: {}", told.text);
            assert_eq!(problem["code"], json!(code), "{path} {body}: {}", told.text);
            let detail = problem["detail"].as_str().unwrap_or_default();
            assert!(words.iter().all(|word| detail.contains(word)), "{code}: {detail}");
            for what_to_do in ["title", "fix"] {
                assert!(problem[what_to_do].as_str().is_some_and(|text| text.len() > 10), "{code}: {problem}");
            }
            for lang in [web::i18n::Lang::En, web::i18n::Lang::Zh] {
                assert_ne!(web::i18n::code(lang, "problem", code), code, "{code} has words for people");
            }
        }
        for (bytes, code) in [(&b"GIF89a"[..], "parking_photo_invalid"), (&super::site::JPEG[..4], "parking_photo_invalid")] {
            let path = format!("/v1/parking/photos?kind=evidence_1&stay={}", stay.id);
            assert_eq!(site.raw(&path, bytes, &format!("photo-{}", bytes.len())).await.json()["code"], json!(code));
        }
        let kept = site.rig.stay(stay.id).await;
        assert_eq!((kept.plate.as_str(), kept.state, kept.version), ("粤B12345", StayState::Inside, stay.version), "nothing was changed");
        assert_eq!(site.call_as(&owner, "GET", &format!("/v1/parking/parks/{park}/tariffs"), None).await.json()["items"].as_array().map(Vec::len), Some(1));
    }
}
