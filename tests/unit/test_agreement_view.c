#include "proto/commands/agreement_view.h"

#include "proto/commands/agreement_compare.h"
#include "proto/commands/agreement_layout.h"
#include "tests/unit/fixture.h"
#include "tests/unit/unit.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- text ---- */

/* Every run of blanks becomes one space, since text is wrapped. */
static void tidy(char *text)
{
    char *to = text;
    for (const char *from = text; *from != '\0'; from++) {
        bool blank = *from == ' ' || *from == '\n';
        if (!blank || (to > text && to[-1] != ' ')) {
            *to++ = blank ? ' ' : *from;
        }
    }
    *to = '\0';
}

static char *shown(const struct kp_agreement *agreement, enum kp_language language)
{
    static const struct kp_beside nothing;
    struct kp_view view;
    struct kp_error error = {0};
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    CU_ASSERT_PTR_NOT_NULL_FATAL(out);
    CU_ASSERT_EQUAL_FATAL(kp_view_make(&view, agreement, &nothing, 0, language, &error), KP_OK);
    CU_ASSERT_EQUAL_FATAL(kp_view_print(&view, out, &error), KP_OK);
    fclose(out);
    return text;
}

static char *shown_json(const struct kp_agreement *agreement)
{
    static const struct kp_beside nothing;
    struct kp_view view;
    struct kp_error error = {0};
    cJSON *object = cJSON_CreateObject();
    CU_ASSERT_EQUAL_FATAL(kp_view_make(&view, agreement, &nothing, 0, KP_LANGUAGE_EN, &error),
                          KP_OK);
    CU_ASSERT_TRUE_FATAL(kp_view_json(&view, object));
    char *text = cJSON_PrintUnformatted(object);
    cJSON_Delete(object);
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    return text;
}

static void expect_in(const char *text, const char *words)
{
    if (strstr(text, words) == NULL) {
        fprintf(stderr, "no '%s' in: %.3000s\n", words, text);
        CU_FAIL("text that is shown");
    }
}

/* ---- each field ---- */

/* A field that is another now, and how that is seen: in each language, in JSON, and by its name
 * among the differences. */
struct change {
    void (*make)(struct kp_agreement *agreement);
    const char *id;
    const char *english;
    const char *dutch;
    const char *json;
};

#define CHANGE(name, statement)                                                                    \
    static void name(struct kp_agreement *x)                                                       \
    {                                                                                              \
        statement;                                                                                 \
    }

/* 32 bytes of this value, as hex. */
#define BYTES_HEX "abababababababababababababababababababababababababababababababab"
#define FILL(field) memset(field, 0xab, 32)

