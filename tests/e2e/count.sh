#!/usr/bin/env bash
# Rounds of counts: before all have joined in full, everybody hears in which class the number of
# matched addresses falls, and nobody has more; then the same deployment goes on with a round of
# matches.
# shellcheck disable=SC2317 # what check calls
# shellcheck source=tests/e2e/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

COUNT_FIRST=yes
CANARIES=2
AUDIT_SLOTS=4
SIGN=no
MIN_SLOTS=120
mkdir -- "$WORK/files"
# 8 addresses in common; with the 6 active canaries it would be another class.
make_files "$WORK/files" --partners 3 --signals 40 --truth "$WORK/files/truth"
TRUE_COUNT=$(grep -c . "$WORK/files/truth")
create_for_files 2

# sign_count PARTNER: its officer lets it be counted, and nothing more.
sign_count() {
    mkdir -p -- "$DEPLOYMENT/papers"
    kruispunt agreement sign "$DEPLOYMENT/agreement" --config "$(officer_config "$1")" --count-only \
        --yes "$AGREEMENT_HASH" --out "$DEPLOYMENT/papers/count-$1" --json
}

# The class of a number, from the protocol's own list.
class_of() {
    local least text='fewer than 10'
    while read -r least words; do
        (($1 < least)) || text=$words
    done <<'END'
10 10 to 24
25 25 to 49
50 50 to 99
100 100 to 249
250 250 to 499
500 500 to 999
1000 1000 to 2499
2500 2500 or more
END
    printf '%s\n' "$text"
}

refuses_round() {
    local said
    said=$(round start 2>&1) && return 1
    contains "$said" "$1" || { printf '%s\n' "$said"; return 1; }
}

has_secrets() { grep -q 'the secrets of all groups are here' "$(folder_of "$1")/log"; }
idle_after() {
    [[ $(node_status "$1" --json | json_field phase) == idle &&
        $(node_status "$1" --json | json_field released) == "$2" ]]
}

must deployment_start
for i in "${!PARTNERS[@]}"; do
    must import_signals "${PARTNERS[i]}" "${FILES[i]}"
done

# ---- What it takes ------------------------------------------------------------------------------

check 'nothing is counted before anybody decided' refuses_round 'may not be counted under yet'
check 'an officer lets it be counted' sign_count "${PARTNERS[0]}"
check 'another one accepts it all' sign_agreement "${PARTNERS[1]}" "$DEPLOYMENT/agreement"
must give_papers
check 'nor while one partner has not decided' refuses_round "accepted by ${PARTNERS[2]}"
check 'the last one lets it be counted' sign_count "${PARTNERS[2]}"
must give_papers
for name in "${PARTNERS[@]}"; do
    must wait_for 30 has_secrets "$name"
done

# ---- The count ----------------------------------------------------------------------------------

CLASS=$(class_of "$TRUE_COUNT")
check 'the round of counts completes' run_round
for name in "${PARTNERS[@]}"; do
    must wait_for 20 idle_after "$name" 1
    is "$name hears the class" "$(node_status "$name" --json | json_field count)" "$CLASS"
done
is 'the leader too' "$(kruispunt leader count --config "$DEPLOYMENT/leader/leader.ini" --json |
    json_field addresses)" "$CLASS"
is 'and the state of the round' "$(round_field count)" "$CLASS"
is 'which says no number' "$(round_field matches)" 0
check_status 'there is nothing to open' 1 matches
check_status 'the coordinator logs no number' 1 \
    grep -qE 'round 1".*[0-9]+ matches' "$DEPLOYMENT/coordinator/log"
kruispunt export log --config "$DEPLOYMENT/coordinator/coordinator.ini" --out "$WORK/log" >/dev/null
kruispunt export round --round 1 --config "$(config_of "${PARTNERS[0]}")" --out "$WORK/round1" >/dev/null
kruispunt export agreement --config "$(config_of "${PARTNERS[0]}")" --out "$WORK/papers" >/dev/null
check 'the round verifies' kruispunt verify round --hash "$AGREEMENT_HASH" "$WORK/papers" "$WORK/round1" \
    "$WORK/log"

check 'what a member counted is audited like what it matches' \
    kruispunt node audit-slots 1 --config "$(config_of "${PARTNERS[1]}")"

# ---- Once only, and then in full ----------------------------------------------------------------

check 'a second round takes more than that' refuses_round \
    "version 1 is not accepted by ${PARTNERS[0]}, ${PARTNERS[2]}"
check 'one who let it be counted can accept' sign_agreement "${PARTNERS[0]}" "$DEPLOYMENT/agreement"
must sign_agreement "${PARTNERS[2]}" "$DEPLOYMENT/agreement"
must give_papers
check 'there is nothing to open of round 1, also for who may open' \
    contains "$(matches 2>&1 || true)" 'only counted'
check 'round 2 completes' another_round
check_matches 'and finds what was counted' "$WORK/files/truth"
is 'the class stays what round 1 said' "$(node_status "${PARTNERS[0]}" --json | json_field count)" \
    "$CLASS"

finish
