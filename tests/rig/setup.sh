#!/bin/bash
# setup.sh [--remove] [ROOT]: real VirtualBox (Debian sid, contrib) in a chroot, able to run tiny VMs without a kernel module and
# without /dev/kvm, for users that are nobody outside. ROOT is /var/tmp/vbox-smf-rig unless named.
#
# Needs root, a Debian machine and its mirror; installs debootstrap, gcc and binutils where they are missing. About a
# minute and 750 MB the first time; when all is there it only mounts what a reboot took away. Two at once are safe: the
# second waits. What an interrupted run left is thrown away, unless Debian and VirtualBox were complete already.
# It says on stderr beforehand what it installs and where. --remove takes all of it away but the packages of this machine.
# Exit 0: the rig can be used (or is gone). Else one line on stderr says why not. MIRROR and SUITE choose another Debian, POOL_UID
# the number of the first user: those of a second rig are to be others.
set -Eeuo pipefail
export LC_ALL=C

remove=
if [ "${1:-}" = --remove ]; then
    remove=1
    shift
fi
ROOT=${1:-/var/tmp/vbox-smf-rig}
SUITE=${SUITE:-sid}
HERE=$(cd "$(dirname "$0")" && pwd)
LOG=$ROOT.log
GUESTS='acpi acpislow ignore ignoreacpi beat spin selfoff selfreset triple tripleonce'
VIRTUALBOX=$ROOT/usr/lib/virtualbox
# So high that no user outside has these numbers: the processes are seen there too.
POOL_UID=${POOL_UID:-64100}
POOL='vbox0 vbox1 vbox2 vbox3'
BUILDER=vboxbuild
BUILDER_UID=$((POOL_UID - 1))

# Written when a root was begun, when it holds Debian and VirtualBox, and when it is ready (with what it was made from).
BEGUN=$ROOT/.rig-begun
BASE=$ROOT/.rig-base
READY=$ROOT/.rig-ready

say() {
    printf 'rig: %s\n' "$*" >&2
}

fail() {
    printf 'rig: %s\n' "$*" >&2
    exit 1
}

# Runs a command with its output in the log; when it fails, the log's last line is the reason given.
logged() {
    local what=$1
    shift
    printf '\n### %s\n' "$what" >>"$LOG"
    "$@" >>"$LOG" 2>&1 9>&- || fail "$what failed: $(grep -v '^ *$' "$LOG" | tail -n 1) (all of it in $LOG)"
}

as_builder() {
    chroot --userspec=$BUILDER:$BUILDER "$ROOT" /usr/bin/env -i HOME=/home/$BUILDER USER=$BUILDER LOGNAME=$BUILDER \
        PATH=/usr/local/bin:/usr/bin:/bin LC_ALL=C timeout 120 "$@"
}

# The packages of this machine whose programs are missing.
missing_packages() {
    local package program missing=
    while read -r package program; do
        command -v "$program" >/dev/null || missing="$missing $package"
    done <<'END'
debootstrap debootstrap
gcc cc
binutils ld
END
    printf '%s\n' "${missing# }"
}

install_needed_packages() {
    local missing
    missing=$(missing_packages)
    [ -n "$missing" ] || return 0
    command -v apt-get >/dev/null || fail "$missing is missing, and there is no apt-get to install it with"
    say "installing on this machine by apt-get: $missing"
    logged 'apt-get update' apt-get update -q
    # shellcheck disable=SC2086 # several words
    logged "installing $missing" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -q --no-install-recommends $missing libc6-dev
}

# The mirror that this machine's own apt uses.
find_mirror() {
    mirror=${MIRROR:-}
    # shellcheck disable=SC2016 # apt-get expands it
    [ -n "$mirror" ] ||
        mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 2>/dev/null | grep '/debian/*$' | sed 1q || true)
    [ -n "$mirror" ] || mirror=http://deb.debian.org/debian
}

# Before anything is done: what will be done, and how it is undone.
announce() {
    local missing
    missing=$(missing_packages)
    if [ -e "$BASE" ]; then
        say "real VirtualBox is in $ROOT already; file systems are mounted there where they are not"
    else
        say "setting real VirtualBox up: Debian $SUITE with VirtualBox from $mirror, 750 MB, about a minute"
        say "all of it is in $ROOT, with its own users and mounts; no kernel module"
    fi
    say "installed on this machine by apt-get: ${missing:-nothing}"
    say "'$HERE/setup.sh --remove $ROOT' takes it away again"
}

