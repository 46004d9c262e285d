//! Finding a car by its plate, and what shops give.

use serde_json::json;
use store::testing::Engine;

use super::rig::{MIGRATED, Rig};
use scenes::parking::places::{self, ShopAsk};
use scenes::parking::rows::{ShopLimits, StayState};
use scenes::parking::stays::{self, NewValidation};

store::both_engines! {
    with [MIGRATED[0], MIGRATED[1]];

    async fn p5_a_plate_is_typed_confirmed_and_paid(engine: Engine) {
        let rig = Rig::on(engine).await;
        let stay = rig.came("粤B12345").await;
        rig.came("粤B99999").await;
        rig.pass(60);
        let found = stays::lookup(&rig.desk, &rig.who, rig.site.id, "粤b·12345").await.unwrap();
        assert_eq!((found.len(), found[0].stay, found[0].why), (1, stay.id, "same"));
        assert_eq!(found[0].entered_at, stay.entered_at);
        assert_eq!(rig.pay_stay(found[0].stay).await, 1000);
        let none = stays::lookup(&rig.desk, &rig.who, rig.site.id, "闽Z54321").await.unwrap();
        assert!(none.is_empty());
        let short = stays::lookup(&rig.desk, &rig.who, rig.site.id, "B1").await.unwrap_err();
        assert_eq!(short.code(), "parking_plate_invalid");
    }

    async fn p6_a_misread_plate_is_found_and_only_listed(engine: Engine) {
        let rig = Rig::on(engine).await;
        let mut inside = Vec::new();
        for plate in ["粤812345", "粤BD54321", "粤B?7777", "沪A88888", "粤Z1234港", "使123456"] {
            inside.push((plate, rig.came(plate).await.id));
        }
        for (asked, meant, why) in [
            ("粤B12345", "粤812345", "look_alike"),
            ("粤BD5432I", "粤BD54321", "same"),
            ("粤BD54329", "粤BD54321", "one_wrong"),
            ("粤BD5432", "粤BD54321", "one_wrong"),
            ("粤BD543211", "粤BD54321", "one_wrong"),
            ("粤B97777", "粤B?7777", "unread"),
            ("京A88888", "沪A88888", "look_alike"),
            ("?A8888B", "沪A88888", "look_alike"),
            ("粤B9?777", "粤B?7777", "look_alike"),
            ("粤Z1234", "粤Z1234港", "one_wrong"),
            ("使12345?", "使123456", "unread"),
            ("粤BD99321", "粤BD54321", "two_wrong"),
        ] {
            let found = stays::lookup(&rig.desk, &rig.who, rig.site.id, asked).await.unwrap();
            let first = found.first().map(|f| (f.plate.as_str(), f.why));
            assert_eq!(first, Some((meant, why)), "{asked}");
        }
        for (_, id) in &inside {
            assert_eq!(rig.stay(*id).await.state, StayState::Inside, "nothing happens by looking");
        }
        let gone = inside[0].1;
        stays::end_by_hand(&rig.desk, &rig.who, &rig.key(), gone, false, "left").await.unwrap();
        let after = stays::lookup(&rig.desk, &rig.who, rig.site.id, "粤B12345").await.unwrap();
        assert!(after.iter().all(|f| f.stay != gone));
        let keys = rig.desk.read(move |sql| sql.query("select count(*) from parking_stay_keys where stay = $1", &[&gone])).await.unwrap();
        assert_eq!(keys[0].get::<i64>(0).unwrap(), 0, "no key is left");
    }

    async fn p20_free_hours_and_validations_add_up_and_count_once(engine: Engine) {
        let rig = Rig::on(engine).await;
        let shop = ShopAsk {
            site: rig.site.id,
            name_en: "Noodles".to_owned(),
            name_zh: "面馆".to_owned(),
            codes: vec!["shop".to_owned()],
            limits: ShopLimits { per_day: Some(2), per_stay: Some(1) },
        };
        let shop = places::add_shop(&rig.desk, &rig.who, &rig.key(), shop).await.unwrap();
        let stay = rig.came("粤B12345").await;
        rig.pass(330);
        assert_eq!(rig.owes(stay.id).await, 3100, "5 h 30 without a discount");
        let give = |stay, code: &str, serial: &str, receipts: Vec<i64>, shop| {
            let new = NewValidation { stay, code: code.to_owned(), shop, serial: Some(serial.to_owned()), receipts };
            let (desk, who, key) = (rig.desk.clone(), rig.who.clone(), rig.key());
            async move { stays::validate(&desk, &who, &key, new).await }
        };
        give(stay.id, "shop", "R-1", vec![12_000], Some(shop.id)).await.unwrap();
        give(stay.id, "cinema", "C-9", vec![], None).await.unwrap();
        assert_eq!(rig.owes(stay.id).await, 1000, "an hour for 120 spent, three for the film: 1 h 30 are left");
        let again = give(stay.id, "cinema", "C-9", vec![], None).await.unwrap_err();
        assert_eq!(again.code(), "parking_validation_used");
        assert!(again.detail.contains("C-9"));
        let more = give(stay.id, "shop", "R-2", vec![12_000], Some(shop.id)).await.unwrap_err();
        assert_eq!(more.code(), "parking_shop_limit");
        let other = rig.came("粤B54321").await;
        let unknown = give(other.id, "opera", "1", vec![], None).await.unwrap_err();
        assert_eq!(unknown.code(), "parking_validation_unknown");
        give(other.id, "shop", "R-3", vec![12_000], Some(shop.id)).await.unwrap();
        let third = rig.came("粤B54322").await;
        let full = give(third.id, "shop", "R-4", vec![90_000], Some(shop.id)).await.unwrap_err();
        assert_eq!(full.code(), "parking_shop_limit");
        // Handed in with the payment, and used up by it.
        rig.pass(120);
        let request = json!({"stay": third.id, "validation": {"code": "cinema", "serial": "C-10"}});
        let whole = rig.order(request.clone()).await.unwrap();
        assert_eq!(whole.order.due, 0, "never below zero");
        let used = rig.order(json!({"stay": other.id, "validation": {"code": "cinema", "serial": "C-10"}})).await.unwrap_err();
        assert_eq!(used.code(), "parking_validation_used");
    }
}
