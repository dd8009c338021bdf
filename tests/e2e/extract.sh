#!/usr/bin/env bash
# The official extract of the address register: zips in a zip with XML give the register that the same
# content gives as a CSV; what held on a day; and hostile archives and XML, in bounded memory.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

BAG=$WORK/bag
MAKE_FILES=$ROOT/tests/e2e/extract_files.py
import() { kruispunt bag import --bag "$BAG" "$@"; }
# hash_of FILE... [OPTION]: what the register in these files has, by a dry run.
hash_of() { kruispunt bag import --bag "$WORK/nowhere" --dry-run --json "$@" 2>"$WORK/bad" | json_field hash; }
current() { readlink "$BAG/current"; }

must "$ROOT/scripts/generate" --out "$WORK/partners" --signals 20 --addresses 1500 --register "$WORK/register"
must python3 -B "$MAKE_FILES" "$WORK/register" "$WORK/extract.zip" "$WORK/loose"

# ---- The same register --------------------------------------------------------------------------

HASH=$(hash_of "$WORK/register")
is 'zips in a zip give what the CSV gives' "$(hash_of "$WORK/extract.zip")" "$HASH"
is 'nothing of it is bad' "$(<"$WORK/bad")" ''
is 'so do the XML files beside each other' "$(hash_of "$WORK"/loose/*.xml)" "$HASH"
check 'it is imported' import "$WORK/extract.zip"
is 'as of its own date' "$(current)" "2026-11-08-${HASH:0:16}"
check 'and is whole' kruispunt bag verify --bag "$BAG"
check_status 'another day gives another register' 1 test "$(hash_of --date 2009-12-31 "$WORK/extract.zip")" = "$HASH"
check 'of a day in between, too' import --beside --date 2016-05-05 "$WORK/extract.zip"
is 'with that date' "$(find "$BAG" -name "2016-05-05-${HASH:0:16}" | wc -l)" 1
check_status 'a day that the extract does not know yet' 1 import --date 2026-11-09 "$WORK/extract.zip"
check_status 'a CSV beside it' 2 import "$WORK/extract.zip" "$WORK/register"
check_status 'only a part of it' 1 import "$WORK"/loose/9999NUM*.xml
check 'says what is missing' contains "$(<"$WORK/said")" 'of kind WPL'
# By a pipe: nothing is sought in.
mkfifo "$WORK/pipe.zip"
cat "$WORK/extract.zip" >"$WORK/pipe.zip" &
is 'through a pipe' "$(hash_of "$WORK/pipe.zip")" "$HASH"
wait
shown=$(import --json --dry-run "$WORK/extract.zip")
is 'what was made inactive is counted' "$(json_field made_inactive <<<"$shown")" 2

# ---- Hostile ------------------------------------------------------------------------------------

before=$(current)
limit=unlimited
if ((KP_SLOW == 1)); then
    limit=250000 # KiB; sanitizers take more
fi
# refused TEXT WORDS FILE: with little memory, and says why.
refused() {
    check_status "$1: refused" 1 bash -c "ulimit -v $limit; exec '$KP_BUILD/kruispunt' bag import --bag '$BAG' '$3'"
    check "$1: says why" contains "$(<"$WORK/said")" "$2"
}
# made NAME: what comes in becomes this file.
made() { cat >"$WORK/$1"; }
# endless TEXT WORDS FRONT BYTES: XML that begins with FRONT and goes on with so many x.
endless() {
    rm -f "$WORK/endless.xml"
    mkfifo "$WORK/endless.xml"
    { cat "$WORK/front" && printf '%s' "$3" && head -c "$4" /dev/zero | tr '\0' x; } >"$WORK/endless.xml" 2>/dev/null &
    refused "$1" "$2" "$WORK/endless.xml"
    wait
}
NUM=$(find "$WORK/loose" -name '*NUM*-000001.xml')
sed '/<sl:stand>/,$d' "$NUM" >"$WORK/front"

for cut in 1 100 20000; do
    head -c -$cut "$WORK/extract.zip" | made cut.zip
    refused "a zip that lacks its last $cut bytes" 'not a whole zip' "$WORK/cut.zip"
done
size=$(stat -c %s "$NUM")
head -c $((size / 2)) "$NUM" | made cut.xml
refused 'XML that is cut off' 'cut off' "$WORK/cut.xml"
echo '<html><body/></html>' | made root.xml
refused 'another root' 'another root element' "$WORK/root.xml"
echo 'PK, or not' | made words.zip
refused 'neither' 'neither XML nor a zip' "$WORK/words.zip"
{ echo '<!DOCTYPE a [<!ENTITY a0 "ha">' && for i in {1..30}; do
    echo "<!ENTITY a$i \"&a$((i - 1));&a$((i - 1));&a$((i - 1));\">"
done && echo ']><a>&a30;</a>'; } | made entities.xml
refused 'an entity bomb' 'DOCTYPE' "$WORK/entities.xml"
{ cat "$WORK/front" && printf "<a>%.0s" {1..100000}; } | made deep.xml
refused 'elements in each other without end' 'deep' "$WORK/deep.xml"
{ cat "$WORK/front" && printf '<a>\0\0\0</a>'; } | made nul.xml
refused 'NULs' 'invalid token' "$WORK/nul.xml"
head -c 100000 /dev/zero | made zeros.xml
refused 'nothing but NULs' 'neither XML nor a zip' "$WORK/zeros.xml"
endless 'a text of 2 GB' 'more than 64 MiB of text' '<a>' 2G
endless 'a value of 2 GB' 'a value of more than 1024 bytes' \
    '<sl:stand><sl-bag-extract:bagObject><Objecten:Nummeraanduiding><Objecten:huisletter>' 2G
endless 'a tag of 2 GB' 'line ' '<' 2G
endless 'an attribute of 2 GB' 'line ' '<a b="' 2G
endless 'a comment of 2 GB' 'line ' '<!--' 2G
{ cat "$WORK/front" && seq -f '<e%.0f/>' 1 500000; } | made names.xml
refused 'half a million names' 'line ' "$WORK/names.xml"

# zips LEVELS: 200 MB of XML, so often zipped.
# shellcheck disable=SC2317
zips() {
    python3 - "$1" "$WORK/front" "$WORK/bomb.zip" <<'END'
import io, sys, zipfile
content, name = open(sys.argv[2], "rb").read() + (b" " * 1000 + b"<a/>") * 200000, "a.xml"
for level in range(int(sys.argv[1])):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file:
        file.writestr(name, content)
    content, name = out.getvalue(), f"{level}.zip"
open(sys.argv[3], "wb").write(content)
END
}
must zips 2
refused 'a zip bomb' 'a zip bomb' "$WORK/bomb.zip"
must zips 4
refused 'zips in each other' 'a zip within 3 zips' "$WORK/bomb.zip"

is 'after all these the current one is as it was' "$(current)" "$before"
is 'and nothing is left over' "$(find "$BAG" -mindepth 1 -maxdepth 1 ! -name '.lock' ! -name current ! -name '20*')" ''
finish
