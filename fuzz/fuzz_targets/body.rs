//! Bodies: any bytes are refused or become a canonical resource.
#![no_main]

use aisoule_bridge_fuzz::checks;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| checks::body(data));