CHANGE(version, x->version = 2)
CHANGE(previous, x->version = 2; FILL(x->previous))
CHANGE(lineage, x->version = 2; FILL(x->lineage))
CHANGE(project, strcpy(x->project, "Wijk West"))
CHANGE(purpose, strcpy(x->purpose, "Een ander doel."))
CHANGE(legal_basis, strcpy(x->legal_basis, "art. 65"))
CHANGE(category, x->category = KP_CATEGORY_CARE)
CHANGE(controllers, strcpy(x->controllers, "De gemeente antwoordt."))
CHANGE(postcodes, strcpy(x->postcodes[1], "9876ZX"))
CHANGE(fewer_postcodes, x->postcode_count = 1)
CHANGE(addresses, x->area_addresses = 4321)
CHANGE(start, x->start = 1704067261)
CHANGE(end, x->end = 1814400000)
CHANGE(end_moment, x->end = 1814400001)
CHANGE(retention, x->retention_days = 31)
CHANGE(one_day, x->retention_days = 1)
CHANGE(no_retention, x->retention_days = 0)
CHANGE(threshold, x->threshold = 3)
CHANGE(key_scheme, x->key_scheme_version = 7)
CHANGE(key_scheme_bag, x->key_scheme = KP_KEY_SCHEME_BAG)
CHANGE(register_date, x->key_scheme = KP_KEY_SCHEME_BAG; x->register_date = 20270102)
CHANGE(register_hash, x->key_scheme = KP_KEY_SCHEME_BAG; FILL(x->register_hash))
CHANGE(words_hash, FILL(x->words_hash))
CHANGE(slots, x->slots = 1234)
CHANGE(rotation, x->rotation = 7)
CHANGE(rounds, x->rounds = 77)
CHANGE(interval, x->interval_seconds = 7 * 3600)
CHANGE(interval_odd, x->interval_seconds = 3601)
CHANGE(discloses, x->discloses = KP_DISCLOSE_GROUNDS)
CHANGE(discloses_nothing, x->discloses = 0)
CHANGE(openings_needed, x->openings_needed = 3)
CHANGE(canaries, x->canaries = 4)
CHANGE(audit_slots, x->audit_slots = 5)
CHANGE(count_first, x->count_first = 1)
CHANGE(leader_box, FILL(x->leader_box_key))
CHANGE(second_holder, strcpy(x->opening_keys[1].holder, "Toezicht"))
CHANGE(second_key, FILL(x->opening_keys[1].key))
CHANGE(second_proof, FILL(x->opening_keys[1].proof); FILL(x->opening_keys[1].proof + 32))
CHANGE(second_employer, strcpy(x->opening_keys[1].employer, "Waterschap"))
CHANGE(second_oin, strcpy(x->opening_keys[1].employer_oin, "00000099000000000777"))
CHANGE(second_identity, FILL(x->opening_keys[1].identity_key))
CHANGE(second_box, FILL(x->opening_keys[1].box_key))
CHANGE(second_tls, FILL(x->opening_keys[1].tls_fingerprint))
CHANGE(holder, strcpy(x->opening_keys[0].holder, "Notaris"))
CHANGE(opening_key, FILL(x->opening_keys[0].key))
CHANGE(opening_proof, FILL(x->opening_keys[0].proof); FILL(x->opening_keys[0].proof + 32))
CHANGE(operator, strcpy(x->coordinator_operator, "Beheer BV"))
CHANGE(operator_oin, strcpy(x->coordinator_oin, "00000099000000000777"))
CHANGE(coordinator_key, FILL(x->coordinator_identity_key))
CHANGE(coordinator_tls, FILL(x->coordinator_tls_fingerprint))
CHANGE(leader_name, strcpy(x->leader_name, "P. Pietersen"))
CHANGE(employer, strcpy(x->leader_employer, "Provincie"))
CHANGE(employer_oin, strcpy(x->leader_oin, "00000099000000000777"))
CHANGE(leader_key, FILL(x->leader_identity_key))
CHANGE(leader_tls, FILL(x->leader_tls_fingerprint))
CHANGE(member_name, strcpy(x->members[1].name, "uwv"))
CHANGE(member_title, strcpy(x->members[1].title, "Inspectie"))
CHANGE(member_oin, strcpy(x->members[1].oin, "00000099000000000777"))
CHANGE(member_role, x->members[1].role = KP_ROLE_ON_REQUEST)
CHANGE(member_dpia, strcpy(x->members[1].dpia, "DPIA-777"))
CHANGE(member_dpo, strcpy(x->members[1].dpo, "fg@elders.example"))
CHANGE(member_officer, strcpy(x->members[1].officer, "De directeur"))
CHANGE(member_no_officer, x->members[1].officer[0] = '\0')
CHANGE(member_officer_key, FILL(x->members[1].officer_key))
CHANGE(member_key, FILL(x->members[1].identity_key))
CHANGE(member_box, FILL(x->members[1].box_key))
CHANGE(member_tls, FILL(x->members[1].tls_fingerprint))
CHANGE(indicator_code, strcpy(x->members[1].indicators[2].code, "C 2.x"))
CHANGE(indicator_description, strcpy(x->members[1].indicators[2].description, "Meer auto's"))
CHANGE(indicator_source, strcpy(x->members[1].indicators[2].source, "Kentekenregister"))
CHANGE(indicator_ground, strcpy(x->members[1].indicators[2].legal_ground, "art. 3 lid 2"))
CHANGE(indicator_gone, x->members[1].indicator_count = 2)

