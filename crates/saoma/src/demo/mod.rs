//! `saoma demo`: platform, sandbox and sample places in one process. A second start with the same folder finds everything as it was left.

mod machines;
mod mall;
mod places;
mod record;
mod setup;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use desk::access::Who;
use futures_util::future::try_join_all;
use sandbox::{Running, Sandbox};
use store::Merchant;

use crate::cli;
use crate::files;
use crate::out::{Failed, Outcome, While as _, line};
use crate::platform::{self, HttpLimits, Plan, Platform};
use crate::ports::SystemClock;
use crate::watch::{Access, Traces};
use crate::{logs, stop};
use machines::Machines;
use places::MERCHANTS;
use record::{DemoJson, MerchantJson, OperatorJson, Secrets, SiteJson, TerminalJson};
use setup::Ready;
pub(crate) use setup::wechat_settings;

/// What belongs to the demo in its folder, for `--fresh`: nothing else is touched.
const OWN: [&str; 11] = [
    "saoma.db",
    "saoma.db-wal",
    "saoma.db-shm",
    "sandbox",
    "demo.json",
    "demo.json.next",
    "demo-keys.json",
    "demo-keys.json.next",
    "seal.key",
    "seal.pub",
    "cash-devices",
];

/// Runs the demo until it is asked to stop.
pub(crate) async fn run(args: cli::Demo) -> Outcome {
    logs::start("error", logs::json_wanted());
    let stop = stop::on_signal()?;
    let listener = platform::listen(args.listen, "--listen").await?;
    let held = files::hold(&args.data)?;
    empty(&args)?;
    let base_url = platform::reached_at(listener.local_addr().during("reading the own address")?);
    let sandbox = start_sandbox(&args).await?;
    let (platform, mut demo) = prepare(&args, &base_url, &sandbox).await?;
    let machines = machines(&platform, &mut demo, &args.data).await?;
    let router = platform.router(Some(info(&demo)), HttpLimits::default());
    let router = router.merge(platform.metrics(Access::Open)).merge(machines.router());
    announce(&demo, &args.data);
    let told = demo.write(&args.data);
    let served = match told {
        Ok(()) => platform.run(listener, router, stop).await,
        Err(failed) => Err(failed),
    };
    machines.stop();
    sandbox.stop().await;
    drop(held);
    served
}

/// Removes what an earlier demo left where `--fresh` asks for it, and the description of a process that is gone.
fn empty(args: &cli::Demo) -> Outcome {
    if args.fresh {
        OWN.iter().try_for_each(|name| files::remove(&args.data.join(name)))?;
    }
    files::remove(&args.data.join("demo.json"))
}

async fn start_sandbox(args: &cli::Demo) -> Outcome<Running> {
    let folder = args.data.join("sandbox");
    let mut options = sandbox::Options::new(args.sandbox_listen, folder, Arc::new(SystemClock));
    options.merchants = MERCHANTS.len();
    Sandbox::start(options).await.map_err(|error| {
        let advice = match &error {
            sandbox::Error::Listen { .. } => " (--sandbox-listen)",
            _ => "",
        };
        Failed::call(format!("the sandbox did not start: {error}{advice}"))
    })
}

/// Short bounds, so that a person sees every ending within a minute.
fn settings(base_url: &str) -> desk::Settings {
    let seconds = |all: &[u64]| all.iter().copied().map(Duration::from_secs).collect::<Vec<_>>();
    desk::Settings {
        base_url: base_url.to_owned(),
        order_life: Duration::from_secs(5 * 60),
        in_doubt_bound: Duration::from_secs(12),
        scan_polls: seconds(&[1]),
        code_polls: seconds(&[1, 1, 2]),
        undo_waits: seconds(&[1, 1, 2, 5]),
        refund_polls: seconds(&[1, 1, 2, 5, 15]),
        late_polls: seconds(&[3, 10, 30]),
        enrolment_life: Duration::from_secs(24 * 3600),
        seal_every: Duration::from_secs(5),
        ..desk::Settings::default()
    }
}

fn database(args: &cli::Demo) -> String {
    let own = || format!("sqlite:{}", args.data.join("saoma.db").display());
    args.database.clone().unwrap_or_else(own)
}

async fn prepare(args: &cli::Demo, base_url: &str, sandbox: &Running) -> Outcome<(Platform, DemoJson)> {
    let data = &args.data;
    let mut secrets = Secrets::read(data)?;
    if !secrets.complete && args.database.is_none() {
        // A first start that was cut off sold nothing: begin again.
        OWN[..3].iter().try_for_each(|name| files::remove(&data.join(name)))?;
    }
    let mut plan = Plan::new(database(args));
    plan.seal_seed = files::seal_key_of(data)?;
    plan.desk = settings(base_url);
    plan.traces = Traces::from_environment();
    let platform = Platform::open(&plan).await?;
    if args.fresh
        && args.database.is_some()
        && !platform.desk.merchants().await.during("reading the database")?.is_empty()
    {
        return Err(Failed::call(
            "--fresh empties the data folder only, and this database is in use: create an empty one for --database",
        ));
    }
    let mut ready = Vec::new();
    for (sample, account) in MERCHANTS.iter().zip(&sandbox.json.accounts) {
        ready.push(setup::merchant(&platform.desk, sample, account, &mut secrets, data).await?);
    }
    for (_, ready) in MERCHANTS.iter().zip(&ready).filter(|(sample, _)| sample.kind == "car_park") {
        mall::set_up(&platform.desk, ready).await?;
    }
    if !secrets.complete {
        secrets.complete = true;
        secrets.write(data)?;
    }
    let demo = describe(&platform, base_url, sandbox, data, &ready).await?;
    Ok((platform, demo))
}

