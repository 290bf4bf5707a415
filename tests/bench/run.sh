#!/usr/bin/env bash
# run.sh [SECTION]...: prints the table of what vbox-smf costs (main.rs tells of the sections). On a Debian machine, with
# Rust by rustup. As root it installs what it needs and measures all; what cannot be measured is said to be SKIPPED.
set -euo pipefail
cd "$(dirname "$0")/../.."

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    for program in cc strace valgrind xmllint strip; do
        if ! command -v $program >/dev/null; then
            apt-get update -q >/dev/null || true
            DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends gcc libc6-dev binutils strace \
                valgrind libxml2-utils >/dev/null || echo 'not all that is needed could be installed' >&2
            break
        fi
    done
fi
# The sections on real VirtualBox set the rig up, as the tests do.
[ "$(id -u)" != 0 ] || export VBOX_SMF_REAL=1
exec cargo bench --locked --bench figures -- "$@"
