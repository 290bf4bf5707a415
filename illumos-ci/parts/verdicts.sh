# shellcheck shell=sh
# shellcheck disable=SC2154 # on-illumos.sh says what work, root... are
# Is vbox-smf validate right? svccfg is asked, in a repository of its own.

# svccfg with a fresh private repository: no manifest meets another.
private() {
	cp "$seed" "$work/scratch.db" && chmod 600 "$work/scratch.db"
	# By env: ksh93 does not export what stands before a function's name.
	within 60 env SVCCFG_REPOSITORY="$work/scratch.db" svccfg "$@"
}

# Whether SVCCFG_REPOSITORY keeps a manifest out of the running system.
scratch_works() {
	seed=
	for candidate in "$root/lib/svc/seed/global.db" \
	    "$root/etc/svc/repository-boot"; do
		if [ -f "$candidate" ]; then
			seed=$candidate
			break
		fi
	done
	[ -n "$seed" ] || return 1
	probe=$services/probe
	sed "s,SERVICE,$probe," "$here/parts/probe.xml" >"$work/probe.xml"
	# Should it not be kept out, it is removed.
	made service "$probe"
	private import "$work/probe.xml" >/dev/null 2>&1 || return 1
	! svcprop "svc:/$probe:default" >/dev/null 2>&1
}

# svccfg_verdict KIND FILE: accepted or refused, and why in $work/svccfg.
svccfg_verdict() {
	if [ "$1" = profile ]; then
		private apply "$2" >"$work/svccfg" 2>&1
		profile_status=$?
		case $profile_status in
		0) verdict=accepted ;;
		*) verdict=refused ;;
		esac
		return
	fi
	verdict=refused
	private validate "$2" >"$work/svccfg" 2>&1 || return
	private import -V "$2" >"$work/svccfg" 2>&1 || return
	verdict=accepted
}

our_verdict() {
	if [ "$1" = profile ]; then
		"$binary" validate --profile "$2" >"$work/ours" 2>&1
	else
		"$binary" validate "$2" >"$work/ours" 2>&1
	fi
	case $? in
	0) ours=accepted ;;
	1) ours=refused ;;
	*) ours=failed ;;
	esac
}

# The verdict of the table, as accepted or refused; nothing where it has none.
recorded_verdict() {
	awk -F '\t' -v name="$2" '$1 == name {
		print ($2 ~ /^accepted/ || $2 == "grammar") ? "accepted" : "refused"
	}' "$1"
}

# judge TITLE KIND TABLE FILE...: one test for all the files, and a line for
# each verdict that differs from svccfg's, or svccfg's from the table.
judge() {
	title=$1
	kind=$2
	table=$3
	shift 3
	found=0
	judged=0
	wrong=0
	: >"$work/differ"
	for file in "$@"; do
		[ -f "$file" ] || continue
		# The self-test can do with every nth vector.
		found=$((found + 1))
		[ "$table" = "" ] || [ $((found % ${VBOX_SMF_CI_EVERY:-1})) = 0 ] || continue
		name=$(basename "$file" .xml)
		svccfg_verdict "$kind" "$file"
		our_verdict "$kind" "$file"
		judged=$((judged + 1))
		recorded=
		stage=
		if [ -n "$table" ]; then
			recorded=$(recorded_verdict "$table" "$name")
			stage=$(awk -F '\t' -v n="$name" '$1 == n { print $2 }' "$table")
		fi
		# svccfg apply does not check the whole grammar; we do, on purpose.
		if [ "$verdict" != "$ours" ] && [ "$stage" != grammar ]; then
			wrong=$((wrong + 1))
			echo "disagreement: ${file#"$project"/}:" \
			    "svccfg $verdict, vbox-smf $ours"
			sed -n '1,3s/^/  svccfg: /p' "$work/svccfg"
			sed -n '1,2s/^/  vbox-smf: /p' "$work/ours"
		fi >>"$work/differ"
		if [ -n "$recorded" ] && [ "$recorded" != "$verdict" ]; then
			echo "this host's svccfg: ${file#"$project"/}: $verdict," \
			    "the table has $stage"
		fi >>"$work/differ"
	done
	differing=$((differing + wrong))
	[ ! -s "$work/differ" ] || sed 's/^/# /' "$work/differ"
	same "$title: $((judged - wrong)) of $judged verdicts as svccfg's" \
	    "0 of some" "$wrong of $([ "$judged" -gt 0 ] && echo some)"
}

part_manifests() {
	shipped=
	for file in "$project"/manifests/*.xml; do
		[ "$(basename "$file")" = profile.xml ] || shipped="$shipped $file"
	done
	# shellcheck disable=SC2086 # a list
	judge 'shipped manifests' manifest '' $shipped
	mkdir -p "$work/generated"
	generate one vm1
	generate many vm1 'web=web server' vm3 --after web:vm1 --requires vm3:web
	generate set vm1 --set vm/stop_method=shutdown --set vm/stop_timeout=600 \
	    --set virtualbox/vboxmanage=/opt/VirtualBox/VBoxManage
	generate context vm1 --timezone Europe/Vienna --env VBOX_A=b \
	    --working-directory /tmp --path '/tank/my vms' --notify mailto:root
	generate enabled vm1 --enabled --delegate "vm1:$owner"
	for file in "$work"/generated/*.xml; do
		try "validate --strict takes $(basename "$file")" \
		    "$binary" validate --strict "$file"
	done
	judge 'generated manifests' manifest '' "$work"/generated/*.xml
	if [ -n "$root" ]; then
		skip 'gen --svccfg asks this svccfg' 'it asks /usr/sbin/svccfg'
		return
	fi
	try 'gen --svccfg asks this svccfg' "$binary" gen vm1 --user root \
	    --svccfg -o "$work/svccfg.xml"
}

generate() {
	name=$1
	shift
	try "gen writes $name" "$binary" gen "$@" --user root \
	    -o "$work/generated/$name.xml"
}

part_vectors() {
	for folder in manifests field field/refused; do
		path=$project/tests/vectors/$folder
		judge "vectors $folder" manifest "$path/verdicts.tsv" "$path"/*.xml
	done
}

part_profiles() {
	path=$project/tests/vectors/profiles
	judge 'vectors profiles' profile "$path/verdicts.tsv" "$path"/*.xml
}
