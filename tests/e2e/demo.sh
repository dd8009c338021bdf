#!/usr/bin/env bash
# scripts/demo as a newcomer uses it.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

export KP_BUILD KP_SLOW TMPDIR=$WORK/tmp
mkdir -- "$TMPDIR"
DEMO=$ROOT/scripts/demo

# demo OPTION...: what it prints goes to out and err.
demo() { "$DEMO" "$@" >"$WORK/out" 2>"$WORK/err"; }

# Matches without their numbers: which of them is first, nobody knows beforehand.
unnumbered() { sed 's/, "match": "[0-9-]*"}$/}/'; }

# well TEXT OPTION...: it must succeed.
well() {
    local text=$1
    shift
    if demo "$@"; then
        passed "$text"
    else
        failed "$text: exit status $?"
        tail -n 40 "$WORK/out" "$WORK/err" | sed 's/^/    /'
    fi
}

# Processes whose command line has the text; not the searching one, which reads it from a file.
processes_with() {
    printf '%s\n' "$1" >"$WORK/text"
    grep -laF -f "$WORK/text" /proc/[0-9]*/cmdline 2>/dev/null || true
}

nothing_is_left() {
    is "$1: nothing is left in the folder for temporary files" "$(ls -A -- "$TMPDIR")" ''
    is "$1: no process is left" "$(processes_with "$TMPDIR")" ''
}

check '--help' "$DEMO" --help
check_status 'an unknown option is wrong usage' 2 "$DEMO" --unknown
check_status 'a threshold below two is wrong usage' 2 "$DEMO" --threshold 1
check_status 'a folder that is not there' 1 "$DEMO" --data "$WORK/nowhere"

# ---- Synthetic files ----------------------------------------------------------------------------

well 'synthetic files' --partners 3 --signals 100
check 'it compares' grep -q 'Missing: 0. Too many: 0.' "$WORK/out"
check 'it looks at what the coordinator keeps' grep -q 'At the coordinator: 0.' "$WORK/out"
is 'nothing on standard error' "$(cat -- "$WORK/err")" ''
nothing_is_left 'synthetic files'

# ---- An address register ------------------------------------------------------------------------

must "$ROOT/scripts/generate" --out "$WORK/area" --partners 1 --signals 50 --register "$WORK/register.csv"
must "$KP_BUILD/kruispunt" bag import --bag "$WORK/bag" --date 2026-07-01 "$WORK/register.csv"
well 'addresses of a register' --bag "$WORK/bag" --partners 3 --signals 60
check 'it compares these too' grep -q 'Missing: 0. Too many: 0.' "$WORK/out"
check 'and shows main addresses' grep -qE '^1-[0-9]+ +[1-9][0-9]{3}[A-Z]{2} [0-9]+[^,]*, .+, [A-Z'"'"']' "$WORK/out"
if demo --bag "$WORK/area"; then
    failed 'a folder without a register'
else
    check 'a folder without a register is named' grep -q 'holds no address register' "$WORK/err"
fi

# ---- Files that are there -----------------------------------------------------------------------

HEADER='postcode,house_number,house_letter,addition,indicator,grounds,observed_on'
data=$WORK/data
mkdir -- "$data"
printf '\xef\xbb\xbf' >"$data/svb.csv"
printf '%s\r\n' 'Datum;HuisNummer;Postcode;Huisletter;huisnummertoevoeging;Indicator;Grondslag' \
    '01-02-2025;007;1234 ab;a;;leegstand;"laag; water"' '2025-02-01;8;1234AB;;;leegstand;' \
    '2025-02-01;t/o 12;1234AB;;;leegstand;' >>"$data/svb.csv"
printf '%s\n' "$HEADER" '1234AB,7,A,,geen-inkomen,,2025-01-01' '9999ZZ,1,,,geen-inkomen,,2025-01-01' \
    '1234AB,8,,,overig,,2025-01-01' >"$data/uwv.csv"
printf '%s\n' "$HEADER" '1234AB,7,,A,x,,2025-01-01' '1234AB,7,A,,x,,2025-01-01' \
    'bad,7,A,,x,,2025-01-01' >"$data/gemeente.csv"
