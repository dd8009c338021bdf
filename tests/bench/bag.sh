#!/usr/bin/env bash
# The address register of a country: how long its import takes and how much memory, beside reading the
# same file with `wc -l` and sorting it with `sort`, in the same run on the same machine.
#
# usage: tests/bench/bag.sh [--rows N] [--build DIR]
#
# 10,000,000 rows take about two minutes and 5 GB in $TMPDIR. Memory is the process's own (RssAnon in
# /proc): pages of the index's file that are mapped are the system's, which takes them back when it
# needs them.
set -euo pipefail
export LC_ALL=C

rows=10000000
build=$(dirname -- "${BASH_SOURCE[0]}")/../../build
while (($# > 0)); do
    case $1 in
    --rows) rows=$2 ;;
    --build) build=$2 ;;
    *)
        sed -n 's/^# usage: /usage: /p' "${BASH_SOURCE[0]}" >&2
        exit 2
        ;;
    esac
    shift 2
done
kruispunt=$build/kruispunt
[[ -x $kruispunt ]] || {
    printf '%s: not there; build first, or give --build\n' "$kruispunt" >&2
    exit 2
}
work=$(mktemp -d "${TMPDIR:-/tmp}/kruispunt-bench.XXXXXX")
trap 'rm -rf -- "$work"' EXIT

# Forty houses a street, a hundred streets a town; a letter, an addition or a side address now and then;
# not in the order of ids.
# shellcheck disable=SC2016
program='
BEGIN {
    print "nummeraanduiding_id,postcode,huisnummer,huisletter,huisnummertoevoeging,openbare_ruimte,woonplaats,adresseerbaar_object_id,status,nevenadres"
    for (n = 0; n < rows; n++) {
        i = (n * 7919) % rows
        street = int(i / 40)
        town = int(street / 100)
        kind = i % 40
        place = 300 + town % 1600
        printf "%04d20%010d,%d%c%c,%d,%s,%s,Straat %d,Plaats %d,%04d01%010d,Naamgeving %s,%d\n", place, i,
               1000 + int(street / 676) % 9000, 65 + int(street / 26) % 26, 65 + street % 26,
               1 + int(kind / 2), kind % 8 == 1 ? "A" : "", kind % 8 == 3 ? "hs" : kind % 2 ? "1" : "",
               street, town, place, kind == 39 ? i - 1 : i, kind == 38 && i % 1000 == 38 ? "ingetrokken" : "uitgegeven", kind == 39
    }
}'
printf '%d rows are made\n' "$rows"
awk -v rows="$rows" "$program" >"$work/register"
bytes=$(stat -c %s "$work/register")

# timed COMMAND...: its seconds in SECONDS_TAKEN, the most memory of its own in MEMORY (MiB).
timed() {
    local start pid now line
    start=$(date +%s%N)
    "$@" >"$work/said" 2>&1 &
    pid=$!
    MEMORY=0
    while kill -0 "$pid" 2>/dev/null; do
        while read -r line; do
            [[ $line == RssAnon:* ]] || continue
            now=${line//[!0-9]/}
            ((now > MEMORY)) && MEMORY=$now
        done <"/proc/$pid/status" 2>/dev/null || true
        sleep 0.05
    done
    wait "$pid" || {
        cat "$work/said" >&2
        exit 1
    }
    SECONDS_TAKEN=$(awk -v ns=$(($(date +%s%N) - start)) 'BEGIN { printf "%.2f", ns / 1e9 }')
    MEMORY=$((MEMORY / 1024))
}

report() {
    awk -v what="$1" -v s="$2" -v m="$3" -v wc="$4" -v sort="$5" -v rows="$rows" 'BEGIN {
        printf "%-12s %8.2f s %6d MiB %10d rows/s %8.1f x wc -l %6.2f x sort\n", what, s, m, rows / s, s / wc, s / sort
    }'
}

cat "$work/register" >/dev/null # all read it from the same place
timed wc -l "$work/register"
wc=$SECONDS_TAKEN wc_memory=$MEMORY
timed sort -T "$work" -o "$work/sorted" "$work/register"
sort=$SECONDS_TAKEN sort_memory=$MEMORY
rm -f -- "$work/sorted"
timed "$kruispunt" bag import --bag "$work/bag" "$work/register"
import=$SECONDS_TAKEN import_memory=$MEMORY
sed -n 4,5p "$work/said"
timed "$kruispunt" bag verify --bag "$work/bag"
verify=$SECONDS_TAKEN verify_memory=$MEMORY
printf '%d bytes; index of %s\n' "$bytes" "$(du -h "$work/bag/current/data.mdb" | cut -f 1)"
report 'wc -l' "$wc" "$wc_memory" "$wc" "$sort"
report sort "$sort" "$sort_memory" "$wc" "$sort"
report 'bag import' "$import" "$import_memory" "$wc" "$sort"
report 'bag verify' "$verify" "$verify_memory" "$wc" "$sort"