/// Starts the cash machines of the kiosks and tells where they are.
async fn machines(platform: &Platform, demo: &mut DemoJson, data: &Path) -> Outcome<Machines> {
    let merchants = demo.merchants.iter().filter_map(|m| m.id.parse().ok());
    let whos: Vec<Who> = merchants.map(|id| Who::system(Merchant(id))).collect();
    let machines = Machines::start(&platform.desk, &whos, &demo.terminals, &demo.base_url, data).await?;
    for terminal in &mut demo.terminals {
        if machines.has(&terminal.id) {
            terminal.cash_simulator = Some(format!("{}/simulator/{}", demo.base_url, terminal.id));
        }
    }
    Ok(machines)
}

async fn describe(
    platform: &Platform,
    base_url: &str,
    sandbox: &Running,
    data: &Path,
    ready: &[Ready],
) -> Outcome<DemoJson> {
    let mut demo = DemoJson {
        base_url: base_url.to_owned(),
        sandbox_url: sandbox.base_url.clone(),
        api_key: ready.first().map(|r| r.api_key.clone()).unwrap_or_default(),
        merchants: Vec::new(),
        sites: Vec::new(),
        terminals: Vec::new(),
        operators: Vec::new(),
        sandbox_json: absolute(&data.join("sandbox").join("sandbox.json"))?.display().to_string(),
        phone_url: format!("{}/phone", sandbox.base_url),
        engine: platform.db.engine_name().to_owned(),
        pid: std::process::id(),
    };
    for (sample, ready) in MERCHANTS.iter().zip(ready) {
        let merchant = ready.who.merchant.0.to_string();
        demo.merchants.push(MerchantJson {
            id: merchant.clone(),
            name: sample.name.to_owned(),
            kind: sample.kind.to_owned(),
            merchant: merchant.clone(),
            currency: "CNY".to_owned(),
            api_key: ready.api_key.clone(),
        });
        demo.sites.push(SiteJson {
            id: ready.site.id.to_string(),
            name: ready.site.name.clone(),
            kind: sample.site.kind.to_owned(),
            merchant: merchant.clone(),
        });
        let codes = ready.terminals.iter().map(|(t, _)| platform.desk.new_enrolment(&ready.who, t.id));
        let codes = try_join_all(codes).await.during("making enrolment codes")?;
        demo.terminals.extend(ready.terminals.iter().zip(codes).map(|((terminal, key), enrolment_code)| {
            TerminalJson {
                id: terminal.id.to_string(),
                name: terminal.name.clone(),
                kind: terminal.kind.clone(),
                merchant: merchant.clone(),
                site: terminal.site.to_string(),
                capabilities: terminal.capabilities.0.clone(),
                key: key.clone(),
                enrolment_code,
                url: format!("{base_url}/t/{}", terminal.id),
                stand_url: (terminal.kind == desk::stand::STAND)
                    .then(|| format!("{base_url}/s/{}", terminal.id)),
                cash_simulator: None,
            }
        }));
        demo.operators.extend(sample.operators.iter().map(|operator| OperatorJson {
            name: operator.name.to_owned(),
            password: operator.password.to_owned(),
            role: operator.role.as_str().to_owned(),
            merchant: merchant.clone(),
        }));
    }
    Ok(demo)
}

fn absolute(path: &Path) -> Outcome<PathBuf> {
    std::path::absolute(path).during(format_args!("finding {}", path.display()))
}

/// What the screens of a demo show.
fn info(demo: &DemoJson) -> web::DemoInfo {
    let name_of = |merchant: &str| {
        demo.merchants.iter().find(|m| m.id == merchant).map(|m| m.name.clone()).unwrap_or_default()
    };
    web::DemoInfo {
        sandbox_url: demo.sandbox_url.clone(),
        operators: demo
            .operators
            .iter()
            .map(|o| web::DemoOperator {
                name: o.name.clone(),
                password: o.password.clone(),
                role: o.role.clone(),
                merchant: name_of(&o.merchant),
            })
            .collect(),
        terminals: demo
            .terminals
            .iter()
            .map(|t| web::DemoTerminal {
                id: t.id.clone(),
                name: t.name.clone(),
                kind: t.kind.clone(),
                merchant: name_of(&t.merchant),
                key: t.key.clone(),
            })
            .collect(),
    }
}

/// Says where everything is. Nothing is opened.
fn announce(demo: &DemoJson, data: &Path) {
    line("Saoma 扫码 · demo");
    line("");
    line(format_args!("  console    {}/", demo.base_url));
    line(format_args!("  phone      {}", demo.phone_url));
    line(format_args!("  API        {}/openapi.json", demo.base_url));
    for merchant in &demo.merchants {
        line("");
        line(format_args!("  {}", merchant.name));
        for terminal in demo.terminals.iter().filter(|t| t.merchant == merchant.id) {
            line(format_args!("    {:<9}  {}  {}", terminal.kind, terminal.url, terminal.name));
            if let Some(code) = &terminal.stand_url {
                line(format_args!("    {:<9}  {code}  (its printed code)", ""));
            }
            if let Some(simulator) = &terminal.cash_simulator {
                line(format_args!("    {:<9}  {simulator}  (notes and coins)", ""));
            }
        }
        for operator in demo.operators.iter().filter(|o| o.merchant == merchant.id) {
            line(format_args!(
                "    sign in    {} / {}  ({})",
                operator.name, operator.password, operator.role
            ));
        }
        line(format_args!("    API key    {}", merchant.api_key));
    }
    line("");
    line(format_args!(
        "  All of it for programs: {}. Stop with Ctrl-C; the next start goes on where this one ended.",
        data.join("demo.json").display()
    ));
}
