//! What the platform is given from outside: the system's clock and the system's randomness. Nothing below this crate reads either.

use std::time::{SystemTime, UNIX_EPOCH};

use store::Millis;

/// The system's clock.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SystemClock;

impl SystemClock {
    fn millis() -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    }
}

impl store::Clock for SystemClock {
    fn now(&self) -> Millis {
        Millis(Self::millis())
    }
}

impl sandbox::Clock for SystemClock {
    fn now_ms(&self) -> i64 {
        Self::millis()
    }
}

/// The operating system's randomness, by way of the crypto library's generator.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SystemRandom;

impl store::Random for SystemRandom {
    fn fill(&self, buffer: &mut [u8]) {
        // Going on without randomness would make secrets that can be guessed.
        aws_lc_rs::rand::fill(buffer).expect("the operating system gives randomness");
    }
}

/// Fresh random bytes.
pub(crate) fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    store::Random::fill(&SystemRandom, &mut bytes);
    bytes
}
