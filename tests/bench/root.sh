#!/bin/sh
# root.sh ROOT: what the benchmarks of a method need of a machine, below ROOT: this machine's programs and libraries,
# and a /usr/bin to which a svcprop can be added. To be run in a mount namespace of its own (unshare -m), with which all
# of it goes away.
set -eu

root=$1
user=64990

mkdir -p "$root"
# Root's own, as far up as VBoxManage's folders are looked at.
mount -t tmpfs -o mode=755 bench "$root"
cd "$root"
mkdir -p dev etc host opt/bench/answers opt/bench/state proc sbin tmp usr
chmod 1777 tmp
chown $user:$user opt/bench/state

mount --bind /usr usr
mount --bind /usr/bin host
mount -t tmpfs -o mode=755 bin usr/bin
for program in /usr/bin/*; do
	ln -s "/host/${program##*/}" "usr/bin/${program##*/}"
done
for folder in bin lib lib64; do
	if [ -L "/$folder" ]; then
		cp -a "/$folder" $folder
	elif [ -d "/$folder" ]; then
		mkdir $folder
		mount --bind "/$folder" $folder
	fi
done
# What methods begin with on illumos.
ln -s /bin/sh sbin/sh
mount --rbind /dev dev
mount -t proc proc proc

cp /etc/ld.so.cache etc
printf 'root:x:0:0::/root:/bin/sh\nbench:x:%s:%s::/tmp:/bin/sh\n' $user $user >etc/passwd
printf 'root:x:0:\nbench:x:%s:\n' $user >etc/group
printf 'passwd: files\ngroup: files\n' >etc/nsswitch.conf
