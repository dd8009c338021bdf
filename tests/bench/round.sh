#!/usr/bin/env bash
# A whole round with real processes, measured. What is found must be what is known, or nothing is printed.
set -euo pipefail
export LC_ALL=C
umask 077
# shellcheck source=scripts/lib/common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../../scripts/lib/common.sh"
# shellcheck source=scripts/lib/deployment.sh
. "$ROOT/scripts/lib/deployment.sh"

usage() {
    cat <<'END'
usage: tests/bench/round.sh [--partners N] [--signals M] [options]

Deploys a coordinator and N nodes on this machine as scripts/demo does (TLS with certificates on both sides),
gives each node M signals on M addresses, runs a round, opens the matches, and checks them. Prints one JSON
object; what goes on meanwhile goes to standard error.

  --partners N      2 to 32 (default 5)
  --signals M       of each partner (default 500), every one on an address of its own
  --slots S         of each partner (default M)
  --threshold T     (default 2)
  --common PERCENT  of a partner's addresses that another one has too (default 10, at most 90)
  --rounds R        so many rounds, one after another, in each of which all slots are evaluated (default 1)
  --threads T       the setting `threads` of every daemon (default: what they take by themselves)
  --every MS        how often memory is looked at (default 10)
  --build DIR       where all was built, tests too (default: KP_BUILD, or build in this tree)
  --keep DIR        leave the deployment there, with its logs; its daemons end
  --help            this text

In the JSON, of each round: `wall_s`, from the start of `kruispunt round start` to the end of `kruispunt
leader matches`, and of each of the three commands; of each daemon CPU seconds of all its threads from the start
until nothing is left to do, and the most RssAnon that was seen; bytes on the daemons' connections (`standing`) and
on those of the leader's commands (`other`). `cpu_members` is the CPU of all nodes together, in seconds, in
multiplications on ristretto255 by libsodium, and in microseconds for an element: one slot of one member. Such
multiplications are timed all through the round, five every 25 ms, on each processor in turn: CPU between two
samples is divided by what one took then. `reference` tells their median and quartiles, and the CPU that timing
them took; `libsodium_us` is what one took on the average over the nodes' CPU. Times are worth little when the
machine does other things: `load` is the one before the round.
END
}

number() {
    [[ $2 =~ ^[0-9]{1,7}$ ]] && ((10#$2 >= $3 && 10#$2 <= $4)) ||
        die "$1 must be a number from $3 to $4, not '$2'" 2
    printf '%d\n' "$((10#$2))"
}

n=5 signals=500 slots='' threshold=2 common=10 rounds=1 every=10 keep=''
while (($# > 0)); do
    case $1 in
    --help)
        usage
        exit 0
        ;;
    --partners | --signals | --slots | --threshold | --common | --rounds | --threads | --every | --build | --keep)
        (($# > 1)) || die "$1 needs a value behind it; see --help" 2
        ;;&
    --partners) n=$(number "$1" "$2" 2 32) ;;
    --signals) signals=$(number "$1" "$2" 1 1048576) ;;
    --slots) slots=$(number "$1" "$2" 1 1048576) ;;
    --threshold) threshold=$(number "$1" "$2" 2 32) ;;
    --common) common=$(number "$1" "$2" 0 90) ;;
    --rounds) rounds=$(number "$1" "$2" 1 100) ;;
    --threads) THREADS=$(number "$1" "$2" 1 64) ;;
    --every) every=$(number "$1" "$2" 1 1000) ;;
    --build) KP_BUILD=$(cd -- "$2" && pwd) ;;
    --keep) keep=$2 ;;
    *) die "there is no $1; see --help" 2 ;;
    esac
    shift 2
done
slots=${slots:-$signals}
watch=$KP_BUILD/tests/bench/bench_watch
[[ -x $watch && -x $KP_BUILD/kruispunt ]] ||
    die "$KP_BUILD: kruispunt or tests/bench/bench_watch isn't there; build it (with KP_TESTS=ON), or give --build" 2

# shellcheck source=tests/bench/lib.sh
. "$ROOT/tests/bench/lib.sh"

say() { printf '# %s\n' "$*" >&2; }

# ---- Files --------------------------------------------------------------------------------------

