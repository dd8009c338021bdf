# What measurements with a deployment share: a folder that goes with the script, and files of signals. Source it
# after common.sh and deployment.sh; needs `set -euo pipefail`.
# shellcheck shell=bash

work=$(mktemp -d "${TMPDIR:-/tmp}/kruispunt-bench.XXXXXX")
DEPLOYMENT=''
clean_up() {
    local status=$?
    trap '' INT TERM HUP
    [[ -z $DEPLOYMENT ]] || deployment_stop >&2 || status=1
    rm -rf -- "$work"
    exit "$status"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# must COMMAND...: what it said is shown when it fails, and that ends the script.
must() {
    if ! "$@" >"$work/said" 2>&1; then
        head -n 40 "$work/said" >&2
        die "failed: $*"
    fi
}

# In awk, signals on addresses by number: address j is in postcode j / 100.
# shellcheck disable=SC2016,SC2034
SIGNAL_ROWS='
function header() { return "postcode,house_number,house_letter,addition,indicator,grounds,observed_on" }
function postcode(j) {
    j = int(j / 100)
    return sprintf("%d%c%c", 1000 + int(j / 676), 65 + int(j / 26) % 26, 65 + j % 26)
}
function row(j, grounds) { return postcode(j) "," 1 + j % 100 ",,,W01," grounds ",2026-01-02" }
'

# draft_of ADDRESSES SLOTS THRESHOLD BUDGET NAME...: an agreement's draft, for the postcodes of so many addresses.
draft_of() {
    local addresses=$1 slots=$2 threshold=$3 budget=$4 name
    shift 4
    draft_agreement "$(seq -s ' ' 1000 "$((1000 + addresses / 67600))")" "$budget" "$slots" "$slots" "$threshold"
    for name; do
        draft_member "$name" W01
    done
}
