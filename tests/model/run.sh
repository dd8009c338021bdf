#!/usr/bin/env bash
# Checks the models with spin, then that each of their mutants is found. Usage: run.sh
set -euo pipefail

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
folder=$(mktemp -d)
trap 'rm -rf -- "$folder"' EXIT
wrong=0

# search OPTIMIZATION MODEL OPTION...: the whole search into $folder/out.
search() {
    local optimization=$1 model=$2
    shift 2
    rm -f -- "$folder"/*
    # COLLAPSE keeps states small, SAFETY leaves out what only cycles need. A depth of a million is more
    # than any of these needs; a search that was cut off says so and counts as wrong.
    (cd -- "$folder" && cp -- "$here/$model.pml" . && spin -a "$@" "$model.pml" >spin.log 2>&1 &&
        gcc -w "$optimization" -DSAFETY -DCOLLAPSE -o pan pan.c && ./pan -m1000000 -w22 >out 2>&1) || {
        cat -- "$folder"/spin.log "$folder"/out >&2 || true
        printf 'FAILED: %s %s: spin, gcc or the search failed\n' "$model" "$*"
        exit 1
    }
}

errors() {
    sed -n 's/.* errors: \([0-9]*\)$/\1/p' "$folder/out"
}

# holds MODEL OPTION...: no property is broken in any state.
holds() {
    search -O1 "$@"
    if [[ $(errors) == 0 ]] && ! grep -qE 'max search depth|out of memory|aborted' "$folder/out"; then
        printf 'holds: %s (%s states)\n' "$*" "$(awk '/states, stored/ {print $1}' "$folder/out")"
    else
        grep -E '^pan:|errors:' "$folder/out" >&2
        printf 'BROKEN: %s\n' "$*"
        wrong=$((wrong + 1))
    fi
}

# found MODEL -DMUTANT OPTION...: the same model with one rule less, or a control, breaks a property.
found() {
    search -O0 "$@"
    if [[ $(errors) == 1 ]]; then
        printf 'found: %s: %s\n' "$*" "$(sed -n 's/^pan:1: \(assertion violated\|invalid end state\).*/\1/p' "$folder/out")"
    else
        printf 'NOT FOUND: %s\n' "$*"
        wrong=$((wrong + 1))
    fi
}

command -v spin >/dev/null || {
    printf 'spin is missing; install it with: apt-get install spin\n' >&2
    exit 1
}

holds round
holds round -DFAULTS=2
holds round -DFAULTS=2 -DCLEAN_LAST
holds round -DHOSTILE -DFAULTS=1
holds agreement
holds opening
holds opening -DHOSTILE_HOLDER
holds opening -DHOSTILE_COORDINATOR
holds deposit
holds deposit -DHOSTILE_COORDINATOR
holds deposit -DHOSTILE_MEMBER
holds canary
holds canary -DBOTH_HOSTILE
holds canary -DDROPS

for mutant in NO_TAG_EVER_LEAVES RELEASE_BEFORE_ALL_READY KEEP_KEY_AFTER_READY; do
    found round -D$mutant
done
for mutant in COUNT_OWN_READY_AT_ONCE NO_ABORT_RELAY ONLY_ITS_OWN_END NO_WORD_AFTER_RESTART; do
    found round -D$mutant -DFAULTS=1
done
for mutant in NO_TAG_EVER_LEAVES RELEASE_BEFORE_ALL_READY KEEP_KEY_AFTER_READY IGNORE_REVOCATION \
    FORGET_ATTEMPT_IDS ADOPT_WITHOUT_PROOF ACCEPT_OLD_COUNTER; do
    found round -D$mutant -DHOSTILE
done
for mutant in NO_EXTENSION_EVER_COUNTS HALF_SIGNED OFFICERS_OF_NEW_VERSION IGNORE_REVOCATION \
    REVOKE_CURRENT_ONLY IGNORE_TERM LATE_SUCCESSOR ANY_SUCCESSOR NO_FORK_CHECK \
    OLD_VERSION_GOES_ON; do
    found agreement -D$mutant
done
for mutant in NOTHING_IS_EVER_SHOWN PARTIAL_BEFORE_CHECKS SHOW_WHAT_OPENS VERDICT_WITH_ANY_CONTENT; do
    found opening -D$mutant
done
for mutant in LOG_LATER BELIEVE_PARTIAL HAND_OUT_AT_ONCE HAND_OUT_FOR_ANY_LETTER; do
    found opening -D$mutant -DHOSTILE_HOLDER
done
found opening -DLOG_LATER -DHOSTILE_COORDINATOR
for mutant in NOBODY_IS_EVER_LATE NO_RECEIPT_AT_OPEN; do
    found deposit -D$mutant
done
for mutant in PHASE_RULE BELIEVE_LAST_PUT; do
    found deposit -D$mutant -DHOSTILE_COORDINATOR
done
for mutant in TAKES_AFTER_THE_LIST SIGN_BEFORE_DISK PHASE_BEFORE_PUT LIST_FROM_MEMORY; do
    found deposit -D$mutant -DHOSTILE_MEMBER
done
for mutant in SPOILT_LEAVES_THE_GROUP ANY_READY LATE_ONLY EXACTLY_THESE ONE_NOTICE; do
    found canary -D$mutant
done
found canary -DNO_CANARIES -DDROPS

printf '%d wrong\n' "$wrong"
exit $((wrong > 0))
