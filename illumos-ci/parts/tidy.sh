# shellcheck shell=sh
# shellcheck disable=SC2154 # on-illumos.sh says what work, root... are
# Cleaning up. What is made is written down before it is made, so that a run
# that is ended in between is cleaned up, too.

# made KIND NAME
made() {
	echo "$1 $2" >>"$work/made"
}

# Undoes what is written down, the last first.
tidy() {
	awk '{ line[NR] = $0 } END { for (i = NR; i > 0; i--) print line[i] }' \
	    "$work/made" >"$work/unmake"
	while read -r kind name; do
		case $kind in
		service) unmake_service "$name" ;;
		user) unmake_user "$name" ;;
		vm) unmake_vm "$name" ;;
		file) rm -f "$root$name" ;;
		rbac) svcadm restart svc:/system/rbac:default ;;
		esac
	done <"$work/unmake" >"$work/tidied" 2>&1
	left=$(svcs -H -o fmri "svc:/$services/*" 2>/dev/null |
		awk '{ printf "%s ", $1 }')
	for name in "$owner" "$guest"; do
		if grep "^user $name\$" "$work/made" >/dev/null &&
		    id "$name" >/dev/null 2>&1; then
			left="$left$name "
		fi
	done
	if [ -n "$left" ]; then
		# The list stays, so that --clean can try again.
		echo "# NOT cleaned up: $left"
		sed 's/^/#   /' "$work/tidied"
		return 1
	fi
	rm -rf "$work"
}

# What is not below our own name is not removed, whatever was written down.
unmake_service() {
	case $1 in
	"$services"/*) ;;
	*) return 1 ;;
	esac
	up=
	for instance in $(svcs -H -o fmri "svc:/$1:*" 2>/dev/null); do
		timeout 60 svcadm disable -s "$instance" </dev/null
		# What is deleted while it is up is stopped by nobody.
		case $(svcs -H -o state "$instance") in
		disabled | maintenance | uninitialized) ;;
		*) up="$up$instance " ;;
		esac
	done
	if [ -n "$up" ]; then
		echo "not deleted, because they are not down: $up"
		return 1
	fi
	svccfg delete -f "svc:/$1" </dev/null
	rm -f "$root/var/svc/log/$(echo "$1" | tr / -):"*.log
}

unmake_user() {
	case $1 in
	"$owner" | "$guest") ;;
	*) return 1 ;;
	esac
	number=$(id -u "$1" 2>/dev/null) || return 0
	# VirtualBox's server of this user goes on for a while.
	pkill -U "$number" </dev/null
	userdel "$1" </dev/null
	rm -rf "$root/tmp/.vbox-$1-ipc" "$root/tmp/.vbox-smf-$number"
}

unmake_vm() {
	as_owner "VBoxManage controlvm $1 poweroff" </dev/null
	sleep 2
	as_owner "VBoxManage unregistervm $1 --delete" </dev/null
}
