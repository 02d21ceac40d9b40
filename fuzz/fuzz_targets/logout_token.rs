//! Logout tokens: nobody forges one, and none passes for an ID token.
#![no_main]

use aisoule_bridge_fuzz::tokens;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| tokens::logout_token(data));
