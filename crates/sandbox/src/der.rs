//! RSA with SHA-1, which Alipay's old `sign_type=RSA` still uses and the library no longer signs: just enough DER to read
//! the private exponent, and the textbook power over a padded digest.

use num_bigint::BigUint;

/// `DigestInfo` of SHA-1 before the 20 digest bytes (RFC 8017, section 9.2).
const SHA1_PREFIX: [u8; 15] =
    [0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x05, 0x00, 0x04, 0x14];

/// Signs a SHA-1 digest with a PKCS#8 key that has parsed before.
pub(crate) fn sign_sha1(pkcs8: &[u8], digest: &[u8]) -> Vec<u8> {
    let (modulus, exponent) = private_numbers(pkcs8).expect("a PKCS#8 key that parsed has its numbers");
    let length = modulus.to_bytes_be().len();
    let mut padded = vec![0x00, 0x01];
    padded.resize(length - SHA1_PREFIX.len() - digest.len() - 1, 0xff);
    padded.push(0x00);
    padded.extend_from_slice(&SHA1_PREFIX);
    padded.extend_from_slice(digest);
    let power = BigUint::from_bytes_be(&padded).modpow(&exponent, &modulus).to_bytes_be();
    let mut out = vec![0; length - power.len()];
    out.extend_from_slice(&power);
    out
}

/// Modulus and private exponent of a PKCS#8 RSA key.
fn private_numbers(pkcs8: &[u8]) -> Option<(BigUint, BigUint)> {
    let outer = Reader(pkcs8).take(0x30)?;
    let mut fields = Reader(outer);
    fields.take(0x02)?; // version
    fields.take(0x30)?; // algorithm
    let inner = Reader(fields.take(0x04)?).take(0x30)?;
    let mut key = Reader(inner);
    key.take(0x02)?; // version
    let modulus = BigUint::from_bytes_be(key.take(0x02)?);
    key.take(0x02)?; // public exponent
    let exponent = BigUint::from_bytes_be(key.take(0x02)?);
    Some((modulus, exponent))
}

/// Walks over DER values one after the other.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// The content of the next value, if its tag is `tag`.
    fn take(&mut self, tag: u8) -> Option<&'a [u8]> {
        let (&found, rest) = self.0.split_first()?;
        let (&first, rest) = rest.split_first()?;
        let (length, rest) = if first < 0x80 {
            (usize::from(first), rest)
        } else {
            let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            (bytes.iter().fold(0usize, |sum, byte| sum * 256 + usize::from(*byte)), rest)
        };
        let (content, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        (found == tag).then_some(content)
    }
}
