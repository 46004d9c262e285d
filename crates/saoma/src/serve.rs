//! `saoma serve`: the platform with a configuration file; `--check` says everything that is missing or wrong.

use std::path::Path;

use desk::access::Who;
use desk::channel::Channel;
use desk::rows::{MerchantRow, Standing};
use serde::Serialize;
use store::Merchant;

use crate::cli;
use crate::config::{self, COMMAND_LINE_NODE, Config, Finding};
use crate::out::{Failed, Out, Outcome, While as _, line};
use crate::platform::{self, Platform};
use crate::watch::Access;
use crate::{files, logs, stop};

/// Serves until asked to stop, or checks.
pub(crate) async fn run(args: cli::Serve) -> Outcome {
    if args.check {
        return check(&args.config, Out::new(args.json)).await;
    }
    let config = config::need(&args.config)?;
    logs::start(&config.log.filter, config.log.json);
    let stop = stop::on_signal()?;
    let listener = platform::listen(config.listen, "listen").await?;
    let platform = Platform::open(&config.plan()?).await?;
    let mut router = platform.router(None, config.http_limits());
    if let Some(access) = config.metrics_access()? {
        router = router.merge(platform.metrics(access));
    }
    if let Some(address) = config.metrics_listen() {
        let own = platform::listen(address, "metrics.listen").await?;
        tokio::spawn(platform::serve(own, platform.metrics(Access::Open), stop.clone()));
    }
    let address = listener.local_addr().during("reading the own address")?;
    line(format_args!("saoma serves {} on {address}", config.base_url));
    platform.run(listener, router, stop).await
}

#[derive(Serialize)]
struct Summary {
    findings: usize,
    merchants: usize,
}

async fn check(path: &Path, out: Out) -> Outcome {
    logs::start("error", false);
    let (config, mut findings) = config::read(path)?;
    let mut merchants = 0;
    if config.seal_key_file.is_file()
        && let Err(failed) = files::read_seal_key(&config.seal_key_file)
    {
        findings.push(Finding::new("seal_key_file", failed.to_string()));
    } else if !config.seal_key_file.as_os_str().is_empty() && !config.seal_key_file.is_file() {
        let what = format!("there is no file {}", config.seal_key_file.display());
        findings.push(Finding::new("seal_key_file", what));
    }
    match config.database() {
        Ok(database) if !database.is_empty() => match look_inside(&config, database).await {
            Ok((count, more)) => {
                merchants = count;
                findings.extend(more);
            }
            Err(failed) => findings.push(Finding::new("database", failed.to_string())),
        },
        Ok(_) => {}
        Err(failed) => findings.push(Finding::new("database_file", failed.to_string())),
    }
    if let Err(failed) = config.metrics_access() {
        findings.push(Finding::new("metrics.token_file", failed.to_string()));
    }
    for finding in &findings {
        out.result("finding", finding, format_args!("{}: {}", finding.key, finding.what));
    }
    let summary = Summary { findings: findings.len(), merchants };
    if findings.is_empty() {
        out.summary(&summary, format_args!("fine: {merchants} merchants can be served"));
        return Ok(());
    }
    out.summary(&summary, format_args!("{} things are missing or wrong", findings.len()));
    Err(Failed::wrong())
}

/// What is missing in the database: merchants, people, channel accounts that can be opened. Answers how many merchants there are.
async fn look_inside(config: &Config, database: String) -> Outcome<(usize, Vec<Finding>)> {
    let mut plan = platform::Plan::new(database);
    plan.node = COMMAND_LINE_NODE;
    plan.desk = config.desk.clone();
    let platform = Platform::open(&plan).await?;
    let mut found = Vec::new();
    let merchants = platform.desk.merchants().await.during("reading the merchants")?;
    if merchants.is_empty() {
        found.push(Finding::new("merchants", "there are none: saoma merchant add --config FILE --name NAME"));
    }
    for merchant in merchants.iter().filter(|m| m.standing == Standing::On) {
        found.extend(of_merchant(&platform, merchant).await?);
    }
    platform.db.close().await;
    Ok((merchants.len(), found))
}

async fn of_merchant(platform: &Platform, merchant: &MerchantRow) -> Outcome<Vec<Finding>> {
    let desk = &platform.desk;
    let who = Who::system(Merchant(merchant.id));
    let key = |part: &str| format!("merchant {} ({}) {part}", merchant.id, merchant.name);
    let mut found = Vec::new();
    if desk.operators(&who).await.during("reading the operators")?.is_empty() {
        found.push(Finding::new(key("operators"), "nobody can sign in: saoma operator add"));
    }
    if desk.terminals(&who).await.during("reading the terminals")?.is_empty() {
        found.push(Finding::new(key("terminals"), "there are none: saoma terminal add"));
    }
    for account in desk.channel_accounts(&who).await.during("reading the channel accounts")? {
        match desk.channel(&account.channel) {
            Err(refusal) => found.push(Finding::new(key(&account.channel), refusal.to_string())),
            Ok(Channel::Value(_)) => {}
            Ok(Channel::Remote(remote)) => {
                let wrong = remote.open(&account.settings.0).err().unwrap_or_default();
                found.extend(
                    wrong
                        .iter()
                        .map(|w| Finding::new(key(&format!("{}.{}", account.channel, w.key)), &w.what)),
                );
            }
        }
    }
    Ok(found)
}
