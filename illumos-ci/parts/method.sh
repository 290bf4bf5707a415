# shellcheck shell=sh
# shellcheck disable=SC2154 # on-illumos.sh says what work, root... are
# vbox-smf as the method of real instances, with a stand-in for VBoxManage, so
# that it runs on hosts without VirtualBox too.

vms=svc:/$services/vbox

# Imports vm1 and vm2, which requires vm1; the guest may manage vm1.
import_vms() {
	[ ! -f "$work/vbox.xml" ] || return 0
	make_user "$owner" && make_user "$guest" || return 1
	cp "$project/method/vbox" "$work/vbox" || return 1
	cp "$here/stand-in/VBoxManage" "$work/VBoxManage" || return 1
	chmod 755 "$work/vbox" "$work/VBoxManage"
	"$binary" gen vm1 vm2 --user "$owner" --service "$services/vbox" \
	    --method "$work/vbox" --requires vm2:vm1 --delegate "vm1:$guest" \
	    --set "virtualbox/vboxmanage=$work/VBoxManage" \
	    -o "$work/vbox.xml" || return 1
	import "$services/vbox" "$work/vbox.xml"
}

# The stand-in keeps the state of a VM in a file, which tests may change.
vm_state() {
	cat "$work/home/$owner/stand-in/$1" 2>/dev/null
}

set_vm_state() {
	as_owner "mkdir -p \$HOME/stand-in; echo $2 >\$HOME/stand-in/$1"
}

enable() {
	within 150 svcadm enable -s "$1"
}

disable() {
	within 330 svcadm disable -s "$1"
}

explain() {
	"$binary" explain --json --fmri "$1"
}

part_method() {
	try 'the VMs are imported' import_vms || return
	set_vm_state vm1 poweroff
	try 'a VM is enabled' enable "$vms:vm1"
	same 'it is online' online "$(state "$vms:vm1")"
	same 'it is running' running "$(vm_state vm1)"
	says 'the log says what was done' ': starting the VM' cat "$(log_of "$vms:vm1")"
	try 'it is disabled' disable "$vms:vm1"
	same 'its state is saved' saved "$(vm_state vm1)"
	try 'it is enabled again' enable "$vms:vm1"
	same 'it is restored' running "$(vm_state vm1)"

	try 'svccfg setprop' set_property "$vms:vm1" vm/stop_method poweroff
	says 'explain: a refresh is still to come' '"after_refresh":"poweroff"' \
	    explain "$vms:vm1"
	try 'svcadm refresh' refresh "$vms:vm1"
	says 'explain: the instance says poweroff' \
	    '"vm/stop_method":{"value":"poweroff","from":"instance"' \
	    explain "$vms:vm1"
	try 'it is disabled by poweroff' disable "$vms:vm1"
	same 'it is powered off' poweroff "$(vm_state vm1)"

	set_property "$vms:vm1" vm/on_paused sometimes
	refresh "$vms:vm1"
	svcadm enable "$vms:vm1"
	reaches 'a value that is not allowed: maintenance' "$vms:vm1" maintenance
	says 'svcs -xv says status 96' SMF_EXIT_ERR_CONFIG svcs -xv "$vms:vm1"
	says 'svcs -xv names the manual page' '-s 8 vbox-smf' svcs -xv "$vms:vm1"
	says 'the log names the property' vm/on_paused cat "$(log_of "$vms:vm1")"
	set_property "$vms:vm1" vm/on_paused resume
	refresh "$vms:vm1"
	try 'svcadm clear' svcadm clear "$vms:vm1"
	reaches 'after clear it is online' "$vms:vm1" online 150
	try 'it is disabled' disable "$vms:vm1"

	set_vm_state vm1 aborted
	set_property "$vms:vm1" vm/on_aborted refuse
	refresh "$vms:vm1"
	svcadm enable "$vms:vm1"
	reaches 'a state that is refused: maintenance' "$vms:vm1" maintenance
	says 'svcs -xv says status 95' SMF_EXIT_ERR_FATAL svcs -xv "$vms:vm1"
	same 'the VM was not touched' aborted "$(vm_state vm1)"
	svcadm disable "$vms:vm1"
	set_property "$vms:vm1" vm/on_aborted start
	set_property "$vms:vm1" vm/stop_method savestate
	refresh "$vms:vm1"
	reaches 'out of maintenance' "$vms:vm1" disabled
}

part_order() {
	try 'the VMs are imported' import_vms || return
	set_vm_state vm1 poweroff
	set_vm_state vm2 poweroff
	: >"$work/home/$owner/stand-in/calls"
	svcadm enable "$vms:vm2"
	reaches 'vm2 waits for vm1' "$vms:vm2" offline
	try 'vm1 is enabled' enable "$vms:vm1"
	reaches 'then vm2 is online' "$vms:vm2" online 150
	same 'vm1 was started before vm2' 'vm1 vm2' "$(awk '$1 == "startvm" {
		printf "%s%s", sep, $2; sep = " " }' \
	    "$work/home/$owner/stand-in/calls")"
	try 'vm1 is restarted' svcadm restart "$vms:vm1"
	sleep 3
	reaches 'vm1 is online' "$vms:vm1" online 150
	same 'vm2 is not restarted with it' 1 "$(grep -c '^startvm vm2' \
	    "$work/home/$owner/stand-in/calls")"
	try 'vm2 is disabled' disable "$vms:vm2"
	try 'vm1 is disabled' disable "$vms:vm1"
}
