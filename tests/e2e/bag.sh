#!/usr/bin/env bash
# The address register's index: made from a CSV, the same whatever the rows' order, switched at once
# and whole; killed, without room, with hostile rows and with a damaged file.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

BAG=$WORK/bag
HEADER=nummeraanduiding_id,postcode,huisnummer,huisletter,huisnummertoevoeging,openbare_ruimte,woonplaats,adresseerbaar_object_id,status,nevenadres
bag() {
    local command=$1
    shift
    kruispunt bag "$command" --bag "$BAG" "$@"
}

# hash_of FILE... [OPTION]: what the register in these files has, by a dry run.
hash_of() { kruispunt bag import --bag "$WORK/nowhere" --dry-run --json "$@" 2>"$WORK/bad" | json_field hash; }
current() { readlink "$BAG/current"; }
listed() { bag list 2>/dev/null | sed -n 's/^\(2[^ ]*\).*/\1/p' | xargs; }
# says TEXT WORDS: after check_status, what the command said.
says() { check "$1" contains "$(<"$WORK/said")" "$2"; }

must "$ROOT/scripts/generate" --out "$WORK/partners" --signals 20 --addresses 3000 --register "$WORK/register"

# ---- What is made -------------------------------------------------------------------------------

HASH=$(hash_of "$WORK/register")
is 'a dry run makes nothing' "$(ls -d "$WORK/nowhere" 2>/dev/null)" ''
check 'a register is imported' bag import --date 2026-01-31 "$WORK/register"
is 'it has the hash that the dry run said' "$(bag list --json | json_field hash)" "$HASH"
is 'its name' "$(current)" "2026-01-31-${HASH:0:16}"
is 'its date' "$(bag list --json | json_field date)" 2026-01-31
check 'it is whole' bag verify
is 'its hash is what the protocol says' "$HASH" "$(python3 "$ROOT/tests/e2e/register_hash.py" <"$WORK/register")"
bag export >"$WORK/export"
is 'the export has the same hash' "$(hash_of "$WORK/export")" "$HASH"
check 'the export is imported again' bag import --date 20260131 - <"$WORK/export"
is 'which is the same index' "$(listed)" "2026-01-31-${HASH:0:16}"
is 'as many rows are exported as are in use with an object, or withdrawn' "$(wc -l <"$WORK/export")" \
    "$(grep -cv ',,Naamgeving uitgegeven' "$WORK/register")"
is 'the export is by id' "$(tail -n +2 "$WORK/export" | cut -d , -f 1 | sort -c 2>&1)" ''

# ---- The same register, written otherwise -------------------------------------------------------

tail -n +2 "$WORK/register" >"$WORK/rows"
{ head -n 1 "$WORK/register" && sort -t , -k 3,3 -k 8,8r "$WORK/rows"; } >"$WORK/sorted"
is 'another order of rows' "$(hash_of "$WORK/sorted")" "$HASH"
{ head -n 1 "$WORK/register" && cat "$WORK/rows" "$WORK/rows"; } >"$WORK/twice"
is 'every row twice' "$(hash_of "$WORK/twice")" "$HASH"
{ head -n 1 "$WORK/register" && head -n 1000 "$WORK/rows"; } >"$WORK/part1"
{ head -n 1 "$WORK/register" && tail -n +900 "$WORK/rows"; } >"$WORK/part2"
is 'in two files that overlap' "$(hash_of "$WORK/part2" "$WORK/part1")" "$HASH"
grep -v '"' "$WORK/register" >"$WORK/plain"
PLAIN=$(hash_of "$WORK/plain")
{ printf '\357\273\277' && awk -F, -v OFS=';' \
    '{ sub(/$/, "\r"); print $10, $8, "\"" $6 "\"", $7, "more", $9, $5, $4, $3, $2, $1 }' "$WORK/plain" |
    sed 's/\r;/;/; s/$/\r/'; } | tr -d '\r' | sed 's/$/\r/' >"$WORK/semicolons"
is 'other columns, semicolons, CRLF, byte order mark, quotes' "$(hash_of "$WORK/semicolons")" "$PLAIN"
check_status 'another register has another hash' 1 test "$PLAIN" = "$HASH"
for change in 's/Kerkstraat/Kerkstraaf/' 's/,uitgegeven,0$/,uitgegeven,1/' '2s/,[0-9]*,/,99,/' \
    '2s/01\([0-9]*\),Naam/02\1,Naam/' '2d' '0,/ingetrokken/s//uitgegeven/' 's/Utrecht/utrecht/'; do
    sed "$change" "$WORK/plain" >"$WORK/changed"
    cmp -s "$WORK/plain" "$WORK/changed" ||
        check_status "another one after $change" 1 test "$(hash_of "$WORK/changed")" = "$PLAIN"
