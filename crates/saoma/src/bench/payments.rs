//! `saoma bench payments`: create order and take cash as two HTTP calls, each durably answered, beside the plain limits of the machine: fsync, a
//! trivial call at the same HTTP stack, the desk without HTTP, and one transaction a decision on the same schema. Then the same with one hot
//! merchant, and with two nodes on one PostgreSQL.

use tokio::sync::watch;

use super::figures::Figure;
use super::ground::{Ground, Serving};
use super::summary::Summary;
use super::{limits, load, world};
use crate::cli::Engine;
use crate::out::{Out, Outcome, While as _};
use crate::platform::{Plan, Platform};

/// What does not depend on how many call.
pub(super) async fn once(ground: &Ground, out: Out, summary: &mut Summary) -> Outcome {
    if ground.wants("fsync") {
        let (folder, seconds) = (ground.folder.clone(), ground.args.seconds.min(3));
        let probe = tokio::task::spawn_blocking(move || limits::fsync(&folder, seconds)).await;
        summary.tell(out, probe.during("fsync")??);
    }
    Ok(())
}

/// Everything else.
pub(super) async fn at(ground: &Ground, callers: usize, out: Out, summary: &mut Summary) -> Outcome {
    if ground.wants("hello") {
        let (stopper, stop) = watch::channel(false);
        let address = limits::serve_hello(stop).await?;
        let figure = load::hello(address, callers, ground.args.seconds).await;
        stopper.send_replace(true);
        summary.tell(out, figure?);
    }
    if ground.wants("transactions") {
        let mut plan = ground.plan(&format!("transactions_{callers}"))?;
        plan.group_limit = 1;
        plan.writers = 16;
        summary.tell(out, desk_alone(ground, "transactions", &plan, callers).await?);
    }
    if ground.wants("store") {
        let plan = ground.plan(&format!("store_{callers}"))?;
        summary.tell(out, desk_alone(ground, "store", &plan, callers).await?);
    }
    if ground.wants("http") {
        let plan = ground.plan(&format!("http_{callers}"))?;
        summary.tell(out, over_http(ground, "http", &[plan], ground.args.merchants, callers).await?);
    }
    if ground.wants("hot") {
        let plan = ground.plan(&format!("hot_{callers}"))?;
        summary.tell(out, over_http(ground, "hot", &[plan], 1, callers).await?);
    }
    if ground.wants("two_nodes") && ground.args.engine == Engine::Postgres {
        let one = ground.plan(&format!("two_{callers}"))?;
        let mut other = one.clone();
        other.node = 1;
        let plans = [one, other];
        summary.tell(out, over_http(ground, "two_nodes", &plans, ground.args.merchants, callers).await?);
    }
    Ok(())
}

async fn desk_alone(ground: &Ground, part: &'static str, plan: &Plan, callers: usize) -> Outcome<Figure> {
    let platform = Platform::open(plan).await?;
    let world = world::set_up(&platform, ground.args.merchants, callers).await?;
    let working = platform.desk.work();
    let figure = load::at_the_desk(part, &platform.desk, ground.engine(), world, ground.args.seconds).await;
    working.stop().await;
    platform.db.close().await;
    figure
}

/// Several plans are several nodes on one database; the callers are spread over them.
async fn over_http(
    ground: &Ground,
    part: &'static str,
    plans: &[Plan],
    merchants: usize,
    callers: usize,
) -> Outcome<Figure> {
    let mut platforms = Vec::new();
    for plan in plans {
        platforms.push(Platform::open(plan).await?);
    }
    let world = world::set_up(&platforms[0], merchants, callers).await?;
    let mut nodes = Vec::new();
    for platform in platforms {
        nodes.push(Serving::start(platform).await?);
    }
    let addresses = nodes.iter().map(|node| node.address).collect();
    let figure = load::over_http(part, addresses, ground.engine(), world, ground.args.seconds).await;
    for node in nodes {
        node.stop().await?;
    }
    figure
}
