#!/bin/bash
# The officers: `kruispunt agreement show`, `sign`, `refuse`, `revoke`, `extend`, `verify`, `diff`.
# usage: officers.sh PATH/TO/kruispunt PATH/TO/on_terminal
set -euo pipefail

usage="usage: officers.sh PATH/TO/kruispunt PATH/TO/on_terminal"
kruispunt=$(realpath "${1:?$usage}")
on_terminal=$(realpath "${2:?$usage}")
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

# has WHAT FILE WORDS...: text that may be wrapped.
has() {
    local what=$1 file=$2 words
    shift 2
    for words in "$@"; do
        checks=$((checks + 1))
        tr -s ' \r\n' ' ' <"$file" | grep -qF -- "$words" || fail "$what: no '$words'"
    done
}

# works ARGUMENT...: must succeed; output goes to out.txt.
works() {
    checks=$((checks + 1))
    "$kruispunt" "$@" >out.txt 2>err.txt </dev/null || fail "$*: $(cat err.txt)"
}

# refused STATUS WORDS ARGUMENT...
refused() {
    local expected=$1 words=$2 status=0
    shift 2
    "$kruispunt" "$@" >out.txt 2>err.txt </dev/null || status=$?
    same "$* ($words): exit status" "$expected" "$status"
    has "$*" err.txt "$words"
}

hash_of() { "$kruispunt" agreement show --json "$1" | sed -E 's/^\{"hash": "([0-9a-f]{64})".*/\1/'; }

# ---- keys and drafts ----

oin=000000990000000000
for member in svb:31 uwv:12 tax:23; do
    name=${member%:*}
    "$kruispunt" keygen --role node --name "$name" --oin "$oin${member#*:}" --out "$name" >/dev/null 2>&1
    "$kruispunt" keygen --role officer --name "$name" --oin "$oin${member#*:}" --holder "Directeur $name" \
        --out "officer-$name" >/dev/null 2>&1
    printf '[officer]\nname = %s\nofficer_key = officer-%s/officer.key\ntest_mode = yes\n' "$name" "$name" \
        >"$name.ini"
done
"$kruispunt" keygen --role coordinator --name Kruispunt --oin "${oin}90" --host coordinator.example.nl \
    --out coordinator >/dev/null 2>&1
"$kruispunt" keygen --role leader --name "J. Jansen" --oin "${oin}91" --project "Wijk Oost" \
    --holder "Projectleiding Oost" --out leader >/dev/null 2>&1
public=({svb,uwv,tax,officer-svb,officer-uwv,officer-tax,coordinator,leader}/public.ini)

cat >draft.ini <<'INI'
[agreement]
project = Wijk Oost
purpose = Adressen vinden waar meer ketenpartners een signaal op hebben.
legal_basis = artikel 64 Wet SUWI
controllers = Ieder antwoordt voor de eigen signalen; de gemeente antwoordt bewoners.
category = enforcement
postcodes = 1234 5678AB
addresses = 4000
threshold = 2
slots = 200
rotation = 20
rounds = 12
interval = 14d
discloses = indicators grounds observed_on
start = 2020-01-01
end = 2099-06-30
retention_days = 30
[coordinator]
operator = Stichting Kruispunt
[leader]
employer = Gemeente Oost
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
indicator = W.1-a: Inkomsten naast de uitkering
[member tax]
title = Belastingdienst
dpia = BD-2027-100
dpo = FG van de Belastingdienst
role = on request
[indicator svb woonsituatie]
description = Er staan meer personen ingeschreven
source = BRP
legal_ground = artikel 17 AOW
INI

# draft NAME SED [OPTION...]: NAME.agreement from the draft changed by sed.
draft() {
    local name=$1
    sed -E "$2" draft.ini >"$name.ini.draft"
    shift 2
    rm -f "$name.agreement"
    "$kruispunt" agreement draft --out "$name.agreement" "$@" "$name.ini.draft" "${public[@]}" >/dev/null
}
draft one ''
one=$(hash_of one.agreement)

