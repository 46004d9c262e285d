//! The other side of every remote channel at wire level, with wallets a person can use and faults a test can set.
