//! Cursors: what was written is read, everything else is refused.
#![no_main]

use aisoule_bridge_fuzz::checks;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| checks::cursor(data));
