#!/bin/sh
#
# Builds the package's files into a proto area.
#
#   proto.sh --binary FILE --proto FOLDER [--manifest FILE] [--prefix PREFIX]
#
#   --binary FILE    the vbox-smf to package; it writes the manual page too, so
#                    it must run on this machine
#   --proto FOLDER   where the files go; it must not be there yet
#   --manifest FILE  where the IPS manifest goes, with its macros filled in
#   --prefix PREFIX  usr (OpenIndiana, Solaris) or opt/ooce (OmniOS); without
#                    it opt/ooce where there is such a folder, else usr
#
# The version is Cargo.toml's, and CHANGELOG.md must begin with it.

set -eu
here=$(cd "$(dirname "$0")" && pwd)
project=$(cd "$here/../.." && pwd)

refuse() {
	echo "proto.sh: $*" >&2
	exit 2
}

binary=
proto=
manifest=
prefix=
while [ $# -gt 0 ]; do
	case $1 in
	-h | --help)
		sed -n '3,/^# The version/s/^#  *//p' "$0"
		exit 0
		;;
	--binary | --proto | --manifest | --prefix)
		[ $# -ge 2 ] || refuse "$1 needs a value; see --help"
		;;
	*) refuse "there is no option $1; see --help" ;;
	esac
	case $1 in
	--binary) binary=$2 ;;
	--proto) proto=$2 ;;
	--manifest) manifest=$2 ;;
	--prefix) prefix=$2 ;;
	esac
	shift 2
done
[ -x "$binary" ] || refuse "--binary '$binary' is no program"
[ -n "$proto" ] || refuse "--proto is needed; see --help"
[ ! -e "$proto" ] || refuse "$proto is there already"
if [ -z "$prefix" ]; then
	if [ -d /opt/ooce ]; then prefix=opt/ooce; else prefix=usr; fi
fi
case $prefix in
usr) name=system/virtualbox/vbox-smf ;;
opt/ooce) name=ooce/virtualization/vbox-smf ;;
*) refuse "--prefix '$prefix' is neither usr nor opt/ooce" ;;
esac

version=$(sed -n 's/^version = "\(.*\)"$/\1/p' "$project/Cargo.toml" | sed 1q)
case $version in
'' | *[!0-9.]*) refuse "IPS has no version like '$version' of Cargo.toml" ;;
esac
newest=$(sed -n 's/^## //p' "$project/CHANGELOG.md" | sed 1q)
case $newest in
"$version" | "$version",* | "$version "*) ;;
*) refuse "CHANGELOG.md begins with '$newest', Cargo.toml says $version" ;;
esac
told=$("$binary" --version)
[ "$told" = "vbox-smf $version" ] ||
	refuse "$binary is '$told', Cargo.toml says $version"

# put MODE PATH: standard input becomes this file.
put() {
	mkdir -p "$proto/$(dirname "$2")"
	cat >"$proto/$2"
	chmod "$1" "$proto/$2"
}

umask 022
share=$prefix/share
put 0555 "$prefix/bin/vbox-smf" <"$binary"
put 0555 lib/svc/method/vbox <"$project/method/vbox"
for file in vbox.xml three-vms.xml fleet.toml fleet.xml profile.xml; do
	put 0444 "$share/vbox-smf/manifests/$file" <"$project/manifests/$file"
done
put 0444 "$share/vbox-smf/CHANGELOG.md" <"$project/CHANGELOG.md"
put 0444 "$share/vbox-smf/LICENSE" <"$project/LICENSE"
"$binary" man | put 0444 "$share/man/man8/vbox-smf.8"
"$binary" completions bash |
	put 0444 "$share/bash-completion/completions/vbox-smf"
"$binary" completions zsh | put 0444 "$share/zsh/site-functions/_vbox-smf"
"$binary" completions fish |
	put 0444 "$share/fish/vendor_completions.d/vbox-smf.fish"
# Without users and VMs: what every host has alike.
rbac=$(mktemp -d)
trap 'rm -rf "$rbac"' EXIT
"$binary" gen rbac --output-dir "$rbac" 2>/dev/null
for database in auth_attr prof_attr; do
	put 0444 "etc/security/$database.d/vbox-smf-base" <"$rbac/$database"
done

if [ -n "$manifest" ]; then
	sed "s,\$(PREFIX),$prefix,g; s,\$(NAME),$name,g; s,\$(VERSION),$version,g" \
	    "$here/vbox-smf.p5m" >"$manifest"
fi