done

# ---- Hostile rows -------------------------------------------------------------------------------

# bad TEXT COLUMN ROW: left out and reported with its line and column; the rest is there.
bad() {
    local text=$1 column=$2 row=$3
    { sed -n 1,200p "$WORK/plain" && printf '%b\n' "$row" && sed -n 201,400p "$WORK/plain"; } >"$WORK/one"
    is "$text: left out" "$(hash_of "$WORK/one")" "$FEW"
    check "$text: said where" contains "$(<"$WORK/bad")" "line 201${column:+, $column}: "
}
FEW=$(hash_of <(sed -n 1,400p "$WORK/plain"))
GOOD='0363200000000099,1011ZZ,1,,,Kerkstraat,Plaats,0363010000000099,Naamgeving uitgegeven,0'
bad 'an id of 15 digits' nummeraanduiding_id "${GOOD/0363200/363200}"
bad 'an id of a building' nummeraanduiding_id "${GOOD/0363200/0363100}"
bad 'an object that is a number' adresseerbaar_object_id "${GOOD/036301/036320}"
bad 'a postcode in small' postcode "${GOOD/1011ZZ/1011zz}"
bad 'a postcode with a space' postcode "${GOOD/1011ZZ/1011 ZZ}"
bad 'a postcode with a 0' postcode "${GOOD/1011ZZ/0111ZZ}"
bad 'house number 0' huisnummer "${GOOD/,1,/,0,}"
bad 'house number 100000' huisnummer "${GOOD/,1,/,100000,}"
bad 'a house number of many digits' huisnummer "${GOOD/,1,/,4294967297,}"
bad 'a house number with a letter' huisnummer "${GOOD/,1,/,1a,}"
bad 'two letters' huisletter "${GOOD/,1,,/,1,AB,}"
bad 'a digit for a letter' huisletter "${GOOD/,1,,/,1,7,}"
bad 'a long addition' huisnummertoevoeging "${GOOD/,,,Kerk/,,12345,Kerk}"
bad 'an addition with signs' huisnummertoevoeging "${GOOD/,,,Kerk/,,A-1,Kerk}"
bad 'no street' openbare_ruimte "${GOOD/Kerkstraat/}"
bad 'a street with a control character' openbare_ruimte "${GOOD/Kerkstraat/Kerk\\001straat}"
bad 'a street of 400 bytes' openbare_ruimte "${GOOD/Kerkstraat/$(printf 'x%.0s' {1..400})}"
bad 'no town' woonplaats "${GOOD/Plaats/  }"
bad 'another status' status "${GOOD/uitgegeven/gevraagd}"
bad 'nevenadres 2' nevenadres "${GOOD/%0/2}"
bad 'a column too few' '' "${GOOD%,0}"
bad 'a column too many' '' "$GOOD,1"
bad 'a NUL' '' "${GOOD/Kerkstraat/Kerk\\000straat}"
bad 'Latin-1' '' "${GOOD/Kerkstraat/Caf\\351straat}"
bad 'a quote never closed' '' "${GOOD/Kerkstraat/\"Kerkstraat}"
bad 'a quote within' '' "${GOOD/Kerkstraat/Kerk\"straat}"
bad 'a line of 70,000 bytes' '' "$(head -c 70000 /dev/zero | tr '\0' x)"

# Numbers that contradict themselves are left out and named.
{ cat "$WORK/plain" && printf '%s\n' "$GOOD" "${GOOD/,1,/,2,}" "${GOOD/%0/1}"; } >"$WORK/one"
is 'a number with two addresses is left out' "$(hash_of "$WORK/one")" "$PLAIN"
check 'and named' contains "$(kruispunt bag import --bag "$BAG" --dry-run "$WORK/one" 2>&1)" \
    'nummeraanduiding 0363200000000099: more than one address'

