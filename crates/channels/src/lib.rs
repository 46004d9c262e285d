//! Who moves the money: a folder for each channel, with its wire codecs and client.
