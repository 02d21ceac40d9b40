//! Paths: any text names something or nothing, in lists, sorting, projection and PATCH.
#![no_main]

use aisoule_bridge_fuzz::checks;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| checks::path(data));
