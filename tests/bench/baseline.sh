#!/sbin/sh
#
# What vbox-smf is measured against: a start and stop method of a VirtualBox VM as administrators have written them
# since 2009, with the shell, svcprop, VBoxManage, grep, tr and cut. It is no part of vbox-smf, and nobody should use it:
# it takes what VBoxManage exits with for what the VM does, and waits for a stop without an end.
#
# VBOXMANAGE names another VBoxManage.

VBOXMANAGE=${VBOXMANAGE:-/usr/bin/VBoxManage}
# As in /lib/svc/share/smf_include.sh.
SMF_EXIT_OK=0
SMF_EXIT_ERR_FATAL=95
SMF_EXIT_ERR_CONFIG=96
SMF_EXIT_ERR_NOSMF=99

property() {
	svcprop -p "$1" "$SMF_FMRI" 2>/dev/null
}

state() {
	"$VBOXMANAGE" showvminfo "$vm" --machinereadable 2>/dev/null | grep '^VMState=' | cut -d= -f2 | tr -d '"'
}

if [ -z "$SMF_FMRI" ]; then
	echo "$0: SMF_FMRI is not set" >&2
	exit $SMF_EXIT_ERR_NOSMF
fi
vm=$(echo "$SMF_FMRI" | cut -d: -f3)

case "$1" in
start)
	case "$(state)" in
	running | paused)
		echo "$vm runs already"
		;;
	poweroff | saved | aborted)
		"$VBOXMANAGE" startvm "$vm" --type headless || exit $SMF_EXIT_ERR_FATAL
		;;
	*)
		echo "$vm cannot be started" >&2
		exit $SMF_EXIT_ERR_FATAL
		;;
	esac
	;;
stop)
	method=$(property vm/stop_method)
	case "$method" in
	'') method=savestate ;;
	savestate | acpipowerbutton | acpisleepbutton | poweroff) ;;
	*)
		echo "vm/stop_method is $method" >&2
		exit $SMF_EXIT_ERR_CONFIG
		;;
	esac
	if [ "$(state)" = running ]; then
		"$VBOXMANAGE" controlvm "$vm" "$method" || exit $SMF_EXIT_ERR_FATAL
		while [ "$(state)" = running ]; do
			sleep 1
		done
	fi
	;;
*)
	echo "usage: $0 {start|stop}" >&2
	exit $SMF_EXIT_ERR_FATAL
	;;
esac
exit $SMF_EXIT_OK
