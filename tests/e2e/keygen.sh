#!/bin/bash
# From keys to an agreement: `kruispunt keygen` for every role, then `agreement draft` and `show`
# over the public.ini files that it wrote.
# usage: keygen.sh PATH/TO/kruispunt
set -euo pipefail

kruispunt=$(realpath "${1:?usage: keygen.sh PATH/TO/kruispunt}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
failures=0
checks=0

fail() {
    echo "FAILED: $*"
    failures=$((failures + 1))
}

# same WHAT EXPECTED GOT
same() {
    checks=$((checks + 1))
    if [ "$2" != "$3" ]; then
        fail "$1"
        echo "  expected: $2"
        echo "  got:      $3"
    fi
}

# refused STATUS WORDS ARGUMENT...: the exit status, nothing on standard output, and the words on
# standard error.
refused() {
    local expected=$1 words=$2 status=0
    shift 2
    "$kruispunt" "$@" >out.txt 2>err.txt || status=$?
    same "$* ($words): exit status" "$expected" "$status"
    same "$* ($words): output" "" "$(cat out.txt)"
    checks=$((checks + 1))
    if ! grep -qF -- "$words" err.txt; then
        fail "$*: no '$words' in: $(cat err.txt)"
    fi
}

listing() {
    find "$1" -mindepth 1 -printf '%f\n' | LC_ALL=C sort | xargs
}

oin=000000990000000000

# ---- keygen ----

node() {
    "$kruispunt" keygen --role node --name "$1" --oin "$oin$2" --out "$1" 2>/dev/null
}
made=$(node svb 31)
same "files of a node" "svb/identity.key svb/box.key svb/store.key svb/tls.key svb/tls.csr svb/public.ini" \
    "$(echo "$made" | xargs)"
mkdir uwv
chmod 755 uwv
node uwv 12 >/dev/null
node tax 23 >/dev/null
coordinator=$("$kruispunt" keygen --role coordinator --name "Kruispunt coordinator" --oin "${oin}90" \
    --host coordinator.example.nl --out coordinator --json)
same "files of a coordinator" \
    '"files": ["identity.key", "store.key", "tls.key", "tls.csr", "public.ini"]}' \
    "\"files\": ${coordinator##*\"files\": }"
"$kruispunt" keygen --role leader --name "J. Jansen" --oin "${oin}91" --out leader \
    --project "Wijk Oost 2027" --holder "Projectleiding Oost" >/dev/null 2>&1
for name in svb uwv tax; do
    "$kruispunt" keygen --role officer --name "$name" --oin "${oin}31" --holder "Directeur van $name" \
        --out "officer-$name" >/dev/null 2>&1
done

same "mode of the folder" 700 "$(stat -c %a svb)"
same "mode of a folder that was there" 755 "$(stat -c %a uwv)"
for key in svb/*.key coordinator/*.key leader/*.key officer-svb/*.key; do
    same "mode of $key" 600 "$(stat -c %a "$key")"
done
same "what a node has" "box.key identity.key public.ini store.key tls.csr tls.key" "$(listing svb)"
same "what a coordinator has" "identity.key public.ini store.key tls.csr tls.key" \
    "$(listing coordinator)"
same "what a leader has" "box.key identity.key opening.key public.ini store.key tls.csr tls.key" \
    "$(listing leader)"
same "what an officer has" "officer.key public.ini" "$(listing officer-svb)"
same "a key file" "kruispunt identity key 1" "$(cut -d' ' -f1-4 svb/identity.key)"
same "all keys differ" "" "$(cat ./*/*.key | grep ^kruispunt | cut -d' ' -f5 | sort | uniq -d)"

subject=$(openssl req -in svb/tls.csr -noout -verify -subject 2>/dev/null)
same "the certificate request" "subject=CN = svb, serialNumber = ${oin}31" "$subject"
checks=$((checks + 1))
openssl req -in coordinator/tls.csr -noout -text | grep -q "DNS:coordinator.example.nl" ||
    fail "the coordinator's request has no host"
fingerprint=$(openssl req -in svb/tls.csr -noout -pubkey | openssl pkey -pubin -outform DER |
    openssl dgst -sha256 -r | cut -d' ' -f1)
same "the fingerprint" "tls_fingerprint = $fingerprint" "$(grep tls_fingerprint svb/public.ini)"
while read -r secret; do
    checks=$((checks + 1))
    if grep -q "$secret" ./*/public.ini; then
        fail "a secret key is in a public.ini"
    fi
done < <(cat ./*/*.key | grep ^kruispunt | cut -d' ' -f5)

