#!/usr/bin/env bash
# Runs every fuzz target for some seconds: tests/fuzz.sh [SECONDS] [TARGET…]. The corpus in fuzz/corpus is read, never
# written; what is built and found stays in target/fuzz. Without a nightly toolchain only the committed corpus is run,
# by the test `fuzz` on stable.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-10}
shift || true
targets=("${@:-filter}")
[ $# -gt 0 ] || targets=(filter path patch body cursor id_token logout_token key_set callback authorize)
export CARGO_TARGET_DIR=$PWD/target/fuzz

nightly=$(rustup toolchain list 2>/dev/null | grep -o '^nightly[^ ]*' | head -n 1 || true)
if [ -z "$nightly" ]; then
    echo "WARNING: no nightly toolchain on this machine, so nothing new is fuzzed; replaying the committed corpus." >&2
    unset CARGO_TARGET_DIR
    exec cargo test --test suite -- fuzz::
fi
# A lint's wrapper is of the stable toolchain.
unset RUSTC_WORKSPACE_WRAPPER CLIPPY_ARGS
if ! cargo fuzz --version >/dev/null 2>&1; then
    cargo install cargo-fuzz --locked --root target/tools
    PATH=$PWD/target/tools/bin:$PATH
fi
cargo "+$nightly" fuzz build --sanitizer none
for target in "${targets[@]}"; do
    found=target/fuzz/found/$target
    mkdir -p "$found/corpus"
    echo "fuzz $target: $seconds s"
    cargo "+$nightly" fuzz run --sanitizer none "$target" "$found/corpus" "fuzz/corpus/$target" -- \
        -max_total_time="$seconds" -timeout=5 -max_len=4096 -dict="fuzz/dictionaries/$target.dict" \
        -artifact_prefix="$found/" -print_final_stats=0 -verbosity=0
done
