//! Who visits a stand's page: which wallet the browser is, and what the page leaves in it for a quarter of an hour, sealed, so that it can be
//! believed when it comes back: the wallet's id of the visitor. It is nowhere else, and goes when the payment is made.

use aws_lc_rs::{constant_time, hmac};
use axum::http::header::{HeaderName, USER_AGENT};
use axum::http::{HeaderMap, HeaderValue};
use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use store::{Id, Millis};

use crate::auth::cookies;

/// Who the visitor is.
const VISITOR: &str = "saoma_visitor";
/// What was sent along with the visitor to the wallet's sign-in.
const MARK: &str = "saoma_mark";
/// How long either lives, seconds.
const LIFE_S: i64 = 900;

/// A visitor whom the wallet has named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Visitor {
    /// The wallet's channel.
    pub(super) channel: String,
    /// The wallet's id of the payer.
    pub(super) payer_id: String,
}

/// What a visitor comes back from the wallet's sign-in with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    /// 128 random bits, told to the wallet as `state`.
    pub(super) state: String,
    /// The wallet's channel.
    pub(super) channel: String,
    /// The order that the visitor was looking at.
    pub(super) order: Option<String>,
}

/// Seals and opens what is kept in the browser.
pub(super) struct Seal {
    key: hmac::Key,
    stand: Id,
    secure: bool,
}

impl Seal {
    /// For one stand's pages: what one stand sealed, another does not open.
    pub(super) fn new(key: &[u8; 16], stand: Id, secure: bool) -> Seal {
        Seal { key: hmac::Key::new(hmac::HMAC_SHA256, key), stand, secure }
    }

    fn tag(&self, text: &str) -> String {
        let tag = hmac::sign(&self.key, format!("{}\n{text}", self.stand).as_bytes());
        HEXLOWER.encode(&tag.as_ref()[..16])
    }

    fn cookie(&self, name: &str, value: &str, max_age_s: i64) -> HeaderValue {
        let secure = if self.secure { "; Secure" } else { "" };
        let text = format!(
            "{name}={value}; Path=/s/{}; HttpOnly; SameSite=Lax; Max-Age={max_age_s}{secure}",
            self.stand
        );
        HeaderValue::try_from(text).expect("what is sealed is visible ASCII")
    }

    fn sealed(&self, fields: &[&str], now: Millis) -> String {
        let until = now.0 / 1000 + LIFE_S;
        let hex: Vec<String> = fields.iter().map(|field| HEXLOWER.encode(field.as_bytes())).collect();
        let text = format!("{until}.{}", hex.join("."));
        format!("{text}.{}", self.tag(&text))
    }

    fn opened(&self, value: &str, now: Millis) -> Option<Vec<String>> {
        let (text, tag) = value.rsplit_once('.')?;
        constant_time::verify_slices_are_equal(self.tag(text).as_bytes(), tag.as_bytes()).ok()?;
        let mut fields = text.split('.');
        let until: i64 = fields.next()?.parse().ok()?;
        if until * 1000 <= now.0 {
            return None;
        }
        fields.map(unhex).collect()
    }

    /// `Set-Cookie` that remembers the visitor.
    pub(super) fn remember(&self, visitor: &Visitor, now: Millis) -> HeaderValue {
        self.cookie(VISITOR, &self.sealed(&[&visitor.channel, &visitor.payer_id], now), LIFE_S)
    }

    /// `Set-Cookie` that forgets the visitor.
    pub(super) fn forget(&self) -> HeaderValue {
        self.cookie(VISITOR, "", 0)
    }

    /// The visitor, if this browser was told who that is.
    pub(super) fn visitor(&self, headers: &HeaderMap, now: Millis) -> Option<Visitor> {
        let fields = self.opened(cookies::get(headers, VISITOR)?, now)?;
        let [channel, payer_id] = fields.try_into().ok()?;
        Some(Visitor { channel, payer_id })
    }

    /// `Set-Cookie` for the way to the wallet's sign-in.
    pub(super) fn mark(&self, mark: &Mark, now: Millis) -> HeaderValue {
        let order = mark.order.as_deref().unwrap_or_default();
        self.cookie(MARK, &self.sealed(&[&mark.state, &mark.channel, order], now), LIFE_S)
    }

    /// `Set-Cookie` once that way is over.
    pub(super) fn unmark(&self) -> HeaderValue {
        self.cookie(MARK, "", 0)
    }