# Addresses below `pool` are held by two partners, and every fourth of them by a third as well when there are as
# many; all others by one. Writes a file of each partner, and the matches, one JSON object a line, as the leader's
# program prints them; and how many addresses there are.
# shellcheck disable=SC2016
files='
function holder(j, k) { return (j + k) % n }
BEGIN {
    split(names, name, " ")
    pool = int(n * signals * common / 100 / (n > 2 ? 2.25 : 2))
    for (p = 0; p < n; p++) {
        file[p] = folder "/" name[p + 1] ".csv"
        print header() >file[p]
    }
    for (j = 0; j < pool; j++) {
        holders = n > 2 && j % 4 == 0 ? 3 : 2
        text = ""
        for (p = 0; p < n; p++) {
            if ((p - j % n + n) % n < holders) {
                print row(j, "synthetic") >file[p]
                held[p]++
                text = text (text == "" ? "" : ", ") "\"" name[p + 1] "\""
            }
        }
        if (holders >= threshold)
            printf "{\"address\": {\"postcode\": \"%s\", \"house_number\": %d, \"house_letter\": \"\", \"addition\": \"\"}, \"partners\": [%s]}\n",
                   postcode(j), 1 + j % 100, text
    }
    for (p = 0; p < n; p++)
        for (i = held[p]; i < signals; i++) print row(pool + p * signals + i, "synthetic") >file[p]
    printf "%d\n", pool + n * signals >(folder "/addresses")
}'

PARTNERS=()
for ((i = 1; i <= n; i++)); do
    PARTNERS+=("$(printf 'p%02d' "$i")")
done
say "files of $n partners with $signals signals each"
mkdir -- "$work/files"
awk -v n="$n" -v names="${PARTNERS[*]}" -v signals="$signals" -v common="$common" -v threshold="$threshold" \
    -v folder="$work/files" "$SIGNAL_ROWS$files" >"$work/truth"

# ---- The deployment -----------------------------------------------------------------------------

PHASE_SECONDS=$((600 + n * n * slots / 500))
say "keys, certificates, agreement"
must deployment_create "${keep:-$work/deployment}" "${PARTNERS[@]}"
draft_of "$(<"$work/files/addresses")" "$slots" "$threshold" "$((20 * n * slots))" "${PARTNERS[@]}" \
    >"$DEPLOYMENT/draft.ini"
must deployment_agree
must deployment_start

# ---- What is measured ---------------------------------------------------------------------------

daemons() {
    local name
    printf 'coordinator=%s\n' "$(pid_of "$DEPLOYMENT/coordinator")"
    for name in "${PARTNERS[@]}"; do
        printf '%s=%s\n' "$name" "$(pid_of "$(folder_of "$name")")"
    done
}

import_all() {
    local name
    for name in "${PARTNERS[@]}"; do
        "$watch" --every "$every" "$name=$(pid_of "$(folder_of "$name")")" -- \
            "$KP_BUILD/kruispunt" node import --config "$(config_of "$name")" -- "$work/files/$name.csv" \
            >>"$work/imports" || die "$name: importing failed"
    done
}

# one_round NUMBER
one_round() {
    local load
    local -a leader=(--config "$DEPLOYMENT/leader/leader.ini")
    load=$(cut -d ' ' -f 1 /proc/loadavg)
    wait_for 60 may_start "$1" || die "round $1 can't be started"
    "$watch" --reference --port "$PORT" --every "$every" --stdout "$work/matches" "${pids[@]}" -- \
        "$KP_BUILD/kruispunt" round start "${leader[@]}" --then \
        "$KP_BUILD/kruispunt" round watch "${leader[@]}" --then \
        "$KP_BUILD/kruispunt" leader matches "${leader[@]}" --json >"$work/round" || {
        cat -- "$work/round" >&2
        die "round $1 failed"
    }
    must compare_matches "$work/matches" "$work/truth"
    printf '{"load": %s, "matches": %d, "measured": %s}\n' "$load" "$(wc -l <"$work/matches")" \
        "$(<"$work/round")" >>"$work/rounds"
}

# The agreement's interval between rounds is a second, and a member's clock may be behind.
may_start() { [[ $1 == 1 ]] || sleep 1.2; }

say 'importing'
import_all
mapfile -t pids < <(daemons)
for ((i = 1; i <= rounds; i++)); do
    say "round $i of $rounds"
    one_round "$i"
done

python3 -B "$ROOT/tests/bench/round_report.py" "$work" "$n" "$signals" "$slots" "$threshold" "$THREADS"