static const struct change changes[] = {
    {version, "version", "Version 2", "Versie 2", "\"version\":2"},
    {previous, "previous", BYTES_HEX, BYTES_HEX, "\"previous\":\"" BYTES_HEX},
    {lineage, "lineage", BYTES_HEX, BYTES_HEX, "\"lineage\":\"" BYTES_HEX},
    {project, "project", "Project Wijk West", "Project Wijk West", "\"project\":\"Wijk West"},
    {purpose, "purpose", "Purpose Een ander doel.", "Doel Een ander doel.",
     "\"purpose\":\"Een ander doel."},
    {legal_basis, "legal_basis", "Legal basis art. 65", "Wettelijke grondslag art. 65",
     "\"legal_basis\":\"art. 65"},
    {category, "category", "Category care;", "Soort project zorg;", "\"category\":\"care"},
    {controllers, "controllers", "(article 26 GDPR) De gemeente antwoordt.",
     "(artikel 26 AVG) De gemeente antwoordt.", "\"controllers\":\"De gemeente antwoordt."},
    {postcodes, "postcodes", "Postcodes 1234 9876ZX", "Postcodes 1234 9876ZX",
     "\"postcodes\":[\"1234\",\"9876ZX\"]"},
    {fewer_postcodes, "postcodes", "Postcodes 1234 Addresses", "Postcodes 1234 Adressen",
     "\"postcodes\":[\"1234\"]"},
    {addresses, "addresses", "4321 in this area", "4321 in dit gebied", "\"addresses\":4321"},
    {start, "start", "Begins 1 January 2024, 00:01:01 UTC (2024-01-01T00:01:01Z)",
     "Begin 1 januari 2024, 00:01:01 uur UTC (2024-01-01T00:01:01Z)",
     "\"start\":\"2024-01-01T00:01:01Z"},
    {end, "end", "Ends 30 June 2027 is the last day (the term ends at 2027-07-01T00:00:00Z)",
     "Einde 30 juni 2027 is de laatste dag (de looptijd eindigt op 2027-07-01T00:00:00Z)",
     "\"end\":\"2027-07-01T00:00:00Z"},
    {end_moment, "end", "Ends just before 1 July 2027, 00:00:01 UTC",
     "Einde tot 1 juli 2027, 00:00:01 uur UTC", "\"end\":\"2027-07-01T00:00:01Z"},
    {retention, "retention_days", "Retention 31 days after", "Bewaartermijn 31 dagen na",
     "\"retention_days\":31"},
    {one_day, "retention_days", "Retention 1 day after", "Bewaartermijn 1 dag na",
     "\"retention_days\":1"},
    {no_retention, "retention_days", "Retention (missing)", "Bewaartermijn (ontbreekt)",
     "\"retention_days\":0"},
    {threshold, "threshold", "at least 3 partners", "ten minste 3 ketenpartners",
     "\"threshold\":3"},
    {key_scheme, "key_scheme", "text-7:", "text-7:", "\"key_scheme\":\"text-7\""},
    {key_scheme_bag, "key_scheme", "bag-2: addresses are looked up", "bag-2: adressen worden",
     "\"key_scheme\":\"bag-2\""},
    {register_date, "register_date", "BAG as of 2027-01-02", "op 2027-01-02;",
     "\"register_date\":\"2027-01-02\""},
    {register_hash, "register_hash", BYTES_HEX, BYTES_HEX, "\"register_hash\":\"" BYTES_HEX},
    {words_hash, "words_hash", BYTES_HEX, BYTES_HEX, "\"words_hash\":\"" BYTES_HEX},
    {slots, "slots", "has 1234:", "heeft er 1234:", "\"slots\":1234"},
    {rotation, "rotation", "7 of these", "mogen er 7 wisselen", "\"rotation\":7"},
    {rounds, "rounds", "at most 77,", "ten hoogste 77,", "\"rounds\":77"},
    {interval, "interval", "at least 7 hours", "ten minste 7 uur", "\"interval\":25200"},
    {interval_odd, "interval", "at least 3601 seconds", "ten minste 3601 seconden",
     "\"interval\":3601"},
    {discloses, "discloses", "signal on it; a digest of the grounds",
     "signaal op hebben; een hash van de onderbouwing", "\"discloses\":[\"grounds\"]"},
    {discloses_nothing, "discloses", "have a signal on it Slots", "een signaal op hebben Plaatsen",
     "\"discloses\":[]"},
    {canaries, "canaries", "Canaries 4 of each group", "Kanaries 4 van elke groep",
     "\"canaries\":4"},
    {audit_slots, "audit_slots", "Checked slots 5 of each partner",
     "Gecontroleerde plaatsen 5 van elke ketenpartner", "\"audit_slots\":5"},
    {count_first, "count_first", "First round round 1 only counts:",
     "Eerste ronde ronde 1 telt alleen:", "\"count_first\":true"},
    {leader_box, "leader.box_key", "Encryption key " BYTES_HEX,
     "Sleutel voor versleuteling " BYTES_HEX, "\"box_key\":\"" BYTES_HEX},
    {second_holder, "opening_keys.2.holder", "Holder Toezicht", "Houder Toezicht",
     "\"holder\":\"Toezicht"},
    {second_key, "opening_keys.2.key", "Public key " BYTES_HEX, "Openbare sleutel " BYTES_HEX,
     "\"key\":\"" BYTES_HEX},
    {second_proof, "opening_keys.2.proof", "Proof of possession abab", "Bewijs van bezit abab",
     "\"proof\":\"" BYTES_HEX BYTES_HEX},
    {second_employer, "opening_keys.2.employer", "Employer Waterschap", "Werkgever Waterschap",
     "\"employer\":\"Waterschap"},
    {second_oin, "opening_keys.2.employer_oin", "Employer's OIN 00000099000000000777",
     "OIN van de werkgever 00000099000000000777", "\"employer_oin\":\"00000099000000000777"},
    {second_identity, "opening_keys.2.identity_key", "Identity key " BYTES_HEX,
     "Identiteitssleutel " BYTES_HEX, "\"identity_key\":\"" BYTES_HEX},
    {second_box, "opening_keys.2.box_key", "Encryption key " BYTES_HEX,
     "Sleutel voor versleuteling " BYTES_HEX, "\"box_key\":\"" BYTES_HEX},
    {second_tls, "opening_keys.2.tls_fingerprint", "fingerprint (SHA-256) " BYTES_HEX,
     "certificaatsleutel (SHA-256) " BYTES_HEX, "\"tls_fingerprint\":\"" BYTES_HEX},
    {openings_needed, "openings_needed", "3 of 2", "3 van de 2", "\"openings_needed\":3"},
    {holder, "opening_keys.1.holder", "Holder Notaris", "Houder Notaris", "\"holder\":\"Notaris"},
    {opening_key, "opening_keys.1.key", "Public key " BYTES_HEX, "Openbare sleutel " BYTES_HEX,
     "\"key\":\"" BYTES_HEX},
    {opening_proof, "opening_keys.1.proof", "Proof of possession abab", "Bewijs van bezit abab",
     "\"proof\":\"" BYTES_HEX BYTES_HEX},
    {operator, "coordinator.operator", "Operator Beheer BV", "Beheerder Beheer BV",
     "\"operator\":\"Beheer BV"},
    {operator_oin, "coordinator.operator_oin", "Operator's OIN 00000099000000000777",
     "OIN van de beheerder 00000099000000000777", "\"operator_oin\":\"00000099000000000777"},
    {coordinator_key, "coordinator.identity_key", "Identity key " BYTES_HEX,
     "Identiteitssleutel " BYTES_HEX, "\"identity_key\":\"" BYTES_HEX},
    {coordinator_tls, "coordinator.tls_fingerprint", "fingerprint (SHA-256) " BYTES_HEX,
     "certificaatsleutel (SHA-256) " BYTES_HEX, "\"tls_fingerprint\":\"" BYTES_HEX},
    {leader_name, "leader.name", "Name P. Pietersen", "Naam P. Pietersen",
     "\"name\":\"P. Pietersen"},
    {employer, "leader.employer", "Employer Provincie", "Werkgever Provincie",
     "\"employer\":\"Provincie"},
    {employer_oin, "leader.employer_oin", "Employer's OIN 00000099000000000777",
     "OIN van de werkgever 00000099000000000777", "\"employer_oin\":\"00000099000000000777"},
    {leader_key, "leader.identity_key", "Identity key " BYTES_HEX, "Identiteitssleutel " BYTES_HEX,
     "\"identity_key\":\"" BYTES_HEX},
    {leader_tls, "leader.tls_fingerprint", "fingerprint (SHA-256) " BYTES_HEX,
     "certificaatsleutel (SHA-256) " BYTES_HEX, "\"tls_fingerprint\":\"" BYTES_HEX},
    {member_name, "members.uwv.name", "Short name uwv", "Korte naam uwv", "\"name\":\"uwv\""},
    {member_title, "members.m2.title", "Partner 2: Inspectie", "Ketenpartner 2: Inspectie",
     "\"title\":\"Inspectie"},
    {member_oin, "members.m2.oin", "(OIN) 00000099000000000777", "(OIN) 00000099000000000777",
     "\"oin\":\"00000099000000000777"},
    {member_role, "members.m2.role", "Role answers on request about matched addresses",
     "Rol antwoordt op verzoek over verwonderadressen", "\"role\":\"on request"},
    {member_dpia, "members.m2.dpia", "DPIA DPIA-777", "DPIA (GEB) DPIA-777", "\"dpia\":\"DPIA-777"},
    {member_dpo, "members.m2.dpo", "(DPO) fg@elders.example", "(FG) fg@elders.example",
     "\"dpo\":\"fg@elders.example"},
    {member_officer, "members.m2.officer", "Signs for the partner De directeur",
     "Tekent namens de ketenpartner De directeur", "\"officer\":\"De directeur"},
    {member_no_officer, "members.m2.officer", "Signs for the partner (missing)",
     "Tekent namens de ketenpartner (ontbreekt)", "\"officer\":\"\""},
    {member_officer_key, "members.m2.officer_key", "officer's key " BYTES_HEX,
     "tekenbevoegde " BYTES_HEX, "\"officer_key\":\"" BYTES_HEX},
    {member_key, "members.m2.identity_key", "Identity key " BYTES_HEX,
     "Identiteitssleutel " BYTES_HEX, "\"identity_key\":\"" BYTES_HEX},
    {member_box, "members.m2.box_key", "Encryption key " BYTES_HEX,
     "Sleutel voor versleuteling " BYTES_HEX, "\"box_key\":\"" BYTES_HEX},
    {member_tls, "members.m2.tls_fingerprint", "fingerprint (SHA-256) " BYTES_HEX,
     "certificaatsleutel (SHA-256) " BYTES_HEX, "\"tls_fingerprint\":\"" BYTES_HEX},
    {indicator_code, "members.m2.indicators.C 2.x.description", "Indicator C 2.x",
     "Indicator C 2.x", "\"code\":\"C 2.x\""},
    {indicator_description, "members.m2.indicators.C-2.description", "Description Meer auto's",
     "Omschrijving Meer auto's", "\"description\":\"Meer auto's"},
    {indicator_source, "members.m2.indicators.C-2.source", "Source register Kentekenregister",
     "Bronregistratie Kentekenregister", "\"source\":\"Kentekenregister"},
    {indicator_ground, "members.m2.indicators.C-2.legal_ground", "Legal ground art. 3 lid 2",
     "Grondslag art. 3 lid 2", "\"legal_ground\":\"art. 3 lid 2"},
    {indicator_gone, "members.m2.indicators.C-2.source",
     "Partner 3:", "Ketenpartner 3:", "\"code\":\"C-3\""},
};

