#!/usr/bin/env bash
# Fuzzes every target, or those that are named, and prints a table. Exits 1 when a target crashed, ran out of time
# (5 seconds for one input) or out of memory: the input is then under tests/fuzz/artifacts.
#
#   tests/fuzz/run.sh [--executions N] [--seconds S] [TARGET...]
#
# --executions  of each target; 20000 where nothing is said, 10000000 are the full figure
# --seconds     at most, of each target
#
# It needs Rust of any channel, a C++ compiler, and cargo-fuzz (cargo install --locked cargo-fuzz).
set -euo pipefail
cd "$(dirname "$0")/../.."

usage() {
    sed -n '2,/^$/s/^#\( \|$\)//p' "$0" >&2
    exit 2
}

executions=20000
seconds=0
targets=()
while [ $# -gt 0 ]; do
    case $1 in
    --executions | --seconds)
        case ${2-} in '' | *[!0-9]*) usage ;; esac
        if [ "$1" = --seconds ]; then seconds=$2; else executions=$2; fi
        shift 2
        ;;
    -*) usage ;;
    *)
        targets+=("$1")
        shift
        ;;
    esac
done

fuzz=tests/fuzz
all=()
for file in "$fuzz"/targets/*.rs; do
    all+=("$(basename "$file" .rs)")
done
for target in "${targets[@]}"; do
    [ -f "$fuzz/targets/$target.rs" ] || {
        echo "there is no target '$target': there are ${all[*]}" >&2
        exit 2
    }
done
[ ${#targets[@]} -gt 0 ] || targets=("${all[@]}")

# What cargo-fuzz asks of the compiler has no stable name. No sanitizer: the parsers have no unsafe code, and without
# one they run several times as often.
export RUSTC_BOOTSTRAP=1

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
seeds=$work/seeds
mkdir "$seeds" "$work/programs"

# each TARGET: every line of standard input is a seed
each() {
    local n=0 line
    while IFS= read -r line; do
        n=$((n + 1))
        printf '%s' "$line" >"$seeds/$1/line-$n"
    done
}

# with_numbers TARGET FILE...: files of one name may be in several folders
with_numbers() {
    local target=$1 n=0 file
    shift
    for file in "$@"; do
        n=$((n + 1))
        cp "$file" "$seeds/$target/$n-$(basename "$file")"
    done
}

# words REGEX FILE...: what matches, as a dictionary
words() {
    grep -Eoh "$@" | sort -u | sed 's/\\/\\\\/g; s/"/\\"/g; s/.*/"&"/'
}

vectors=tests/vectors
for target in "${all[@]}"; do
    mkdir -p "$seeds/$target" "$fuzz/corpus/$target" "$fuzz/artifacts/$target"
done
mapfile -t manifests < <(find "$vectors/manifests" "$vectors/field" tests/validate/hostile manifests \
    -name '*.xml' -size -64k | sort)
mapfile -t profiles < <(find "$vectors/profiles" manifests -name '*.xml' -size -64k | sort)
with_numbers manifest "${manifests[@]}"
with_numbers profile "${profiles[@]}" "$vectors"/manifests/*.xml
with_numbers vminfo "$vectors"/vminfo/*
with_numbers lists "$vectors"/vboxmanage/*
sed -n 's/^VBoxManage: error: /&/p' "$vectors"/vboxmanage/* | sort -u | each complaints
with_numbers fleet manifests/fleet.toml
with_numbers fleet_manifest manifests/fleet.toml
with_numbers svcprop "$vectors"/svcprop/*
sed -n 's/^  stdout| //p' "$vectors"/svcprop/* | grep -E '^[a-z_]+/[a-z_]+ [a-z]+ ' | each svcprop
printf 'vm/name astring ""\n\0svcprop: Couldn'\''t find property group `vm'\'' for instance `svc:/a:b'\''.\n' \
    >"$seeds/svcprop/missing"
{
    printf '"plain" {23689edc-76f2-4b6d-82f8-11d4e82c5110}\n"snap" {a9e03922-6d7d-4b8a-a824-b3d6d5f5177f}\n\0'
    cat "$vectors/vboxmanage/list-long-snapshots.txt"
    printf '\0'
    cat "$vectors/vboxmanage/list-hdds.txt"
} >"$seeds/inventory/recorded"
printf 'online          -             13:25:07 svc:/site/xvm/vbox:vm1\n-               offline       Aug_09   svc:/a:b\n' \
    >"$seeds/svcs/two"
printf '\0svcs: Pattern '\''svc:/site/other'\'' doesn'\''t match any instances\n' >"$seeds/svcs/missing"
printf '/opt/x/VBoxManage\n/ 0 755 folder\n/opt 0 755 folder\n/opt/x 0 777 link ../usr/bin\n/usr 0 755 folder\n%s\n' \
    '/usr/bin 0 755 folder' '/usr/bin/VBoxManage 0 755 file' >"$seeds/find/link"
printf '\n/ 0 755 folder\n/opt 0 755 folder\n/opt/VirtualBox/VBoxManage 0 755 file\n' >"$seeds/find/searched"
head='<VirtualBox xmlns="http://www.virtualbox.org/" version="1.16-linux">'
id='uuid="{c49decd0-163a-44f9-9d85-b6e06ddc2277}"'
for state in '' 'aborted="true"' 'stateFile="Snapshots/x.sav"' 'aborted="1" stateFile="/x &amp; y.sav"'; do
    printf '%s<Machine %s name="vm1" %s><Hardware/></Machine></VirtualBox>\n' "$head" "$id" "$state"
done | each machine_file
printf '%s<Global><MachineRegistry><MachineEntry %s src="/vms/vm1/vm1.vbox"/></MachineRegistry></Global></VirtualBox>\n' \
    "$head" "$id" | each registry
sed 's/^ *//' "$vectors/vboxlog/ends.txt" | awk -v to="$seeds/vbox_log/" '/^#### /{file=to $2; next} {print >file}'
grep -Eoh "svc:/[^'\"<> ]*" "${manifests[@]}" | sort -u | each fmri
grep -Eoh "name='[^']*'" "${manifests[@]}" | cut -d"'" -f2 | sort -u | each names
grep -Eo '^".*" \{' "$vectors/vboxmanage/list-vms-special-names.txt" | sed 's/^"//; s/" {$//' | each names