before=$(cat svb/* | sha256sum)
refused 1 "is there already" keygen --role node --name svb --oin "${oin}31" --out svb
same "what was there is as it was" "$before" "$(cat svb/* | sha256sum)"
mkdir half
touch half/tls.csr
refused 1 "half/tls.csr: is there already" keygen --role node --name half --oin "${oin}31" --out half
same "nothing half made" tls.csr "$(listing half)"
refused 2 "can't be made" keygen --role node --name svb --oin "${oin}31" --out missing/folder
refused 2 "--role" keygen --role leaders --name svb --oin "${oin}31" --out new
refused 2 "--name" keygen --role node --name "S V B" --oin "${oin}31" --out new
refused 2 "--oin" keygen --role node --name svb --oin 123 --out new
refused 2 "--oin is missing" keygen --role node --name svb --out new
refused 2 "--host is missing" keygen --role coordinator --name c --oin "${oin}31" --out new
refused 2 "--host" keygen --role coordinator --name c --oin "${oin}31" --out new --host "a b"
refused 2 "--project and --holder are needed" keygen --role leader --name l --oin "${oin}31" --out new
refused 2 "for --role leader" keygen --role node --name svb --oin "${oin}31" --out new --holder x
refused 2 "--holder is needed" keygen --role officer --name svb --oin "${oin}31" --out new
refused 2 "--holder is needed" keygen --role officer --name svb --oin "${oin}31" --out new --holder h \
    --project p
refused 2 "--name" keygen --role officer --name "S V B" --oin "${oin}31" --out new --holder h
refused 2 "--holder" keygen --role leader --name l --oin "${oin}31" --out new --project p --holder " x"
checks=$((checks + 1))
[ ! -e new ] || fail "a folder stays behind"

# ---- agreement draft ----

cat >draft.ini <<'INI'
# What the partners agreed on.
[agreement]
project = Wijk Oost 2027
purpose = Samen kijken naar adressen waar meer partners een signaal op hebben; niets anders.
legal_basis = artikel 64 Wet SUWI
controllers = Ieder antwoordt voor de eigen signalen; het ministerie antwoordt bewoners.
category = enforcement
postcodes = 5678AB, 1234
postcodes = 5678AC
addresses = 4000
threshold = 2
slots = 200
rotation = 20
rounds = 12
interval = 14d
discloses = indicators grounds observed_on
start = 2027-01-01
end = 2027-06-30
retention_days = 30

[coordinator]
operator = Stichting Kruispunt

[leader]
employer = Ministerie van SZW

[member svb]
title = Sociale Verzekeringsbank
dpia = SVB-2027-14
dpo = FG van de SVB

[member uwv]
title = UWV
dpia = UWV-2027-3
dpo = FG van UWV
source = Polisadministratie
legal_ground = artikel 54 Wet SUWI

[member tax]
title = Belastingdienst
dpia = BD-2027-100
dpo = FG van de Belastingdienst
role = contributes

[indicator svb woonsituatie]
description = Uitkering voor een alleenstaande, terwijl er meer personen staan ingeschreven
source = BRP
legal_ground = artikel 17 AOW
[indicator svb adresonderzoek]
description = Lopend adresonderzoek
[indicator uwv W.1-a]
description = Inkomsten naast de uitkering
[indicator tax leegstand]
description = Toeslag op een adres dat leeg staat
INI
public=(svb/public.ini uwv/public.ini tax/public.ini coordinator/public.ini leader/public.ini
    officer-svb/public.ini officer-uwv/public.ini officer-tax/public.ini)

drafted=$("$kruispunt" agreement draft --out one.agreement draft.ini "${public[@]}")
hash=${drafted##* }
checks=$((checks + 1))
[[ $drafted =~ ^TEST\ MODE.*agreement\ [0-9a-f]{64}$ ]] || fail "what draft prints: $drafted"
again=$("$kruispunt" agreement draft --json --out two.agreement leader/public.ini tax/public.ini \
    coordinator/public.ini draft.ini uwv/public.ini svb/public.ini \
    officer-{tax,svb,uwv}/public.ini)
same "the files in another order" "{\"hash\": \"$hash\", \"test_mode\": true, \"version\": 1, \"members\": 3, \"file\": \"two.agreement\"}" "$again"
cmp one.agreement two.agreement || fail "two drafts differ"
refused 1 "is there already" agreement draft --out one.agreement draft.ini "${public[@]}"

shown=$("$kruispunt" agreement show one.agreement)
for line in "      $hash" "  Project               Wijk Oost 2027" \
    "  Postcodes             1234 5678AB 5678AC" "  Addresses             4000 in this area" \
    "  Begins                1 January 2027, 00:00:00 UTC (2027-01-01T00:00:00Z)" \
    "                        2027-07-01T00:00:00Z)" \
    "  Rounds                at most 12, counted over all versions" \
    "    they can test at most 420 of the 4000 addresses in the area (11%) over the whole term" \
    "    Short name            uwv" "  Partner 2: Belastingdienst" "  Partner 3: Sociale Verzekeringsbank" \
    "    Indicator adresonderzoek" "      Description           Lopend adresonderzoek" \
    "      Source register       Polisadministratie" "      Legal ground          artikel 54 Wet SUWI" \
    "  Operator              Stichting Kruispunt"; do
    checks=$((checks + 1))
    grep -qxF -- "$line" <<<"$shown" || fail "show has no line: $line"
done
json=$("$kruispunt" agreement show --json - <one.agreement)
for part in "{\"hash\": \"$hash\", \"lineage\": \"$hash\", \"version\": 1, " '"slots": 200, ' \
    '"postcodes": ["1234", "5678AB", "5678AC"]' '"number": 1, "name": "uwv"' '"interval": 1209600'; do
    checks=$((checks + 1))
    grep -qF -- "$part" <<<"$json" || fail "show --json has no $part"
done

# ---- drafts that are refused ----

# changed WORDS SED: a draft changed by sed is refused with these words.
changed() {
    sed -E "$2" draft.ini >changed.ini
    checks=$((checks + 1))
    cmp -s draft.ini changed.ini && fail "sed changes nothing: $2"
    refused "${3:-2}" "$1" agreement draft --out no.agreement changed.ini "${public[@]}"
}
changed "changed.ini:3: [agreement] projet: unknown key" 's/^project/projet/'
changed "[agreement] category" 's/enforcement/both/'
changed "changed.ini:8: [agreement] postcodes" 's/5678AB/5678 AB/'
changed "[member tax] role" 's/^role = contributes/role = looks on/'
changed "is there twice" 's/5678AC/5678AB/' 1
changed "is in 1234 already" 's/5678AC/1234AC/' 1
changed "[agreement] slots is in none of the files" '/^slots/d'
changed "[agreement] interval" 's/14d/14w/'
changed "[agreement] discloses" 's/grounds/ground/'
changed "[agreement] start" 's/2027-01-01/2027-02-30/'
changed "start is" 's/2027-01-01/2028-01-01/' 1
changed "threshold is 4" 's/^threshold = 2/threshold = 4/' 1
changed "threshold is 1" 's/^threshold = 2/threshold = 1/' 1
changed "rotation is 201" 's/^rotation = 20/rotation = 201/' 1
changed "slots is 0" 's/^slots = 200/slots = 0/' 1
changed "opening key 1: proof" 's/^project = Wijk Oost 2027/project = Wijk West 2027/' 1
changed "member 2 (tax): has 0 indicators" '/^\[indicator tax/d; /leeg staat/d' 1
changed "[member svb] oin" 's/^dpia = SVB.*/oin = 00000099000000000031/'
changed "[member ssvb]" 's/^\[member svb\]/[member ssvb]/'
changed "unknown section" 's/^\[leader\]/[leaders]/'
changed "unknown section" 's/^\[indicator svb woonsituatie\]/[indicator woonsituatie]/'
refused 2 "[coordinator] operator_oin is in none of the files" \
    agreement draft --out no.agreement draft.ini svb/public.ini uwv/public.ini tax/public.ini leader/public.ini
refused 2 "officer_key is in none of the files" \
    agreement draft --out no.agreement draft.ini "${public[@]:0:7}"
sed 's/^oin = .*/oin = 00000001000000000031/' svb/public.ini >real.ini
refused 1 "test numbers (00000099...) and numbers of real organisations are mixed" agreement draft --out no.agreement draft.ini \
    real.ini "${public[@]:1}"
sed 's/^oin = .*/oin = 00000099000000000012/' svb/public.ini >same.ini
refused 1 "oin is the same as that of member" agreement draft --out no.agreement draft.ini same.ini \
    "${public[@]:1}"
sed "s/^tls_fingerprint = .*/$(grep tls_finger uwv/public.ini)/" svb/public.ini >same.ini
refused 1 "also that of another party" agreement draft --out no.agreement draft.ini same.ini \
    "${public[@]:1}"
checks=$((checks + 1))
[ ! -e no.agreement ] || fail "a refused draft left a file"

# ---- files that are no agreement ----

printf 'x' | cat one.agreement - >longer.agreement
head -c -1 one.agreement >shorter.agreement
printf '\x98\x06\x01' | cat one.agreement - >unknown.agreement
: >empty.agreement
refused 1 "longer.agreement: " agreement show longer.agreement
refused 1 "shorter.agreement: " agreement show shorter.agreement
refused 1 "unknown.agreement: " agreement show unknown.agreement
refused 1 "empty.agreement: " agreement show empty.agreement
refused 2 "none.agreement: " agreement show none.agreement

# ---- the program itself ----

same "version" "$("$kruispunt" version)" "kruispunt $("$kruispunt" version --json | cut -d'"' -f4)"
refused 2 "no command 'nothing'" nothing
refused 2 "no command 'sho' in agreement" agreement sho
status=0
"$kruispunt" version >/dev/full 2>err.txt || status=$?
same "standard output is full" 1 "$status"

echo "$checks checks, $failures failed"
[ "$failures" -eq 0 ]
