//! Callbacks: any query is refused or read in one way.
#![no_main]

use aisoule_bridge_fuzz::tokens;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| tokens::callback(data));
