//! Tokens and components that all screens share: one style sheet in parts, one set of helpers that write the same HTML everywhere.

pub mod assets;
pub mod icon;
mod page;
mod parts;

pub use page::{Page, Theme};
pub use parts::*;

#[cfg(test)]
mod contrast_tests;
