#!/usr/bin/env bash
# The signed logs: what a round leaves in them, that they hold no address, that they are one chain
# whose end others have seen, and that nothing is processed that can't be logged.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

PROGRAMS=() # of a deployment: coordinator, leader, and each partner

config_for() {
    case $1 in
        coordinator | leader) printf '%s/%s/%s.ini\n' "$DEPLOYMENT" "$1" "$1" ;;
        *) config_of "$1" ;;
    esac
}

# export_logs ROUND: WORK/ROUND/PROGRAM and, walked, WORK/ROUND/PROGRAM.walked
export_logs() {
    local program
    EXPORTS=$WORK/$1
    mkdir -p "$EXPORTS"
    for program in "${PROGRAMS[@]}"; do
        check "$1: export of $program's log" \
            kruispunt export log --config "$(config_for "$program")" --out "$EXPORTS/$program"
        "$HELPERS/e2e_log_walk" "$DEPLOYMENT/agreement" "$EXPORTS/$program" \
            >"$EXPORTS/$program.walked" 2>"$WORK/said" || true
        is "$1: $program's log is one signed chain" "$(<"$WORK/said")" ''
    done
}

# events PROGRAM: name, times and sum of counts of each event but those that heads and lists give.
events() { grep ' times, ' "$EXPORTS/$1.walked" | grep -v '^head seen\|^list evaluated'; }

# log_head PROGRAM: "SEQUENCE HASH"
log_head() {
    local said
    said=$(kruispunt log head --config "$(config_for "$1")" --json)
    printf '%s %s\n' "$(json_field sequence <<<"$said")" "$(json_field hash <<<"$said")"
}

# rows FILE: how many signals it has.
rows() { tail -n +2 -- "$1" | wc -l; }

folder=$WORK/files
make_files "$folder" --partners 3 --signals 100 --seed 7 --truth "$folder/truth"
PROGRAMS=(coordinator leader "${PARTNERS[@]}")

# ---- A round ------------------------------------------------------------------------------------

trap '' XFSZ # for what a daemon hears when its disk takes no more; inherited
PHASE_LIMIT=10
deploy_files 2
check 'the round completes' run_round
check_matches 'what is found' "$folder/truth"
matches=$(round_field matches)
all_idle() {
    local partner
    for partner in "${PARTNERS[@]}"; do
        [[ $(node_status "$partner" --json | json_field phase) == idle ]] || return 1
    done
}
must wait_for 20 all_idle
export_logs round

