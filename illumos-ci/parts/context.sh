# shellcheck shell=sh
# shellcheck disable=SC2154 # on-illumos.sh says what work, root... are
# As whom svc.startd runs the methods of an instance whose context names a
# user: as that user only where use_profile is false. An instance that is made
# by hand has no use_profile, and no method context of svccfg import's.

part_context() {
	contexts=svc:/$services/context
	mkdir -p "$work/context"
	try 'the user is made' make_user "$owner" || return
	# The method is root's, and says as whom it runs.
	cat >"$work/whoami" <<-END
	#!/bin/sh
	# METHOD INSTANCE
	id -un >>"$work/context/\$2"
	exit 0
	END
	chmod 755 "$work/whoami"
	# Both write to it, and nobody else puts anything beside it.
	: >"$work/context/byhand" && chmod 666 "$work/context/byhand"
	sed "s,SERVICE,$services/context,; s,METHOD,$work/whoami," \
	    "$here/parts/context.xml" >"$work/context.xml"
	try 'a service without a method context is imported' \
	    import "$services/context" "$work/context.xml" || return

	try 'an instance is given a context by hand' \
	    svccfg -s "$contexts:byhand" addpg method_context framework
	set_property "$contexts:byhand" method_context/user "$owner"
	refresh "$contexts:byhand"
	try 'it is enabled' within 60 svcadm enable -s "$contexts:byhand"
	same 'without use_profile its method runs as root' root "$(ran_as byhand)"
	try 'it is disabled' within 60 svcadm disable -s "$contexts:byhand"
	use_no_profile "$contexts:byhand"
	refresh "$contexts:byhand"
	try 'it is enabled again' within 60 svcadm enable -s "$contexts:byhand"
	same 'with use_profile=false it runs as the user' "$owner" \
	    "$(ran_as byhand)"
	try 'it is disabled again' within 60 svcadm disable -s "$contexts:byhand"

	# vbox-smf: root's VM of that name is left alone, and the next step helps.
	try 'the VMs are imported' import_vms || return
	set_vm_state vm1 poweroff
	try 'use_profile is taken away' \
	    svccfg -s "$vms:vm1" delprop method_context/use_profile
	refresh "$vms:vm1"
	svcadm enable "$vms:vm1"
	reaches 'a start as another user than is named: maintenance' \
	    "$vms:vm1" maintenance
	says 'svcs -xv says status 96' SMF_EXIT_ERR_CONFIG svcs -xv "$vms:vm1"
	says 'the log says as whom it runs' 'runs its method as root' \
	    cat "$(log_of "$vms:vm1")"
	says 'the log has the command that helps' \
	    'setprop method_context/use_profile = boolean: false' \
	    cat "$(log_of "$vms:vm1")"
	same 'the VM was not touched' poweroff "$(vm_state vm1)"
	use_no_profile "$vms:vm1"
	refresh "$vms:vm1"
	try 'svcadm clear' svcadm clear "$vms:vm1"
	reaches 'with use_profile=false it is online' "$vms:vm1" online 150
	same 'its VM runs' running "$(vm_state vm1)"
	try 'vm1 is disabled' disable "$vms:vm1"
	# Nobody finds a saved VM who expects one that is off.
	set_vm_state vm1 poweroff
}

# What the log says to do.
use_no_profile() {
	svccfg -s "$1" setprop method_context/use_profile = boolean: false
}

# As whom the last method of an instance ran.
ran_as() {
	tail -1 "$work/context/$1" 2>/dev/null
}
