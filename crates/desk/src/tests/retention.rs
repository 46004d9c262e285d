//! Old events are forgotten whole seal by whole seal, never before an endpoint took them; the chain of seals still holds, and a cursor that is too old is
//! told so. And API keys are listed and taken back.

use std::time::Duration;

use super::on_both;
use super::rig::{self, Rig, someone};
use crate::NewOperator;
use crate::hooks::NewEndpoint;
use crate::problem::Refusal;
use crate::rows::{Endpoint, Role, Token};

/// The numbers of the events there are.
async fn there(rig: &Rig) -> Vec<i64> {
    rig.desk.events(&rig.who, 0, 1000).await.unwrap().into_iter().map(|event| event.seq).collect()
}

/// What the sweep does at every merchant.
async fn sweep(rig: &Rig) {
    let before = rig.now().minus(rig.desk.settings().events_life);
    rig.desk.forget_events(rig.merchant(), before).await.unwrap();
}

on_both! {
    async fn rule_9_old_events_go_and_their_seals_stay(rig) {
        let order = rig.order(700).await;
        rig.scan(order, "00").await;
        while rig.desk.seal(rig.merchant()).await.unwrap() > 0 {}
        let old = there(&rig).await;
        sweep(&rig).await;
        assert_eq!(there(&rig).await, old, "young ones stay");
        rig.clock.advance(rig.desk.settings().events_life + Duration::from_secs(60));
        let unsealed = rig.order(800).await;
        rig.scan(unsealed, "00").await;
        let endpoint = NewEndpoint { url: "http://127.0.0.1:9/hook".to_owned(), after: Some(0) };
        let endpoint = rig.desk.create_endpoint(&rig.who, &rig.key(), endpoint).await.unwrap();
        sweep(&rig).await;
        assert!(there(&rig).await.starts_with(&old), "what an endpoint has not taken stays");
        let last = *old.last().unwrap();
        let took = move |view: &mut store::View| view.change::<Endpoint, Refusal>(endpoint.id, |row| row.cursor = last).map(drop);
        rig.desk.decide(rig.merchant(), took).await.unwrap();
        sweep(&rig).await;
        let left = there(&rig).await;
        assert_eq!(left.first(), Some(&(last + 1)), "what is not sealed stays: {left:?}");
        assert!(left.len() > 2);
        let refused = rig.desk.events(&rig.who, 1, 10).await.unwrap_err();
        assert_eq!(refused.code(), "cursor_too_old");
        assert_eq!(rig.desk.events(&rig.who, last, 1000).await.unwrap().len(), left.len(), "no gap after the last one");
        while rig.desk.seal(rig.merchant()).await.unwrap() > 0 {}
        rig.books_hold().await;
    }

    async fn old_idempotency_keys_go_and_young_ones_stay(rig) {
        let keys = || async { rig.desk.read(|sql| Ok(sql.query("select name from done_keys", &[])?.len())).await.unwrap() };
        for cents in 1..=8 {
            rig.order(cents).await;
        }
        let old = keys().await;
        assert!(old >= 8, "{old}");
        rig.desk.sweep_keys().await.unwrap();
        assert_eq!(keys().await, old, "none is old yet");
        rig.clock.advance(rig.desk.settings().idempotency_life + Duration::from_secs(1));
        for cents in 1..=4 {
            rig.order(cents).await;
        }
        let young = keys().await - old;
        assert!(young >= 4, "{young}");
        rig.desk.sweep_keys().await.unwrap();
        assert_eq!(keys().await, young, "the old ones went");
        rig.clock.advance(rig.desk.settings().idempotency_life + Duration::from_secs(1));
        rig.desk.sweep_keys().await.unwrap();
        assert_eq!(keys().await, 0, "and the rest");
    }

    async fn sessions_go_a_day_after_they_ended(rig) {
        let person = NewOperator { name: "ann".to_owned(), password: "correct horse".to_owned(), role: Role::Cashier };
        rig.desk.create_operator(&rig.who, person).await.unwrap();
        let key = rig.desk.create_key(&rig.who, "till", Role::Owner).await.unwrap();
        let count = || async { rig.desk.read(|sql| Ok(sql.rows::<Token>("where kind = 'session'", &[])?.len())).await.unwrap() };
        let out = rig.desk.sign_in("ann", "correct horse").await.unwrap();
        rig.desk.sign_in("ann", "correct horse").await.unwrap();
        rig.desk.sign_out(&out.token).await.unwrap();
        let day = Duration::from_secs(24 * 3600 + 60);
        for (wait, left) in [(Duration::ZERO, 2), (day, 1), (rig.desk.settings().session_life, 0)] {
            rig.clock.advance(wait);
            rig.desk.sweep_tokens().await.unwrap();
            assert_eq!(count().await, left, "{wait:?} later");
        }
        assert!(rig.desk.who_by_token(&key).await.is_ok(), "keys stay");
    }

    async fn keys_are_listed_and_taken_back(rig) {
        let first = rig.desk.create_key_once(&rig.who, "one", "till system", Role::Cashier).await.unwrap();
        let second = rig.desk.create_key(&rig.who, "reports", Role::Owner).await.unwrap();
        let keys = rig.desk.keys(&rig.who).await.unwrap();
        let till = keys.iter().find(|key| key.name == "till system").unwrap();
        assert_eq!((keys.len(), till.role.as_str(), till.revoked_at), (2, "cashier", None));
        let reports = rig.desk.who_by_token(&second).await.unwrap();
        let own = rig.desk.revoke_key(&reports, reports.key().unwrap()).await.unwrap_err();
        assert_eq!(own.code(), "forbidden");
        assert!(rig.desk.who_by_token(&first).await.is_ok());
        let taken = rig.desk.revoke_key(&reports, till.id).await.unwrap();
        assert!(taken.revoked_at.is_some());
        assert_eq!(rig.desk.revoke_key(&reports, till.id).await.unwrap(), taken, "again changes nothing");
        assert_eq!(rig.desk.who_by_token(&first).await.unwrap_err().code(), "unauthenticated");
        rig.desk.create_key_once(&rig.who, "one", "till system", Role::Cashier).await.unwrap();
        assert_eq!(rig.desk.who_by_token(&first).await.unwrap_err().code(), "unauthenticated", "it stays taken back");
        assert_eq!(rig.desk.keys(&someone(&rig, Role::Cashier)).await.unwrap_err().code(), "forbidden");
        let mut stranger = rig.who.clone();
        stranger.merchant = store::Merchant(store::Id(99));
        assert_eq!(rig.desk.revoke_key(&stranger, till.id).await.unwrap_err().code(), "not_found");
    }
}
