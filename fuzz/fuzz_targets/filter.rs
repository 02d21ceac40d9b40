//! Filters: any text is refused or read, and what is read can be printed and read again.
#![no_main]

use aisoule_bridge_fuzz::checks;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| checks::filter(data));
