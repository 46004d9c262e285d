//! The screens' own forms: what one order's form does never meets another's (rule 8).

use desk::MIGRATIONS;
use desk::rows::Role;
use scenes::retail;
use serde_json::json;
use store::testing::Engine;

use super::world::World;

const FORM: &str = "application/x-www-form-urlencoded";

async fn pay_token(w: &World, order: &str) -> String {
    let url =
        w.get(format!("/v1/orders/{order}")).await.expect(200).json["pay_url"].as_str().unwrap().to_owned();
    url.rsplit('/').next().unwrap().to_owned()
}

store::both_engines! {
    with [MIGRATIONS, retail::MIGRATIONS];

    async fn two_payers_choose_the_same_wallet(engine: Engine) {
        let w = World::new(&engine).await;
        for fen in [500, 700] {
            let order = w.order(fen).await;
            let token = pay_token(&w, &order).await;
            for _ in 0..2 {
                let pressed = w.call("POST", format!("/p/{token}/pay")).header("content-type", FORM).raw("channel=bank").send().await;
                assert_eq!(pressed.status.as_u16(), 303, "{}", pressed.text);
                let place = pressed.headers["location"].to_str().unwrap().to_owned();
                assert_eq!(place, format!("/p/{token}?w=bank"));
            }
            let whole = w.get(format!("/v1/orders/{order}")).await.expect(200).json;
            assert_eq!(whole["attempts"].as_array().unwrap().len(), 1, "a second press is the same attempt");
            assert!(whole["attempts"][0]["code"].is_string());
            let page = w.call("GET", format!("/p/{token}?w=bank")).send().await;
            assert_eq!(page.status.as_u16(), 200);
            assert!(page.text.contains("<svg"), "the code is drawn");
        }
    }

    async fn two_orders_are_refunded_in_the_console(engine: Engine) {
        let w = World::new(&engine).await;
        w.add_operator("screen-owner", Role::Owner).await;
        let session = w.shop_session("screen-owner").await;
        for fen in [500, 700] {
            let order = w.order(fen).await;
            w.pay_cash(&order, fen).await.expect(201);
            let version = w.get(format!("/v1/orders/{order}")).await.json["version"].as_i64().unwrap();
            let form = format!("csrf={}&currency=CNY&amount=1.00&reason=back&version={version}", session.csrf);
            for _ in 0..2 {
                let sent = w
                    .call("POST", format!("/orders/{order}/refund"))
                    .header("content-type", FORM)
                    .header("cookie", format!("saoma_session={}", session.token))
                    .raw(form.clone())
                    .send()
                    .await;
                assert_eq!(sent.status.as_u16(), 303, "{}", sent.text);
            }
            let whole = w.get(format!("/v1/orders/{order}")).await.expect(200).json;
            assert_eq!(whole["refunded"], json!({"value": 100, "currency": "CNY"}), "sent twice, done once");
        }
    }

    async fn a_stuck_refund_is_repaired_by_whoever_may_refund(engine: Engine) {
        let w = World::new(&engine).await;
        w.add_operator("screen-owner", Role::Owner).await;
        w.add_operator("screen-cashier", Role::Cashier).await;
        let order = w.order(900).await;
        let scan = json!({"presentment": "customer_presented", "payer_code": "130012345678901234", "terminal": w.shop.terminal});
        w.ask("POST", format!("/v1/orders/{order}/attempts")).json(&scan).send().await.expect(201);
        let back = json!({"amount": {"value": 300, "currency": "CNY"}, "reason": "stuck"});
        let refund = w.ask("POST", format!("/v1/orders/{order}/refunds")).json(&back).send().await.expect(201).id();
        let whole = w.get(format!("/v1/orders/{order}")).await.expect(200).json;
        assert_eq!((&whole["refunds"][0]["state"], &whole["refunds"][0]["advice"]), (&json!("processing"), &json!("repair")));
        let version = whole["version"].as_i64().unwrap();
        for (name, button, done) in [("screen-cashier", false, "processing"), ("screen-owner", true, "succeeded")] {
            let session = w.shop_session(name).await;
            let cookie = format!("saoma_session={}", session.token);
            let page = w.call("GET", format!("/orders/{order}")).header("cookie", &cookie).send().await;
            assert_eq!(page.text.contains(&format!("action=\"/orders/{order}/repair\"")), button, "{name}");
            assert!(page.text.contains("own account"), "what can be done is said: {}", page.text);
            let form = format!("csrf={}&refund={refund}&version={version}", session.csrf);
            let call = w.call("POST", format!("/orders/{order}/repair")).header("content-type", FORM);
            let sent = call.header("cookie", &cookie).raw(form).send().await;
            let place = sent.headers.get("location").map_or("", |place| place.to_str().unwrap());
            assert_eq!((sent.status.as_u16(), place.contains("done=")), (303, button), "{name}: {place}");
            let whole = w.get(format!("/v1/orders/{order}")).await.json;
            assert_eq!(whole["refunds"][0]["state"], done, "{name}");
        }
        let again = w.ask("POST", format!("/v1/refunds/{refund}/repair")).json(&json!({})).send().await.expect(409);
        assert_eq!(again.code(), "refund_not_failed");
    }

    async fn the_channels_statement_of_a_day(engine: Engine) {
        let w = World::new(&engine).await;
        w.add_operator("screen-owner", Role::Owner).await;
        w.add_operator("screen-cashier", Role::Cashier).await;
        let account = w.get("/v1/channel-accounts").await.expect(200).json["items"][0]["id"].as_str().unwrap().to_owned();
        let told = w.get(format!("/v1/reconciliations/{account}/2026-11-21/statement")).await.expect(200).json;
        assert_eq!(told["movements"][1]["kind"], "fee");
        let yuan = |fen: i64| json!({"value": fen, "currency": "CNY"});
        assert_eq!(told["balances"], json!([{"account": "BASIC", "opening": yuan(500), "closing": yuan(1494)}]));
        assert_eq!(told["sums"], json!([{"kind": "payment", "amount": yuan(1000)}, {"kind": "fee", "amount": yuan(-6)}]));
        assert_eq!((&told["strange"], told.get("fits_bill")), (&json!(["a strange line"]), None));
        let none = w.get(format!("/v1/reconciliations/{account}/2026-11-20/statement")).await.expect(200).json;
        assert_eq!((&none["said"], &none["movements"]), (&json!("NO_STATEMENT_EXIST"), &json!([])));
        w.get(format!("/v1/reconciliations/{account}/2026-13-20/statement")).await.expect(422);
        for (name, status) in [("screen-owner", 200), ("screen-cashier", 403)] {
            let session = w.shop_session(name).await;
            let page = w
                .call("GET", format!("/bills/{account}/2026-11-21/statement"))
                .header("cookie", format!("saoma_session={}", session.token))
                .send()
                .await;
            assert_eq!((page.status.as_u16(), page.text.contains("14.94") || page.text.contains(".94")), (status, status == 200));
        }
    }
}
