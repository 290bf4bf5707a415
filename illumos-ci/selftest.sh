#!/bin/sh
#
# Tests on-illumos.sh on any machine, against stand-ins for illumos' tools:
# that it goes through, counts, finds what it is there to find, and cleans up
# whatever happens. It says nothing about illumos itself.
#
#   on-illumos.sh --self-test [--binary FILE]
#
# VBOX_SMF_CI_SHELL is the shell that on-illumos.sh is run by: sh, or ksh93,
# which is illumos' sh. VBOX_SMF_CI_EVERY=N has it judge every Nth vector alone.

set -u
here=$(cd "$(dirname "$0")" && pwd)
project=$(dirname "$here")
shell=${VBOX_SMF_CI_SHELL:-sh}
binary=
if [ "${1:-}" = --binary ]; then
	binary=$2
fi
if [ -z "$binary" ]; then
	(cd "$project" && cargo build --release --locked) || exit 2
	binary=${CARGO_TARGET_DIR:-$project/target}/release/vbox-smf
fi
VBOX_SMF_CI_REAL=$binary
export VBOX_SMF_CI_REAL

place=$(mktemp -d) || exit 2
running=
trap '[ -z "$running" ] || kill "$running"; rm -rf "$place"' EXIT
trap 'exit 130' HUP INT TERM
tests=0
failures=0

# fresh NAME: a host with a service, a user and files of somebody else.
fresh() {
	S=$place/$1
	mkdir -p "$S/smf/site+other" "$S/users" "$S/root/opt" "$S/root/tmp" \
	    "$S/root/var/svc/log" "$S/root/lib/svc/seed" "$S/root/etc/user_attr.d" \
	    "$S/root/etc/security/auth_attr.d" "$S/root/etc/security/prof_attr.d"
	cp -r "$here/selftest/bin" "$here/selftest/smf.sh" "$S"
	echo disabled >"$S/smf/site+other/mine.state"
	echo /home/somebody >"$S/users/somebody"
	echo theirs >"$S/root/etc/user_attr.d/other"
	: >"$S/root/lib/svc/seed/global.db"
	: >"$S/root/var/svc/log/site-other:mine.log"
	find "$S/root" "$S/smf" "$S/users" | sort >"$place/$1.before"
	: >"$S/calls"
}

on_illumos() {
	"$shell" "$here/on-illumos.sh" --stand-ins "$S" --binary "$S/bin/vbox-smf" "$@"
}

pass() {
	tests=$((tests + 1))
	echo "ok $tests - $1"
}

fail() {
	tests=$((tests + 1))
	failures=$((failures + 1))
	echo "not ok $tests - $1"
	sed 's/^/#   /' "$S/out"
}

# ends TITLE STATUS FOUND
ends() {
	if [ "$2" = "$3" ]; then pass "$1"; else
		echo "(exit $3, not $2)" >>"$S/out"
		fail "$1"
	fi
}

# printed TITLE WORDS
printed() {
	if grep -e "$2" "$S/out" >/dev/null; then pass "$1"; else fail "$1"; fi
}

# Nothing that was not there before, nothing gone, and no call that names
# another service than ours.
is_clean() {
	find "$S/root" "$S/smf" "$S/users" | sort |
		diff "$place/$1.before" - >>"$S/out" && ! grep 'svc:/' "$S/calls" | grep -v -e 'svc:/site/vbox-smf-ci' \
		    -e 'restart svc:/system/rbac:default' \
		    -e 'state svc:/system/rbac:default' >>"$S/out"
}

clean() {
	if is_clean "$1"; then
		pass "$1: everything is as it was"
	else
		fail "$1: everything is as it was"
	fi
}

fresh whole
on_illumos --only manifests,vectors,profiles,startd,contract,method,context,order,rbac,package,real \
    >"$S/out" 2>&1
ends 'a whole run passes' 0 $?
printed 'it has a plan' '^1\.\.[0-9]'
printed 'it has a summary' ' 0 failed, '
same=$(grep -c '^ok' "$S/out")
ends 'the plan is the number of tests' "$(sed -n 's/^1\.\.//p' "$S/out")" "$same"
grep -c '^ok' "$S/out" | sed 's/^/# tests in a whole run: /'
clean whole

fresh lie
echo vbox >"$S/lies"
on_illumos --only manifests >"$S/out" 2>&1
ends 'a verdict that differs is a failure' 1 $?
printed 'it is printed' '^# disagreement: manifests/vbox.xml: svccfg refused, vbox-smf accepted'
printed 'with what svccfg said' '^#   svccfg: svccfg: a lie'
printed 'it is counted' '1 failed, .* 1 verdicts differ'
clean lie

fresh leak
# Without its own repository svccfg would write to the running system.
# shellcheck disable=SC2016 # the text of the stand-in
sed 's/^\(	\[ -z "${SVCCFG_REPOSITORY:-}" \]\).*/	:/' "$here/selftest/bin/svccfg" \
    >"$S/bin/svccfg"