/* A copy that can be changed without changing the fixture's. */
struct copied {
    struct kp_agreement agreement;
    struct kp_member members[4];
    struct kp_indicator indicators[4][3];
    char postcodes[2][7];
};

static struct copied *copy(const struct kp_agreement *agreement)
{
    struct copied *copied = calloc(1, sizeof(*copied));
    CU_ASSERT_PTR_NOT_NULL_FATAL(copied);
    copied->agreement = *agreement;
    for (uint32_t i = 0; i < agreement->member_count; i++) {
        copied->members[i] = agreement->members[i];
        memcpy(copied->indicators[i], agreement->members[i].indicators,
               sizeof(copied->indicators[i]));
        copied->members[i].indicators = copied->indicators[i];
    }
    memcpy(copied->postcodes, agreement->postcodes, sizeof(copied->postcodes));
    copied->agreement.members = copied->members;
    copied->agreement.postcodes = copied->postcodes;
    return copied;
}

static bool differs_in(const struct kp_agreement *before, const struct kp_agreement *after,
                       const char *id)
{
    struct kp_comparison comparison;
    struct kp_error error = {0};
    bool found = false;
    CU_ASSERT_EQUAL_FATAL(kp_comparison_make(&comparison, before, after, KP_LANGUAGE_EN, &error),
                          KP_OK);
    for (size_t i = 0; i < comparison.count; i++) {
        const struct kp_difference *difference = &comparison.differences[i];
        const char *name =
            difference->after != NULL ? difference->after->id : difference->before->id;
        found = found || strcmp(name, id) == 0;
    }
    kp_comparison_free(&comparison);
    return found;
}

