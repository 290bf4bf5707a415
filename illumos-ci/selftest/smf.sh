# shellcheck shell=sh
# shellcheck disable=SC2016,SC2034,SC2154 # awk's $; what the tools share
# What the stand-ins for the tools of SMF have in common. A service is a folder
# in $S/smf, called like it with + for /; an instance is a file NAME.state.

record() {
	echo "${CI_USER:-root}: $*" >>"$S/calls"
}

folder_of() {
	echo "$S/smf/$(echo "$1" | tr / +)"
}

# split FMRI: folder and instance.
split() {
	instance=${1##*:}
	service=${1#svc:/}
	service=${service%:*}
	folder=$(folder_of "$service")
}

# The line of the fragment of the user who calls.
attributes() {
	[ -f "$S/rbac-taken" ] || return 0
	grep "^$CI_USER:" "$S/root/etc/user_attr.d/vbox-smf-ci" 2>/dev/null
}

may_act() {
	[ -n "${CI_USER:-}" ] || return 0
	case $(attributes) in
	*profiles=* | *."${1##*:}",* | *."${1##*:}") return 0 ;;
	esac
	return 1
}

may_tune() {
	[ -n "${CI_USER:-}" ] || return 0
	case "$2 $(attributes)" in
	vm/*profiles=*) return 0 ;;
	general/value_authorization*) may_act "$1" && return 0 ;;
	esac
	return 1
}

# tags INSTANCE PROGRAM: awk over the tags that concern an instance, those of
# the service first; own says which.
tags() {
	awk -v RS='<' -v wanted="$1" '
	function value(name) {
		if (!match($0, name "=\047[^\047]*\047")) return ""
		return substr($0, RSTART + length(name) + 2,
		    RLENGTH - length(name) - 3)
	}
	$1 == "instance" { inside = value("name"); if (/\/>/) inside = "" }
	/^\/instance>/ { inside = "" }
	inside == "" || inside == wanted { own = inside != ""; '"$2"' }
	' "$folder/manifest"
}

dependencies() {
	tags "$1" '
	if (own && $1 == "service_fmri" && /vbox-smf-ci/) print value("value")'
}

# property_of INSTANCE NAME: from the running snapshot; its own name where it
# was deleted.
property_of() {
	awk -v name="$2" '$1 == name { value = $2 } END { print value }' \
	    "$folder/$1.running" 2>/dev/null
}

# run INSTANCE METHOD: as svc.startd does, up to three times. All methods are
# scripts, whose /sbin/sh is on illumos alone.
run() {
	tags "$1" 'if ($1 == "exec_method" && value("name") == "'"$2"'") {
		exec = value("exec"); limit = value("timeout_seconds") }
		if ($1 == "method_credential") user = value("user")
		} END { print limit, user "|" exec' >"$folder/plan"
	limit=$(sed 's/ .*//' "$folder/plan")
	user=$(sed 's/^[0-9]* //; s/|.*//' "$folder/plan")
	line=$(sed "s/^[^|]*|//; s/%m/$2/; s/%i/$1/" "$folder/plan")
	[ "$line" != :true ] || return 0
	# The importer sets use_profile=false with a user; what is set later counts.
	named=$(property_of "$1" method_context/user)
	profile=$(property_of "$1" method_context/use_profile)
	[ -n "$named" ] || profile=${profile:-false}
	named=${named:-${user:-root}}
	case $profile in
	false) as=$named ;;
	*) as=root ;;
	esac
	log=$S/root/var/svc/log/$(echo "$service" | tr / -):$1.log
	tried=0
	while [ "$tried" -lt 3 ]; do
		tried=$((tried + 1))
		SMF_FMRI=svc:/$service:$1 SMF_METHOD=$2 CI_RUN_AS=$as \
		    HOME=$(cat "$S/users/$user" 2>/dev/null) \
		    timeout -s KILL "$limit" sh -c "exec sh $line" >>"$log" 2>&1
		status=$?
		case $status in
		0) return 0 ;;
		95) why='exited with $SMF_EXIT_ERR_FATAL' ;;
		96) why='exited with $SMF_EXIT_ERR_CONFIG' ;;
		99) why='exited with $SMF_EXIT_ERR_NOSMF' ;;
		100) why='exited with $SMF_EXIT_ERR_PERM' ;;
		137) why='failed repeatedly, last died on Killed (9)' ;;
		*) why="failed repeatedly, last exited with status $status" ;;
		esac
		case $status in
		95 | 96 | 99 | 100) break ;;
		esac
	done
	echo maintenance >"$folder/$1.state"
	echo "Reason: Start method $why." >"$folder/$1.reason"
	return 1
}
