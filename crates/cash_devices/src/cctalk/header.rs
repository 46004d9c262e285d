//! The command headers of ccTalk that are used here.

/// An answer without data: done.
pub const ACK: u8 = 0;
/// Not done.
pub const NAK: u8 = 5;
/// Ask again in a moment.
pub const BUSY: u8 = 6;
/// Starts a device anew.
pub const RESET_DEVICE: u8 = 1;
/// Where a bill that is held goes: 0 back, 1 to the cassette.
pub const ROUTE_BILL: u8 = 154;
/// Which of stacker and escrow a validator uses: bit 0 and bit 1.
pub const MODIFY_BILL_OPERATING_MODE: u8 = 153;
/// How a country's bill values are scaled.
pub const REQUEST_COUNTRY_SCALING: u8 = 156;
/// Name of a type of bill, 7 characters.
pub const REQUEST_BILL_ID: u8 = 157;
/// Counter and the last five bill events.
pub const READ_BILL_EVENTS: u8 = 159;
/// Eight bytes a hopper's one-time code is made from.
pub const REQUEST_CIPHER_KEY: u8 = 160;
/// Eight random bytes for a hopper's next cipher key.
pub const PUMP_RNG: u8 = 161;
/// What a hopper says of itself; reading clears some of it.
pub const TEST_HOPPER: u8 = 163;
/// Arms a hopper with 165.
pub const ENABLE_HOPPER: u8 = 164;
/// Counter, coins to come, coins that came, coins that did not.
pub const REQUEST_HOPPER_STATUS: u8 = 166;
/// Gives coins.
pub const DISPENSE_HOPPER: u8 = 167;
/// Name of a type of coin, 6 characters.
pub const REQUEST_COIN_ID: u8 = 184;
/// Low and high level of a hopper.
pub const REQUEST_HOPPER_LEVEL: u8 = 217;
/// 1 takes pieces, 0 none.
pub const MODIFY_MASTER_INHIBIT: u8 = 228;
/// Counter and the last five coin events.
pub const READ_COIN_EVENTS: u8 = 229;
/// Sixteen bits: a type of piece is taken where its bit is 1.
pub const MODIFY_INHIBIT: u8 = 231;
/// Three bytes, low first.
pub const REQUEST_SERIAL: u8 = 242;
/// What sort of device it is, in words.
pub const REQUEST_CATEGORY: u8 = 245;
/// Is anybody there?
pub const SIMPLE_POLL: u8 = 254;
