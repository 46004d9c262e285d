//! Coverage-guided input for `alipay_bill`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| saoma_fuzz::run("alipay_bill", bytes));