static void expect_change(const struct kp_agreement *before, const struct change *change)
{
    struct copied *after = copy(before);
    change->make(&after->agreement);
    const char *const words[KP_LANGUAGES] = {change->english, change->dutch};
    for (enum kp_language language = KP_LANGUAGE_EN; language < KP_LANGUAGES; language++) {
        char *one = shown(before, language);
        char *other = shown(&after->agreement, language);
        CU_ASSERT_STRING_NOT_EQUAL(one, other);
        tidy(other);
        expect_in(other, words[language]);
        free(one);
        free(other);
    }
    char *one = shown_json(before);
    char *other = shown_json(&after->agreement);
    CU_ASSERT_STRING_NOT_EQUAL(one, other);
    expect_in(other, change->json);
    free(one);
    free(other);
    if (!differs_in(before, &after->agreement, change->id)) {
        fprintf(stderr, "%s isn't among the differences\n", change->id);
        CU_FAIL("a difference");
    }
    free(after);
}

static void test_every_field_is_shown(void)
{
    struct fixture fixture;
    fixture_make(&fixture, &(struct fixture_settings){.members = 4, .second_holder = true});
    CU_ASSERT_FALSE(differs_in(fixture.agreement, fixture.agreement, "project"));
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        expect_change(fixture.agreement, &changes[i]);
    }
    fixture_free(&fixture);
}

