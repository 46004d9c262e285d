//! Counted and seeded faults.
use super::*;

fn fault(name: &'static str, channel: Option<Channel>, rate: Option<f64>, next: Option<u32>) -> Fault {
    Fault { id: 0, channel, fault: name, rate, next, delay_ms: None, code: None, happened: 0 }
}

#[test]
fn next_counts_and_channel_limits() {
    let (mut faults, mut random) = (Faults::default(), Random::new(1));
    faults.set(fault("slow", Some(Channel::Wechat), None, Some(2)));
    let mut fires = |channel, name| faults.fire(&mut random, channel, name).is_some();
    assert!(!fires(Channel::Alipay, "slow"));
    assert!(!fires(Channel::Wechat, "error_before"));
    assert!(fires(Channel::Wechat, "slow"));
    assert!(fires(Channel::Wechat, "slow"));
    assert!(!fires(Channel::Wechat, "slow"));
}

#[test]
fn a_seed_replays_a_rate() {
    let run = |seed| {
        let (mut faults, mut random) = (Faults::default(), Random::new(seed));
        faults.set(fault("slow", None, Some(0.3), None));
        (0..1000).map(|_| faults.fire(&mut random, Channel::Alipay, "slow").is_some()).collect::<Vec<_>>()
    };
    assert_eq!(run(7), run(7));
    assert_ne!(run(7), run(8));
    let count = run(7).iter().filter(|hit| **hit).count();
    assert!((250..350).contains(&count), "{count}");
}

#[test]
fn clearing_is_by_channel_and_name() {
    let mut faults = Faults::default();
    faults.set(fault("slow", Some(Channel::Wechat), None, Some(1)));
    faults.set(fault("slow", None, None, Some(1)));
    faults.set(fault("pays_twice", None, None, Some(1)));
    assert_eq!(faults.clear(Some(Channel::Wechat), None), 1);
    assert_eq!(faults.clear(None, Some("slow")), 1);
    assert_eq!(faults.clear(None, None), 1);
}
