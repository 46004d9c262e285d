//! Randomness from a seed, by name: what one actor rolls does not depend on what others do, so a history stays the same when
//! other actors are dropped from it.

/// A stream of numbers (SplitMix64) that belongs to one purpose.
#[derive(Clone, Debug)]
pub(crate) struct Dice {
    state: u64,
}

fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl Dice {
    /// The stream of this purpose and number under a seed.
    pub(crate) fn of(seed: u64, purpose: &str, number: u64) -> Dice {
        let named = purpose.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        Dice { state: mix(mix(seed ^ 0x5a0a_a0a5).wrapping_add(named)).wrapping_add(mix(number)) }
    }

    /// The next number.
    pub(crate) fn number(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.state)
    }

    /// From 0 to `sides - 1`.
    pub(crate) fn below(&mut self, sides: u64) -> u64 {
        self.number() % sides.max(1)
    }

    /// From `low` to `high`, both possible.
    pub(crate) fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high.saturating_sub(low) + 1)
    }

    /// True so many times in a thousand.
    pub(crate) fn chance(&mut self, per_mille: u64) -> bool {
        self.below(1000) < per_mille
    }

    /// One of these, all equally likely.
    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        let at = self.below(from.len() as u64);
        from[usize::try_from(at).unwrap_or(0)]
    }
}

#[cfg(test)]
mod tests {
    use super::Dice;

    #[test]
    fn streams_repeat_and_differ_by_seed_purpose_and_number() {
        let first = |seed, purpose, number| Dice::of(seed, purpose, number).number();
        assert_eq!(first(1, "visit", 2), first(1, "visit", 2));
        for other in [first(2, "visit", 2), first(1, "wire", 2), first(1, "visit", 3)] {
            assert_ne!(first(1, "visit", 2), other);
        }
    }

    #[test]
    fn bounds_are_kept() {
        let mut dice = Dice::of(7, "bounds", 0);
        let rolled: Vec<u64> = (0..500).map(|_| dice.between(3, 5)).collect();
        for side in 3..=5 {
            assert!(rolled.contains(&side));
        }
        assert!(rolled.iter().all(|n| (3..=5).contains(n)));
        assert!(!dice.chance(0) && dice.chance(1000));
    }
}
