//! How many plates one visitor may look up: enough for a family with look-alikes and slips of the finger, too few to walk through the plates of a town.
//!
//! Who asks is the address the question came from, or, behind a proxy of the operator's own network, the one the proxy wrote down. A plate or card that
//! was asked for before costs nothing; one that leads nowhere costs twice as much as one that does, because whoever walks mostly misses. Phones behind one
//! address of their network share a purse, which is why it is not smaller.

use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::convert::Infallible;
use std::hash::{Hash as _, Hasher as _};
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use desk::Refusal;
use store::Millis;

use crate::parking::problem;

/// What a visitor may spend in [`WINDOW`].
const PURSE: u32 = 60;
/// Price of a plate that led to a car, and of one that did not.
const HIT: u32 = 1;
const MISS: u32 = 2;
/// How long spending counts.
const WINDOW: Duration = Duration::from_secs(600);
/// Visitors that are remembered; those with nothing spent in the window go first.
const MOST: usize = 20_000;

/// What a visitor asked for in the window: which, when, at what price.
type Asked = Vec<(u64, Millis, u32)>;

/// Every visitor's spending. One for each process.
#[derive(Clone, Default)]
pub(in crate::parking) struct Pace(Arc<Mutex<HashMap<IpAddr, Asked>>>);

/// Who asks.
#[derive(Clone)]
pub(super) struct Visitor {
    pace: Pace,
    address: IpAddr,
}

impl Visitor {
    /// Whether this may be asked now. Error: `parking_too_many_lookups`.
    pub(super) fn may_ask(&self, what: &str, now: Millis) -> Result<(), Refusal> {
        let mut all = self.pace.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(asked) = all.get_mut(&self.address) else { return Ok(()) };
        asked.retain(|(_, at, _)| now.since(*at) < WINDOW);
        let known = asked.iter().any(|(which, _, _)| *which == named(what));
        let spent: u32 = asked.iter().map(|(_, _, price)| price).sum();
        if known || spent < PURSE {
            return Ok(());
        }
        let minutes = WINDOW.as_secs() / 60;
        Err(problem::TOO_MANY_LOOKUPS.with(format!("too many different plates within {minutes} minutes")))
    }

    /// Notes what was asked, and whether it led to a car.
    pub(super) fn asked(&self, what: &str, found: bool, now: Millis) {
        let mut all = self.pace.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MOST {
            all.retain(|_, asked| asked.iter().any(|(_, at, _)| now.since(*at) < WINDOW));
        }
        let asked = all.entry(self.address).or_default();
        let which = named(what);
        if !asked.iter().any(|(known, _, _)| *known == which) {
            asked.push((which, now, if found { HIT } else { MISS }));
        }
    }
}

fn named(what: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    what.hash(&mut hasher);
    hasher.finish()
}

impl<S: Send + Sync> FromRequestParts<S> for Visitor {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Visitor, Infallible> {
        let pace = parts.extensions.get::<Pace>().cloned().unwrap_or_default();
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip());
        let written = parts.headers.get_all("x-forwarded-for").iter().next_back();
        let written = written.and_then(|text| text.to_str().ok()?.rsplit(',').next()?.trim().parse().ok());
        Ok(Visitor { pace, address: address(peer, written) })
    }
}

/// Whose purse it is. Only a proxy near by is believed about others; without one the header is anybody's word.
fn address(peer: Option<IpAddr>, written: Option<IpAddr>) -> IpAddr {
    let near = peer.is_none_or(|ip| match ip.to_canonical() {
        IpAddr::V4(v4) => v4.is_loopback() || v4.is_private(),
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local(),
    });
    let found = written.filter(|_| near).or(peer).unwrap_or(IpAddr::from([127, 0, 0, 1]));
    // a household or a host has a whole /64 of addresses
    match found.to_canonical() {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::from([a, b, c, d, 0, 0, 0, 0])
        }
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn visitor(pace: &Pace, ip: &str) -> Visitor {
        Visitor { pace: pace.clone(), address: ip.parse().unwrap() }
    }

    #[test]
    fn who_walks_through_plates_is_stopped_and_others_go_on() {
        let pace = Pace::default();
        let (walker, driver) = (visitor(&pace, "203.0.113.9"), visitor(&pace, "203.0.113.10"));
        let start = Millis(1_000_000);
        let walk = |visitor: &Visitor, found: bool, at: Millis| {
            (0..)
                .take_while(|n| {
                    let plate = format!("粤B{n:05}");
                    let may = visitor.may_ask(&plate, at).is_ok();
                    visitor.asked(&plate, found, at);
                    may && *n < 1000
                })
                .count()
        };
        assert_eq!(walk(&walker, false, start), 30, "plates that lead nowhere");
        assert_eq!(walker.may_ask("粤B99999", start).unwrap_err().code(), "parking_too_many_lookups");
        assert!(walker.may_ask("粤B00003", start).is_ok(), "what was asked before is free");
        assert!(driver.may_ask("粤B99999", start).is_ok(), "another visitor");
        assert_eq!(walk(&driver, true, start), 60, "plates of cars inside");
        let later = Millis(start.0 + 600_000);
        assert!(walker.may_ask("粤B99999", later).is_ok(), "after ten minutes");
    }

    #[test]
    fn whose_purse_it_is() {
        let ip = |text: &str| Some(text.parse::<IpAddr>().unwrap());
        let check = |peer, written, want: &str| {
            assert_eq!(address(peer, written), want.parse::<IpAddr>().unwrap(), "{peer:?} {written:?}");
        };
        check(ip("198.51.100.7"), None, "198.51.100.7");
        check(ip("198.51.100.7"), ip("203.0.113.9"), "198.51.100.7");
        check(ip("10.0.0.5"), ip("203.0.113.9"), "203.0.113.9");
        check(ip("127.0.0.1"), ip("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        check(ip("::ffff:10.0.0.5"), ip("203.0.113.9"), "203.0.113.9");
        check(ip("127.0.0.1"), None, "127.0.0.1");
        check(None, ip("203.0.113.9"), "203.0.113.9");
        check(None, None, "127.0.0.1");
    }
}
