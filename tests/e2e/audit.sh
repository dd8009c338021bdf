#!/usr/bin/env bash
# Slot audits: what the picks show, in a round of counts too; withdrawing; a restart that forgets; a file
# that is changed; and what is left in memory.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

AUDIT_SLOTS=60 # all there are, so that the test knows what is picked
MIN_SLOTS=60
CANARIES=1
COUNT_FIRST=yes
# Hardened daemons can't be read; these are the same but for that one call.
SEARCH=$((KP_SLOW == 1)) # sanitizers keep what was freed
((!SEARCH)) || DAEMON_ENVIRONMENT+=("LD_PRELOAD=$HELPERS/libe2e_dumpable.so")
mkdir -- "$WORK/files"
make_files "$WORK/files" --partners 2 --signals 30 --truth "$WORK/files/truth"
deploy_files 2
A=${PARTNERS[0]} B=${PARTNERS[1]}

of_node() { # NAME COMMAND ARGUMENT...
    local name=$1 command=$2
    shift 2
    kruispunt node "$command" --config "$(folder_of "$name")/node.ini" "$@"
}
# The leader hears of a round's end before its members do.
heard() { grep -qF "action=\"complete round\" object=\"round $2\"" "$(folder_of "$1")/log"; } # NAME ROUND
keeps() { grep -qF "action=\"keep slots for audit\" object=\"round $2\"" "$(folder_of "$1")/log"; }
audit() { of_node "$1" audit-slots --json "${@:2}" >"$WORK/audit"; } # NAME [OPTION...] ROUND
audit_kept() { wait_for 20 keeps "$1" "${*: -1}" && audit "$@"; }
picks() { grep -o "\"kind\": \"$1\"" "$WORK/audit" | wc -l; }
in_slots() { node_status "$1" --json | json_field slots_used; }

has_secrets() { grep -q 'the secrets of all groups are here' "$(folder_of "$1")/log"; }
for name in "$A" "$B"; do
    check "the secrets of its groups come to $name" wait_for 30 has_secrets "$name"
done

# ---- A round of counts --------------------------------------------------------------------------

must run_round
check 'the audit of a round of counts holds' audit_kept "$A" --out "$WORK/count" 1
is 'slots that are shown' "$(grep -o '"slot": ' "$WORK/audit" | wc -l)" "$SLOTS"
check 'the file holds by itself' kruispunt verify audit "$WORK/count"

# ---- A round like any other ---------------------------------------------------------------------

check 'the next round completes' another_round
for name in "$A" "$B"; do
    check "$name shows its slots, and everything holds" audit_kept "$name" --out "$WORK/$name.audit" 2
    is "slots of $name that are shown" "$(grep -o '"slot": ' "$WORK/audit" | wc -l)" "$SLOTS"
    is "signals among them" "$(picks signal)" "$(in_slots "$name")"
    is "canaries among them" "$(picks canary)" 2
    is "padding among them" "$(picks padding)" $((SLOTS - 2 - $(in_slots "$name")))
    check 'the file holds by itself' kruispunt verify audit "$WORK/$name.audit"
done
of_node "$A" audit-slots 2 >"$WORK/report"
for words in 'alle 60 getoonde plaatsen kloppen' 'Handtekening' '25% (15 plaatsen): 100,0%' \
    'Rondes tot nu toe: 2; daarvan niet te controleren: 0.'; do
    check "the report says: $words" grep -qF -- "$words" "$WORK/report"
done
must kruispunt export log --config "$(folder_of "$A")/node.ini" --out "$WORK/log"
must cp -- "$WORK/$A.audit" "$WORK/changed"
# A byte of the last item: the entry's path or a signal's salt, whichever.
size=$(stat -c %s "$WORK/changed")
printf '\377' | dd of="$WORK/changed" bs=1 seek=$((size - 20)) conv=notrunc status=none
check_status 'a changed file' 1 kruispunt verify audit "$WORK/changed"
check 'its report says in Dutch what is wrong' \
    grep -qE 'GESCHONDEN +audit\.[a-z]+: [a-z]+ ' <(kruispunt verify audit "$WORK/changed" 2>&1)
