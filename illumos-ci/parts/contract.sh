# shellcheck shell=sh
# shellcheck disable=SC2154 # on-illumos.sh says what work, root... are
# Process contracts: what VBoxManage leaves behind is not killed with a method
# that hangs. The start method of a scratch instance runs the real one, starts
# a process itself for comparison, and hangs until svc.startd kills it.

hangs=svc:/$services/contract:vm1

# lives PID: and is no zombie.
lives() {
	case $(ps -o s= -p "$1" 2>/dev/null) in
	'' | *Z*) return 1 ;;
	esac
}

# contract_of PID
contract_of() {
	ps -o ctid= -p "$1" 2>/dev/null | tr -d ' '
}

# found NAME: what the method or the stand-in for VBoxManage wrote down.
found() {
	sed -n '$p' "$work/home/$owner/stand-in/$1" 2>/dev/null
}

import_hanging() {
	make_user "$owner" || return 1
	cp "$project/method/vbox" "$work/vbox" || return 1
	cp "$here/stand-in/VBoxManage" "$work/VBoxManage" || return 1
	cat >"$work/hang" <<-'END'
	#!/bin/sh
	# METHOD
	there=$HOME/stand-in
	ps -o ctid= -p $$ | tr -d ' ' >>"$there/contract"
	sleep 300 </dev/null >/dev/null 2>&1 &
	echo $! >>"$there/inherited"
	sh "$(dirname "$0")/vbox" "$1"
	echo $? >>"$there/status"
	sleep 300
	END
	chmod 755 "$work/vbox" "$work/VBoxManage" "$work/hang"
	"$binary" gen vm1 --user "$owner" --service "$services/contract" \
	    --method "$work/hang" \
	    --set "virtualbox/vboxmanage=$work/VBoxManage" |
		sed "s/timeout_seconds='120'/timeout_seconds='${patience:-20}'/" \
		    >"$work/contract.xml" || return 1
	import "$services/contract" "$work/contract.xml"
}

part_contract() {
	try 'an instance whose method hangs is imported' import_hanging || return
	set_vm_state vm1 poweroff
	as_owner "rm -f \$HOME/stand-in/daemon; : >\$HOME/stand-in/wants-a-daemon"
	svcadm enable "$hangs"
	reaches 'svc.startd kills its start three times' "$hangs" maintenance 120
	same 'the start itself succeeded' 0 "$(found status)"
	own=$(found daemon)
	inherited=$(found inherited)
	note "method: contract $(found contract);" \
	    "VBoxManage: pid $own, contract $(contract_of "$own")"
	refused 'what the method started is killed with it' lives "$inherited"
	try 'what VBoxManage started lives on' lives "$own"
	refused 'it is in no contract of a method' in_a_methods_contract "$own"
	refused 'svcs -p does not list it' listed "$own"
	says 'nobody owns its contract' orphan ctstat -i "$(contract_of "$own")"
	svcadm disable "$hangs"
	reaches 'out of maintenance' "$hangs" disabled
	as_owner "rm -f \$HOME/stand-in/wants-a-daemon"
	for left in "$own" "$inherited"; do
		[ -z "$left" ] || kill "$left" 2>/dev/null
	done
}

in_a_methods_contract() {
	grep "^$(contract_of "$1")\$" "$work/home/$owner/stand-in/contract"
}

listed() {
	svcs -p "$hangs" | grep -w "$1"
}