/* ---- what comes first ---- */

static void expect_start(const struct kp_agreement *agreement, enum kp_language language,
                         const char *start)
{
    char *text = shown(agreement, language);
    if (strncmp(text, start, strlen(start)) != 0) {
        fprintf(stderr, "begins with: %.300s\n", text);
        CU_FAIL("the first lines");
    }
    free(text);
}

static void test_first_lines(void)
{
    struct fixture fixture;
    fixture_make(&fixture, &(struct fixture_settings){.members = 3});
    struct copied *copied = copy(fixture.agreement);
    struct kp_agreement *agreement = &copied->agreement;
    expect_start(agreement, KP_LANGUAGE_EN, KP_TEST_MODE_TEXT "\n\nAgreement Test project\n");
    expect_start(agreement, KP_LANGUAGE_NL, "TEST MODE: alleen testnummers");
    agreement->test = false;
    expect_start(agreement, KP_LANGUAGE_NL, "\nOvereenkomst Test project\n");
    strcpy(agreement->coordinator_operator, "MEMBER 2");
    expect_start(agreement, KP_LANGUAGE_EN,
                 "NOTE: the coordinator's operator is itself a partner: Member 2 (m2)\n\n");
    strcpy(agreement->leader_employer, "member 2");
    agreement->test = true;
    expect_start(agreement, KP_LANGUAGE_NL,
                 "TEST MODE: alleen testnummers van organisaties; niet voor persoonsgegevens\n"
                 "LET OP: de beheerder van de coördinator is zelf ketenpartner: Member 2 (m2)\n"
                 "LET OP: de beheerder van de coördinator is de werkgever van de projectleider:\n"
                 "    member 2\n");
    agreement->test = false;
    strcpy(agreement->coordinator_operator, "Operator");
    agreement->members[2].dpia[0] = '\0';
    expect_start(agreement, KP_LANGUAGE_EN,
                 "NOT COMPLETE, so it can't be signed; missing: DPIA (members.m3.dpia)\n");
    free(copied);
    fixture_free(&fixture);
}

static void test_who_works_for_whom(void)
{
    struct fixture fixture;
    fixture_make(&fixture, &(struct fixture_settings){.members = 3, .second_holder = true});
    struct copied *copied = copy(fixture.agreement);
    struct kp_agreement *agreement = &copied->agreement;
    agreement->test = false;
    expect_start(agreement, KP_LANGUAGE_EN, "\nAgreement Test project\n");
    strcpy(agreement->opening_keys[1].employer, "EMPLOYER");
    expect_start(agreement, KP_LANGUAGE_EN,
                 "NOTE: both holders of opening keys work for EMPLOYER;");
    strcpy(agreement->opening_keys[1].employer, "Another");
    strcpy(agreement->opening_keys[1].employer_oin, agreement->members[1].oin);
    expect_start(agreement, KP_LANGUAGE_NL,
                 "LET OP: de tweede houder werkt voor een ketenpartner: Member 2 (m2)\n");
    strcpy(agreement->opening_keys[1].employer_oin, agreement->coordinator_oin);
    expect_start(agreement, KP_LANGUAGE_NL,
                 "LET OP: de tweede houder werkt voor de beheerder van de coördinator:");
    free(copied);
    fixture_free(&fixture);
}

static void test_odds_in_words(void)
{
    struct fixture fixture;
    fixture_make(&fixture, &(struct fixture_settings){.members = 3, .slots = 400});
    char *text = shown(fixture.agreement, KP_LANGUAGE_EN);
    expect_in(text, "Nothing: there are no canaries and no checked slots.");
    expect_in(text, "Who can read          Leader, alone");
    free(text);
    fixture_free(&fixture);
    fixture_make(&fixture, &(struct fixture_settings){.members = 3,
                                                      .slots = 400,
                                                      .second_holder = true,
                                                      .canaries = 2,
                                                      .audit_slots = 4,
                                                      .count_first = 1});
    text = shown(fixture.agreement, KP_LANGUAGE_EN);
    expect_in(text, "    m = 1: 66.7%\n    m = 10: 16.7%\n    m = 100: 2.0%\n");
    expect_in(text, "This protects no match of more than 2 partners");
    expect_in(text, "    1% invented: 4.0%\n    5% invented: 18.6%\n    10% invented: 34.5%\n"
                    "    25% invented: 68.5%\n");
    expect_in(text, "can learn at most this one answer");
    free(text);
    text = shown(fixture.agreement, KP_LANGUAGE_NL);
    expect_in(text, "    m = 10: 16,7%\n");
    expect_in(text, "    5% verzonnen: 18,6%\n");
    tidy(text);
    expect_in(text, "wie het laatst leest, kan het voor zich houden");
    free(text);
    text = shown_json(fixture.agreement);
    expect_in(text, "\"canary_odds\":[{\"matches\":1,");
    expect_in(text, "\"audit_odds\":[{\"percent\":1,");
    free(text);
    fixture_free(&fixture);
}

