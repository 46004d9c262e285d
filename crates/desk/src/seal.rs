//! Seals over the events (rule 9): a hash tree (RFC 6962 shape) over each stretch of a merchant's events, chained and signed, so that any later
//! change, removal or insertion shows.

use aws_lc_rs::digest::{Context, SHA256};
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use store::{Event, Merchant};

use crate::boxed;
use crate::desk::Desk;
use crate::problem::Refusal;
use crate::rows::{Seal, SealHead};

/// How many events one seal covers at most.
const STRETCH: i64 = 4096;

/// Signs heads with an Ed25519 key.
pub struct Sealer(Ed25519KeyPair);

impl Sealer {
    /// A sealer from 32 secret bytes; the same bytes give the same key.
    pub fn from_seed(seed: &[u8; 32]) -> Sealer {
        Sealer(Ed25519KeyPair::from_seed_unchecked(seed).expect("32 bytes are a seed"))
    }

    /// 128 bits for a label: the same each time, and not to be guessed without the key (Ed25519 signatures are deterministic).
    pub(crate) fn derive(&self, label: &[u8]) -> [u8; 16] {
        let mut text = b"saoma secret 1\n".to_vec();
        text.extend_from_slice(label);
        let hash = aws_lc_rs::digest::digest(&SHA256, self.0.sign(&text).as_ref());
        hash.as_ref()[..16].try_into().expect("SHA-256 has 32 bytes")
    }

    /// The public key that checks its signatures.
    pub fn public_key(&self) -> Vec<u8> {
        self.0.public_key().as_ref().to_vec()
    }
}

/// The hash of one event as a leaf of the tree.
pub fn leaf(event: &Event) -> [u8; 32] {
    let data = serde_json::to_vec(&event.data.0).expect("a JSON value is written");
    let mut hash = Context::new(&SHA256);
    hash.update(&[0]);
    hash.update(&event.seq.to_be_bytes());
    hash.update(&event.at.0.to_be_bytes());
    hash.update(&event.subject.0.to_be_bytes());
    hash.update(&(event.kind.len() as u64).to_be_bytes());
    hash.update(event.kind.as_bytes());
    hash.update(&data);
    finish(hash)
}

fn finish(hash: Context) -> [u8; 32] {
    hash.finish().as_ref().try_into().expect("SHA-256 has 32 bytes")
}

/// The tree hash over leaves: the left part is the largest power of two below the count. An empty list hashes to the hash of nothing.
pub fn tree(leaves: &[[u8; 32]]) -> [u8; 32] {
    match leaves {
        [] => finish(Context::new(&SHA256)),
        [one] => *one,
        _ => {
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            let mut hash = Context::new(&SHA256);
            hash.update(&[1]);
            hash.update(&tree(left));
            hash.update(&tree(right));
            finish(hash)
        }
    }
}

/// The head after a stretch: chains the tree to the head before it.
pub fn head(before: &[u8], tree: &[u8; 32], upto: i64) -> [u8; 32] {
    let mut hash = Context::new(&SHA256);
    hash.update(&[2]);
    hash.update(before);
    hash.update(tree);
    hash.update(&upto.to_be_bytes());
    finish(hash)
}

fn signed_text(merchant: Merchant, upto: i64, root: &[u8]) -> Vec<u8> {
    let mut text = b"saoma seal 1\n".to_vec();
    text.extend_from_slice(&merchant.0.0.to_be_bytes());
    text.extend_from_slice(&upto.to_be_bytes());
    text.extend_from_slice(root);
    text
}

/// Whether a seal's signature is genuine under a public key.
pub fn genuine(public_key: &[u8], merchant: Merchant, seal: &Seal) -> bool {
    UnparsedPublicKey::new(&ED25519, public_key)
        .verify(&signed_text(merchant, seal.upto, &seal.root), &seal.signature)
        .is_ok()
}

impl Desk {
    /// Seals what is not sealed yet of one merchant. Answers how many events were sealed.
    #[boxed]
    pub async fn seal(&self, merchant: Merchant) -> Result<i64, Refusal> {
        let found = self.decide(merchant, |view| Ok(view.get::<SealHead>(0)?)).await?;
        let before = found.unwrap_or(SealHead { one: 0, upto: 0, root: Vec::new() });
        let (from, limit) = (before.upto, STRETCH);
        let events: Vec<Event> = self
            .read(move |sql| {
                let rows = sql.rows::<Event>(
                    "where merchant = $1 and seq > $2 order by seq limit $3",
                    &[&merchant.0, &from, &limit],
                )?;
                Ok(rows.into_iter().map(|(_, event)| event).collect())
            })
            .await?;
        let Some(last) = events.last() else { return Ok(0) };
        let (count, upto) = (events.len() as i64, last.seq);
        let tree = tree(&events.iter().map(leaf).collect::<Vec<_>>());
        let root = head(&before.root, &tree, upto);
        let signature = self.sealer.0.sign(&signed_text(merchant, upto, &root)).as_ref().to_vec();
        self.decide(merchant, move |view| {
            let now_at = view.get::<SealHead>(0)?.map_or(0, |h| h.upto);
            if now_at != before.upto {
                return Ok(0); // another node was faster
            }
            let at = view.now();
            view.put(SealHead { one: 0, upto, root: root.to_vec() });
            view.log(Seal {
                upto,
                from_seq: before.upto + 1,
                tree: tree.to_vec(),
                before: before.root.clone(),
                root: root.to_vec(),
                signature: signature.clone(),
                at,
            });
            Ok(count)
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use store::{Id, Json, Millis};

    fn event(seq: i64) -> Event {
        let data = Json(serde_json::json!({"b": 1, "a": seq}));
        Event { seq, at: Millis(seq * 10), kind: "order.paid".to_owned(), subject: Id(seq), data }
    }

    #[test]
    fn any_change_shows_in_the_tree() {
        let events: Vec<Event> = (1..=7).map(event).collect();
        let hash = |list: &[Event]| tree(&list.iter().map(leaf).collect::<Vec<_>>());
        let whole = hash(&events);
        for at in 0..events.len() {
            let mut changed = events.clone();
            changed[at].data = Json(serde_json::json!({"b": 2}));
            assert_ne!(hash(&changed), whole);
            let mut shorter = events.clone();
            shorter.remove(at);
            assert_ne!(hash(&shorter), whole);
        }
        let mut swapped = events;
        swapped.swap(2, 3);
        assert_ne!(hash(&swapped), whole);
    }

    #[test]
    fn the_tree_has_the_shape_of_rfc_6962() {
        let leaves: Vec<[u8; 32]> = (1..=3).map(|n| leaf(&event(n))).collect();
        let left = tree(&leaves[..2]);
        let mut hash = Context::new(&SHA256);
        hash.update(&[1]);
        hash.update(&left);
        hash.update(&leaves[2]);
        assert_eq!(tree(&leaves), finish(hash));
    }

    #[test]
    fn signatures_hold_for_their_merchant_only() {
        let sealer = Sealer::from_seed(&[7; 32]);
        let root = head(&[], &tree(&[leaf(&event(1))]), 1);
        let signature = sealer.0.sign(&signed_text(Merchant(Id(3)), 1, &root)).as_ref().to_vec();
        let seal = Seal {
            upto: 1,
            from_seq: 1,
            tree: vec![],
            before: vec![],
            root: root.to_vec(),
            signature,
            at: Millis(0),
        };
        assert!(genuine(&sealer.public_key(), Merchant(Id(3)), &seal));
        assert!(!genuine(&sealer.public_key(), Merchant(Id(4)), &seal));
    }
}
