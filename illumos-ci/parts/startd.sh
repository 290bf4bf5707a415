# shellcheck shell=sh
# shellcheck disable=SC2154 # on-illumos.sh says what work, root... are
# What svc.startd makes of exit statuses and timeouts: what the README and
# rehearse say of it. The method exits as its instance's file tells it to.

part_startd() {
	scratch=svc:/$services/method
	mkdir -p "$work/answers" "$work/runs"
	# The method is run as root, so nobody else may write where it is.
	cat >"$work/method" <<-END
	#!/bin/sh
	# METHOD INSTANCE
	echo "\$1" >>"$work/runs/\$2"
	. "$work/answers/\$2.\$1"
	exit 0
	END
	chmod 755 "$work/method"
	sed "s,SERVICE,$services/method,; s,METHOD,$work/method," \
	    "$here/parts/method.xml" >"$work/method.xml"
	for case in quiet fatal config nosmf denied again slow ends listens; do
		for method in start stop refresh; do
			echo : >"$work/answers/$case.$method"
		done
	done
	echo 'exit 95' >"$work/answers/fatal.start"
	echo 'exit 96' >"$work/answers/config.start"
	echo 'exit 99' >"$work/answers/nosmf.start"
	echo 'exit 100' >"$work/answers/denied.start"
	echo 'exit 1' >"$work/answers/again.start"
	echo 'sleep 30' >"$work/answers/slow.start"
	echo 'exit 95' >"$work/answers/ends.stop"
	echo 'exit 96' >"$work/answers/listens.refresh"

	try 'the scratch service is imported' \
	    import "$services/method" "$work/method.xml" || return

	try 'exit 0: svcadm enable -s returns' \
	    within 60 svcadm enable -s "$scratch:quiet"
	same 'exit 0: online' online "$(state "$scratch:quiet")"
	try 'svcadm refresh' svcadm refresh "$scratch:quiet"
	await_runs quiet 2
	same 'the refresh method was run' 'start refresh' "$(runs quiet)"
	try 'svcadm restart' svcadm restart "$scratch:quiet"
	await_runs quiet 4
	same 'a restart is a stop and a start' 'start refresh stop start' \
	    "$(runs quiet)"
	reaches 'online again' "$scratch:quiet" online
	try 'svcadm disable -s returns' within 60 svcadm disable -s "$scratch:quiet"
	same 'disabled' disabled "$(state "$scratch:quiet")"
	same 'a transient service is stopped by its method' stop \
	    "$(runs quiet | awk '{ print $NF }')"

	to_maintenance fatal 95 1 'SMF_EXIT_ERR_FATAL'
	to_maintenance config 96 1 'SMF_EXIT_ERR_CONFIG'
	to_maintenance nosmf 99 1 'exited with'
	to_maintenance denied 100 1 'exited with'
	to_maintenance again 1 3 'failed repeatedly'
	# Its timeout is 2 seconds, svc.startd's answer SIGKILL.
	to_maintenance slow timeout 3 'Killed (9)'

	echo : >"$work/answers/fatal.start"
	try 'svcadm clear' svcadm clear "$scratch:fatal"
	reaches 'cleared: online' "$scratch:fatal" online

	try 'a stop that fails is enabled' \
	    within 60 svcadm enable -s "$scratch:ends"
	svcadm disable "$scratch:ends"
	reaches 'stop exits 95: maintenance' "$scratch:ends" maintenance
	try 'a refresh that fails is enabled' \
	    within 60 svcadm enable -s "$scratch:listens"
	svcadm refresh "$scratch:listens"
	reaches 'refresh exits 96: maintenance' "$scratch:listens" maintenance
}

# The methods that an instance has run, on one line.
runs() {
	[ -f "$work/runs/$1" ] || return 0
	awk '{ printf "%s%s", sep, $1; sep = " " }' "$work/runs/$1"
}

# await_runs INSTANCE NUMBER
await_runs() {
	left=${patience:-30}
	while [ "$(runs "$1" | awk '{ print NF }')" != "$2" ] && [ "$left" -gt 0 ]
	do
		sleep 1
		left=$((left - 1))
	done
}

# to_maintenance INSTANCE STATUS TRIES WORDS: what svcs -xv says of it.
to_maintenance() {
	svcadm enable "$scratch:$1"
	reaches "start $2: maintenance" "$scratch:$1" maintenance || return
	same "start $2: tried $3 times" "$3" "$(runs "$1" | awk '{ print NF }')"
	says "start $2: see svcs -xv" "$4" svcs -xv "$scratch:$1"
}
