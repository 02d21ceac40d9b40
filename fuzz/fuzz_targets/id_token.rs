//! ID tokens: nobody forges one, and what holds has every claim right.
#![no_main]

use aisoule_bridge_fuzz::tokens;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| tokens::id_token(data));
