//! Authorization requests: one that is taken is whole, and stays so on its way through the login page.
#![no_main]

use aisoule_bridge_fuzz::checks;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| checks::authorize(data));
