//! The rules of money (blueprint section 5), each with tests that carry its number. They run on both engines against a bank whose every
//! answer can be lost.

mod bank;
mod rig;
mod rule_1_first_success_wins;
mod rule_2_3_scans;
mod rule_4_5_listen_and_close;
mod rule_6_issue_after_debit;
mod rule_7_refunds;
mod rule_8_9_10_keys_books_events;
mod rule_11_restart;

/// Declares tests that run on SQLite and on PostgreSQL: `on_both! { async fn name(rig) { … } }`.
macro_rules! on_both {
    ($($(#[$meta:meta])* async fn $name:ident($rig:ident) $body:block)+) => {$(
        $(#[$meta])*
        #[allow(unused_mut)]
        mod $name {
            #[allow(unused_imports, unused_mut)]
            use super::*;
            #[allow(unused_imports)]
            use crate::tests::rig;

            async fn body(mut $rig: Rig) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                body(Rig::sqlite().await).await;
            }
        }
    )+};
}
pub(crate) use on_both;
