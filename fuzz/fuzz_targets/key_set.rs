//! Key sets: any bytes are refused or become keys that check nothing foreign.
#![no_main]

use aisoule_bridge_fuzz::tokens;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| tokens::key_set(data));
