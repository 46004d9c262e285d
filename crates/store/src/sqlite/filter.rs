//! A Bloom filter over hashes of keys: it tells which are certainly not there. It is in the database: its bits never change their meaning.

use aws_lc_rs::digest::{Context, SHA256};

/// Bits of memory for each key: about one of 500 hashes that are not there passes.
const BITS: usize = 16;
/// A hash's bits lie in one block of so many words: a look costs one line of the processor's cache.
const BLOCK: usize = 8;
/// Bits of a hash; each is chosen by nine bits of its mix.
const PROBES: u32 = 7;

/// What the hashes of some keys are checked against.
#[derive(Debug, PartialEq)]
pub(crate) struct Filter {
    words: Vec<u64>,
}

/// Spreads a number over all 64 bits (the end of SplitMix64, Steele and others 2014).
fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

impl Filter {
    /// Of these hashes.
    pub(crate) fn new(hashes: &[i64]) -> Self {
        let blocks = (hashes.len() * BITS).div_ceil(BLOCK * 64).max(1);
        let mut filter = Filter { words: vec![0; blocks * BLOCK] };
        for hash in hashes {
            for (word, bit) in filter.bits(*hash) {
                if let Some(word) = filter.words.get_mut(word) {
                    *word |= bit;
                }
            }
        }
        filter
    }

    /// Whether a hash may be there; false is certain.
    pub(crate) fn may_have(&self, hash: i64) -> bool {
        self.bits(hash).all(|(word, bit)| self.words.get(word).is_none_or(|word| word & bit != 0))
    }

    /// The bits of a hash: their word, and the bit in it.
    fn bits(&self, hash: i64) -> impl Iterator<Item = (usize, u64)> + use<> {
        let mixed = mix(hash.cast_unsigned());
        let blocks = (self.words.len() / BLOCK) as u128;
        // Less than the number of blocks.
        let block = usize::try_from((u128::from(mixed) * blocks) >> 64).unwrap_or(0) * BLOCK;
        let chosen = mix(mixed);
        (0..PROBES).map(move |probe| {
            let at = (chosen >> (9 * probe)) & 511;
            (block + usize::try_from(at >> 6).unwrap_or(0), 1 << (at & 63))
        })
    }

    /// As an era's is kept: words of eight bytes, the lowest byte first, and a checksum of the era and the words.
    pub(crate) fn to_bytes(&self, era: i64) -> Vec<u8> {
        let mut bytes: Vec<u8> = self.words.iter().flat_map(|word| word.to_le_bytes()).collect();
        bytes.extend(checksum(era, &bytes));
        bytes
    }

    /// Out of what was kept for an era. None where it is damaged: a bit that is lost would hide a key.
    pub(crate) fn from_bytes(era: i64, bytes: &[u8]) -> Option<Self> {
        let (bytes, sum) = bytes.split_last_chunk::<8>()?;
        let (words, rest) = bytes.as_chunks::<8>();
        let whole = !words.is_empty() && words.len().is_multiple_of(BLOCK) && rest.is_empty();
        (whole && checksum(era, bytes) == *sum)
            .then(|| Filter { words: words.iter().map(|word| u64::from_le_bytes(*word)).collect() })
    }
}

/// The first eight bytes of SHA-256.
fn checksum(era: i64, bytes: &[u8]) -> [u8; 8] {
    let mut context = Context::new(&SHA256);
    context.update(&era.to_le_bytes());
    context.update(bytes);
    let mut sum = [0; 8];
    sum.copy_from_slice(&context.finish().as_ref()[..8]);
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hashes(from: u64, count: u64) -> Vec<i64> {
        (from..from + count)
            .map(|n| (mix(n.wrapping_mul(0x9e37_79b9_7f4a_7c15)) >> 16).cast_signed())
            .collect()
    }

    #[test]
    fn what_is_there_always_passes_and_little_else_does() {
        for count in [0, 1, 31, 32, 33, 1000, 100_000] {
            let there = hashes(1, count);
            let filter = Filter::new(&there);
            assert!(there.iter().all(|hash| filter.may_have(*hash)), "{count}");
            let passed = hashes(1 << 40, 20_000).iter().filter(|hash| filter.may_have(**hash)).count();
            assert!(passed < 100, "{passed} of 20,000 pass a filter of {count}");
        }
    }

    #[test]
    fn it_is_kept_as_it_is() {
        let filter = Filter::new(&hashes(1, 1000));
        let bytes = filter.to_bytes(3);
        assert_eq!(bytes.len(), 2048 + 8, "two bytes a key, whole blocks, a checksum");
        assert_eq!(Filter::from_bytes(3, &bytes), Some(filter));
        assert_eq!(Filter::from_bytes(4, &bytes), None, "it is of one era");
        for at in [0, 1000, 2047, 2048, 2055] {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1;
            assert_eq!(Filter::from_bytes(3, &damaged), None, "{at}");
        }
        for wrong in [0, 1, 8, 64, 72, 2048, 2055] {
            assert_eq!(Filter::from_bytes(3, &bytes[..wrong]), None, "{wrong}");
        }
        let few = Filter::new(&[1, 83_884_212_797_045, (3 << 48) + 7]);
        let bits: Vec<_> = few.words.iter().map(|word| format!("{word:x}")).collect();
        let kept = [
            "800000",
            "2000000000000440",
            "20000000000",
            "100000080",
            "100000220404000",
            "40000",
            "4840100000100",
            "440000002000",
        ];
        assert_eq!(bits, kept, "it is in databases");
    }
}
