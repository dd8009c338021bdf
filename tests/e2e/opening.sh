#!/usr/bin/env bash
# Opening with one key and with two, with real processes: who can read, what the logs say and when, and
# evidence that stands by itself.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

folder=$WORK/files
make_files "$folder" --partners 3 --signals 40 --seed 21 --truth "$folder/truth"

leader_ini() { printf '%s/leader/leader.ini\n' "$DEPLOYMENT"; }
opener_ini() { printf '%s/opener/opener.ini\n' "$DEPLOYMENT"; }

# events_of CONFIG EVENT: how many of them stand in this program's log.
events_of() {
    rm -f -- "$WORK/log"
    kruispunt export log --config "$1" --out "$WORK/log" >/dev/null
    "$HELPERS/e2e_log_walk" "$(config_agreement)" "$WORK/log" | grep -c "$2" || true
}
config_agreement() { printf '%s/agreement\n' "$DEPLOYMENT"; }

# head_of CONFIG: how many entries its log has.
head_of() { kruispunt log head --config "$1" --json | json_field sequence; }

# first_match CONFIG: number of the first match that is listed.
first_match() { kruispunt leader matches --config "$1" --json | head -n 1 | json_field match; }

# changed FILE COPY BYTE: a copy with this byte changed.
changed() {
    cp -- "$1" "$2"
    printf '\xa5' | dd of="$2" bs=1 seek="$3" conv=notrunc status=none
    ! cmp -s -- "$1" "$2" || printf '\x5a' | dd of="$2" bs=1 seek="$3" conv=notrunc status=none
}

# evidence_stands TEXT CONFIG: evidence of one match, checked with public keys alone.
evidence_stands() {
    local match file=$WORK/evidence.$RANDOM size others at
    match=$(first_match "$2")
    check "$1: evidence of a match" kruispunt leader evidence "$match" --out "$file" --config "$2"
    check_status "$1: nothing is written over it" 1 \
        kruispunt leader evidence "$match" --out "$file" --config "$2"
    check "$1: the verifier says that it holds" kruispunt verify evidence "$file" --hash "$AGREEMENT_HASH"
    others=$(kruispunt leader matches --config "$2" --json | tail -n +2 | wc -l)
    check "$1: there are other matches" test "$others" -gt 0
    is "$1: it names one address" "$(kruispunt verify evidence "$file" --hash "$AGREEMENT_HASH" |
        grep -cE '[1-9][0-9]{3}[A-Z]{2} [0-9]+')" 1
    size=$(stat -c %s -- "$file")
    for at in $((size / 7)) $((size / 3)) $((size - 40)); do
        changed "$file" "$WORK/changed" "$at"
        check_status "$1: not with byte $at changed" 1 \
            kruispunt verify evidence "$WORK/changed" --hash "$AGREEMENT_HASH"
        rm -f -- "$WORK/changed"
    done
    check_status "$1: a match that there isn't" 2 kruispunt leader evidence 1-9999 --out "$file.no" --config "$2"
}

# ---- One key ------------------------------------------------------------------------------------

deploy_files 2
check 'one key: the round completes' run_round
check_status 'one key: nobody is to be given anything' 2 kruispunt leader open --config "$(leader_ini)"
is 'one key: nothing is opened yet' "$(head_of "$(leader_ini)")" 1
# What can't be logged isn't shown: the folder of the log is another program's.
chmod 500 "$DEPLOYMENT/leader/data" 2>/dev/null || true
check_matches 'one key: what is found' "$folder/truth"
is 'one key: the log tells of it' "$(events_of "$(leader_ini)" 'opened')" 1
chmod 700 "$DEPLOYMENT/leader/data" 2>/dev/null || true
evidence_stands 'one key' "$(leader_ini)"
end_deployment
finish