check_status 'a round that was not' 1 of_node "$A" audit-slots 3
check_status 'is not reported as one that is not in order' 1 \
    grep -qF 'NIET IN ORDE' <(of_node "$A" audit-slots 3 2>&1)

# ---- Withdrawing --------------------------------------------------------------------------------

head -n 6 -- "${FILES[0]}" >"$WORK/back.csv"
of_node "$A" withdraw --json "$WORK/back.csv" >"$WORK/withdrawn"
withdrawn=$(json_field withdrawn <"$WORK/withdrawn")
check 'signals are withdrawn' test "$withdrawn" -gt 0
of_node "$A" withdraw --json "$WORK/back.csv" >"$WORK/withdrawn"
is 'withdrawn twice' "$(json_field withdrawn <"$WORK/withdrawn")" 0
check_status 'and strictly that is an error' 1 of_node "$A" withdraw --strict "$WORK/back.csv"
check 'a round without them' another_round
check 'the audit of it holds' audit_kept "$A" --out "$WORK/second" 3
check 'withdrawn signals still have their points' test "$(picks withdrawn)" -gt 0
is 'signals and withdrawn ones' $(($(picks signal) + $(picks withdrawn) + $(picks padding) + 2)) "$SLOTS"
check 'the file with them holds by itself' kruispunt verify audit "$WORK/second"

# ---- A node that forgot -------------------------------------------------------------------------

# Of the padding's points those whose scalar is in the node's memory. While they may have to be shown they are
# in sealed pieces on disk. That the search finds scalars, keys.sh shows.
scalars_left() {
    "$HELPERS/e2e_key_search" --pid "$(pid_of "$(folder_of "$A")")" <"$WORK/points" \
        2>>"$WORK/tried" | wc -l
}
kept=none
"$HELPERS/e2e_audit_points" "$WORK/second" 4 >"$WORK/points"

# Between the barrier and the end of the round: the coordinator waits meanwhile.
forgets() {
    local before log
    log=$(folder_of "$A")/log
    before=$(grep -c 'every member is READY' "$log")
    wait_for 20 round start || return 1
    until (($(grep -c 'every member is READY' "$log") > before)); do :; done
    freeze "$DEPLOYMENT/coordinator"
    ((!SEARCH)) || kept=$(scalars_left)
    kill -KILL "$(pid_of "$(folder_of "$A")")"
    must start_node "$A"
    thaw "$DEPLOYMENT/coordinator"
    round watch >/dev/null
    wait_for 20 heard "$A" "$(round_field round)" && ! audit "$A" "$(round_field round)"
}
missed=no
for _ in 1 2 3; do
    if forgets; then
        missed=yes
        break
    fi
done
is 'a node that was restarted has no slots to show' "$missed" yes
last=$(round_field round)
of_node "$A" audit-slots "$last" >"$WORK/report" 2>"$WORK/said" || true
check 'its report says that this is not in order' grep -qF 'NIET IN ORDE' "$WORK/report"
check 'and counts it' grep -qF "Rondes tot nu toe: $last; daarvan niet te controleren: 1." "$WORK/report"
check "$B shows that round all the same" audit_kept "$B" "$last"

# ---- What is left -------------------------------------------------------------------------------

check 'and the next round has an audit again' another_round
check 'which holds' audit_kept "$A" "$(round_field round)"
if ((SEARCH)); then
    check 'scalars were tried' grep -qE '^[1-9][0-9]{3,} scalars tried' "$WORK/tried"
    is 'scalars of padding in memory before the end' "$kept" 0
    is 'scalars of padding in memory after the end' "$(scalars_left)" 0
fi

finish
