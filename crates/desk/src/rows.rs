//! The desk's typed rows: the directory (who), the trade (orders, attempts, refunds), the books, and the words their states are written in.

mod bills;
mod books;
mod directory;
mod trade;
mod words;

pub use bills::*;
pub use books::*;
pub use directory::*;
pub use trade::*;
pub use words::*;
