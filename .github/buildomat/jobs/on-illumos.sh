#!/bin/bash
#:
#: name = "on-illumos"
#: variety = "basic"
#: target = "helios-2.0"
#: rust_toolchain = "1.95.0"
#: output_rules = [
#:	"/work/on-illumos.tap",
#: ]
#:

# Runs as a user who may use pfexec; the script needs root, and cargo's folder.
set -o errexit
set -o pipefail

cargo --version
cargo build --release --locked
pfexec env PATH="$PATH" HOME="$HOME" CARGO_TARGET_DIR="$PWD/target" \
    illumos-ci/on-illumos.sh | tee /work/on-illumos.tap
