#!/usr/bin/env bash
# Everything that the parties of two rounds export, and what the verifier says of it: that it holds,
# and where it doesn't, which record breaks which rule.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

folder=$WORK/files
make_files "$folder" --partners 3 --signals 60 --seed 11 --truth "$folder/truth"
PROGRAMS=(coordinator "${PARTNERS[@]}")

config_for() {
    case $1 in
        coordinator | leader) printf '%s/%s/%s.ini\n' "$DEPLOYMENT" "$1" "$1" ;;
        *) config_of "$1" ;;
    esac
}

all_idle() {
    local partner
    for partner in "${PARTNERS[@]}"; do
        [[ $(node_status "$partner" --json | json_field phase) == idle ]] || return 1
    done
}

# verdicts KIND FILE...: "VERDICT RULE" of everything that doesn't hold, once each.
verdicts() {
    local kind=$1
    shift
    { kruispunt verify "$kind" --hash "$AGREEMENT_HASH" "$@" 2>/dev/null || true; } |
        sed -n 's/^\(BROKEN\|open\) *\([a-z0-9.]*\).*/\1 \2/p' | sort -u
}

# tampered FILE BYTES_FROM_END: a copy in which one byte is another one.
tampered() {
    local size
    cp -- "$1" "$WORK/tampered"
    size=$(stat -c %s -- "$1")
    printf '\xff' | dd of="$WORK/tampered" bs=1 seek=$((size - $2)) conv=notrunc status=none
    ! cmp -s -- "$1" "$WORK/tampered" ||
        printf '\x55' | dd of="$WORK/tampered" bs=1 seek=$((size - $2)) conv=notrunc status=none
}

# ---- Two rounds, exported -----------------------------------------------------------------------

PHASE_LIMIT=10
deploy_files 2
check 'a first round completes' run_round
must wait_for 20 all_idle
check 'a second round completes' another_round
must wait_for 20 all_idle
FILES_OF=()
for program in "${PROGRAMS[@]}"; do
    for round in 1 2; do
        check "export of round $round by $program" kruispunt export round --round "$round" \
            --config "$(config_for "$program")" --out "$WORK/$program.round$round"
        FILES_OF+=("$WORK/$program.round$round")
    done
    check "export of the agreement by $program" kruispunt export agreement \
        --config "$(config_for "$program")" --out "$WORK/$program.agreement"
    check "export of $program's log" kruispunt export log \
        --config "$(config_for "$program")" --out "$WORK/$program.log"
    FILES_OF+=("$WORK/$program.agreement" "$WORK/$program.log")
done
check_status 'a round that was never held' 1 kruispunt export round --round 3 \
    --config "$(config_for "${PARTNERS[0]}")" --out "$WORK/none"

# ---- What holds ---------------------------------------------------------------------------------

one=${PARTNERS[0]}
for program in "${PROGRAMS[@]}"; do
    is "the agreement as $program has it" "$(verdicts agreement "$WORK/$program.agreement")" ''
    is "the log of $program" \
        "$(verdicts log "$WORK/$program.agreement" "$WORK/$program.log" | grep -v ' across')" ''
    for round in 1 2; do
        check "round $round as $program kept it" kruispunt verify round \
            "$WORK/$program.agreement" "$WORK/$program.round$round"
    done
done
for partner in "${PARTNERS[@]}"; do
    is "$partner can show all of a round" "$(verdicts round "$WORK/$partner.agreement" \
        "$WORK/$partner.round2" | grep -v ' across')" ''
done
is 'all files together' "$(verdicts round "${FILES_OF[@]}")" \
    "$(printf 'open %s\n' round.evaluation.proof round.g round.keysum round.list.before \
        round.list.distinct round.list.due round.list.points round.list.root round.list.total \
        round.secret.commitment round.secret.digest round.secret.possession across.fork | sort)"
check 'as JSON' kruispunt verify round --json "${FILES_OF[@]}"
is 'nothing broken, as JSON' "$(json_field broken <"$WORK/said")" 0

# ---- Without the network, the configuration and the keys ------------------------------------------

must mkdir "$WORK/elsewhere"
must cp "$WORK/$one.agreement" "$WORK/$one.round2" "$WORK/$one.log" "$WORK/elsewhere"
alone=(unshare -rn)
"${alone[@]}" true 2>/dev/null || alone=() # a machine on which nobody may make namespaces
check 'a machine with three files and nothing else' env -i -C "$WORK/elsewhere" HOME=/nonexistent \
    "${alone[@]}" "$KP_BUILD/kruispunt" verify round "$one.agreement" "$one.round2" "$one.log"

# ---- What doesn't hold --------------------------------------------------------------------------

tampered "$WORK/$one.round2" 20
is 'a byte of the last proof' "$(verdicts round "$WORK/$one.agreement" "$WORK/tampered" |
    grep BROKEN)" 'BROKEN round.evaluation.proof'
check_status 'is told by the exit status' 1 kruispunt verify round "$WORK/$one.agreement" \
    "$WORK/tampered"
check 'and by the member and the chunk' contains "$(<"$WORK/said")" "chunk 0, of member 3"
tampered "$WORK/$one.log" 20
is 'a byte of the last entry of a log' "$(verdicts log "$WORK/$one.agreement" "$WORK/tampered" |
    grep BROKEN)" 'BROKEN log.signature'
tampered "$WORK/$one.agreement" 20
is 'a byte of a decision' "$(verdicts agreement "$WORK/tampered" | grep BROKEN | head -n 1)" \
    'BROKEN agreement.accepted'
head -c -1 "$WORK/$one.round2" >"$WORK/tampered"
check_status 'a file that is cut off' 1 kruispunt verify round "$WORK/$one.agreement" \
    "$WORK/tampered"
cat "$WORK/$one.round2" "$WORK/$one.round1" >"$WORK/tampered"
check_status 'a file that goes on' 1 kruispunt verify round "$WORK/$one.agreement" "$WORK/tampered"
check_status 'a round without the agreement' 2 kruispunt verify round "$WORK/$one.round2"
check_status 'a log where a round was asked for' 2 kruispunt verify round \
    "$WORK/$one.agreement" "$WORK/$one.log"
check_status 'another agreement than the one that is known' 1 kruispunt verify round \
    --hash "$(printf '%064d' 0)" "$WORK/$one.agreement" "$WORK/$one.round2"
finish
