//! The command `saoma simulate`.

use std::io::Write;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::day::Outcome;
use crate::many::{Found, many};
use crate::plan::Ask;
use crate::sabotage::Break;
use crate::shrink::shrink;

/// How often long work says how far it is.
const SAY_EVERY: Duration = Duration::from_secs(5);

/// Simulates whole days and checks the rules of money after every step.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// One seed, replayed exactly.
    #[arg(long, conflicts_with_all = ["seeds", "from"])]
    pub seed: Option<u64>,
    /// How many seeds; 20, with --check-breaks 200, when left out.
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
    pub seeds: Option<u64>,
    /// The first of them.
    #[arg(long, default_value_t = 1)]
    pub from: u64,
    /// How many hours payers come.
    #[arg(long, default_value_t = 24, value_parser = clap::value_parser!(u64).range(1..=744))]
    pub hours: u64,
    /// Breaks a safeguard on purpose; the simulation must notice.
    #[arg(long = "break", value_name = "NAME")]
    pub sabotage: Option<Break>,
    /// Breaks one safeguard after the other; 0 when each was noticed.
    #[arg(long, conflicts_with_all = ["sabotage", "seed"])]
    pub check_breaks: bool,
    /// Only these items of the plan, as a shortened history prints them.
    #[arg(long, value_delimiter = ',', value_name = "ITEMS", requires = "seed")]
    pub only: Option<Vec<u32>>,
    /// Threads; as many as there are processors when left out.
    #[arg(long)]
    pub threads: Option<usize>,
    /// Prints the whole trace of `--seed`.
    #[arg(long, requires = "seed")]
    pub trace: bool,
    /// One JSON object a line, the last with `"type": "summary"`.
    #[arg(long)]
    pub json: bool,
}

/// Runs the command: 0 when every rule held, 1 when one broke; with `--check-breaks` 0 when every break was noticed.
pub fn run(args: &Args) -> u8 {
    let mut out = std::io::stdout();
    if args.check_breaks {
        return u8::from(!check_breaks(args, &mut out));
    }
    let began = Instant::now();
    let (from, count) = args.seed.map_or((args.from, args.seeds.unwrap_or(20)), |seed| (seed, 1));
    let said = Mutex::new(began);
    let whole = ask(args, from);
    let found =
        many(&whole, from..from.saturating_add(count), args.threads, |f| progress(f, count, began, &said));
    let took = began.elapsed();
    // A closed pipe is the reader's wish.
    let _ = report(&mut out, args, &found, took);
    u8::from(found.broken.is_some())
}

fn ask(args: &Args, seed: u64) -> Ask {
    Ask { seed, hours: args.hours, only: args.only.clone(), sabotage: args.sabotage, trace: args.trace }
}

/// On standard error, so that it is in nobody's way.
fn progress(found: &Found, count: u64, began: Instant, said: &Mutex<Instant>) {
    let Ok(mut said) = said.lock() else { return };
    if said.elapsed() < SAY_EVERY {
        return;
    }
    *said = Instant::now();
    let rate = found.seeds as f64 / began.elapsed().as_secs_f64();
    // Nobody may be reading.
    let _ = writeln!(std::io::stderr(), "{} of {count} seeds, {rate:.1} a second", found.seeds);
}