# decide COMMAND NAME AGREEMENT OUT OPTION...: with the whole hash.
decide() {
    local command=$1 name=$2 agreement=$3 out=$4
    shift 4
    works agreement "$command" "$agreement.agreement" --config "$name.ini" --out "$out" \
        --yes "$(hash_of "$agreement.agreement")" "$@"
}

# ---- show ----

works agreement show one.agreement
same "the first line" "TEST MODE: test organisation numbers only; not for personal data" "$(head -1 out.txt)"
has "show" out.txt "$one" "Partner 3: Sociale Verzekeringsbank" "at least 2 partners have a signal" \
    "they can test at most 420 of the 4000 addresses in the area (11%) over the whole term" \
    "Role answers on request about matched addresses"
works agreement show --language nl one.agreement
has "show --language nl" out.txt "$one" "Ketenpartner 3: Sociale Verzekeringsbank" "meervoudig belang" \
    "verwonderadres" "Soort project handhaving" "Gezamenlijke verwerkingsverantwoordelijken" "Functionaris voor gegevensbescherming (FG)" \
    "zij kunnen over de hele looptijd ten hoogste 420 van de 4000 adressen in het gebied toetsen (11%)"
refused 2 "--language is en or nl" agreement show --language de one.agreement
refused 2 "others go behind --beside" agreement show one.agreement one.agreement

# seen SED ENGLISH DUTCH: a field that is another is seen in both languages, and by diff.
seen() {
    draft other "$1"
    works agreement show other.agreement
    has "$1" out.txt "$2"
    works agreement show --language nl other.agreement
    has "$1" out.txt "$3"
    works agreement diff one.agreement other.agreement
    checks=$((checks + 1))
    if [ "$(wc -l <out.txt)" -lt 4 ]; then
        fail "$1: no difference"
    fi
}
seen 's/^purpose = .*/purpose = Iets anders./' "Purpose Iets anders." "Doel Iets anders."
seen 's/^legal_basis.*/legal_basis = artikel 65/' "Legal basis artikel 65" "Wettelijke grondslag artikel 65"
seen 's/^controllers.*/controllers = Iedereen./' "GDPR) Iedereen." "AVG) Iedereen."
seen 's/= enforcement/= care/' "Category care" "Soort project zorg"
seen 's/1234 5678AB/1234 5678AC/' "Postcodes 1234 5678AC" "Postcodes 1234 5678AC"
seen 's/^addresses = 4000/addresses = 4001/' "4001 in this area" "4001 in dit gebied"
seen 's/^slots = 200/slots = 201/' "has 201:" "heeft er 201:"
seen 's/^rotation = 20/rotation = 21/' "21 of these" "mogen er 21 wisselen"
seen 's/^rounds = 12/rounds = 13/' "at most 13," "ten hoogste 13,"
seen 's/14d/15d/' "at least 15 days" "ten minste 15 dagen"
seen 's/^discloses.*/discloses = nothing/' "have a signal on it Slots" "signaal op hebben Plaatsen"
seen 's/2020-01-01/2020-01-02/' "Begins 2 January 2020" "Begin 2 januari 2020"
seen 's/2099-06-30/2099-05-31/' "Ends 31 May 2099 is the last day" "Einde 31 mei 2099 is de laatste dag"
seen 's/^retention_days = 30/retention_days = 60/' "Retention 60 days" "Bewaartermijn 60 dagen"
seen 's/Stichting Kruispunt/Stichting K/' "Operator Stichting K " "Beheerder Stichting K "
seen 's/Gemeente Oost/Gemeente West/' "Employer Gemeente West" "Werkgever Gemeente West"
seen 's/^title = UWV/title = U.W.V./' "Partner 1: U.W.V." "Ketenpartner 1: U.W.V."
seen 's/UWV-2027-3/UWV-2027-4/' "DPIA UWV-2027-4" "DPIA (GEB) UWV-2027-4"
seen 's/FG van UWV/FG van het UWV/' "(DPO) FG van het UWV" "(FG) FG van het UWV"
seen 's/^role = on request/&\nindicator = z: Een z/' "Indicator z" "Omschrijving Een z"
seen 's/Er staan meer/Er wonen meer/' "Description Er wonen meer" "Omschrijving Er wonen meer"
seen 's/= BRP/= BAG/' "Source register BAG" "Bronregistratie BAG"
seen 's/artikel 17 AOW/artikel 18 AOW/' "Legal ground artikel 18 AOW" "Grondslag artikel 18 AOW"
draft other 's/Er staan meer/Er wonen meer/'
works agreement diff --language nl one.agreement other.agreement
has "diff" out.txt "members.svb.indicators.woonsituatie.description was Er staan meer personen ingeschreven" \
    "wordt Er wonen meer personen ingeschreven"
