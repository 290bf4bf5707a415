#!/bin/sh
#
# Tests vbox-smf on a real illumos host, and cleans up after itself.
#
#   on-illumos.sh [--binary FILE] [--only PART,...] [--keep]
#   on-illumos.sh --clean
#   on-illumos.sh --self-test [--binary FILE]
#
#   --binary FILE    test this vbox-smf; without it one is built with cargo
#   --only PART,...  only these of: tests manifests vectors profiles startd
#                    contract method context order rbac package real
#   --keep           leave everything in place at the end, to look at
#   --clean          remove what a run left that could not clean up, or --keep
#   --self-test      test this script itself, anywhere, against stand-ins
#
# It needs root. It prints TAP on standard output and a summary, and exits 0
# where nothing failed, 1 where something did, 2 where it could not begin.
# It makes services below site/vbox-smf-ci, two users, RBAC fragments called
# vbox-smf-ci and the folder /opt/vbox-smf-ci, and touches no others; only
# svc:/system/rbac is restarted, which takes the fragments over. svccfg's
# verdicts are asked for in a private repository.

set -u
LC_ALL=C
export LC_ALL

here=$(cd "$(dirname "$0")" && pwd)
project=$(dirname "$here")
all_parts='tests manifests vectors profiles startd contract method context order rbac package real'

# What every part may use; the names are nobody else's.
# shellcheck disable=SC2034 # the parts use them
{
	root=
	work=/opt/vbox-smf-ci
	services=site/vbox-smf-ci
	owner=vbsmfci
	guest=vbsmfcg
	patience=
	fragment=vbox-smf-ci
}
binary=
keep=
child=

# Nothing is taken from the caller's PATH but cargo, which rustup puts at home.
PATH=/usr/sbin:/usr/bin:/sbin:/bin:/opt/ooce/bin:/opt/VirtualBox:${HOME:-/root}/.cargo/bin
export PATH

for part in tap tidy smf verdicts startd contract method context rbac package real; do
	# shellcheck source=/dev/null
	. "$here/parts/$part.sh"
done

usage() {
	sed -n '3,/^$/s/^# \{0,1\}//p' "$0"
	exit "$1"
}

refuse() {
	echo "on-illumos.sh: $*" >&2
	exit 2
}

# Stand-ins for the tools of illumos: FOLDER/bin comes first, and what belongs
# under / goes to FOLDER/root. The self-test alone uses it.
use_stand_ins() {
	PATH=$1/bin:$PATH
	root=$1/root
	work=$root/opt/vbox-smf-ci
	# Seconds: nothing happens later there.
	# shellcheck disable=SC2034 # the parts use it
	patience=2
	VBOX_SMF_CI_STANDINS=$1
	export VBOX_SMF_CI_STANDINS
}

only=
clean=
while [ $# -gt 0 ]; do
	case $1 in
	--binary | --only | --stand-ins)
		[ $# -ge 2 ] || refuse "$1 needs a value; see --help"
		case $1 in
		--binary) binary=$2 ;;
		--only) only=$(echo "$2" | tr , ' ') ;;
		--stand-ins) use_stand_ins "$2" ;;
		esac
		shift
		;;
	--keep) keep=1 ;;
	--clean) clean=1 ;;
	--self-test)
		shift
		exec sh "$here/selftest.sh" "$@" ${binary:+--binary "$binary"}
		;;
	-h | --help) usage 0 ;;
	*) refuse "there is no option $1; see --help" ;;
	esac
	shift
done
for part in $only; do
	case " $all_parts " in
	*" $part "*) ;;
	*) refuse "there is no part $part; there are: $all_parts" ;;
	esac
done

[ "$(uname -s)" = SunOS ] ||
	refuse "this is $(uname -s), not illumos; --self-test runs anywhere"
[ "$(id -u)" = 0 ] || refuse "it needs root"
for tool in svccfg svcadm svcs svcprop timeout awk su useradd userdel; do
	command -v "$tool" >/dev/null || refuse "$tool is missing"
done

if [ -n "$clean" ]; then
	[ -d "$work" ] || refuse "there is nothing to clean: no $work"
	tidy
	exit $?
fi

# Making the folder is the lock: of two runs at once the second stops here.
mkdir "$work" 2>/dev/null ||
	refuse "$work is there: another run, or the rest of one (--clean)"
chmod 755 "$work"
: >"$work/made"
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'at_exit $?' EXIT

at_exit() {
	trap '' HUP INT TERM
	ended=$1
	[ -z "$child" ] || kill "$child" 2>/dev/null
	if [ "$1" -gt 1 ]; then
		echo "Bail out! ended early with status $1"
	fi
	if [ -n "$keep" ]; then
		echo "# kept: $work and all that it says in made; --clean removes it"
	elif ! tidy && [ "$ended" = 0 ]; then
		ended=1
	fi
	trap - EXIT
	exit "$ended"
}

wanted() {
	[ -z "$only" ] && return 0
	case " $only " in
	*" $1 "*) return 0 ;;
	esac
	return 1
}

echo 'TAP version 13'
note "$(uname -srv), $(sed -n 1p "$root/etc/release" 2>/dev/null)"
note "vbox-smf of $(cd "$project" && git rev-parse --short HEAD 2>/dev/null)"

# Everything else needs the program.
if [ -z "$binary" ]; then
	try 'it builds' build_program || exit 1
	binary=${CARGO_TARGET_DIR:-$project/target}/release/vbox-smf
fi
# The copy can be read by the users that are made, and belongs to root.
cp "$binary" "$work/vbox-smf" || refuse "cannot copy $binary"
chmod 755 "$work/vbox-smf"
binary=$work/vbox-smf
try 'the program runs on this host' "$binary" --version || exit 1

if wanted tests; then part_tests; fi
if wanted manifests || wanted vectors || wanted profiles; then
	if scratch_works; then
		if wanted manifests; then part_manifests; fi
		if wanted vectors; then part_vectors; fi
		if wanted profiles; then part_profiles; fi
	else
		not_ok 'svccfg takes a private repository'
	fi
fi
if wanted startd; then part_startd; fi
if wanted contract; then part_contract; fi
if wanted method; then part_method; fi
if wanted context; then part_context; fi
if wanted order; then part_order; fi
if wanted rbac; then part_rbac; fi
if wanted package; then part_package; fi
if wanted real; then part_real; fi

summary