/// Breaks one safeguard after the other. Whether each was noticed.
fn check_breaks(args: &Args, out: &mut impl Write) -> bool {
    let (began, most) = (Instant::now(), args.seeds.unwrap_or(200));
    let mut missed = Vec::new();
    for sabotage in Break::ALL {
        let whole = Ask { sabotage: Some(*sabotage), ..ask(args, args.from) };
        let found = many(&whole, args.from..args.from.saturating_add(most), args.threads, |_| ());
        let seen = found.broken.as_ref().and_then(|b| b.finding.as_ref().map(|f| (b.seed, f)));
        let name = sabotage.name();
        let line = match (&seen, args.json) {
            (Some((seed, f)), true) => {
                json!({"type": "break", "name": name, "seed": seed, "rule": f.rule, "what": f.what})
                    .to_string()
            }
            (None, true) => json!({"type": "break", "name": name, "seed": null}).to_string(),
            (Some((seed, f)), false) => format!("{name:24} seed {seed:3}  rule {:2}  {}", f.rule, f.what),
            (None, false) => format!("{name:24} NOT NOTICED in {} seeds", found.seeds),
        };
        let _ = writeln!(out, "{line}"); // a closed pipe is the reader's wish
        if seen.is_none() {
            missed.push(name);
        }
    }
    let (noticed, seconds) = (Break::ALL.len() - missed.len(), began.elapsed().as_secs_f64());
    let last = if args.json {
        json!({"type": "summary", "breaks": Break::ALL.len(), "noticed": noticed, "missed": missed, "seconds": seconds})
            .to_string()
    } else {
        format!("{noticed} of {} breaks noticed in {seconds:.1} s", Break::ALL.len())
    };
    let _ = writeln!(out, "{last}"); // likewise
    missed.is_empty()
}

fn report(out: &mut impl Write, args: &Args, found: &Found, took: Duration) -> std::io::Result<()> {
    if let (true, Some(last)) = (args.trace, &found.last) {
        for line in &last.history {
            writeln!(out, "{line}")?;
        }
    }
    if let Some(broken) = &found.broken {
        failure(out, args, broken)?;
    }
    let hash = found.last.as_ref().filter(|_| args.seed.is_some()).map(|o| format!("{:016x}", o.trace_hash));
    let (seconds, per) = (took.as_secs_f64(), |n: u64| (n as f64 / took.as_secs_f64()).round());
    if args.json {
        let summary = json!({
            "type": "summary", "seeds": found.seeds, "orders": found.orders, "attempts": found.attempts,
            "steps": found.steps, "looks": found.looks, "seconds": seconds, "seeds_per_s": found.seeds as f64 / seconds,
            "attempts_per_s": per(found.attempts), "trace_hash": hash,
            "failed_seed": found.broken.as_ref().map(|b| b.seed),
        });
        return writeln!(out, "{summary}");
    }
    let verdict = if found.broken.is_some() { "a rule broke" } else { "every rule held" };
    writeln!(
        out,
        "{verdict}: {} seeds, {} orders, {} attempts, {} steps, {} looks of the auditor in {seconds:.1} s ({} attempts/s){}",
        found.seeds,
        found.orders,
        found.attempts,
        found.steps,
        found.looks,
        per(found.attempts),
        hash.map(|h| format!(", trace {h}")).unwrap_or_default()
    )
}

/// Prints the shortest history found that breaks the same rule, and how to see it again.
fn failure(out: &mut impl Write, args: &Args, broken: &Outcome) -> std::io::Result<()> {
    let whole = ask(args, broken.seed);
    let short = shrink(&whole, broken, 200, Duration::from_secs(60));
    let Some(finding) = &short.outcome.finding else { return Ok(()) };
    let items: Vec<String> = short.outcome.items.iter().map(ToString::to_string).collect();
    let sabotage = args.sabotage.map(|b| format!(" --break {}", b.name())).unwrap_or_default();
    let replay = format!("saoma simulate --seed {} --hours {}{sabotage}", broken.seed, args.hours);
    if args.json {
        let line = json!({
            "type": "failure", "seed": broken.seed, "rule": finding.rule, "what": finding.what, "at": finding.at,
            "items": short.outcome.items, "history": short.outcome.history, "replay": replay,
        });
        return writeln!(out, "{line}");
    }
    if !args.trace {
        for line in &short.outcome.history {
            writeln!(out, "{line}")?;
        }
    }
    writeln!(out, "\nseed {}: rule {} at {}: {}", broken.seed, finding.rule, finding.at, finding.what)?;
    writeln!(out, "{} of {} items are needed for it", items.len(), broken.items.len())?;
    writeln!(out, "the whole day:  {replay}")?;
    writeln!(out, "this history:   {replay} --only {}", items.join(","))
}