works agreement diff --json one.agreement other.agreement
has "diff --json" out.txt '"differences": [{"field": "members.svb.indicators.woonsituatie.description", "before": "Er staan meer personen ingeschreven", "after": "Er wonen meer personen ingeschreven"}]'
works agreement diff one.agreement one.agreement
has "diff of the same" out.txt "Nothing differs"

# ---- what can't be signed ----

# unsigned WORDS SED [NAME [OPTION...]]: officer NAME (svb) is refused.
unsigned() {
    local words=$1 name=${3:-svb}
    draft other "$2"
    shift "$(($# < 3 ? $# : 3))"
    refused 1 "$words" agreement sign other.agreement --config "$name.ini" --out no.decision \
        --yes "$(hash_of other.agreement)" "$@"
    checks=$((checks + 1))
    [ ! -e no.decision ] || fail "$words: signed all the same"
    rm -f no.decision
}
unsigned "legal_basis is missing" '/^legal_basis/d'
unsigned "controllers is missing" '/^controllers/d'
unsigned "retention_days is missing" '/^retention_days/d'
unsigned "member tax: dpia is missing" '/^dpia = BD/d'
unsigned "member uwv: dpo is missing" '/^dpo = FG van UWV/d'
unsigned "member svb: indicator woonsituatie: source is missing" '/^source = BRP/d'
unsigned "member uwv: indicator W.1-a: legal_ground is missing" '/artikel 54/d'
works agreement show other.agreement
has "what is missing" out.txt "NOT COMPLETE, so it can't be signed; missing: Legal ground (members.uwv.indicators.W.1-a.legal_ground)"
unsigned "term ended at 2020-07-01" 's/2099-06-30/2020-06-30/'
sed 's/^test_mode.*//' svb.ini >real.ini
unsigned "test_mode = yes" '' real
sed 's/officer-svb/officer-uwv/' svb.ini >wrong_key.ini
unsigned "svb has another officer's key" '' wrong_key
sed 's/^name.*/name = fiod/' svb.ini >stranger.ini
unsigned "no member fiod" '' stranger
sed 's,officer-svb/officer.key,svb/identity.key,' svb.ini >node_key.ini
unsigned "a key of another kind" '' node_key
draft other 's/14d/15d/'
refused 1 "another hash than this agreement has" agreement sign one.agreement --config svb.ini --out no.decision \
    --yes "$(hash_of other.agreement)"
refused 1 "another hash than this agreement has" agreement sign one.agreement --config svb.ini --out no.decision \
    --yes "${one:0:16}"
refused 2 "asks a person on a terminal" agreement sign one.agreement --config svb.ini --out no.decision
refused 1 "has no round that only counts" agreement sign one.agreement --config svb.ini --out no.decision \
    --yes "$(printf '%064d' 0)" --count-only
refused 2 "--json shows nothing to a person" agreement sign one.agreement --config svb.ini --out no.decision --json
refused 2 "can't come from standard input" agreement sign - --config svb.ini --out no.decision

