# shellcheck shell=sh
# shellcheck disable=SC2154 # on-illumos.sh says what work, root... are
# The package: built into a proto area, published into a repository of its own.

part_package() {
	try 'proto.sh fills the proto area' "$here/pkg/proto.sh" \
	    --binary "$binary" --proto "$work/proto" \
	    --manifest "$work/vbox-smf.p5m" || return
	if ! command -v pkgsend >/dev/null; then
		skip 'the package is published' 'there is no pkgsend'
		return
	fi
	try 'pkglint has no complaint' pkglint "$work/vbox-smf.p5m"
	try 'a repository is made' pkgrepo create "$work/repository"
	pkgrepo -s "$work/repository" set publisher/prefix=vbox-smf-ci
	try 'the package is published' pkgsend -s "file://$work/repository" \
	    publish -d "$work/proto" "$work/vbox-smf.p5m"
	says 'the repository has it' vbox-smf \
	    pkgrepo -s "$work/repository" list
}
