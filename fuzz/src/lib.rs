//! What bad input is thrown at: a function for every reader of bytes that come from outside. A reader may refuse, and must not panic, hang, or
//! read back something else than it wrote. The coverage-guided programs in `fuzz_targets/` and the plain test of the workspace
//! (`crates/saoma/tests/foreign.rs`) call the same functions.

mod callbacks;
mod devices;
mod documents;
mod texts;

/// A reader of foreign bytes under its name.
pub type Target = (&'static str, fn(&[u8]));

/// All of them. The name is that of the program in `fuzz_targets/` and of the folder in `seeds/`.
pub const TARGETS: &[Target] = &[
    ("wechat_callback", callbacks::wechat),
    ("alipay_callback", callbacks::alipay),
    ("alipay_plus_callback", callbacks::alipay_plus),
    ("channel_answers", documents::answers),
    ("wechat_xml", documents::xml),
    ("certificates", documents::certificates),
    ("wechat_bill", documents::wechat_bill),
    ("alipay_bill", documents::alipay_bill),
    ("payer_codes", texts::payer_codes),
    ("texts", texts::texts),
    ("api_bodies", texts::api_bodies),
    ("plates", texts::plates),
    ("tariffs", texts::tariffs),
    ("cameras", devices::cameras),
    ("cctalk", devices::cctalk),
    ("edge", devices::edge),
];

/// Runs one target by its name. Panics on what it finds, and where there is no such target.
pub fn run(name: &str, bytes: &[u8]) {
    let target = TARGETS.iter().find(|(known, _)| *known == name);
    let (_, run) = target.expect("a target of the list");
    run(bytes);
}

/// Keys made for tests.
pub(crate) mod keys {
    /// A private key.
    pub(crate) const PRIVATE: &str = include_str!("../../crates/channels/tests/data/pkcs8.pem");
    /// Its public half.
    pub(crate) const PUBLIC: &str = include_str!("../../crates/channels/tests/data/spki.pem");
    /// A key for sealing, 32 characters.
    pub(crate) const SEALING: &str = "0123456789abcdef0123456789abcdef";
}

/// When everything happens: 2026-11-22T03:04:05Z.
pub(crate) const NOW: store::Millis = store::Millis(1_795_316_645_000);