static void test_exposure_in_words(void)
{
    struct fixture fixture;
    fixture_make(&fixture, &(struct fixture_settings){
                               .members = 4, .slots = 400, .rotation = 40, .rounds = 13});
    char *english = shown(fixture.agreement, KP_LANGUAGE_EN);
    expect_in(english, "1 partner that works together with the coordinator:\n    they can test at "
                       "most 880 of the 5000 addresses in the area (18%) over the whole term\n");
    expect_in(english, "2 partners that work together with the coordinator:\n    they can test at "
                       "most 1760 of the 5000 addresses in the area (36%) over the whole term\n");
    expect_in(english, "3 partners that work together with the coordinator:\n    they can test at "
                       "most 2640 of the 5000 addresses in the area (53%) over the whole term\n");
    char *dutch = shown(fixture.agreement, KP_LANGUAGE_NL);
    expect_in(dutch, "zij kunnen over de hele looptijd ten hoogste 2640 van de 5000 adressen in "
                     "het gebied toetsen (53%)");
    char *json = shown_json(fixture.agreement);
    expect_in(json, "{\"members\":3,\"addresses\":2640,\"percent\":53}");
    free(english);
    free(dutch);
    free(json);
    fixture_free(&fixture);
}

/* ---- layout ---- */

/* However long a value is and whatever spaces it has: only what the program itself prints stands
 * where labels begin. */
static void test_no_value_looks_like_a_field(void)
{
    struct fixture fixture;
    fixture_make(&fixture, &(struct fixture_settings){.members = 3});
    struct copied *copied = copy(fixture.agreement);
    struct kp_agreement *agreement = &copied->agreement;
    memset(agreement->purpose, 0, sizeof(agreement->purpose));
    strcpy(agreement->project, "Wijk                                                            "
                               "         Threshold             9 partners");
    for (size_t i = 0; i < 3; i++) {
        memset(agreement->purpose + strlen(agreement->purpose), ' ', 50 + i);
        strcat(agreement->purpose, "Threshold             9 partners");
    }
    memset(agreement->controllers, 'x', KP_TEXT_MAX);
    strcpy(copied->indicators[0][0].code, "A     é                                    Role  x");
    char *text = shown(agreement, KP_LANGUAGE_EN);
    size_t lines = 0;
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        size_t spaces = strspn(line, " ");
        const char *found = strstr(line, "9 partners");
        CU_ASSERT(found == NULL || found - line >= 24);
        CU_ASSERT(strncmp(line + spaces, "xx", 2) != 0 || spaces >= 24);
        CU_ASSERT(strncmp(line + spaces, "Threshold", 9) != 0 || spaces == 2 || spaces >= 22);
        CU_ASSERT(strlen(line) <= 90); /* bytes; columns are 80 */
        lines++;
    }
    CU_ASSERT(lines > 100);
    free(text);
    free(copied);
    fixture_free(&fixture);
}

static void expect_wrapped(const char *text, unsigned column, unsigned indent, const char *expected)
{
    char *out_text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&out_text, &size);
    CU_ASSERT_PTR_NOT_NULL_FATAL(out);
    kp_layout_wrap(out, text, column, indent);
    fclose(out);
    CU_ASSERT_STRING_EQUAL(out_text, expected);
    free(out_text);
}

static void test_wrap(void)
{
    expect_wrapped("", 2, 2, "\n");
    expect_wrapped("a b", 2, 2, "a b\n");
    expect_wrapped("abcd efgh ij", 72, 70,
                   "abcd\n" /* 8 columns, then 10 */
                   "                                                    "
                   "                  efgh ij\n");
    expect_wrapped("abcdefghijkl", 72, 76,
                   "abcdefgh\n"
                   "                                                    "
                   "                        ijkl\n");
    expect_wrapped("ééééééééé", 72, 1, "éééééééé\n é\n");
    expect_wrapped("漢漢漢漢漢", 72, 1, "漢漢漢漢\n 漢\n"); /* two columns each */
    expect_wrapped("abcdefgh", 72, 1, "abcdefgh\n");
    expect_wrapped("abcdefgh ij", 72, 1, "abcdefgh\n ij\n");
}

