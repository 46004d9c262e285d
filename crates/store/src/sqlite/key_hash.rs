//! The hash of a key, for tables whose keys come in no order. It is in the database: it never changes.

use aws_lc_rs::digest::{Context, SHA256};

use crate::value::{Sink, kept};

/// Takes the values of a key, in order: merchant, then its columns.
pub(crate) struct KeyHash {
    left: usize,
    context: Context,
}

impl KeyHash {
    /// Of the first `count` values; what comes behind them is not looked at.
    pub(crate) fn new(count: usize) -> Self {
        KeyHash { left: count, context: Context::new(&SHA256) }
    }

    /// Each value begins with its kind and its length, so that no two keys are one text.
    fn take(&mut self, kind: u8, bytes: &[u8]) {
        if self.left > 0 {
            self.left -= 1;
            self.context.update(&[kind]);
            self.context.update(&(bytes.len() as u64).to_be_bytes());
            self.context.update(bytes);
        }
    }

    /// 48 bits of SHA-256, not negative. Where two keys share a hash, both rows are looked at.
    pub(crate) fn end(self) -> i64 {
        let hash = self.context.finish();
        let mut bytes = [0; 8];
        bytes[2..].copy_from_slice(&hash.as_ref()[..6]);
        i64::from_be_bytes(bytes)
    }
}

impl Sink for KeyHash {
    fn int(&mut self, value: Option<i64>) {
        match value {
            Some(value) => self.take(b'i', &value.to_be_bytes()),
            None => self.take(b'n', &[]),
        }
    }
    fn text(&mut self, value: Option<&str>) {
        match value {
            Some(value) => self.take(b't', kept(value).as_bytes()),
            None => self.take(b'n', &[]),
        }
    }
    fn bytes(&mut self, value: Option<&[u8]>) {
        match value {
            Some(value) => self.take(b'b', value),
            None => self.take(b'n', &[]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_stays_what_it_is() {
        let of = |merchant: i64, name: &str, rest: &str| {
            let mut hash = KeyHash::new(2);
            hash.int(Some(merchant));
            hash.text(Some(name));
            hash.text(Some(rest));
            hash.end()
        };
        assert_eq!(of(1, "a", "x"), of(1, "a", "y"), "only the key counts");
        assert_ne!(of(1, "a", "x"), of(2, "a", "x"));
        assert_ne!(of(1, "a", "x"), of(1, "b", "x"));
        assert_eq!(of(1, "a\0", ""), of(1, &kept("a\0"), ""), "of the text as it is kept");
        assert!((0..1i64 << 48).contains(&of(7, "key", "")), "six bytes");
        assert_eq!(of(1, "a", ""), 83_884_212_797_045, "it is in databases");
    }
}
