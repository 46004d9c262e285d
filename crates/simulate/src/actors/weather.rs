//! What goes wrong by itself: channels in trouble, cut lines, crashing nodes, clocks that are set.

use std::sync::Arc;

use crate::plan::{Item, Kind};
use crate::sim::Sim;

/// Lets one item of the plan happen.
pub(crate) async fn happen(sim: Arc<Sim>, item: Item) {
    sim.world.until(item.at).await;
    match item.kind {
        Kind::Visit | Kind::Forger => {}
        Kind::Storm { channel, lasts, how } => {
            sim.world.note(None, &format!("{} is {how:?}", crate::bank::CODES[channel]));
            sim.world.storm(channel, Some(how));
            tokio::time::sleep(lasts).await;
            sim.world.storm(channel, None);
            sim.world.note(None, &format!("{} is well again", crate::bank::CODES[channel]));
        }
        Kind::Cut { lasts } => {
            sim.world.note(None, "terminals lose the platform");
            sim.world.cut(true);
            tokio::time::sleep(lasts).await;
            sim.world.cut(false);
            sim.world.note(None, "terminals find the platform again");
        }
        Kind::Crash { node, fuse, down, kindly } => {
            if !sim.cluster.is_up(node) {
                return;
            }
            if kindly {
                sim.cluster.stop(&sim.world, node).await;
            } else {
                let clock = sim.cluster.nodes[node].clock.clone();
                clock.light(fuse);
                // An idle node burns its fuse slowly: after a minute it stops anyway.
                let _ =
                    tokio::time::timeout(std::time::Duration::from_secs(60), clock.burnt.notified()).await;
                sim.cluster.crash(&sim.world, node).await;
            }
            sim.audit("crash").await;
            tokio::time::sleep(down).await;
            if sim.cluster.is_down(node)
                && let Err(why) = sim.cluster.start(&sim, node).await
            {
                sim.world.wrong(11, None, format!("node {node} does not start again: {why}"));
            }
        }
        Kind::Deaf { partner, lasts } => {
            let deaf = |on: bool| {
                sim.partners()[partner].deaf = on;
                let word = if on { "is out of order" } else { "works again" };
                sim.world.note(None, &format!("partner {partner} {word}"));
            };
            deaf(true);
            tokio::time::sleep(lasts).await;
            deaf(false);
        }
        Kind::Replay { partner } => super::partner::replay(&sim, item.id, partner).await,
        Kind::Jump { node, by_ms } => {
            sim.world.note(None, &format!("the clock of node {node} is set by {by_ms} ms"));
            sim.cluster.nodes[node].clock.jump(by_ms);
        }
    }
}
