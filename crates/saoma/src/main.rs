//! The `saoma` binary: command line, configuration, wiring, demo.

fn main() {}