before=$(current)
{ cat "$WORK/plain" && for ((i = 0; i < 60; i++)); do echo "$GOOD,"; done; } >"$WORK/dirty"
check_status 'more than one row in a hundred is bad: refused' 1 bag import "$WORK/dirty"
said=$(<"$WORK/said")
check 'and says how many' contains "$said" '60 of '
check 'not a line for each' contains "$said" 'and 40 bad rows more'
check_status 'only a header' 1 bag import <(printf '%s\n' "$HEADER")
check_status 'only withdrawn numbers' 1 bag import <(printf '%s\n' "$HEADER" "${GOOD/uitgegeven/ingetrokken}")
check_status 'nothing' 1 bag import /dev/null
check_status 'no header' 1 bag import <(printf '%s\n' "$GOOD")
check_status 'a column twice' 1 bag import <(printf '%s\n' "$HEADER,status" "$GOOD,x")
check_status 'a folder' 2 bag import "$WORK"
check_status 'an export to a full disk' 1 bash -c "'$KP_BUILD/kruispunt' bag export --bag '$BAG' >/dev/full"
check_status 'no such file' 2 bag import "$WORK/missing"
check_status 'no such day' 2 bag import --date 2026-02-30 "$WORK/plain"
check_status 'no folder can be made there' 2 kruispunt bag import --bag "$WORK/plain/bag" "$WORK/plain"
is 'after all these the current one is as it was' "$(current), $(listed)" "$before, $before"

if ((KP_SLOW == 1)); then
    # A line that is longer than the memory there is.
    check_status 'a line of 300 MB' 1 bash -c "ulimit -v 220000; { echo '$HEADER'; head -c 300M /dev/zero | tr '\0' x; } |
        '$KP_BUILD/kruispunt' bag import --bag '$BAG' -"
    says 'is told of in bounded memory' 'line 2: longer than 65536 bytes'
fi

# ---- Beside each other --------------------------------------------------------------------------

check 'another one is imported beside it' bag import --date 2026-02-28 --beside "$WORK/plain"
OTHER=2026-02-28-${PLAIN:0:16}
is 'both are there, the old one current' "$(current), $(listed)" "$before, $before $OTHER"
check 'a dry run of a switch' bag use --dry-run "$OTHER"
is 'switches nothing' "$(current)" "$before"
check_status 'the current one is not removed' 1 bag remove "$before"
check_status 'what is not there is not used' 1 bag use 2026-02-28-0000000000000000
check_status 'nor is what is no name' 2 bag use ../bag
check_status 'nor removed' 1 bag remove ../plain
touch "$WORK/switching"
(
    for ((i = 0; i < 30; i++)); do
        if ! bag use "$before" || ! bag use "$OTHER"; then touch "$WORK/switch_failed"; fi
    done >/dev/null 2>&1
    rm "$WORK/switching"
) &
reads=0 found=''
while [[ -e $WORK/switching ]]; do
    found+=$({ bag export 2>&1 || true; } | sed -n '1s/^\(.\{19\}\).*/\1/p')
    reads=$((reads + 1))
done
wait
is 'who reads while it is switched sees one of both, always' "${found//nummeraanduiding_id/}" ''
is 'and no switch fails' "$(ls "$WORK/switch_failed" 2>/dev/null)" ''
note "$reads reads"
check_status 'a dry run of removing' 0 bag remove --dry-run "$before"
check 'the other can be removed' bag remove "$before"
is 'then one is there' "$(current), $(listed)" "$OTHER, $OTHER"
exec {lock}>>"$BAG/.lock"
flock "$lock"
check_status 'not while another changes it' 1 bag import "$WORK/register"
exec {lock}>&-

# ---- Killed at any moment -----------------------------------------------------------------------

must "$ROOT/scripts/generate" --out "$WORK/partners" --signals 20 --addresses 40000 --register "$WORK/large"
LARGE=2026-03-31-$(hash_of "$WORK/large" | cut -c 1-16)
inside=0
for ((i = 1; i <= 20; i++)); do
    "$KP_BUILD/kruispunt" bag import --bag "$BAG" --date 2026-03-31 "$WORK/large" >/dev/null 2>&1 &
    importer=$!
    # From when it makes something on, however long a loaded machine takes to get there.
    until compgen -G "$BAG/.new-*" >/dev/null || ! kill -0 "$importer" 2>/dev/null; do sleep 0.002; done
    after=$(((i - 1) * 15 * KP_SLOW)) # milliseconds
    sleep "$((after / 1000)).$(printf '%03d' $((after % 1000)))"
    kill -9 "$importer" 2>/dev/null || true
    wait "$importer" 2>/dev/null || true
    inside=$((inside + $(find "$BAG" -maxdepth 1 -name '.new-*' | wc -l)))
    case $(current) in
    "$OTHER") ;;
    "$LARGE") break ;;
    *) failed "killed: current is $(current)" ;;
    esac
    bag verify >"$WORK/said" 2>&1 || failed "killed: $(<"$WORK/said")"