on_illumos --only manifests,vectors >"$S/out" 2>&1
ends 'a private repository that is none is a failure' 1 $?
printed 'nothing else is imported then' '^1\.\.2$'
clean leak

fresh broken
printf '#!/bin/sh\necho "svcadm: broken" >&2\nexit 1\n' >"$S/bin/svcadm"
on_illumos --only method >"$S/out" 2>&1
ends 'a broken svcadm is a failure' 1 $?
printed 'with what it said' '^#   svcadm: broken'
clean broken

for signal in TERM INT HUP; do
	fresh "$signal"
	: >"$S/hang"
	# What a shell runs in the background ignores INT, and what nohup runs HUP.
	env --default-signal=INT,HUP "$shell" "$here/on-illumos.sh" --stand-ins "$S" \
	    --binary "$S/bin/vbox-smf" --only method >"$S/out" 2>&1 &
	running=$!
	tries=100
	until grep 'svcadm enable' "$S/calls" >/dev/null || [ "$tries" = 0 ]; do
		sleep 0.1
		tries=$((tries - 1))
	done
	rm "$S/hang"
	kill "-$signal" "$running"
	wait "$running"
	status=$?
	running=
	case $signal in
	HUP) expected=129 ;;
	INT) expected=130 ;;
	TERM) expected=143 ;;
	esac
	ends "$signal ends it" "$expected" "$status"
	printed "$signal: it says so" '^Bail out!'
	clean "$signal"
done

fresh kept
on_illumos --only startd --keep >"$S/out" 2>&1
ends '--keep: a run passes' 0 $?
on_illumos --only startd >"$S/out" 2>&1
ends 'a second run is refused' 2 $?
printed 'and says what to do' '(--clean)'
on_illumos --clean >"$S/out" 2>&1
ends '--clean removes it' 0 $?
clean kept

fresh unseen
# The name of the service has vbox-smf in it, too: that is not the manual page.
sed '/See: man/d' "$here/selftest/bin/svcs" >"$S/bin/svcs"
on_illumos --only method >"$S/out" 2>&1
ends 'a manual page that svcs -xv does not name is a failure' 1 $?
printed 'it is that one' '^not ok .* svcs -xv names the manual page'
clean unseen

fresh inherited
# A VBoxManage whose server stays in the method's process group, which is
# what stands in for its contract.
printf '#!/bin/sh\nexec "$@"\n' >"$S/bin/setsid"
chmod 755 "$S/bin/setsid"
on_illumos --only contract >"$S/out" 2>&1
ends 'what is killed with its method is a failure' 1 $?
printed 'it is that' '^not ok .* what VBoxManage started lives on'
clean inherited

fresh profile
# A svc.startd that runs methods as the user whom the context names, always.
# shellcheck disable=SC2016 # the text of the stand-in
sed 's/^	false) .*/	*) as=$named ;;/' "$here/selftest/smf.sh" >"$S/smf.sh"
on_illumos --only context >"$S/out" 2>&1
ends 'a user who counts without use_profile is a failure' 1 $?
printed 'it is that' '^not ok .* without use_profile its method runs as root'
clean profile

fresh stuck
sed 's/^delete)/delete) exit 1 ;; delete-not)/' "$here/selftest/bin/svccfg" \
    >"$S/bin/svccfg"
on_illumos --only startd >"$S/out" 2>&1
ends 'a service that cannot be deleted is a failure' 1 $?
printed 'and is named' '^# NOT cleaned up: .*svc:/site/vbox-smf-ci/method:quiet'
cp "$here/selftest/bin/svccfg" "$S/bin"
on_illumos --clean >"$S/out" 2>&1
ends '--clean tries again' 0 $?
clean stuck

fresh taken
echo /home/x >"$S/users/vbsmfci"
find "$S/root" "$S/smf" "$S/users" | sort >"$place/taken.before"
on_illumos --only method >"$S/out" 2>&1
ends 'a user of that name who is not ours is a failure' 1 $?
printed 'and says so' 'there is a user vbsmfci already'
clean taken

fresh nobody
echo 100 >"$S/uid"
on_illumos >"$S/out" 2>&1
ends 'without root it does not begin' 2 $?
rm "$S/uid"
echo Linux >"$S/uname"
on_illumos >"$S/out" 2>&1
ends 'on Linux it does not begin' 2 $?
on_illumos --only nothing >"$S/out" 2>&1
ends 'a part that there is not is refused' 2 $?
on_illumos --help >"$S/out" 2>&1
ends '--help helps' 0 $?
printed '--help has the options' '--self-test'
printed '--help says what it touches' "svccfg's\$"
clean nobody

echo "1..$tests"
echo "# self-test of on-illumos.sh by $shell: $tests tests, $failures failed"
[ "$failures" = 0 ]
