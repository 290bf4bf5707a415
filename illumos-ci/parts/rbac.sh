# shellcheck shell=sh
# shellcheck disable=SC2154 # on-illumos.sh says what work, root... are
# Who may manage which VM: the fragments of gen rbac, on real databases. The
# owner of the VMs is made their administrator, the guest has vm1 alone.

part_rbac() {
	try 'the VMs are imported' import_vms || return
	refused 'before: the guest may not enable vm1' \
	    as_guest "svcadm enable $vms:vm1"
	refused 'before: the owner may not either' \
	    as_owner "svcadm enable $vms:vm1"
	mkdir "$work/rbac"
	try 'gen rbac writes the fragments' "$binary" gen rbac vm1 vm2 \
	    --admin "$owner" --delegate "vm1:$guest" \
	    --service "$services/vbox" --output-dir "$work/rbac" || return
	# Noted first, so done last: the service forgets the fragments.
	made rbac -
	for database in security/auth_attr security/prof_attr user_attr; do
		file=/etc/$database.d/$fragment
		made file "$file"
		cp "$work/rbac/$(basename "$database")" "$root$file" &&
		    chmod 644 "$root$file"
	done
	try 'svc:/system/rbac takes them over' \
	    within 60 svcadm restart svc:/system/rbac:default
	await svc:/system/rbac:default online

	set_vm_state vm1 poweroff
	try 'the guest enables vm1' as_guest "svcadm enable $vms:vm1"
	reaches 'vm1 is online' "$vms:vm1" online 150
	try 'the guest restarts vm1' as_guest "svcadm restart $vms:vm1"
	refused 'the guest may not enable vm2' as_guest "svcadm enable $vms:vm2"
	refused 'the guest may not disable it temporarily with svcadm' \
	    as_guest "svcadm disable -t $vms:vm1"
	refused 'the guest may not say who manages vm1' as_guest \
	    "svccfg -s $vms:vm1 setprop general/modify_authorization = astring: $guest"
	refused 'the guest may not say who restarts vm1' as_guest \
	    "svccfg -s $vms:vm1 setprop general/action_authorization = astring: $guest"
	refused 'the guest may not change vm/name' \
	    as_guest "svccfg -s $vms:vm1 setprop vm/name = astring: vm2"
	try 'the guest disables vm1' as_guest "svcadm disable $vms:vm1"
	reaches 'vm1 is disabled' "$vms:vm1" disabled 330
	# A delegate who wants the VM alone: the administrator has it all the same.
	try 'the guest keeps other delegates away' as_guest \
	    "svccfg -s $vms:vm1 setprop general/value_authorization = astring: solaris.smf.value.vbox.vm1"
	try 'the administrator sets what the instance does not have' as_owner \
	    "svccfg -s $vms:vm1 setprop vm/stop_method = astring: savestate"
	refused 'the administrator may not change the program' as_owner \
	    "svccfg -s $vms setprop virtualbox/vboxmanage = astring: /tmp/x"
	try 'the administrator enables vm1' as_owner "svcadm enable $vms:vm1"
	reaches 'vm1 is online' "$vms:vm1" online 150
	try 'the administrator disables vm1' as_owner "svcadm disable $vms:vm1"
	reaches 'vm1 is disabled' "$vms:vm1" disabled 330
}