printf '%s\n' "$HEADER" >"$data/leeg.csv"
printf 'no signals\n' >"$data/readme.txt"
cat >"$WORK/expected" <<'END'
{"address": {"postcode": "1234AB", "house_number": 7, "house_letter": "A", "addition": ""}, "partners": ["gemeente", "svb", "uwv"], "test_mode": true}
{"address": {"postcode": "1234AB", "house_number": 8, "house_letter": "", "addition": ""}, "partners": ["svb", "uwv"], "test_mode": true}
END
well '--data --json' --data "$data" --json
check 'the matches, and nothing else, on standard output' diff "$WORK/expected" <(unnumbered <"$WORK/out")
check 'bad rows are reported on standard error' grep -q 'svb.csv.*4' "$WORK/err"
well '--data --threshold 3' --data "$data" --json --threshold 3
check 'with three needed' \
    diff <(head -n 1 "$WORK/expected") <(unnumbered <"$WORK/out")
well '--data' --data "$data"
check 'a table' grep -q '1234AB 7 A .*gemeente, svb, uwv' "$WORK/out"
check_status 'a threshold above the number of partners' 2 "$DEMO" --data "$data" --threshold 5
nothing_is_left '--data'

rm -- "$data/uwv.csv" "$data/gemeente.csv"
well 'nothing matches' --data "$data" --json
is 'nothing on standard output' "$(cat -- "$WORK/out")" ''
printf '%s\n' "$HEADER" >"$data/svb.csv"
well 'only empty files' --data "$data" --json
is 'nothing on standard output' "$(cat -- "$WORK/out")" ''
: >"$data/svb.csv"
well 'a file without anything' --data "$data" --json
printf 'postcode,huisletter\n' >"$data/svb.csv"
check_status 'a file that can not be used' 1 "$DEMO" --data "$data"
demo --data "$data" || check 'it says which' grep -q 'svb.csv' "$WORK/err"
rm -- "$data/svb.csv"
check_status 'one partner is too few' 1 "$DEMO" --data "$data"
nothing_is_left 'bad files'

# ---- Kept ---------------------------------------------------------------------------------------

# Names that the folder has for itself, and a folder that is too deep for a socket.
rm -- "$data"/*.csv
for name in coordinator ca; do
    printf '%s\n' "$HEADER" '1234AB,7,A,,x,,2025-01-01' >"$data/$name.csv"
done
deep=$WORK/kept/$(printf 'very-deep-%.0s' {1..12})
mkdir -p -- "$deep"
for kept in "$WORK/kept here" "$deep"; do
    # A pipe that a daemon held open would never end.
    timeout $((120 * KP_SLOW)) "$DEMO" --data "$data" --json --keep "$kept" 2>"$WORK/err" |
        cat >"$WORK/out" || failed '--keep'
    is '--keep: the matches' "$(wc -l <"$WORK/out")" 1
    check '--keep: says how to talk to it' grep -q 'node status --config' "$WORK/err"
    deployment_open "$kept"
    check '--keep: the node answers' node_status ca
    check '--keep: the other one too' node_status coordinator
    check '--keep: the coordinator answers' coordinator_status
    check '--keep: stop' "$kept/stop"
    check_status '--keep: stopped' 3 node_status ca
    check '--keep: start' "$kept/start"
    check '--keep: another round' another_round
    is '--keep: the same match' "$(matches --json | unnumbered)" "$(unnumbered <"$WORK/out")"
    check_status '--keep: not in a folder that is in use' 1 "$DEMO" --data "$data" --keep "$kept"
    check '--keep: stop again' "$kept/stop"
    is '--keep: no process is left' "$(processes_with "$kept")" ''
done
DEPLOYMENT=''

# ---- Broken off ---------------------------------------------------------------------------------

"$DEMO" --partners 3 --signals 1000 >"$WORK/out" 2>&1 &
demo_pid=$!
must wait_for 60 grep -q 'starts a round' "$WORK/out"
kill -TERM "$demo_pid"
status=0
wait "$demo_pid" || status=$?
is 'broken off: exit status' "$status" 143
nothing_is_left 'broken off'

# ---- Two at once --------------------------------------------------------------------------------

"$DEMO" --partners 2 --signals 50 --seed 1 >"$WORK/one" 2>&1 &
one=$!
"$DEMO" --partners 2 --signals 50 --seed 2 >"$WORK/two" 2>&1 &
two=$!
check 'two at once: the one' wait "$one"
check 'two at once: the other' wait "$two"
nothing_is_left 'two at once'
finish