n=${#PARTNERS[@]}
added="paper added: $((n + 1)) times, $((2 * n + 1))
decision seen: $n times, 0
agreement in force: 1 times, 1"
# Beside the matches the results hold a transcript, everybody's leaves, five lists of phases and RESULT.
is "what the coordinator's log says" "$(events coordinator)" "started: 1 times, 0
$added
round started: 1 times, 0
round released: 1 times, 0
submission taken: 3 times, $((3 * SLOTS))
matched: 1 times, $matches
submissions deleted: 1 times, 0
results given: 1 times, $((matches + n + 7))"
is "what the leader's log says" "$(events leader)" "round asked: 1 times, 0
opened: 1 times, $matches"
for i in "${!PARTNERS[@]}"; do
    is "what ${PARTNERS[i]}'s log says" "$(events "${PARTNERS[i]}")" "started: 1 times, 0
$added
start received: 1 times, 0
hello 1 sent: 1 times, 0
hello 2 sent: 1 times, 0
ready sent: 1 times, 0
released: 1 times, $SLOTS
completed: 1 times, 0
signals imported: 1 times, $(rows "${FILES[i]}")"
done

# ---- Heads --------------------------------------------------------------------------------------

for program in "${PROGRAMS[@]}"; do
    is "$program's head is the last entry" "$(log_head "$program")" \
        "$(sed -n 's/^head \([0-9]\)/\1/p' "$EXPORTS/$program.walked")"
done
check 'a head in words' contains "$(kruispunt log head --config "$(config_for leader)")" \
    'log of: project leader'
check 'test mode stands in it' contains "$(kruispunt log head --config "$(config_for leader)")" \
    'TEST MODE: '

# What others saw of each member's log is an entry of it.
for i in "${!PARTNERS[@]}"; do
    seen=$(sed -n "s/^seen $((i + 1)) //p" "$EXPORTS"/*.walked)
    is "${PARTNERS[i]}'s head was seen by the others" "$(wc -l <<<"$seen")" $((${#PARTNERS[@]} - 1))
    while read -r head; do
        check "and is an entry of its log" grep -qxF "entry $head" "$EXPORTS/${PARTNERS[i]}.walked"
    done <<<"$seen"
    check "${PARTNERS[i]} evaluated all lists" grep -q "^list evaluated: ${#PARTNERS[@]} times, \
$((${#PARTNERS[@]} * SLOTS))\$" "$EXPORTS/${PARTNERS[i]}.walked"
done

# ---- The verifier says the same ----

first=${PARTNERS[0]}
check 'export of the agreement' kruispunt export agreement --config "$(config_of "$first")" \
    --out "$EXPORTS/papers"
for partner in "${PARTNERS[@]}"; do
    check "export of $partner's round" kruispunt export round \
        --config "$(config_of "$partner")" --out "$EXPORTS/$partner.round"
done
check_status 'the verifier finds no rule broken' 0 kruispunt verify log \
    --hash "$AGREEMENT_HASH" "$EXPORTS/papers" "${PROGRAMS[@]/#/$EXPORTS/}" "$EXPORTS"/*.round
cp -- "$WORK/said" "$WORK/said.verified"
for rule in log.chain log.signature log.end across.head across.sent; do
    check "and $rule holds" grep -q "^holds *$rule" "$WORK/said.verified"
done

# ---- No address ---------------------------------------------------------------------------------

for file in "${FILES[@]}"; do tail -n +2 -- "$file" | cut -d , -f 1; done | sort -u >"$WORK/postcodes"
check 'there are postcodes to look for' test -s "$WORK/postcodes"
for program in "${PROGRAMS[@]}"; do
    check_status "no address in $program's log" 1 grep -aFf "$WORK/postcodes" "$EXPORTS/$program"
done

# ---- Reading is processing too ------------------------------------------------------------------

kruispunt node signals --config "$(config_of "${PARTNERS[0]}")" --json >"$WORK/shown"
must matches
export_logs again
check 'signals that were shown are logged' \
    contains "$(events "${PARTNERS[0]}")" "signals shown: 1 times, $(wc -l <"$WORK/shown")"
check 'matches that were opened again are logged' \
    contains "$(events leader)" "opened: 2 times, $((2 * matches))"
for program in "${PROGRAMS[@]}"; do
    check "$program's log goes on where it was" \
        grep -qxF "entry $(sed -n 's/^head \([0-9]\)/\1/p' "$WORK/round/$program.walked")" \
        "$EXPORTS/$program.walked"
done
check_status 'an export replaces no file' 1 kruispunt export log \
    --config "$(config_of "${PARTNERS[0]}")" --out "$EXPORTS/leader"

# ---- A log that was touched ---------------------------------------------------------------------

touched() { check_status "$1" 1 "$HELPERS/e2e_log_walk" "$DEPLOYMENT/agreement" "$WORK/touched"; }
export=$EXPORTS/${PARTNERS[0]}
size=$(stat -c %s "$export")
head -c $((size - 300)) "$export" >"$WORK/touched"
touched 'a log without its end is refused'
for at in 200 $((size / 2)) $((size - 5)); do
    cp -- "$export" "$WORK/touched"
    printf '\xff' | dd of="$WORK/touched" bs=1 seek="$at" conv=notrunc status=none
    # It may have been that byte already.
    ! cmp -s -- "$export" "$WORK/touched" ||
        printf '\x55' | dd of="$WORK/touched" bs=1 seek="$at" conv=notrunc status=none
    touched "a log with another byte at $at is refused"
    check_status "by the verifier too" 1 kruispunt verify log "$WORK/round/papers" \
        "$WORK/touched"
done

# ---- What can't be logged isn't done ------------------------------------------------------------

# fsize FOLDER BYTES: how long files may become that this daemon writes.
fsize() { prlimit --pid "$(pid_of "$1")" --fsize="$2:unlimited"; }
has() { kruispunt node status --config "$(config_of "$1")" --json | json_field signals; }
HEADER=postcode,house_number,house_letter,addition,indicator,grounds,observed_on
code=$(sed -n 2p "${FILES[0]}" | cut -d , -f 5)
printf '%s\n' "$HEADER" "$(sed -n 2p "${FILES[0]}" | cut -d , -f 1),1,,,$code,more,2025-02-01" \
    >"$WORK/more.csv"
before=$(has "$first")
must fsize "$(folder_of "$first")" 8192
check_status "an import isn't acknowledged" 1 import_signals "$first" "$WORK/more.csv"
is "nor is anything imported" "$(has "$first")" "$before"
must fsize "$(folder_of "$first")" unlimited
check 'once there is room, it is imported' import_signals "$first" "$WORK/more.csv"
is 'and is there' "$(has "$first")" $((before + 1))

must fsize "$(folder_of "$first")" 8192
check_status 'no round is gone through' 1 another_round
must fsize "$(folder_of "$first")" unlimited
export_logs full
check 'nobody has sent hello 2' test "$(grep -h '^hello 2 sent' "$EXPORTS"/*.walked | sort -u)" = \
    'hello 2 sent: 1 times, 0'
check "$first has sent no hello 1" contains "$(events "$first")" 'hello 1 sent: 1 times, 0'

must fsize "$DEPLOYMENT/coordinator" 8192
check_status 'the coordinator starts none either' 1 round start
check_status 'and gives no results' 1 matches
must fsize "$DEPLOYMENT/coordinator" unlimited
check_status 'nor does the leader open what it has' 1 prlimit --fsize=8192:unlimited -- \
    "$KP_BUILD/kruispunt" leader matches --config "$DEPLOYMENT/leader/leader.ini"
mv -- "$WORK/said" "$WORK/opened"
check_status 'or show any of it' 1 grep -aFf "$WORK/postcodes" "$WORK/opened"
check 'with room everywhere, it does' matches
export_logs beside
refused() { events coordinator | sed -n 's/^round refused: \([0-9]*\) times.*/\1/p'; }
before=$(refused)
kill -STOP "$(pid_of "$(folder_of "$first")")" # so that the round isn't over too soon
must round start
check_status 'a second round beside it is refused' 1 round start
kill -CONT "$(pid_of "$(folder_of "$first")")"
export_logs last
is 'and the coordinator says so, once' "$(refused)" "$((${before:-0} + 1))"
finish
