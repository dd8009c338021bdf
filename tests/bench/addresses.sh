#!/usr/bin/env bash
# How fast addresses become keys, one core: rows a second, and as ratio to `wc -l` and `LC_ALL=C sort` of the
# same file in the same run, for machines differ and drift.
set -euo pipefail
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)

usage() {
    cat <<'END_OF_USAGE'
usage: tests/bench/addresses.sh [--build DIR] [--rows N] [--keep DIR]

Makes a register of N addresses and N rows as partners write them (with the oracle's Python), imports the
register, and times from a file to keys: columns as registered, columns in other spellings, one free text,
and `address explain --json -`. Each is run twice; the second counts, for the register is warm then.

  --build DIR  where kruispunt was built (default: build in this tree)
  --rows N     default 1000000
  --keep DIR   keep the files there, and use the register and the signals that are there
END_OF_USAGE
}

build="$here/../../build" rows=1000000 folder=''
while (($# > 0)); do
    case $1 in
    --build) build=$2 ;;
    --rows) rows=$2 ;;
    --keep) folder=$2 ;;
    --help)
        usage
        exit 0
        ;;
    *)
        usage >&2
        exit 2
        ;;
    esac
    shift 2
done
kruispunt=$build/kruispunt
if [[ -z $folder ]]; then
    folder=$(mktemp -d)
    trap 'rm -r -- "$folder"' EXIT
fi

# Sets `seconds` to what the command used of one core, user and system.
cpu() {
    local TIMEFORMAT='%U %S' used
    used=$({ time "$@" >"$folder/out" 2>"$folder/err"; } 2>&1) || {
        tail -n 3 "$folder/err" >&2
        exit 1
    }
    seconds=$(awk '{ print $1 + $2 }' <<<"$used")
}

# timed NAME FILE COMMAND...
timed() {
    local name=$1 file=$2 lines wc_seconds sort_seconds
    shift 2
    lines=$(wc -l <"$file")
    cpu wc -l "$file"
    wc_seconds=$seconds
    cpu env LC_ALL=C sort --parallel=1 -o /dev/null "$file"
    sort_seconds=$seconds
    cpu "$@"
    cpu "$@"
    awk -v name="$name" -v lines="$lines" -v took="$seconds" -v wc="$wc_seconds" -v sorted="$sort_seconds" 'BEGIN {
        printf "%-34s %9d rows %7.2f s %9d rows/s  %6.0f x wc -l  %5.1f x sort\n", name, lines, took,
               lines / (took > 0 ? took : 0.001), took / (wc > 0.001 ? wc : 0.001), took / (sorted > 0.001 ? sorted : 0.001)
    }'
}

[[ -s $folder/register.csv && -s $folder/signals.txt ]] ||
    python3 -B "$here/../oracle/addresses.py" --make-only --keep "$folder" --addresses "$rows" --signals "$rows" >/dev/null
# The register's own rows as a partner's columns, in random order; and spelled otherwise.
awk -F, 'NR > 1 && $2 != "" && $9 ~ /uitgegeven/ { print $2 "," $3 "," $4 "," $5 ",W01,,2026-01-02" }' \
    "$folder/register.csv" | shuf --random-source=<(yes) >"$folder/rows"
{
    printf 'postcode,huisnummer,huisletter,huisnummertoevoeging,indicator,grondslag,datum\n'
    cat "$folder/rows"
} >"$folder/columns.csv"
{
    printf 'postcode;huisnummer;indicator;grondslag;datum\n'
    awk -F, '{ printf "%s %s;%s%s%s;%s;;02-01-2026\n", tolower(substr($1, 1, 4)), tolower(substr($1, 5)), $2, tolower($3),
               $4 == "" ? "" : " - " tolower($4), $5 }' "$folder/rows"
} >"$folder/spelled.csv"
{
    printf 'adres,indicator,grondslag,datum\n'
    iconv -c -f UTF-8 -t UTF-8 "$folder/signals.txt" | tr -d '\001' |
        awk '{ gsub(/"/, "\"\""); print "\"" $0 "\",W01,,2026-01-02" }'
} >"$folder/text.csv"
rm -f -- "$folder/rows"

timed 'import of the register' "$folder/register.csv" "$kruispunt" bag import --bag "$folder/bag" \
    --date 2026-01-01 "$folder/register.csv"
for file in columns spelled text; do
    timed "$file.csv to keys" "$folder/$file.csv" "$kruispunt" address check --bag "$folder/bag" "$folder/$file.csv"
done
explain() { "$kruispunt" address explain --bag "$folder/bag" --json - <"$folder/signals.txt"; }
timed 'explain --json, forty spellings' "$folder/signals.txt" explain
