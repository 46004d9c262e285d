//! `saoma bench signatures`: sign and verify as the adapters do, with every text, parameter and header they build, beside the library's bare
//! call over the same bytes. Both run in turns of a few milliseconds, so that what else the machine does falls on both alike.

use std::time::{Duration, Instant};

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::RsaKeyPair;
use channels::signatures::{Case, cases};
use serde::Serialize;

use super::figures::round;
use crate::cli::BenchSignatures;
use crate::out::{Failed, Out, Outcome, While as _};

/// The most that an adapter may cost, as a multiple of the bare call.
const BOUND: f64 = 1.2;
/// How long one turn of one side lasts.
const TURN: Duration = Duration::from_millis(10);

/// One signature or check.
#[derive(Serialize)]
struct Figure {
    channel: &'static str,
    what: &'static str,
    /// Microseconds, the middle one of all turns.
    adapter_us: f64,
    bare_us: f64,
    ratio: f64,
    count: u64,
}

/// All of them.
#[derive(Serialize)]
struct Summary {
    bound: f64,
    worst: f64,
    within: bool,
}

/// Measures and tells.
pub(super) fn run(args: &BenchSignatures) -> Outcome {
    let out = Out::new(args.json);
    let pair = RsaKeyPair::generate(KeySize::Rsa2048).during("making a key")?;
    let key: Pkcs8V1Der<'_> = pair.as_der().during("writing the key")?;
    let cases = cases(key.as_ref()).map_err(Failed::call)?;
    let mut worst: f64 = 0.0;
    for case in cases {
        let figure = measure(&case, Duration::from_secs(args.seconds.max(1)));
        worst = worst.max(figure.ratio);
        let text = format!(
            "{:<12} {:<7} adapter {:>8.2} us   bare {:>8.2} us   ratio {:.3}   ({} of each)",
            figure.channel, figure.what, figure.adapter_us, figure.bare_us, figure.ratio, figure.count
        );
        out.result("figure", &figure, text);
    }
    let summary = Summary { bound: BOUND, worst, within: worst <= BOUND };
    let word = if summary.within { "within" } else { "above" };
    out.summary(&summary, format!("worst ratio {worst:.3}: {word} the bound of {BOUND}"));
    Ok(())
}

fn measure(case: &Case, time: Duration) -> Figure {
    let until = Instant::now() + time;
    let (mut adapter, mut bare, mut count) = (Vec::new(), Vec::new(), 0);
    // One turn of each to warm up, then turns until the time is over.
    let size = turn(&*case.bare, None).0;
    turn(&*case.adapter, Some(size));
    while adapter.len() < 3 || Instant::now() < until {
        adapter.push(turn(&*case.adapter, Some(size)).1);
        bare.push(turn(&*case.bare, Some(size)).1);
        count += size;
    }
    let (adapter_us, bare_us) = (middle(adapter), middle(bare));
    Figure {
        channel: case.channel,
        what: case.what,
        adapter_us: round(adapter_us, 100.0),
        bare_us: round(bare_us, 100.0),
        ratio: round(adapter_us / bare_us, 1000.0),
        count,
    }
}

/// Runs `size` times, or for [`TURN`]: how often, and the microseconds of one.
fn turn(work: &dyn Fn() -> bool, size: Option<u64>) -> (u64, f64) {
    let began = Instant::now();
    let mut done = 0;
    while size.map_or_else(|| began.elapsed() < TURN, |size| done < size) {
        assert!(work(), "a signature that was made is good");
        done += 1;
    }
    let micros = began.elapsed().as_secs_f64() * 1e6;
    (done, micros / done.max(1) as f64)
}

fn middle(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 2).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::middle;

    #[test]
    fn the_middle_of_turns() {
        for (all, want) in [(vec![], 0.0), (vec![3.0], 3.0), (vec![9.0, 1.0, 2.0], 2.0)] {
            assert!((middle(all) - want).abs() < f64::EPSILON);
        }
    }
}
