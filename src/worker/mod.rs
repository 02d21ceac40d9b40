//! What happens by the clock: each a step that a test can take by itself, and a small driver.

pub mod audit;