# Ends the processes that live in the root: all, or those of one user.
end_processes() {
    local process
    for process in /proc/[0-9]*; do
        [ "$(readlink "$process/root" 2>/dev/null || true)" = "$ROOT" ] || continue
        [ $# = 0 ] || [ "$(stat -c %u "$process" 2>/dev/null || true)" = "$1" ] || continue
        kill -KILL "${process#/proc/}" 2>/dev/null || true
    done
}

# Nothing may be mounted in a root that is removed, and no process may hold it.
throw_away() {
    local point
    end_processes
    while read -r _ point _; do
        case $point in "$ROOT"/*) umount -l "$point" || fail "cannot unmount $point" ;; esac
    done < <(tac /proc/mounts)
    rm -rf --one-file-system "$ROOT"
}

make_base() {
    local dummy
    : >"$LOG"
    install_needed_packages
    mkdir -p "$ROOT"
    : >"$BEGUN"
    logged "debootstrap $SUITE from $mirror" \
        debootstrap --variant=minbase --components=main,contrib "$SUITE" "$ROOT" "$mirror"
    mount_all

    # VirtualBox wants a kernel module, which could not be built here and is not needed.
    dummy=$(mktemp -d)
    mkdir "$dummy/DEBIAN"
    printf '%s\n' 'Package: virtualbox-modules-dummy' 'Version: 1' 'Architecture: all' \
        'Maintainer: nobody <nobody@localhost>' 'Provides: virtualbox-modules' \
        'Description: satisfies the dependency of virtualbox without a kernel module' >"$dummy/DEBIAN/control"
    chmod 755 "$dummy"
    logged 'making the dummy package' dpkg-deb -b "$dummy" "$ROOT/root/virtualbox-modules-dummy.deb"
    rm -rf "$dummy"

    # No service is to be started in the chroot.
    printf '#!/bin/sh\nexit 101\n' >"$ROOT/usr/sbin/policy-rc.d"
    chmod 755 "$ROOT/usr/sbin/policy-rc.d"
    cp /etc/resolv.conf "$ROOT/etc/resolv.conf" 2>/dev/null || true
    logged 'installing VirtualBox' chroot "$ROOT" /usr/bin/env DEBIAN_FRONTEND=noninteractive sh -ec '
        dpkg -i /root/virtualbox-modules-dummy.deb
        apt-get -o Acquire::Check-Valid-Until=false -o Acquire::Retries=3 update -q
        apt-get -o Acquire::Retries=3 install -y -q --no-install-recommends virtualbox procps
        apt-get clean'
    : >"$BASE"
}

mount_all() {
    local dev=$ROOT/dev device
    mountpoint -q "$ROOT/proc" || mount -t proc proc "$ROOT/proc" || fail "cannot mount $ROOT/proc"
    mountpoint -q "$ROOT/sys" || mount -t sysfs -o ro sysfs "$ROOT/sys" || fail "cannot mount $ROOT/sys"
    # pts is mounted last: where it is not, an earlier run was interrupted here.
    if ! mountpoint -q "$dev/pts"; then
        ! mountpoint -q "$dev" || umount -l "$dev"
        mount -t tmpfs -o mode=755,size=64m tmpfs "$dev" || fail "cannot mount $dev"
        for device in 'null 3' 'zero 5' 'full 7' 'random 8' 'urandom 9'; do
            mknod -m 666 "$dev/${device% *}" c 1 "${device#* }" || fail "cannot make devices in $dev"
        done
        mknod -m 666 "$dev/tty" c 5 0
        # Debian's /usr/bin/VBoxManage says a WARNING on stdout where there is no device of this name;
        # /opt/noisy/VBoxManage says it in any case.
        mknod -m 600 "$dev/vboxdrv" c 1 3
        ln -s /proc/self/fd "$dev/fd"
        ln -s fd/0 "$dev/stdin"
        ln -s fd/1 "$dev/stdout"
        ln -s fd/2 "$dev/stderr"
        ln -s pts/ptmx "$dev/ptmx"
        mkdir -m 1777 "$dev/shm"
        mkdir "$dev/pts"
        mount -t devpts -o newinstance,ptmxmode=0666 devpts "$dev/pts" || fail "cannot mount $dev/pts"
    fi
}

add_user() {
    local name=$1 number=$2
    case $(chroot "$ROOT" id -u "$name" 2>/dev/null || true) in
    "$number") return 0 ;;
    '') ;;
    *) fail "$ROOT was made with other numbers for its users; remove it, or set POOL_UID as it was" ;;
    esac
    logged "adding the group $name" chroot "$ROOT" groupadd -g "$number" "$name"
    logged "adding the user $name" chroot "$ROOT" useradd -M -s /bin/sh -u "$number" -g "$name" "$name"
}

make_users() {
    local name number=$POOL_UID
    add_user $BUILDER $BUILDER_UID
    for name in $POOL; do
        add_user "$name" "$number"
        number=$((number + 1))
    done
}

make_launcher() {
    local headless=/usr/lib/virtualbox/VBoxHeadless
    [ -e "$ROOT$headless.hardened" ] || logged 'putting the setuid VBoxHeadless aside' \
        chroot "$ROOT" dpkg-divert --local --rename --divert $headless.hardened --add $headless
    logged 'compiling the launcher' cc -O1 -o "$VIRTUALBOX/VBoxHeadless.new" "$HERE/headless.c" -ldl
    mv "$VIRTUALBOX/VBoxHeadless.new" "$VIRTUALBOX/VBoxHeadless"
}

make_guests() {
    local guest work=$ROOT/home/$BUILDER
    # VBoxSVC outlives an earlier smoke test for some seconds.
    end_processes $BUILDER_UID
    rm -rf "$work" "$ROOT/tmp/.vbox-$BUILDER-ipc"
    mkdir -p "$work/guests"
    for guest in $GUESTS; do
        logged "assembling $guest" as --32 --defsym "$guest=1" -o "$work/$guest.o" "$HERE/guest.s"
        logged "linking $guest" ld -m elf_i386 -Ttext 0x7c00 --oformat binary -o "$work/guests/$guest.img" "$work/$guest.o"
        truncate -s 1M "$work/guests/$guest.img"
    done
    chown -R $BUILDER_UID:$BUILDER_UID "$work"
    install -m 755 "$HERE/mkguest" "$HERE/mkvm" "$ROOT/usr/local/bin/"
    logged 'making the guests' as_builder mkguest "/home/$BUILDER/guests"
    rm -rf "$ROOT/srv/guests"
    mkdir "$ROOT/srv/guests"
    install -m 644 "$work"/guests/*.vbox "$ROOT/srv/guests/"
    for guest in $GUESTS; do
        cp --sparse=always "$work/guests/$guest.vdi" "$ROOT/srv/guests/"
        chmod 644 "$ROOT/srv/guests/$guest.vdi"
    done
}

make_places() {
    # What the program's entry begins with on illumos.
    [ -e "$ROOT/sbin/sh" ] || ln -s ../bin/sh "$ROOT/usr/sbin/sh"
    mkdir -p "$ROOT/lib/svc/method" "$ROOT/opt/recorder" "$ROOT/opt/noisy"
    install -d -m 1777 "$ROOT/var/recorder"
    install -d -m 755 "$ROOT/var/svcprop/0" "$ROOT/var/rig"
    sed 's|/dev/vboxdrv|/dev/no-driver|g' "$ROOT/usr/bin/VBoxManage" >"$ROOT/opt/noisy/VBoxManage"
    chmod 755 "$ROOT/opt/noisy/VBoxManage"
    # A file that nothing else opens, to see a descriptor leak.
    echo 'opened by the tests alone' >"$ROOT/etc/rig-leak-marker"
}

smoke_test() {
    # shellcheck disable=SC2016 # it is the inner shell that expands
    logged 'the smoke test' as_builder bash -euc '
        V=/usr/lib/virtualbox/VBoxManage
        vm=$(mkvm smoke acpi)
        $V startvm "$vm" --type headless
        for i in $(seq 100); do grep -aqs BOOTED ~/"$vm.serial" && break; sleep 0.1; done
        grep -aq BOOTED ~/"$vm.serial" || { echo "the guest does not boot"; exit 1; }
        $V controlvm "$vm" acpipowerbutton
        for i in $(seq 100); do $V list runningvms | grep -q "$vm" || break; sleep 0.1; done
        grep -aq OFF ~/"$vm.serial" || { echo "the guest does not hear the power button"; exit 1; }'
    end_processes $BUILDER_UID
    rm -rf "${ROOT:?}/home/$BUILDER" "$ROOT/tmp/.vbox-$BUILDER-ipc"
}

[ "$(id -u)" = 0 ] || fail 'must be root'
case $ROOT in /*/*) ;; *) fail "not an absolute path below a folder: $ROOT" ;; esac
trap 'printf "rig: line %s of %s failed\n" "$LINENO" "$0" >&2' ERR

mkdir -p "$(dirname "$ROOT")"
# Beside the root, since the root may be thrown away. No child inherits it: VBoxSVC would hold it.
exec 9>"$ROOT.lock"
flock 9

if [ -n "$remove" ]; then
    [ ! -e "$ROOT" ] || [ -e "$BEGUN" ] || [ -e "$BASE" ] || fail "$ROOT is no rig of ours"
    throw_away
    rm -f "$LOG" "$ROOT.lock"
    exit 0
fi

made_from=$({ cat "$HERE"/* && echo "$POOL_UID"; } | sha256sum)
find_mirror
announce
if [ ! -e "$BASE" ]; then
    [ ! -e "$ROOT" ] || [ -e "$BEGUN" ] || rmdir "$ROOT" 2>/dev/null || fail "$ROOT exists and is no rig of ours"
    throw_away
    make_base
fi
mount_all
[ "$(cat "$READY" 2>/dev/null || true)" != "$made_from" ] || exit 0

install_needed_packages
make_users
make_launcher
make_places
make_guests
smoke_test
printf '%s\n' "$made_from" >"$READY"
