# shellcheck shell=sh
# shellcheck disable=SC2154 # on-illumos.sh says what work, root... are
# What all parts ask of SMF, and the users.

state() {
	svcs -H -o state "$1" 2>/dev/null
}

# await FMRI STATE [SECONDS]: 0 as soon as it is reached.
await() {
	left=${patience:-${3:-60}}
	while [ "$(state "$1")" != "$2" ]; do
		[ "$left" -gt 0 ] || return 1
		sleep 1
		left=$((left - 1))
	done
}

# reaches TITLE FMRI STATE [SECONDS]
reaches() {
	if await "$2" "$3" "${4:-60}"; then
		ok "$1"
		return 0
	fi
	{
		echo "$2 is $(state "$2"), not $3"
		svcs -xv "$2"
		tail -5 "$(log_of "$2")"
	} >"$work/printed" 2>&1
	not_ok "$1" "$work/printed"
	return 1
}

# The log of svc:/a/b:c is a-b:c.log.
log_of() {
	echo "$root/var/svc/log/$(echo "${1#svc:/}" | tr / -).log"
}

# import SERVICE FILE: into the running system, so only what is ours. svc.startd
# takes an instance up some time after svccfg has returned, and until then
# svcadm enable -s ends with "restarter property group lacks state property".
import() {
	made service "$1"
	within 60 svccfg import -V "$2" || return
	sed -n "s/.*<instance name='\([^']*\)'.*/\1/p
	    s/.*<create_default_instance .*/default/p" "$2" |
	while read -r instance; do
		taken_up "svc:/$1:$instance" || exit 1
	done
}

# taken_up FMRI: svc.startd has given the instance a state.
taken_up() {
	waited=0
	until svcprop -p restarter/state "$1" >/dev/null 2>&1; do
		if [ $waited -ge 60 ]; then
			echo "svc.startd has not taken up $1 within 60 s"
			return 1
		fi
		sleep 1
		waited=$((waited + 1))
	done
}

# set_property FMRI GROUP/NAME VALUE: an astring.
set_property() {
	svccfg -s "$1" setprop "$2" = astring: "$3"
}

refresh() {
	svcadm refresh "$1"
}

# make_user NAME: it can run methods and su, and nobody can log in as it.
make_user() {
	if id "$1" >/dev/null 2>&1; then
		grep "^user $1\$" "$work/made" >/dev/null && return 0
		echo "there is a user $1 already, who is not of this test"
		return 1
	fi
	made user "$1"
	useradd -d "$work/home/$1" -s /bin/sh -c 'vbox-smf CI' "$1" || return 1
	# A locked account may not be used by su; one without password may.
	passwd -N "$1" >/dev/null 2>&1
	mkdir -p "$work/home/$1" && chown "$1" "$work/home/$1"
}

as_owner() {
	as "$owner" "$1"
}

as_guest() {
	as "$guest" "$1"
}

# as USER COMMAND: su has its own idea of PATH, without /usr/sbin.
as() {
	su "$1" -c "PATH=$PATH HOME=$work/home/$1; export PATH HOME; cd /; $2"
}

build_program() {
	(cd "$project" && within 3600 cargo build --release --locked)
}

part_tests() {
	if ! command -v cargo >/dev/null; then
		skip 'cargo test' 'there is no cargo'
		return
	fi
	try 'cargo test' run_tests
}

run_tests() {
	(cd "$project" && within 7200 cargo test --release --locked)
}
