#!/usr/bin/env bash
# Opening with one key and with two, with real processes: who can read, what the logs say before anything
# is shown, and evidence that stands by itself.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

folder=$WORK/files
make_files "$folder" --partners 3 --signals 40 --seed 21 --truth "$folder/truth"

trap '' XFSZ # for what a program hears when its disk takes no more; inherited

# of NAME: --config and the file of leader or opener.
of() { printf '%s/%s/%s.ini\n' "$DEPLOYMENT" "$1" "$1"; }
leader() {
    local command=$1 name=$2
    shift 2
    kruispunt leader "$command" --config "$(of "$name")" "$@"
}

# events NAME: name, times and sum of counts of each event in its log.
events() {
    rm -f -- "$WORK/log"
    kruispunt export log --config "$(of "$1")" --out "$WORK/log" >/dev/null
    "$HELPERS/e2e_log_walk" "$DEPLOYMENT/agreement" "$WORK/log" | grep ' times, '
}

# check_not TEXT COMMAND...: it must not succeed.
check_not() {
    local text=$1
    shift
    if "$@" >"$WORK/said" 2>&1; then
        failed "$text: it succeeds"
    else
        passed "$text"
    fi
}

# changed FILE COPY BYTE: a copy with this byte changed.
changed() {
    cp -- "$1" "$2"
    printf '\xa5' | dd of="$2" bs=1 seek="$3" conv=notrunc status=none
    ! cmp -s -- "$1" "$2" || printf '\x5a' | dd of="$2" bs=1 seek="$3" conv=notrunc status=none
}

# evidence_stands TEXT NAME: of the first match that is listed, checked with public keys alone.
evidence_stands() {
    local match file=$WORK/evidence size at
    leader matches "$2" --json >"$WORK/listed"
    match=$(head -n 1 "$WORK/listed" | json_field match)
    rm -f -- "$file"
    check "$1: evidence of a match" leader evidence "$2" "$match" --out "$file"
    check_status "$1: nothing is written over it" 1 leader evidence "$2" "$match" --out "$file"
    check "$1: the verifier says that it holds" \
        kruispunt verify evidence "$file" --hash "$AGREEMENT_HASH"
    kruispunt verify evidence "$file" --hash "$AGREEMENT_HASH" >"$WORK/verified" 2>/dev/null || true
    sed -n 's/.*"postcode": "\([0-9A-Z]*\)", "house_number": \([0-9]*\),.*/\1 \2/p' "$WORK/listed" |
        sort -u >"$WORK/addresses"
    check "$1: there are other matches" test "$(wc -l <"$WORK/addresses")" -gt 1
    is "$1: and it says one address" "$(grep -owFf "$WORK/addresses" "$WORK/verified" | sort -u)" \
        "$(head -n 1 "$WORK/listed" |
            sed -n 's/.*"postcode": "\([0-9A-Z]*\)", "house_number": \([0-9]*\),.*/\1 \2/p')"
    size=$(stat -c %s -- "$file")
    for at in $((size / 7)) $((size / 2)) $((size - 40)); do
        changed "$file" "$WORK/changed" "$at"
        check_not "$1: not with byte $at changed" \
            kruispunt verify evidence "$WORK/changed" --hash "$AGREEMENT_HASH"
    done
    kruispunt verify evidence "$file" --hash "$(printf '0%.0s' {1..64})" >"$WORK/other" 2>&1 || true
    check "$1: under another agreement it proves nothing" \
        grep -qF 'proves nothing: the agreement' "$WORK/other"
    check_not "$1: nor says that it does" grep -qF 'It proves:' "$WORK/other"
    check_status "$1: a match that there isn't" 2 leader evidence "$2" 1-9999 --out "$file.no"
}

# ---- One key ------------------------------------------------------------------------------------

one() {
    deploy_files 2
    check 'one key: the round completes' run_round
    check_status 'one key: nobody is to be given anything' 2 leader open leader
    is 'one key: nothing is opened yet' "$(events leader)" 'round asked: 1 times, 0'
    check_matches 'one key: what is found' "$folder/truth"
    check 'one key: the log tells of it' contains "$(events leader)" 'opened: 1 times'
    evidence_stands 'one key' leader
    check 'one key: no faults' contains "$(leader faults leader)" 'round 1: 0 faults'
    check 'one key: a report' contains "$(leader report leader)" "logged at"
    is 'which shows as many as there are' "$(leader report leader --json | json_field shown)" \
        "$(wc -l <"$WORK/listed")"
    check 'one key: and of the evidence' contains "$(events leader)" 'evidence written: '
    end_deployment
}

