#!/usr/bin/env bash
# Whole rounds with real processes: what is found is what is known, no more and no less.
#
# usage: round.sh [CASE...]
# shellcheck source=tests/e2e/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

# play TEXT THRESHOLD TRUTH: deploys PARTNERS and FILES, runs a round, compares.
play() {
    deploy_files "$2"
    check "$1: the round completes" run_round
    check_matches "$1: what is found" "$3"
    end_deployment
    note "$1: $SECONDS s so far"
}

# generated TEXT THRESHOLD GENERATE_OPTION...
generated() {
    local text=$1 threshold=$2 folder
    shift 2
    folder=$(mktemp -d "$WORK/files.XXXXXX")
    make_files "$folder" --threshold "$threshold" --truth "$folder/truth" "$@"
    play "$text" "$threshold" "$folder/truth"
}

five() { generated 'five partners' 2 --partners 5 --signals 300 --dirty 30 --bad 3; }
two() { generated 'two partners' 2 --partners 2 --signals 300 --seed 2; }
twelve() { generated 'twelve partners' 2 --partners 12 --signals 60 --seed 3; }
three_of_five() {
    generated 'five partners, three needed' 3 --partners 5 --signals 300 --overlap 60 --seed 4
}
all_of_four() { generated 'four partners, four needed' 4 --partners 4 --signals 100 --overlap 80; }

# write_file FILE LINE...
write_file() {
    local file=$1
    shift
    printf '%s\n' "$@" >"$file"
}

HEADER=postcode,house_number,house_letter,addition,indicator,grounds,observed_on

