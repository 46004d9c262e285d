//! The command `saoma simulate`.

use std::io::Write;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::day::{Outcome, run as run_day};
use crate::plan::Ask;
use crate::sabotage::Break;
use crate::shrink::shrink;

/// Simulates whole days and checks the rules of money after every step.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// One seed, replayed exactly.
    #[arg(long, conflicts_with_all = ["seeds", "from"])]
    pub seed: Option<u64>,
    /// How many seeds.
    #[arg(long, default_value_t = 20)]
    pub seeds: u64,
    /// The first of them.
    #[arg(long, default_value_t = 1)]
    pub from: u64,
    /// How many hours payers come.
    #[arg(long, default_value_t = 24, value_parser = clap::value_parser!(u64).range(1..=744))]
    pub hours: u64,
    /// Breaks a safeguard on purpose; the simulation must notice.
    #[arg(long = "break", value_name = "NAME")]
    pub sabotage: Option<Break>,
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

/// Runs the command: 0 when every rule held, 1 when one broke.
pub fn run(args: &Args) -> ExitCode {
    let began = Instant::now();
    let found = days(args);
    let took = began.elapsed();
    let mut out = std::io::stdout().lock();
    // A closed pipe is the reader's wish.
    let _ = report(&mut out, args, &found, took);
    if found.broken.is_some() { ExitCode::from(1) } else { ExitCode::SUCCESS }
}

#[derive(Default)]
struct Found {
    seeds: u64,
    steps: u64,
    orders: u64,
    attempts: u64,
    last: Option<Outcome>,
    broken: Option<Outcome>,
}

fn ask(args: &Args, seed: u64) -> Ask {
    Ask { seed, hours: args.hours, only: args.only.clone(), sabotage: args.sabotage, trace: args.trace }
}

/// Runs the seeds on threads of their own until one fails.
fn days(args: &Args) -> Found {
    let (from, count) = args.seed.map_or((args.from, args.seeds), |seed| (seed, 1));
    let next = AtomicU64::new(from);
    let found = Mutex::new(Found::default());
    let threads = args.threads.or_else(|| std::thread::available_parallelism().ok().map(usize::from));
    let began = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..threads.unwrap_or(1).clamp(1, usize::try_from(count).unwrap_or(usize::MAX).max(1)) {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    let stop = found.lock().unwrap_or_else(PoisonError::into_inner).broken.is_some();
                    if stop || seed >= from.saturating_add(count) {
                        return;
                    }
                    let outcome = run_day(&ask(args, seed));
                    let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
                    found.note(outcome);
                    progress(args, &found, count, began);
                }
            });
        }
    });
    found.into_inner().unwrap_or_else(PoisonError::into_inner)
}

impl Found {
    fn note(&mut self, outcome: Outcome) {
        self.seeds += 1;
        self.steps += outcome.steps;
        self.orders += outcome.orders as u64;
        self.attempts += outcome.attempts as u64;
        if outcome.finding.is_some() && self.broken.as_ref().is_none_or(|b| outcome.seed < b.seed) {
            self.broken = Some(outcome.clone());
        }
        self.last = Some(outcome);
    }
}

fn progress(args: &Args, found: &Found, count: u64, began: Instant) {
    if args.json || count < 50 || found.seeds % 50 != 0 {
        return;
    }
    let rate = Duration::from_secs_f64(began.elapsed().as_secs_f64() / found.seeds as f64);
    // Nobody may be reading.
    let _ = writeln!(std::io::stderr(), "{} of {count} seeds, {rate:.0?} a seed", found.seeds);
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
    if args.json {
        let summary = json!({
            "type": "summary", "seeds": found.seeds, "orders": found.orders, "attempts": found.attempts,
            "steps": found.steps, "seconds": took.as_secs_f64(), "trace_hash": hash,
            "failed_seed": found.broken.as_ref().map(|b| b.seed),
        });
        return writeln!(out, "{summary}");
    }
    let verdict = if found.broken.is_some() { "a rule broke" } else { "every rule held" };
    writeln!(
        out,
        "{verdict}: {} seeds, {} orders, {} attempts, {} steps in {:.1} s{}",
        found.seeds,
        found.orders,
        found.attempts,
        found.steps,
        took.as_secs_f64(),
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
