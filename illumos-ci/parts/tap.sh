# shellcheck shell=sh
# shellcheck disable=SC2154 # on-illumos.sh says what work is
# TAP: one line a test, what went wrong behind a #.

planned=0
failed=0
skipped=0
differing=0

note() {
	echo "# $*"
}

ok() {
	planned=$((planned + 1))
	echo "ok $planned - $*"
}

# not_ok TITLE [FILE]: FILE is what was printed.
not_ok() {
	planned=$((planned + 1))
	failed=$((failed + 1))
	echo "not ok $planned - $1"
	[ -z "${2:-}" ] || sed 's/^/#   /' "$2"
}

skip() {
	planned=$((planned + 1))
	skipped=$((skipped + 1))
	echo "ok $planned - $1 # SKIP $2"
}

# try TITLE COMMAND...: passes where the command exits 0.
try() {
	title=$1
	shift
	"$@" >"$work/printed" 2>&1
	try_status=$?
	if [ "$try_status" = 0 ]; then
		ok "$title"
		return 0
	fi
	echo "($*: exit $try_status)" >>"$work/printed"
	not_ok "$title" "$work/printed"
	return 1
}

# refused TITLE COMMAND...: passes where the command does not exit 0.
refused() {
	title=$1
	shift
	if "$@" >"$work/printed" 2>&1; then
		echo "($*: exit 0)" >>"$work/printed"
		not_ok "$title" "$work/printed"
		return 1
	fi
	ok "$title"
}

# same TITLE EXPECTED FOUND
same() {
	if [ "$2" = "$3" ]; then
		ok "$1"
		return 0
	fi
	echo "expected '$2', found '$3'" >"$work/printed"
	not_ok "$1" "$work/printed"
	return 1
}

# says TITLE WORDS COMMAND...: passes where the words are in what it prints.
says() {
	title=$1
	words=$2
	shift 2
	"$@" >"$work/printed" 2>&1
	if grep -F -e "$words" "$work/printed" >/dev/null; then
		ok "$title"
		return 0
	fi
	echo "(no '$words' in what $* printed)" >>"$work/printed"
	not_ok "$title" "$work/printed"
	return 1
}

# within SECONDS COMMAND...: a command that may hang. It runs in the background
# because a shell acts on a signal only between commands, but at once in wait.
within() {
	timeout "$@" &
	child=$!
	wait "$child"
	within_status=$?
	child=
	return "$within_status"
}

summary() {
	echo "1..$planned"
	note "$planned tests, $failed failed, $skipped skipped," \
	    "$differing verdicts differ from svccfg's"
	[ "$failed" = 0 ]
	exit $?
}