# A partner without any signal, and one that holds every address of another.
empty_and_all() {
    local folder=$WORK/empty
    make_files "$folder" --partners 3 --signals 200 --seed 5 --truth "$folder/truth"
    write_file "$folder/leeg.csv" "$HEADER"
    cp -- "$folder/svb.csv" "$folder/alles.csv"
    tail -n +2 -- "$folder/uwv.csv" >>"$folder/alles.csv"
    # Every address of svb and uwv is matched now, with alles; those of the third partner as before.
    expect_from "$folder"/*.csv >"$folder/truth"
    take_files "$folder"
    play 'an empty partner, and one with every address of another' 2 "$folder/truth"
}

# expect_from FILE...: the matches of clean files, as generate makes them without --dirty.
expect_from() {
    awk -F , '
        FNR == 1 { n = split(FILENAME, path, "/"); name = path[n]; sub(/\.csv$/, "", name); next }
        {
            key = $1 "," $2 "," $3 "," $4
            if ((key, name) in seen) next
            seen[key, name] = 1
            count[key]++
            # Files come in the order of their names.
            partners[key] = partners[key] (count[key] > 1 ? ", " : "") "\"" name "\""
        }
        END {
            for (key in count) {
                if (count[key] < 2) continue
                split(key, part, ",")
                printf "{\"address\": {\"postcode\": \"%s\", \"house_number\": %d, ", part[1], part[2]
                printf "\"house_letter\": \"%s\", \"addition\": \"%s\"}, ", part[3], part[4]
                printf "\"partners\": [%s]}\n", partners[key]
            }
        }' "$@"
}

# One signal each: the same, and not the same.
one() {
    local folder=$WORK/one
    mkdir -- "$folder"
    write_file "$folder/a.csv" "$HEADER" '1234AB,1,,,W01,,2025-01-01'
    write_file "$folder/b.csv" "$HEADER" '1234AB,1,,,W01,,2025-01-01'
    write_file "$folder/c.csv" "$HEADER" '1234AB,1,A,,W01,,2025-01-01'
    expect_from "$folder"/*.csv >"$folder/truth"
    take_files "$folder"
    play 'one signal each' 2 "$folder/truth"
}

# Neighbours don't match, duplicates count once, and every signal of an address counts as one.
neighbours() {
    local folder=$WORK/neighbours
    mkdir -- "$folder"
    write_file "$folder/a.csv" "$HEADER" '1234AB,1,A,,W01,,2025-01-01' '1234AB,1,,A,W01,,2025-01-01' \
        '1234AB,11,,,W01,,2025-01-01' '1234AB,2,,,W01,,2025-01-01' '1234AB,2,,,W01,,2025-01-01' \
        '1234AB,2,,,W02,,2025-01-01' '1234AB,99999,Z,ZZZZ,W01,,2025-01-01'
    write_file "$folder/b.csv" "$HEADER" '1234AB,1,,1,W01,,2025-01-01' '1234AC,11,,,W01,,2025-01-01' \
        '1234AB,111,,,W01,,2025-01-01' '1234AB,2,,,W03,,2025-01-01' '1234AB,1,B,,W01,,2025-01-01' \
        '1234AB,99999,Z,ZZZZ,W01,,2025-01-01'
    expect_from "$folder"/*.csv >"$folder/truth"
    is 'neighbours: two matches are expected' "$(wc -l <"$folder/truth")" 2
    take_files "$folder"
    play 'neighbours and duplicates' 2 "$folder/truth"
}

rotation() { sed -n 's/^rotation = //p' "$DEPLOYMENT/draft.ini"; }

# charged NAME: how many points of this member its own node has counted.
charged() { node_status "$1" --json | json_field charged; }

# Signals that come in later are found in a later round, within what the rotation allows.
later() {
    local folder=$WORK/later
    mkdir -- "$folder"
    write_file "$folder/a.csv" "$HEADER" '1234AB,1,,,W01,,2025-01-01' '1234AB,2,,,W01,,2025-01-01'
    write_file "$folder/b.csv" "$HEADER" '1234AB,2,,,W01,,2025-01-01'
    expect_from "$folder"/*.csv >"$folder/truth"
    take_files "$folder"
    deploy_files 2
    check 'later signals: the first round completes' another_round
    check_matches 'later signals: what the first round finds' "$folder/truth"
    is 'later signals: a whole list is charged' "$(charged a)" "$SLOTS"
    write_file "$folder/b2.csv" "$HEADER" '1234AB,1,,,W01,,2025-02-01'
    must import_signals b "$folder/b2.csv"
    tail -n +2 -- "$folder/b2.csv" >>"$folder/b.csv"
    # a quarter of the slots a round: the new one's turn comes in the fourth at the latest
    local count=0
    expect_from "$folder/a.csv" "$folder/b.csv" >"$folder/truth"
    while ((++count <= 5)); do
        must another_round
        matches --json >"$WORK/matches"
        ! compare_matches "$WORK/matches" "$folder/truth" >/dev/null || break
    done
    check_matches 'later signals: found after some rounds' "$folder/truth"
    is 'later signals: only what changed is charged' "$(charged a)" \
        "$((SLOTS + count * $(rotation)))"
    check 'later signals: the first round can still be opened' matches --round 1 --json
    end_deployment
}

# verify_exports TEXT: what every node kept of the last round, and its log, hold against each other.
verify_exports() {
    local name evidence
    evidence=$(mktemp -d "$WORK/evidence.XXXXXX")
    for name in "${PARTNERS[@]}"; do
        must kruispunt export round --config "$(config_of "$name")" --out "$evidence/$name.round"
        must kruispunt export log --config "$(config_of "$name")" --out "$evidence/$name.log"
    done
    check "$1: the round verifies" kruispunt verify round --hash "$AGREEMENT_HASH" \
        "$DEPLOYMENT/agreement" "$DEPLOYMENT"/papers/* "$evidence"/*
}

# One partner of five answers on request: it has no file and no slots, and no round goes without it.
on_request() {
    local folder=$WORK/on_request name=tax refused=0
    make_files "$folder" --partners 4 --signals 200 --seed 9 --truth "$folder/truth"
    PARTNERS=("${PARTNERS[0]}" "$name" "${PARTNERS[@]:1}")
    FILES=("${FILES[0]}" '' "${FILES[@]:1}")
    ON_REQUEST=("$name")
    deploy_files 2
    check 'on request: the agreement says so' \
        grep -q 'on request' <(kruispunt agreement show "$DEPLOYMENT/agreement")
    kruispunt node import --config "$(config_of "$name")" -- "${FILES[0]}" \
        >"$WORK/import" 2>&1 || refused=$?
    is 'on request: signals are refused' "$refused" 1
    check 'on request: in words' grep -q 'takes part on request: it has no slots' "$WORK/import"
    check 'on request: the round completes' another_round
    check_matches 'on request: what is found' "$folder/truth"
    check 'on request: a second round' another_round
    verify_exports 'on request'
    check 'on request: its status' grep -q 'slots: none, for it takes part on request' \
        <(kruispunt node status --config "$(config_of "$name")")
    must stop_node "$name"
    start_round
    sleep 1
    is 'on request: no round goes on without it' "$(round_field phase)" 'hello 1'
    end_deployment
    ON_REQUEST=()
}

large() { generated '20,000 signals' 2 --partners 3 --signals 20000 --overlap 10 --seed 6; }
twelve_large() { generated 'twelve partners of 2,000' 2 --partners 12 --signals 2000 --seed 7; }
most() { generated '32 partners' 2 --partners 32 --signals 40 --seed 8; }

(($# > 0)) || set -- five two twelve three_of_five all_of_four empty_and_all one neighbours later on_request
for case; do
    "$case"
done
finish