# ---- Two keys -----------------------------------------------------------------------------------

# reads_nothing TEXT STATUS NAME: no address on the screen.
reads_nothing() {
    local status=0
    leader matches "$3" >"$WORK/read" 2>&1 || status=$?
    is "$1" "$status" "$2"
    check_status "$1: and shows no address" 1 grep -aFf "$WORK/postcodes" "$WORK/read"
}

two() {
    SECOND_HOLDER=yes
    deploy_files 2
    cut -d , -f 1 "$folder"/*.csv | grep -E '^[0-9]{4}[A-Z]{2}$' | sort -u >"$WORK/postcodes"
    check 'two keys: the round completes' run_round
    reads_nothing 'two keys: the leader alone reads nothing' 1 leader
    reads_nothing 'nor the second holder' 1 opener
    check 'doctor knows the second holder' kruispunt doctor --config "$(of opener)"
    check_status 'the second holder starts no round' 1 kruispunt round start --config "$(of opener)"
    check 'the leader gives its part' leader open leader
    check 'its log tells of it' contains "$(events leader)" 'partial openings given: 1 times'
    reads_nothing 'and reads nothing yet' 3 leader
    check_status 'a part that cannot be logged is not given' 1 prlimit --fsize=8192:unlimited -- \
        "$KP_BUILD/kruispunt" leader open --config "$(of opener)"
    reads_nothing 'so the leader still reads nothing' 3 leader
    check 'the second holder gives its part' leader open opener
    check 'its log tells of it' contains "$(events opener)" 'partial openings given: 1 times'
    check 'again: the same' contains "$(leader open opener)" 'were already given'
    check 'and it is not logged twice' contains "$(events opener)" 'partial openings given: 1 times'
    check_matches 'the leader reads what is to be found' "$folder/truth"
    leader matches opener --json >"$WORK/opener.matches"
    check 'and so does the second holder' compare_matches "$WORK/opener.matches" "$folder/truth"
    check 'which its log tells of' contains "$(events opener)" 'opened: 1 times'
    evidence_stands 'two keys' opener
    is 'a report names when both opened' "$(leader report leader | grep -c 'logged at')" 2
    end_deployment
}

# ---- A holder that lies -------------------------------------------------------------------------

# What the second holder gives of match 1-1 isn't what its key makes of it
# (tests/e2e/false_partial.c).
lies() {
    local file
    SECOND_HOLDER=yes
    deploy_files 2
    check 'a lie: the round completes' run_round
    check 'the leader gives its part' leader open leader
    check 'the second holder gives its part, false about one match' \
        "$HELPERS/e2e_false_partial" leader open --config "$(of opener)"
    leader matches leader --json >"$WORK/listed" 2>"$WORK/said" || true
    check_status 'nothing of that match is shown' 1 grep -q '"1-1"' "$WORK/listed"
    check 'all others are' grep -q '"1-2"' "$WORK/listed"
    is 'one is missing' "$(compare_matches "$WORK/listed" "$folder/truth" || true)" \
        "Known: $(wc -l <"$folder/truth"). Missing: 1. Too many: 0."
    check_status 'there is no evidence of it' 1 leader evidence leader 1-1 --out "$WORK/none"
    mkdir -- "$WORK/verdicts"
    leader faults leader --out "$WORK/verdicts" >"$WORK/told" 2>&1 || true
    check 'the leader hears which match it is' grep -q '^match 1-1, record of ' "$WORK/told"
    is 'and that each of its faults names the holder, and no member' \
        "$(grep '^ *names ' "$WORK/told" | sort -u)" '    names Second holder'
    must kruispunt export agreement --config "$DEPLOYMENT/coordinator/coordinator.ini" \
        --out "$WORK/papers"
    check 'there are files that prove it' compgen -G "$WORK/verdicts/*.verdict"
    for file in "$WORK"/verdicts/*.verdict; do
        check "${file##*/} holds" kruispunt verify verdict "$file" "$WORK/papers"
        kruispunt verify verdict "$file" "$WORK/papers" >"$WORK/verified" 2>&1 || true
        check 'and says who' grep -q 'Second holder' "$WORK/verified"
        changed "$file" "$WORK/changed" "$(($(stat -c %s -- "$file") / 2))"
        check_not 'not with a byte changed' \
            kruispunt verify verdict "$WORK/changed" "$WORK/papers"
    done
    end_deployment
}

(($# > 0)) || set -- one two lies
for case; do
    "$case"
done
finish
