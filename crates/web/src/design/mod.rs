//! Tokens and components that all screens share.