# ---- words ----

member="I accept that the operator is a partner"
employer="I accept that the operator employs the project leader"
both="I accept that the operator is a partner and employs the project leader"
same_operator='s/Stichting Kruispunt/SOCIALE verzekeringsbank/'
unsigned "--accept-operator '$member'" "$same_operator"
has "the refused text" out.txt "NOTE: the coordinator's operator is itself a partner: Sociale Verzekeringsbank (svb)"
same "the second line" "NOTE: the coordinator's operator is itself a partner: Sociale Verzekeringsbank" "$(sed -n 2p out.txt)"
unsigned "--accept-operator must be: $member" "$same_operator" svb --accept-operator "I accept"
unsigned "--accept-operator '$employer'" 's/Stichting Kruispunt/GEMEENTE OOST/'
unsigned "--accept-operator '$both'" 's/Stichting Kruispunt|Gemeente Oost/UWV/'
unsigned "Ik aanvaard dat de beheerder ketenpartner is" "$same_operator" svb --language nl
draft other "$same_operator"
decide sign svb other operator.decision --accept-operator "$member"
decide sign svb other operator_nl.decision --language nl --accept-operator "Ik aanvaard dat de beheerder ketenpartner is"

exposure="I accept that partners can test 53% of the addresses"
many='s/^addresses = .*/addresses = 800/'
unsigned "--accept-exposure '$exposure'" "$many"
unsigned "must be: $exposure" "$many" svb --accept-exposure "I accept that partners can test 52% of the addresses"
draft other "$many"
decide sign svb other exposure.decision --accept-exposure "$exposure"
(cat svb.ini && echo "warn_percent = 53") >lenient.ini
decide sign lenient other lenient.decision
(cat svb.ini && echo "warn_percent = 10") >strict.ini
refused 1 "can test 11% of the addresses" agreement sign one.agreement --config strict.ini --out no.decision --yes "$one"

# Other agreements of the organisation: the same area, another one, another version of this one.
mkdir agreements
echo "nothing of the kind" >agreements/notes.txt
draft area 's/^slots = .*/slots = 300/; s/^postcodes.*/postcodes = 1234ZZ/'
draft elsewhere 's/^postcodes.*/postcodes = 9999/'
cp area.agreement elsewhere.agreement one.agreement agreements
works agreement show one.agreement --beside area.agreement elsewhere.agreement --json
has "show --beside" out.txt '"exposure": [{"members": 1, "addresses": 940, "percent": 24}' \
    "\"exposure_counts\": [\"$(hash_of area.agreement)\"]"
works agreement show one.agreement --beside agreements
has "show --beside FOLDER" out.txt "they can test at most 940 of the 4000 addresses in the area (24%)" \
    "Counted in, because area and partners overlap: Wijk Oost (version 1, hash $(hash_of area.agreement))"
(cat strict.ini && echo "agreements = agreements") >folder.ini
refused 1 "can test 24% of the addresses" agreement sign one.agreement --config folder.ini --out no.decision --yes "$one"
echo "not an agreement" >agreements/broken.agreement
refused 1 "broken.agreement: " agreement sign one.agreement --config folder.ini --out no.decision --yes "$one"
rm agreements/broken.agreement

# ---- on a terminal ----

