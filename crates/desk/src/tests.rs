//! The rules of money (blueprint section 5), each with tests that carry its number. They run on both engines against a bank whose every
//! answer can be lost.

mod bank;
mod directory;
mod directory_and_shifts;
mod in_app;
mod reconcile;
mod retention;
mod rig;
mod rule_10_webhooks;
mod rule_11_restart;
mod rule_1_first_success_wins;
mod rule_2_3_scans;
mod rule_4_5_listen_and_close;
mod rule_6_issue_after_debit;
mod rule_7_refunds;
mod rule_8_9_10_keys_books_events;
mod stands;

/// Declares tests that run on every engine: `on_both! { async fn name(rig) { … } }`.
macro_rules! on_both {
    ($($(#[$meta:meta])* async fn $name:ident($rig:ident) $body:block)+) => {
        store::both_engines! {
            with [rig::MIGRATED];
            $($(#[$meta])* async fn $name(engine: store::testing::Engine) {
                #[allow(unused_mut)]
                let mut $rig = Rig::on(engine).await;
                $body
            })+
        }
    };
}
pub(crate) use on_both;
