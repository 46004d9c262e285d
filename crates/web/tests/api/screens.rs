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
}
