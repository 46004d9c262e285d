//! Proof that a write with a cookie was made by our own page: a token only that page could read.

use aws_lc_rs::{constant_time, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use desk::problem::desk as problems;

use crate::problem::Failure;

/// The token of a terminal's pages. It follows from the terminal's key, which no script can read (the cookie is `HttpOnly`).
pub fn of_terminal(key: &str) -> String {
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(b"saoma csrf\0");
    context.update(key.as_bytes());
    URL_SAFE_NO_PAD.encode(&context.finish().as_ref()[..18])
}

/// Compares without telling by its duration how much was right. Error: `csrf`.
pub(super) fn check(expected: &str, given: &str) -> Result<(), Failure> {
    constant_time::verify_slices_are_equal(expected.as_bytes(), given.as_bytes())
        .map_err(|_| (&problems::CSRF).into())
}