# typed STATUS WORDS OUT OPTION... -- LINE...: officer svb reads `other` or AGREEMENT.
typed() {
    local expected=$1 words=$2 status=0
    local -a options=()
    shift 2
    while [ "$1" != -- ]; do
        options+=("$1")
        shift
    done
    shift
    "$on_terminal" "$@" -- "$kruispunt" "${options[@]}" >shown.txt || status=$?
    same "typed ($words): exit status" "$expected" "$status"
    has "typed" shown.txt "$words"
}
sign_one=(agreement sign one.agreement --config svb.ini --out typed.decision)
typed 1 "isn't the name of the project" "${sign_one[@]}" -- "Wijk West"
typed 1 "isn't the name of the project" "${sign_one[@]}" -- "wijk oost"
checks=$((checks + 1))
[ ! -e typed.decision ] || fail "signed without the words"
typed 0 "accepted for svb at" "${sign_one[@]}" -- "Wijk Oost"
has "what a person sees" shown.txt "TEST MODE" "$one" "they can test at most 420" "type the name of the project:"
same "mode of a decision" 644 "$(stat -c %a typed.decision)"
before=$(sha256sum typed.decision)
typed 1 "is there already and is not replaced" "${sign_one[@]}" -- "Wijk Oost"
same "it is as it was" "$before" "$(sha256sum typed.decision)"
draft other "$same_operator; $many"
typed 1 "nothing was signed" agreement sign other.agreement --config svb.ini --out words.decision -- "yes" "$exposure" "Wijk Oost"
typed 1 "nothing was signed" agreement sign other.agreement --config svb.ini --out words.decision -- "$member" "ok" "Wijk Oost"
typed 1 "nothing was signed" agreement sign other.agreement --config svb.ini --out words.decision -- "$member" "$exposure" "no"
checks=$((checks + 1))
[ ! -e words.decision ] || fail "signed without the words"
typed 0 "ingestemd namens svb" agreement sign other.agreement --config svb.ini --out words.decision --language nl -- \
    "Ik aanvaard dat de beheerder ketenpartner is" "Ik aanvaard dat ketenpartners 53% van de adressen kunnen toetsen" "Wijk Oost"
typed 0 "geweigerd namens uwv" agreement refuse one.agreement --config uwv.ini --out uwv_refuses.decision --language nl -- "Wijk Oost"

# ---- refuse, revoke, verify ----

for name in svb uwv tax; do
    decide sign "$name" one "$name.decision"
done
all=(one.agreement svb.decision uwv.decision tax.decision)
works agreement verify "${all[@]}"
same "the first line" "TEST MODE: test organisation numbers only; not for personal data" "$(head -1 out.txt)"
same "rules that hold" 10 "$(grep -c '^holds ' out.txt)"
same "nobody told the hash" 1 "$(grep -c '^open  *agreement.hash' out.txt)"
works agreement verify --hash "$one" tax.decision svb.decision one.agreement uwv.decision --json
has "verify --json" out.txt '"test_mode": true' "\"lineage\": \"$one\"" '"sound": true' \
    '{"rule": "agreement.accepted", "holds": true'
refused 1 "broken" agreement verify "${all[@]:0:3}"
has "who didn't" out.txt "BROKEN agreement.accepted version 1 (one.agreement): tax didn't accept it"
refused 1 "broken" agreement verify "${all[@]}" uwv_refuses.decision
has "who refused what it had accepted" out.txt "BROKEN agreement.revocation uwv_refuses.decision: uwv revoked version 1"
refused 1 "broken" agreement verify one.agreement svb.decision uwv_refuses.decision tax.decision
has "who refused" out.txt "BROKEN agreement.refusal uwv_refuses.decision: uwv refused version 1"
decide revoke svb one svb_revokes.decision
refused 1 "broken" agreement verify "${all[@]}" svb_revokes.decision
has "who revoked" out.txt "BROKEN agreement.revocation svb_revokes.decision: svb revoked version 1"
refused 1 "broken" agreement verify "${all[@]}" --at 2019-12-31
refused 1 "broken" agreement verify "${all[@]}" --hash "$(hash_of other.agreement)"
head -c 109 svb.decision >cut.decision
refused 1 "broken" agreement verify "${all[@]}" cut.decision
has "a cut one" out.txt "BROKEN agreement.canonical cut.decision: "
# Refusing and revoking know no conditions.
draft other '/^controllers/d'
decide refuse uwv other early.decision
sed 's/^test_mode.*//' uwv.ini >uwv_real.ini
decide revoke uwv_real one any_mode.decision

# ---- later versions ----