xml="<[a-z_:]+|</[a-z_:]+>| [a-z_:]+=|<!\[CDATA\[|<!--|-->|&#?[a-z0-9]+;|svc:/[a-z/]+|='[a-z_]+'"
words "$xml" "${manifests[@]}" "${profiles[@]}" >"$seeds/xml.dict"
words '[a-z_]+ =|\[[a-z]+\.?|"[a-z]+"' manifests/fleet.toml >"$seeds/fleet.dict"
words '^\| `(vm|virtualbox)/[a-z_]+' README.md | sed 's#.*/#"#' >>"$seeds/fleet.dict"
words '^[A-Za-z ]+: +|^[A-Za-z]+="|VMState="[a-z]+"|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\[[a-z]+\]|(NS|VBOX|VERR)_[A-Z_]+|VBoxManage: error: ' \
    "$vectors"/vboxmanage/* "$vectors"/vminfo/* >"$seeds/vbox.dict"
printf '"%s"\n' '<VirtualBox' '</VirtualBox>' '<Machine' '<MachineEncrypted' '<MachineEntry' ' stateFile=' ' aborted=' ' src=' \
    ' snapshotFolder=' '&#10;' 'xmlns:a=' '<!DOCTYPE' >"$seeds/files.dict"
words "[A-Za-z:]+ [a-z ]+ '[A-Z][A-Za-z_]*'|errorID=[A-Za-z_]+|InUninit=[01]|Process ID: [0-9]+" \
    "$vectors/vboxlog/ends.txt" >"$seeds/log.dict"

# The longest input, and the dictionary: what is short runs more often.
bounds() {
    case $1 in
    manifest | profile) echo "-max_len=4096 -dict=$seeds/xml.dict" ;;
    machine_file | registry) echo "-max_len=2048 -dict=$seeds/files.dict" ;;
    vbox_log) echo "-max_len=2048 -dict=$seeds/log.dict" ;;
    inventory) echo "-max_len=16384 -dict=$seeds/vbox.dict" ;;
    lists | vminfo | complaints) echo "-max_len=1024 -dict=$seeds/vbox.dict" ;;
    fleet | fleet_manifest) echo "-max_len=2048 -dict=$seeds/fleet.dict" ;;
    svcprop) echo "-max_len=1024" ;;
    fmri | names) echo "-max_len=256" ;;
    *) echo "-max_len=1024" ;;
    esac
}

cargo fuzz build --fuzz-dir "$fuzz" --sanitizer none
# From a copy: a long run does not become one of other code when the source is changed meanwhile. It is what
# `cargo fuzz run --fuzz-dir tests/fuzz TARGET` would run.
host=$(rustc -vV | sed -n 's/^host: //p')
for target in "${targets[@]}"; do
    cp "${CARGO_TARGET_DIR:-$fuzz/target}/$host/release/$target" "$work/programs/"
done

failed=0
printf '\n%-14s %12s %9s %12s\n' target executions seconds "new crashes"
for target in "${targets[@]}"; do
    log=$fuzz/artifacts/$target.log
    before=$(find "$fuzz/artifacts/$target" -type f | wc -l)
    started=$SECONDS
    status=0
    # shellcheck disable=SC2046 # Two words.
    "$work/programs/$target" -artifact_prefix="$fuzz/artifacts/$target/" \
        -runs="$executions" -max_total_time="$seconds" -timeout=5 -print_final_stats=1 $(bounds "$target") \
        "$fuzz/corpus/$target" "$seeds/$target" >"$log" 2>&1 || status=$?
    ran=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log" | tail -n 1)
    crashes=$(($(find "$fuzz/artifacts/$target" -type f | wc -l) - before))
    printf '%-14s %12s %9s %12s\n' "$target" "${ran:-?}" $((SECONDS - started)) "$crashes"
    if [ "$status" -ne 0 ] || [ "$crashes" -ne 0 ]; then
        failed=1
        grep -aE "panicked|ERROR: libFuzzer|Test unit written" -A 2 "$log" | head -n 20 >&2 || tail -n 20 "$log" >&2
    fi
done
exit "$failed"
