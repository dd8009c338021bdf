#!/usr/bin/env bash
# Nothing runs before everybody agreed, nor after one took it back: with real processes that hand the
# papers to each other.
#
# usage: agreement.sh [CASE...]
# shellcheck source=tests/e2e/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

node_agreement() {
    local name=$1
    shift
    kruispunt node agreement --config "$(config_of "$name")" "$@"
}
# shellcheck disable=SC2120 # field_is and others call it with more
coordinator_agreement() {
    kruispunt coordinator agreement --config "$DEPLOYMENT/coordinator/coordinator.ini" "$@"
}

# field_is FIELD VALUE COMMAND...: of the JSON object that the command prints.
field_is() {
    local field=$1 value=$2
    shift 2
    [[ $("$@" --json | json_field "$field") == "$value" ]]
}

# everybody_has FIELD VALUE: all daemons say so, and come to it by themselves.
everybody_has() {
    local name
    wait_for 40 field_is "$1" "$2" coordinator_agreement || return 1
    for name in "${PARTNERS[@]}"; do
        wait_for 40 field_is "$1" "$2" node_agreement "$name" || return 1
    done
}

# refuses TEXT WORDS COMMAND...: exit status 1, with these words.
refuses() {
    local text=$1 words=$2 status=0
    shift 2
    "$@" >"$WORK/said" 2>&1 || status=$?
    if ((status == 1)) && grep -qF -- "$words" "$WORK/said"; then
        passed "$text"
    else
        failed "$text: exit status $status"
        sed 's/^/    /' "$WORK/said"
    fi
}

# decide PARTNER sign|revoke|refuse FILE OUT
decide() {
    local hash
    hash=$(kruispunt agreement show --json "$3" | json_field hash)
    kruispunt agreement "$2" "$3" --config "$(officer_config "$1")" --yes "$hash" --out "$4" --json \
        ${5:+--previous "$5"}
}

deploy_unsigned() {
    make_files "$WORK/files" --partners 3 --signals 40 --truth "$WORK/truth"
    SIGN=no
    deploy_files 2
    A=${PARTNERS[0]} B=${PARTNERS[1]} C=${PARTNERS[2]}
}

signed_by_all() {
    deploy_unsigned
    local agreement=$DEPLOYMENT/agreement
    refuses 'unsigned: the leader starts no round' 'is not accepted by' round start
    must decide "$A" sign "$agreement" "$WORK/a"
    must decide "$B" sign "$agreement" "$WORK/b"
    must decide "$C" sign "$agreement" "$WORK/c"
    must node_agreement "$A" "$WORK/a"
    must node_agreement "$B" "$WORK/b"
    check 'half signed: the coordinator gets what the members were given' \
        wait_for 20 field_is why_not "version 1 is not accepted by $C" coordinator_agreement
    refuses 'half signed: the leader starts no round' "is not accepted by $C" round start
    check 'half signed: a node says who is missing' contains "$(node_status "$A")" \
        'not in force: version 1 is not accepted by'
    check 'test mode stands in every output' contains "$(node_status "$A")" 'TEST MODE'
    # A signature counts for whom it is of, and nobody else's does.
    sed 's/^name = .*/name = '"$B"'/' "$(officer_config "$C")" >"$(folder_of "$C")/officer/other.ini"
    refuses 'nobody signs with the key of another member' 'another' kruispunt agreement sign \
        "$agreement" --config "$(folder_of "$C")/officer/other.ini" --out "$WORK/forged" \
        --yes "$(kruispunt agreement show --json "$agreement" | json_field hash)"
    must node_agreement "$C" "$WORK/c"
    check 'signed by all: in force everywhere, though each was given its own only' \
        everybody_has in_force true
    check 'signed by all: a round completes' another_round
    check_matches 'signed by all: what is found' "$WORK/truth"
    for name in "${PARTNERS[@]}"; do
        must stop_node "$name"
        must start_node "$name"
    done
    check 'it stays in force over a restart' everybody_has in_force true
}