    /// What went along, if `state` is what came back.
    pub(super) fn came_back(&self, headers: &HeaderMap, state: &str, now: Millis) -> Option<Mark> {
        let fields = self.opened(cookies::get(headers, MARK)?, now)?;
        let [own, channel, order] = fields.try_into().ok()?;
        constant_time::verify_slices_are_equal(own.as_bytes(), state.as_bytes()).ok()?;
        Some(Mark { state: own, channel, order: Some(order).filter(|o| !o.is_empty()) })
    }
}

fn unhex(text: &str) -> Option<String> {
    String::from_utf8(HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok()?).ok()
}

/// What the browser says of itself.
pub(super) fn agent(headers: &HeaderMap) -> &str {
    headers.get(USER_AGENT).and_then(|v| v.to_str().ok()).unwrap_or_default()
}

/// The payer's address as the proxy in front saw it: the last one it wrote. Without a proxy there is none to tell.
pub(super) fn client_ip(headers: &HeaderMap) -> Option<String> {
    const FORWARDED: HeaderName = HeaderName::from_static("x-forwarded-for");
    let last = headers.get_all(FORWARDED).iter().next_back()?.to_str().ok()?.rsplit(',').next()?.trim();
    last.parse::<std::net::IpAddr>().ok().map(|ip| ip.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn carrying(cookie: &HeaderValue) -> HeaderMap {
        let pair = cookie.to_str().unwrap().split(';').next().unwrap().to_owned();
        HeaderMap::from_iter([(axum::http::header::COOKIE, HeaderValue::from_str(&pair).unwrap())])
    }

    #[test]
    fn a_visitor_is_believed_here_and_now_only() {
        let seal = Seal::new(&[1; 16], Id(7), true);
        let visitor = Visitor { channel: "wechat".into(), payer_id: "oA-._~|é".into() };
        let now = Millis(1_000_000);
        let set = seal.remember(&visitor, now);
        let headers = carrying(&set);
        assert_eq!(seal.visitor(&headers, now), Some(visitor.clone()));
        assert_eq!(seal.visitor(&headers, Millis(now.0 + LIFE_S * 1000)), None, "too old");
        assert_eq!(Seal::new(&[1; 16], Id(8), true).visitor(&headers, now), None, "another stand");
        assert_eq!(Seal::new(&[2; 16], Id(7), true).visitor(&headers, now), None, "another platform");
        let text = set.to_str().unwrap();
        for part in ["Path=/s/0000000000007", "HttpOnly", "SameSite=Lax", "Secure", "Max-Age=900"] {
            assert!(text.contains(part), "{part}: {text}");
        }
        let other = text.replacen("saoma_visitor=", "saoma_visitor=9", 1);
        assert_eq!(seal.visitor(&carrying(&HeaderValue::from_str(&other).unwrap()), now), None, "altered");
        assert_eq!(seal.visitor(&carrying(&seal.forget()), now), None);
    }

    #[test]
    fn only_the_visitor_who_was_sent_comes_back() {
        let seal = Seal::new(&[1; 16], Id(7), false);
        let mark = Mark { state: "ab12".into(), channel: "alipay".into(), order: Some("T1".into()) };
        let now = Millis(5_000);
        let headers = carrying(&seal.mark(&mark, now));
        assert_eq!(seal.came_back(&headers, "ab12", now), Some(mark));
        assert_eq!(seal.came_back(&headers, "ab13", now), None, "another state");
        assert_eq!(seal.came_back(&headers, "", now), None, "no state");
        assert_eq!(seal.came_back(&HeaderMap::new(), "ab12", now), None, "another browser");
        assert_eq!(seal.came_back(&headers, "ab12", Millis(now.0 + 901_000)), None, "too late");
        let as_visitor = seal.mark(&Mark { state: "x".into(), channel: "y".into(), order: None }, now);
        let moved = as_visitor.to_str().unwrap().replacen(MARK, VISITOR, 1);
        assert_eq!(seal.visitor(&carrying(&HeaderValue::from_str(&moved).unwrap()), now), None);
    }

    #[test]
    fn the_payers_address_is_the_proxys_word() {
        let of = |lines: &[&str]| {
            let lines = lines
                .iter()
                .map(|l| (HeaderName::from_static("x-forwarded-for"), HeaderValue::from_str(l).unwrap()));
            let mut headers = HeaderMap::new();
            lines.for_each(|(n, v)| {
                headers.append(n, v);
            });
            client_ip(&headers)
        };
        assert_eq!(of(&["1.2.3.4, 192.0.2.9"]).as_deref(), Some("192.0.2.9"));
        assert_eq!(of(&["1.2.3.4", "2001:db8::1"]).as_deref(), Some("2001:db8::1"));
        assert_eq!(of(&["somewhere"]), None);
        assert_eq!(of(&[]), None);
    }
}