refused 1 "ended at 2020-07-01T00:00:00Z and can't be extended any more" \
    agreement extend "$(draft old 's/2099-06-30/2020-06-30/' && echo old.agreement)" --end 2099-12-31 --out two.agreement
refused 1 "isn't after the end that was agreed before" agreement extend one.agreement --end 2099-06-30 --out two.agreement
refused 1 "may not have fewer" agreement extend one.agreement --end 2099-12-31 --rounds 11 --out two.agreement
refused 2 "--end: must be a day that exists" agreement extend one.agreement --end 2099-13-31 --out two.agreement
checks=$((checks + 1))
[ ! -e two.agreement ] || fail "extended all the same"
works agreement extend one.agreement --end 2099-12-31 --rounds 24 --out two.agreement
has "extend" out.txt "TEST MODE" "version 2, to be accepted by all members before 2099-07-01T00:00:00Z"
works agreement diff one.agreement two.agreement --json
has "what an extension changes" out.txt '{"field": "version", "before": "1", "after": "2"}' \
    "{\"field\": \"previous\", \"before\": null, \"after\": \"$one\"}" \
    "{\"field\": \"lineage\", \"before\": null, \"after\": \"$one\"}" \
    '{"field": "end", "before": "2099-07-01T00:00:00Z", "after": "2100-01-01T00:00:00Z"}' \
    '{"field": "rounds", "before": "12", "after": "24"}'
same "and nothing else" 5 "$(grep -o '"field"' out.txt | wc -l)"
two=$(hash_of two.agreement)
refused 1 "give it with --previous" agreement sign two.agreement --config svb.ini --out no.decision --yes "$two"
decide sign svb two svb2.decision --previous one.agreement
has "what changes" out.txt "What changes since version 1" "Rounds rounds before at most 12, counted over all versions after at most 24"
(cat uwv.ini && echo "agreements = agreements") >uwv_folder.ini
decide sign uwv_folder two uwv2.decision
refused 1 "broken" agreement verify "${all[@]}" two.agreement svb2.decision uwv2.decision
works agreement verify --proposals "${all[@]}" two.agreement svb2.decision uwv2.decision
decide sign tax two tax2.decision --previous one.agreement
works agreement verify tax2.decision "${all[@]}" two.agreement svb2.decision uwv2.decision --json
has "both versions" out.txt '"version": 2' "\"hash\": \"$two\"" "\"lineage\": \"$one\""
refused 1 "broken" agreement verify two.agreement {svb2,uwv2,tax2}.decision

# Another change: a draft that follows, which may not change what is fixed.
draft three 's/Er staan meer/Er wonen meer/; s/^rounds.*/rounds = 24/; s/2099-06-30/2099-12-31/' --previous two.agreement
works agreement diff two.agreement three.agreement --json
has "a changed indicator" out.txt '"field": "members.svb.indicators.woonsituatie.description"' '"after": "3"'
sed 's/^slots = 200/slots = 201/; s/^rounds.*/rounds = 24/' draft.ini >fixed.ini
refused 1 "slots is another than in the version before" agreement draft --previous two.agreement --out no.agreement \
    fixed.ini "${public[@]}"
# A version with another officer for svb counts only with the key of the one before.
"$kruispunt" keygen --role officer --name svb --oin "${oin}31" --holder "Opvolger" --out successor >/dev/null 2>&1
sed 's/^rounds.*/rounds = 24/' draft.ini >next.ini
"$kruispunt" agreement draft --previous two.agreement --out next.agreement next.ini \
    "${public[@]/officer-svb/successor}" >/dev/null
sed 's/officer-svb/successor/' svb.ini >successor.ini
refused 1 "svb has another officer's key than" agreement sign next.agreement --config successor.ini --out no.decision \
    --yes "$(hash_of next.agreement)" --previous two.agreement
decide sign svb next next.decision --previous two.agreement

echo "$checks checks, $failures failed"
[ "$failures" -eq 0 ]