revoked() {
    must freeze "$(folder_of "$C")"
    must start_round
    must wait_phase 20 'hello 1' 'hello 2'
    must decide "$A" revoke "$DEPLOYMENT/agreement" "$WORK/revoke"
    must node_agreement "$B" "$WORK/revoke"
    check 'revoked: the attempt ends at the coordinator' wait_phase 20 ended
    check 'revoked: and says why' contains "$(round status)" 'ended without a result'
    check 'revoked: it ends at a node, too' wait_for 20 field_is phase idle node_status "$B"
    must thaw "$(folder_of "$C")"
    check 'revoked: no longer in force anywhere' everybody_has in_force false
    refuses 'revoked: the leader starts no round' "revoked by $A" round start
    refuses 'revoked: matches of before are not opened' "revoked by $A" matches
    must node_agreement "$A" "$WORK/a"
    refuses 'revoked: for good' "revoked by $A" round start
    end_deployment
}

extended() {
    SIGN=yes
    make_files "$WORK/more" --partners 2 --signals 40 --seed 9 --truth "$WORK/truth2"
    deploy_files 2
    local A=${PARTNERS[0]} B=${PARTNERS[1]} agreement=$DEPLOYMENT/agreement counter
    check 'extension: a round under the first version' another_round
    must kruispunt agreement extend "$agreement" --end "$(date -u -d '400 days' +%F)" \
        --out "$WORK/second"
    must decide "$A" sign "$WORK/second" "$WORK/second-a" "$agreement"
    must node_agreement "$A" "$WORK/second" "$WORK/second-a"
    check 'extension: known to the coordinator, and not in force yet' \
        wait_for 20 contains_papers 2 coordinator_agreement
    check 'extension: the first version still counts' field_is current 1 node_agreement "$A"
    must decide "$B" sign "$WORK/second" "$WORK/second-b" "$agreement"
    must node_agreement "$B" "$WORK/second" "$WORK/second-b"
    check 'extension: signed by all before the end, it counts everywhere' everybody_has current 2
    check 'extension: a round under the second version' another_round
    counter=$(round_field round)
    is 'extension: the counters go on' "$counter" 2
    check_matches 'extension: what is found' "$WORK/truth2"
    must stop_node "$A"
    must start_node "$A"
    check 'extension: it counts over a restart' field_is current 2 node_agreement "$A"
    check 'extension: the doctor knows a later version from another agreement' \
        kruispunt doctor --config "$(config_of "$A")"
    check 'extension: all papers are exported' kruispunt export agreement \
        --config "$(config_of "$A")" --out "$WORK/papers.export"
    check 'extension: and verified without any program of ours running' \
        kruispunt verify agreement "$WORK/papers.export"
    end_deployment
}

# contains_papers VERSIONS COMMAND...
contains_papers() {
    local versions=$1
    shift
    [[ $("$@" --json | grep -o '"version": ' | wc -l) == "$versions" ]]
}

test_numbers() {
    SIGN=yes
    make_files "$WORK/few" --partners 2 --signals 20 --seed 10 --truth "$WORK/truth3"
    deploy_files 2
    local A=${PARTNERS[0]} config
    config=$(config_of "$A")
    must stop_node "$A"
    sed -i 's/^test_mode = yes/test_mode = no/' "$config"
    refuses 'test numbers without test mode: a node does not start' 'test_mode = yes' \
        timeout 20 "$KP_BUILD/node/kruispunt-node" --config "$config"
    sed -i 's/^test_mode = no/test_mode = yes/' "$config"
    must start_node "$A"
    sed -i '/^test_mode/d' "$DEPLOYMENT/leader/leader.ini"
    refuses 'test numbers without test mode: nor does the leader' 'test_mode = yes' round start
    must stop_coordinator
    sed -i '/^test_mode/d' "$DEPLOYMENT/coordinator/coordinator.ini"
    refuses 'test numbers without test mode: nor the coordinator' 'test_mode = yes' timeout 20 \
        "$KP_BUILD/coordinator/kruispunt-coordinator" \
        --config "$DEPLOYMENT/coordinator/coordinator.ini"
    printf 'x' >"$WORK/said"
    sed -i 's/^\[coordinator\]/[coordinator]\ntest_mode = yes/' \
        "$DEPLOYMENT/coordinator/coordinator.ini"
    must start_coordinator
    end_deployment
}

(($# > 0)) || set -- signed_by_all revoked extended test_numbers
for case; do
    "$case"
done
finish
