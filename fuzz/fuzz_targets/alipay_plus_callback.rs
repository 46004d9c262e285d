//! Coverage-guided input for `alipay_plus_callback`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| saoma_fuzz::run("alipay_plus_callback", bytes));
