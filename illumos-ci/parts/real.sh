# shellcheck shell=sh
# shellcheck disable=SC2154 # on-illumos.sh says what work, root... are
# A VM of a real VirtualBox: tiny, without a disk, and gone afterwards.

real=svc:/$services/real:tiny
vm=vbox-smf-ci-tiny

part_real() {
	if ! command -v VBoxManage >/dev/null; then
		skip 'a VM of a real VirtualBox' 'VBoxManage not found'
		return
	fi
	try 'there is a user for the VM' make_user "$owner" || return
	made vm "$vm"
	try 'a VM is made' as_owner "VBoxManage createvm --name $vm --register &&
		VBoxManage modifyvm $vm --memory 32 --vram 4" || return
	cp "$project/method/vbox" "$work/vbox" && chmod 755 "$work/vbox"
	try 'its manifest is written' "$binary" gen "tiny=$vm" --user "$owner" \
	    --service "$services/real" --method "$work/vbox" \
	    -o "$work/real.xml" || return
	try 'its manifest is imported' \
	    import "$services/real" "$work/real.xml" || return
	try 'it is enabled' enable "$real" || svcs -xv "$real" | sed 's/^/#   /'
	same 'it is running' running "$(real_state)"
	try 'enabling it again changes nothing' enable "$real"
	try 'it is disabled' disable "$real"
	same 'its state is saved' saved "$(real_state)"
	try 'it is enabled again' enable "$real"
	same 'it is restored' running "$(real_state)"
	says 'status shows it' running \
	    "$binary" status -s "$services/real" "$real"
	try 'doctor has no complaint' "$binary" doctor -s "$services/real" "$real"
	says 'VBoxSVC is in the process contract of no instance' \
	    'which belongs to no SMF instance' \
	    "$binary" doctor -s "$services/real" "$real"
	set_property "$real" vm/stop_method poweroff
	refresh "$real"
	try 'it is disabled by poweroff' disable "$real"
	same 'it is off' poweroff "$(real_state)"
}

real_state() {
	as_owner "VBoxManage showvminfo $vm --machinereadable" |
	    sed -n 's/^VMState="\(.*\)"$/\1/p'
}
