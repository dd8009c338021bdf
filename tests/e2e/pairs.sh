#!/usr/bin/env bash
# Secrets that two members exchanged by hand: a round runs when both have one or neither, and never when
# one of them says that there is none.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

pairs_of() { printf '%s/pairs\n' "$(folder_of "$1")"; }
draw() { kruispunt pair draw --config "$(config_of "$1")" --to "$2" --json; }

# bring FROM TO: the file goes from one organisation to the other, by hand.
bring() { cp -p -- "$(pairs_of "$1")/$1+$2.key" "$(pairs_of "$2")/"; }

# pair_state PARTNER PEER: which files of this pair are there.
pair_state() {
    kruispunt pair check --config "$(config_of "$1")" --json | tr -d '\n\t ' |
        sed 's/},{/}\n{/g' | sed -n "s/.*\"member\":\"$2\",\"files\":\"\([a-z]*\)\".*/\1/p"
}
check_text() { kruispunt pair check --config "$(config_of "$1")" --json | json_field check; }

restart_node() {
    must stop_node "$1"
    must start_node "$1"
}

make_files "$WORK/files" --partners 3 --signals 40 --truth "$WORK/truth"
PHASE_LIMIT=20
deploy_files 2
A=${PARTNERS[0]} B=${PARTNERS[1]} C=${PARTNERS[2]}

check_status 'without [pairs] folder there is nothing to draw' 2 draw "$A" "$B"
for name in "$A" "$B"; do
    mkdir -m 0700 -- "$(pairs_of "$name")"
    printf '\n[pairs]\nfolder = pairs\n' >>"$(config_of "$name")"
done
is 'a folder without files' "$(pair_state "$A" "$B")" none
check 'test mode stands above it' contains \
    "$(kruispunt pair check --config "$(config_of "$A")" | head -n 1)" 'TEST MODE'
check "$A draws" draw "$A" "$B"
check "$B draws" draw "$B" "$A"
check_status 'a file is never replaced' 1 draw "$A" "$B"
check_status 'nobody draws for itself' 2 draw "$A" "$A"
check_status 'nor for somebody else than a member' 2 draw "$A" nobody
is "only its own is there" "$(pair_state "$A" "$B")" own
is 'it is a key file' "$(stat -c %a "$(pairs_of "$A")/$A+$B.key")" 600
restart_node "$A"
restart_node "$B"
check 'a round with half of the files: none of them counts' another_round

# ---- On one side only ---------------------------------------------------------------------------

bring "$B" "$A"
is "$A has both" "$(pair_state "$A" "$B")" both
restart_node "$A"
must start_round
check_status 'a round in which one has the secret and the other does not' 1 round watch
said=$(round_field error)
for name in "$A" "$B"; do
    check "its end names $name" contains "$said" "$name"
done
contains "$said" "$C" && failed "its end names $C, too: $said"

# ---- On both ------------------------------------------------------------------------------------

bring "$A" "$B"
is "$B has both" "$(pair_state "$B" "$A")" both
is 'both read out the same' "$(check_text "$A")" "$(check_text "$B")"
restart_node "$B"
check 'a round with the secret on both sides' another_round
check_matches 'what is found' "$WORK/truth"

# ---- Files that aren't right --------------------------------------------------------------------

must stop_node "$B"
file=$(pairs_of "$B")/$A+$B.key
must cp -p -- "$file" "$WORK/right"
must chmod 644 -- "$file"
check_status 'a file that others can read' 1 \
    kruispunt pair check --config "$(config_of "$B")"
must rm -- "$file"
must cp -p -- "$WORK/right" "$file"
must truncate -s 20 -- "$file"
check_status 'a file that was cut off' 1 kruispunt pair check --config "$(config_of "$B")"
check_status 'the node does not start with it either' 1 \
    timeout 30 "$KP_BUILD/node/kruispunt-node" --config "$(config_of "$B")"
said=$(<"$WORK/said")
check 'and says which file' contains "$said" "$A+$B.key"
must cp -p -- "$WORK/right" "$file"
must start_node "$B"
finish