static void test_words(void)
{
    enum kp_language language = KP_LANGUAGE_NL;
    struct kp_error error = {0};
    CU_ASSERT_EQUAL(kp_language_read(&language, NULL, &error), KP_OK);
    CU_ASSERT_EQUAL(language, KP_LANGUAGE_EN);
    CU_ASSERT_EQUAL(kp_language_read(&language, "nl", &error), KP_OK);
    CU_ASSERT_EQUAL(language, KP_LANGUAGE_NL);
    CU_ASSERT_EQUAL(kp_language_read(&language, "fr", &error), KP_USAGE);
    for (enum kp_word word = 0; word < KP_WORDS; word++) {
        /* A word has the same fills in both languages. */
        for (char fill = '1'; fill <= '0' + KP_WORD_FILLS; fill++) {
            const char mark[] = {'{', fill, '}', '\0'};
            CU_ASSERT_EQUAL(
                strstr(kp_word(KP_LANGUAGE_EN, word), mark) != NULL || word == KP_WORD_ONE_WORKS,
                strstr(kp_word(KP_LANGUAGE_NL, word), mark) != NULL || word == KP_WORD_ONE_WORKS);
        }
        CU_ASSERT(kp_word(KP_LANGUAGE_EN, word)[0] != '\0');
        CU_ASSERT(kp_word(KP_LANGUAGE_NL, word)[0] != '\0');
    }
    /* A fill isn't filled again. */
    const char *const fills[KP_WORD_FILLS] = {"{2}", "b"};
    char *text = kp_word_fill(KP_LANGUAGE_EN, KP_WORD_OPERATOR_IS_MEMBER, fills);
    CU_ASSERT_STRING_EQUAL(text, "NOTE: the coordinator's operator is itself a partner: {2} (b)");
    free(text);
}

/* ---- differences ---- */

static void test_difference_of_an_indicator(void)
{
    struct fixture fixture;
    fixture_make(&fixture, &(struct fixture_settings){.members = 3});
    struct copied *after = copy(fixture.agreement);
    strcpy(after->indicators[0][1].description, "Iets anders");
    strcpy(after->postcodes[0], "1235");
    after->agreement.members[1].indicator_count = 2;
    struct kp_comparison comparison;
    struct kp_error error = {0};
    CU_ASSERT_EQUAL_FATAL(kp_comparison_make(&comparison, fixture.agreement, &after->agreement,
                                             KP_LANGUAGE_NL, &error),
                          KP_OK);
    CU_ASSERT_EQUAL(comparison.count, 2 + 3);
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    CU_ASSERT_PTR_NOT_NULL_FATAL(out);
    kp_comparison_print(&comparison, out);
    fclose(out);
    tidy(text);
    expect_in(text, "Postcodes postcodes toegevoegd 1235 vervallen 1234 ");
    expect_in(text, "Omschrijving members.m1.indicators.B.description was what a test needs wordt "
                    "Iets anders ");
    expect_in(text, "Bronregistratie members.m2.indicators.C-2.source vervallen");
    cJSON *object = cJSON_CreateObject();
    CU_ASSERT_TRUE(kp_comparison_json(&comparison, object, "differences"));
    char *json = cJSON_PrintUnformatted(object);
    expect_in(json, "{\"field\":\"members.m1.indicators.B.description\",\"before\":\"what a test "
                    "needs\",\"after\":\"Iets anders\"}");
    expect_in(json, "{\"field\":\"members.m2.indicators.C-2.description\",\"before\":\"what a test "
                    "needs\",\"after\":null}");
    cJSON_Delete(object);
    cJSON_free(json);
    free(text);
    kp_comparison_free(&comparison);
    free(after);
    fixture_free(&fixture);
}

static const struct unit_test tests[] = {
    {"every field is shown, in both languages, JSON and differences", test_every_field_is_shown},
    {"what comes first", test_first_lines},
    {"who the second holder works for", test_who_works_for_whom},
    {"odds in words", test_odds_in_words},
    {"exposure in words", test_exposure_in_words},
    {"no value looks like a field", test_no_value_looks_like_a_field},
    {"wrapping", test_wrap},
    {"words of both languages", test_words},
    {"an indicator that changed", test_difference_of_an_indicator},
};
UNIT_MAIN("agreement_view", tests)