done
check "some were killed while the new one was being made ($inside of $i)" test "$inside" -gt 0
check 'then an import that nobody kills' bag import --date 2026-03-31 "$WORK/large"
is 'is the current one' "$(current)" "$LARGE"
check 'and whole' bag verify
is 'what was left over is gone' "$(find "$BAG" -maxdepth 1 -name '.new-*' -o -maxdepth 1 -name '.current-*')" ''

# ---- No room ------------------------------------------------------------------------------------

# no_room TEXT BLOCKS: no file may become larger; as a full disk, the index can't be written.
no_room() {
    check_status "$1" 1 bash -c "trap '' XFSZ; ulimit -f $2; exec '$KP_BUILD/kruispunt' bag import --bag '$BAG' \
        --date 2026-04-30 '$WORK/large'"
    says "$1: says so" 'make room'
    is "$1: what was is there, and nothing else" "$(current), $(listed)$(find "$BAG" -name '.new-*')" \
        "$LARGE, $OTHER $LARGE"
}
no_room 'no room for the index' 1000
no_room 'no room for its end' 5000
if unshare -rm true 2>/dev/null; then
    check_status 'a full disk' 1 unshare -rm bash -c "mkdir '$WORK/small' && mount -t tmpfs -o size=3m none '$WORK/small' &&
        '$KP_BUILD/kruispunt' bag import --bag '$WORK/small/bag' '$WORK/register' >/dev/null || exit 9
        '$KP_BUILD/kruispunt' bag import --bag '$WORK/small/bag' '$WORK/large'; status=\$?
        '$KP_BUILD/kruispunt' bag verify --bag '$WORK/small/bag' || exit 8
        exit \$status"
    said=$(<"$WORK/said")
    check 'a full disk: says so' contains "$said" 'make room'
    check 'and what was is whole' contains "$said" 'whole: '
fi

# ---- A damaged file -----------------------------------------------------------------------------

DATA=$BAG/$LARGE/data.mdb
cp "$DATA" "$WORK/data"
sed 's/Kerkstraat/Kerkstraaf/' "$WORK/data" >"$DATA"
check_status 'another name in the file' 1 bag verify
says 'is found by the hash' 'another hash'
head -c 100000 "$WORK/data" >"$DATA"
check_status 'a file cut off' 1 bag verify
check_status 'is not listed' 1 bag list
says 'but the others are' "$OTHER"
head -c 100000 /dev/urandom >"$DATA"
check_status 'a file of something else' 1 bag verify
: >"$DATA"
check_status 'an empty file' 1 bag verify
says 'is damaged' 'import it again'
rm "$DATA"
mkfifo "$DATA"
check_status 'a pipe' 1 bag verify
says 'is damaged too' 'import it again'
rm "$DATA"
check_status 'no file' 1 bag verify
check 'the same is imported again' bag import --date 2026-03-31 "$WORK/large"
check 'and takes the place of the damaged one' bag verify
is 'of which nothing is left' "$(find "$BAG" -maxdepth 1 -name '.new-*')" ''
mkdir -p "$WORK/odd/current"
check_status 'something else is called current' 1 kruispunt bag import --bag "$WORK/odd" "$WORK/register"
is 'it stays, and no link beside it' "$(find "$WORK/odd" -mindepth 1 -maxdepth 1 -name '*current*')" "$WORK/odd/current"
check_status 'no folder' 2 kruispunt bag list --bag "$WORK/nowhere"

# ---- What scripts/generate makes of it ----------------------------------------------------------

must "$ROOT/scripts/generate" --out "$WORK/partners" --signals 200 --dirty 100 --language mixed --bag "$WORK/export"
must kruispunt bag import --bag "$WORK/bag3" "$WORK/export"
check_status 'addresses written in hard ways' 0 kruispunt address check --bag "$WORK/bag3" --json "$WORK/partners/svb.csv"
says 'are all found in the register' '"resolved": 200'

# ---- What is shown meanwhile --------------------------------------------------------------------

shown=$("$HELPERS/e2e_on_terminal" -- "$KP_BUILD/kruispunt" bag import --bag "$WORK/bag2" "$WORK/large")
check 'a terminal has a bar' contains "$shown" '[##'
shown=$(kruispunt bag import --bag "$WORK/bag2" "$WORK/large" 2>&1)
check_status 'and nothing else has' 1 contains "$shown" '['
finish
