//! Coverage-guided input for `wechat_callback`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| saoma_fuzz::run("wechat_callback", bytes));
