#!/bin/sh
#
# Checks the code for illumos and Solaris, on Linux: cargo check and clippy of
# everything, tests included. Nothing is linked or run: that needs such a host.
#
#   illumos-ci/check-target.sh [TARGET...]
#
# With rustup and a target's std ("rustup target add x86_64-unknown-illumos")
# that is used. Otherwise std is built from source, by Debian's own toolchain,
# which is the only one for which Debian has the source: it is installed when
# this runs as root.

set -eu
cd "$(dirname "$0")/.."

targets=${*:-x86_64-unknown-illumos x86_64-pc-solaris}

# On a bare machine there is no rustc at all.
rustup_has() {
	sysroot=$(rustc --print sysroot 2>/dev/null) &&
	    [ -d "$sysroot/lib/rustlib/$1/lib" ]
}

debian_toolchain() {
	dpkg-query -W rustc-web cargo-web rust-web-clippy rust-web-src \
	    >/dev/null 2>&1
}

install_debian_toolchain() {
	if ! command -v apt-get >/dev/null || [ "$(id -u)" != 0 ]; then
		echo "$0: neither rustup has the target, nor can Debian's" \
		    "toolchain be installed (not root, or not Debian)" >&2
		exit 1
	fi
	apt-get update -q >/dev/null
	DEBIAN_FRONTEND=noninteractive apt-get install -y -q \
	    --no-install-recommends \
	    rustc-web cargo-web rust-web-clippy rust-web-src \
	    ca-certificates >/dev/null
}

for target in $targets; do
	echo "== $target"
	if rustup_has "$target"; then
		cargo clippy --all-targets --target "$target" -- -D warnings
		continue
	fi
	debian_toolchain || install_debian_toolchain
	# Its own target directory: another compiler writes there.
	env PATH=/usr/bin:/bin RUSTC=/usr/bin/rustc RUSTDOC=/usr/bin/rustdoc \
	    CARGO=/usr/bin/cargo RUSTC_BOOTSTRAP=1 \
	    CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-target}/check-target" \
	    /usr/bin/cargo-clippy clippy --all-targets --target "$target" \
	    -Zbuild-std=std,panic_abort,panic_unwind,test -- -D warnings
done
echo "checked, not linked and not run: $targets"
