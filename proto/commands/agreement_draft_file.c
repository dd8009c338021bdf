#include "proto/commands/agreement_draft_file.h"

#include "proto/agreement_check.h"
#include "proto/commands/agreement_draft_values.h"
#include "proto/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECTION_BYTES 64 /* proto/config.c gives at most 48 */

/* A key that stood in a file, so that it isn't taken twice. */
struct stand {
    char section[SECTION_BYTES];
    const char *key;
    const char *path;
    unsigned line;
};

struct draft {
    struct kp_agreement *agreement;
    const char *path; /* of the file in hand */
    struct stand *stands;
    size_t stand_count;
    size_t stand_capacity;
};

/* ---- keys ---- */

struct key {
    const char *name;
    kp_draft_read_value *read;
    size_t offset; /* of the field in the section's struct */
    size_t size;
    bool required;
    bool repeats;
};

#define FIELD(type, field) offsetof(struct type, field), sizeof(((struct type *)NULL)->field)

static const struct key agreement_keys[] = {
    {"project", kp_draft_read_text, FIELD(kp_agreement, project), true, false},
    {"purpose", kp_draft_read_text, FIELD(kp_agreement, purpose), true, false},
    {"legal_basis", kp_draft_read_text, FIELD(kp_agreement, legal_basis), false, false},
    {"controllers", kp_draft_read_text, FIELD(kp_agreement, controllers), false, false},
    {"category", kp_draft_read_category, FIELD(kp_agreement, category), true, false},
    {"postcodes", kp_draft_read_postcodes, 0, 0, true, true},
    {"addresses", kp_draft_read_number, FIELD(kp_agreement, area_addresses), true, false},
    {"key_scheme", kp_draft_read_key_scheme, 0, 0, false, false},
    {"register_date", kp_draft_read_register_date, 0, 0, false, false},
    {"register_hash", kp_draft_read_register_hash, 0, 0, false, false},
    {"register", kp_draft_read_register, 0, 0, false, false},
    {"words_hash", kp_draft_read_words_hash, 0, 0, false, false},
    {"words", kp_draft_read_words, 0, 0, false, false},
    {"threshold", kp_draft_read_number, FIELD(kp_agreement, threshold), false, false},
    {"slots", kp_draft_read_number, FIELD(kp_agreement, slots), true, false},
    {"rotation", kp_draft_read_number, FIELD(kp_agreement, rotation), true, false},
    {"rounds", kp_draft_read_number, FIELD(kp_agreement, rounds), true, false},
    {"interval", kp_draft_read_interval, FIELD(kp_agreement, interval_seconds), true, false},
    {"discloses", kp_draft_read_discloses, FIELD(kp_agreement, discloses), true, false},
    {"openings_needed", kp_draft_read_number, FIELD(kp_agreement, openings_needed), false, false},
    {"start", kp_draft_read_start, FIELD(kp_agreement, start), true, false},
    {"end", kp_draft_read_end, FIELD(kp_agreement, end), true, false},
    {"retention_days", kp_draft_read_number, FIELD(kp_agreement, retention_days), false, false},
    {"canaries", kp_draft_read_number, FIELD(kp_agreement, canaries), false, false},
    {"audit_slots", kp_draft_read_number, FIELD(kp_agreement, audit_slots), false, false},
    {"count_first", kp_draft_read_yes_no, FIELD(kp_agreement, count_first), false, false},
    {0},
};

static const struct key coordinator_keys[] = {
    {"operator", kp_draft_read_text, FIELD(kp_agreement, coordinator_operator), true, false},
    {"operator_oin", kp_draft_read_text, FIELD(kp_agreement, coordinator_oin), true, false},
    {"identity_key", kp_draft_read_hex, FIELD(kp_agreement, coordinator_identity_key), true, false},
    {"tls_fingerprint", kp_draft_read_hex, FIELD(kp_agreement, coordinator_tls_fingerprint), true,
     false},
    {0},
};

static const struct key leader_keys[] = {
    {"name", kp_draft_read_text, FIELD(kp_agreement, leader_name), true, false},
    {"employer", kp_draft_read_text, FIELD(kp_agreement, leader_employer), true, false},
    {"employer_oin", kp_draft_read_text, FIELD(kp_agreement, leader_oin), true, false},
    {"identity_key", kp_draft_read_hex, FIELD(kp_agreement, leader_identity_key), true, false},
    {"box_key", kp_draft_read_hex, FIELD(kp_agreement, leader_box_key), true, false},
    {"tls_fingerprint", kp_draft_read_hex, FIELD(kp_agreement, leader_tls_fingerprint), true,
     false},
    {0},
};

static const struct key opening_keys[] = {
    {"holder", kp_draft_read_text, FIELD(kp_opening_key, holder), true, false},
    {"key", kp_draft_read_hex, FIELD(kp_opening_key, key), true, false},
    {"proof", kp_draft_read_hex, FIELD(kp_opening_key, proof), true, false},
    {0},
};

static const struct key second_holder_keys[] = {
    {"holder", kp_draft_read_text, FIELD(kp_opening_key, holder), true, false},
    {"employer", kp_draft_read_text, FIELD(kp_opening_key, employer), true, false},
    {"employer_oin", kp_draft_read_text, FIELD(kp_opening_key, employer_oin), true, false},
    {"key", kp_draft_read_hex, FIELD(kp_opening_key, key), true, false},
    {"proof", kp_draft_read_hex, FIELD(kp_opening_key, proof), true, false},
    {"identity_key", kp_draft_read_hex, FIELD(kp_opening_key, identity_key), true, false},
    {"box_key", kp_draft_read_hex, FIELD(kp_opening_key, box_key), true, false},
    {"tls_fingerprint", kp_draft_read_hex, FIELD(kp_opening_key, tls_fingerprint), true, false},
    {0},
};

static kp_draft_read_value read_indicator, read_all_sources, read_all_grounds;

static const struct key member_keys[] = {
    {"title", kp_draft_read_text, FIELD(kp_member, title), true, false},
    {"oin", kp_draft_read_text, FIELD(kp_member, oin), true, false},
    {"identity_key", kp_draft_read_hex, FIELD(kp_member, identity_key), true, false},
    {"box_key", kp_draft_read_hex, FIELD(kp_member, box_key), true, false},
    {"tls_fingerprint", kp_draft_read_hex, FIELD(kp_member, tls_fingerprint), true, false},
    {"role", kp_draft_read_role, FIELD(kp_member, role), false, false},
    {"dpia", kp_draft_read_text, FIELD(kp_member, dpia), false, false},
    {"dpo", kp_draft_read_text, FIELD(kp_member, dpo), false, false},
    {"officer_key", kp_draft_read_hex, FIELD(kp_member, officer_key), true, false},
    {"officer", kp_draft_read_text, FIELD(kp_member, officer), false, false},
    {"source", read_all_sources, 0, 0, false, false},
    {"legal_ground", read_all_grounds, 0, 0, false, false},
    {"indicator", read_indicator, 0, 0, false, true},
    {0},
};

static const struct key indicator_keys[] = {
    {"description", kp_draft_read_text, FIELD(kp_indicator, description), true, false},
    {"source", kp_draft_read_text, FIELD(kp_indicator, source), false, false},
    {"legal_ground", kp_draft_read_text, FIELD(kp_indicator, legal_ground), false, false},
    {0},
};

/* ---- sections ---- */

/* A section's keys and the struct that they fill. */
struct section {
    const struct key *keys;
    void *object;
};

static struct kp_member *find_member(struct kp_agreement *agreement, const char *name,
                                     struct kp_error *error)
{
    uint32_t number = kp_agreement_member_by_name(agreement, name);
    if (number > 0) {
        return &agreement->members[number - 1];
    }
    if (!kp_agreement_is_name(name)) {
        kp_fail(error, KP_USAGE,
                "a member's name has 1 to %u letters, digits and . _ - and begins with one of the "
                "first two",
                KP_NAME_MAX);
        return NULL;
    }
    if (agreement->member_count == KP_MEMBERS_MAX) {
        kp_fail(error, KP_USAGE, "there are more than %d members", KP_MEMBERS_MAX);
        return NULL;
    }
    struct kp_member *member = &agreement->members[agreement->member_count];
    /* The place behind the last one holds what those get that have no source or ground. */
    member->indicators = calloc(KP_INDICATORS_MAX + 1, sizeof(*member->indicators));
    if (member->indicators == NULL) {
        kp_fail(error, KP_FAILED, "no memory for a member's indicators");
        return NULL;
    }
    agreement->member_count++;
    memcpy(member->name, name, strlen(name) + 1);
    member->role = KP_ROLE_CONTRIBUTES;
    return member;
}

static struct kp_indicator *find_indicator(struct kp_member *member, const char *code,
                                           struct kp_error *error)
{
    for (size_t i = 0; i < member->indicator_count; i++) {
        if (strcmp(member->indicators[i].code, code) == 0) {
            return &member->indicators[i];
        }
    }
    if (member->indicator_count == KP_INDICATORS_MAX || strlen(code) > KP_INDICATOR_MAX) {
        kp_fail(error, KP_USAGE, "a member has at most %u indicators, with codes of %u bytes",
                KP_INDICATORS_MAX, KP_INDICATOR_MAX);
        return NULL;
    }
    struct kp_indicator *indicator = &member->indicators[member->indicator_count++];
    memcpy(indicator->code, code, strlen(code) + 1);
    return indicator;
}

/* "CODE: description", for codes that a section's header can't hold: with spaces in them, or long.
 */
static enum kp_status read_indicator(void *field, size_t size, const char *value,
                                     struct kp_error *error)
{
    char code[KP_INDICATOR_MAX + 1] = "";
    const char *colon = strstr(value, ": ");
    (void)size;
    if (colon == NULL || colon == value || colon - value > (ptrdiff_t)KP_INDICATOR_MAX) {
        return kp_fail(error, KP_USAGE,
                       "must be a code of 1 to %u bytes, a colon, a space, and a description",
                       KP_INDICATOR_MAX);
    }
    memcpy(code, value, (size_t)(colon - value));
    struct kp_indicator *indicator = find_indicator(field, code, error);
    if (indicator == NULL) {
        return error->status;
    }
    if (indicator->description[0] != '\0') {
        return kp_fail(error, KP_USAGE, "%s has a description already; leave one out", code);
    }
    return kp_draft_read_text(indicator->description, sizeof(indicator->description), colon + 2,
                              error);
}

static enum kp_status read_all_sources(void *field, size_t size, const char *value,
                                       struct kp_error *error)
{
    struct kp_indicator *all = &((struct kp_member *)field)->indicators[KP_INDICATORS_MAX];
    (void)size;
    return kp_draft_read_text(all->source, sizeof(all->source), value, error);
}

static enum kp_status read_all_grounds(void *field, size_t size, const char *value,
                                       struct kp_error *error)
{
    struct kp_indicator *all = &((struct kp_member *)field)->indicators[KP_INDICATORS_MAX];
    (void)size;
    return kp_draft_read_text(all->legal_ground, sizeof(all->legal_ground), value, error);
}

static void give_to_all(struct kp_member *member)
{
    const struct kp_indicator *all = &member->indicators[KP_INDICATORS_MAX];
    for (size_t i = 0; i < member->indicator_count; i++) {
        struct kp_indicator *indicator = &member->indicators[i];
        if (indicator->source[0] == '\0') {
            memcpy(indicator->source, all->source, sizeof(all->source));
        }
        if (indicator->legal_ground[0] == '\0') {
            memcpy(indicator->legal_ground, all->legal_ground, sizeof(all->legal_ground));
        }
    }
}

/* Up to three words of a section's header, "indicator svb adresfraude". */
static size_t split_header(char words[3][SECTION_BYTES], const char *header)
{
    size_t count = 0;
    for (header += strspn(header, " \t"); *header != '\0'; header += strspn(header, " \t")) {
        size_t length = strcspn(header, " \t");
        if (count == 3 || length >= SECTION_BYTES) {
            return 0;
        }
        memcpy(words[count], header, length);
        words[count++][length] = '\0';
        header += length;
    }
    return count;
}

static enum kp_status find_section(struct draft *draft, const char *header, struct section *section,
                                   struct kp_error *error)
{
    char words[3][SECTION_BYTES] = {"", "", ""};
    size_t count = split_header(words, header);
    struct kp_agreement *agreement = draft->agreement;
    if (count == 1 && strcmp(words[0], "agreement") == 0) {
        *section = (struct section){agreement_keys, agreement};
    } else if (count == 1 && strcmp(words[0], "coordinator") == 0) {
        *section = (struct section){coordinator_keys, agreement};
    } else if (count == 1 && strcmp(words[0], "leader") == 0) {
        *section = (struct section){leader_keys, agreement};
    } else if (count == 1 && strcmp(words[0], "opening_key") == 0) {
        *section = (struct section){opening_keys, &agreement->opening_keys[0]};
    } else if (count == 1 && strcmp(words[0], "second_holder") == 0) {
        agreement->opening_key_count = 2;
        *section = (struct section){second_holder_keys, &agreement->opening_keys[1]};
    } else if (count == 2 && strcmp(words[0], "member") == 0) {
        *section = (struct section){member_keys, find_member(agreement, words[1], error)};
    } else if (count == 3 && strcmp(words[0], "indicator") == 0) {
        struct kp_member *member = find_member(agreement, words[1], error);
        *section = (struct section){
            indicator_keys, member == NULL ? NULL : find_indicator(member, words[2], error)};
    } else {
        return kp_fail(error, KP_USAGE,
                       "unknown section; the sections are [agreement], [coordinator], [leader], "
                       "[opening_key], [second_holder], [member NAME], [indicator NAME CODE]");
    }
    return section->object == NULL ? error->status : KP_OK;
}

/* ---- files ---- */

static const struct stand *find_stand(const struct draft *draft, const char *section,
                                      const char *key)
{
    for (size_t i = 0; i < draft->stand_count; i++) {
        if (strcmp(draft->stands[i].key, key) == 0 &&
            strcmp(draft->stands[i].section, section) == 0) {
            return &draft->stands[i];
        }
    }
    return NULL;
}

static enum kp_status add_stand(struct draft *draft, const char *section, const struct key *key,
                                unsigned line, struct kp_error *error)
{
    const struct stand *earlier = find_stand(draft, section, key->name);
    if (earlier != NULL) {
        return key->repeats ? KP_OK
                            : kp_fail(error, KP_USAGE, "is there already, at %s:%u; leave one out",
                                      earlier->path, earlier->line);
    }
    if (draft->stand_count == draft->stand_capacity) {
        size_t capacity = draft->stand_capacity * 2 + 64;
        struct stand *grown = realloc(draft->stands, capacity * sizeof(*grown));
        if (grown == NULL) {
            return kp_fail(error, KP_FAILED, "no memory for so many keys");
        }
        draft->stands = grown;
        draft->stand_capacity = capacity;
    }
    struct stand *stand = &draft->stands[draft->stand_count++];
    *stand = (struct stand){.key = key->name, .path = draft->path, .line = line};
    snprintf(stand->section, sizeof(stand->section), "%s", section);
    return KP_OK;
}

static enum kp_status unknown_key(const struct key *keys, struct kp_error *error)
{
    char names[400] = "";
    for (size_t used = 0; keys->name != NULL && used < sizeof(names); keys++) {
        int added =
            snprintf(names + used, sizeof(names) - used, "%s%s", used > 0 ? ", " : "", keys->name);
        used += added > 0 ? (size_t)added : 0;
    }
    return kp_fail(error, KP_USAGE, "unknown key; this section has %s", names);
}

/* The header with its words one space apart, as the key of what stands in it. */
static void tidy_header(char out[static SECTION_BYTES], const char *header)
{
    char words[3][SECTION_BYTES] = {"", "", ""};
    size_t count = split_header(words, header);
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < count && used < SECTION_BYTES; i++) {
        int added = snprintf(out + used, SECTION_BYTES - used, "%s%s", i > 0 ? " " : "", words[i]);
        used += added > 0 ? (size_t)added : 0;
    }
}

/* A kp_config_each. */
static enum kp_status read_pair(void *context, const char *header, const char *name,
                                const char *value, unsigned line, struct kp_error *error)
{
    struct draft *draft = context;
    struct section section = {0};
    enum kp_status status = find_section(draft, header, &section, error);
    if (status != KP_OK) {
        return kp_fail_in(error, "%s:%u: [%s]", draft->path, line, header);
    }
    char tidy[SECTION_BYTES];
    tidy_header(tidy, header);
    const struct key *key = section.keys;
    while (key->name != NULL && strcmp(key->name, name) != 0) {
        key++;
    }
    if (key->name == NULL) {
        status = unknown_key(section.keys, error);
    } else if ((status = add_stand(draft, tidy, key, line, error)) == KP_OK) {
        status = key->read((char *)section.object + key->offset, key->size, value, error);
    }
    return status == KP_OK ? KP_OK
                           : kp_fail_in(error, "%s:%u: [%s] %s", draft->path, line, tidy, name);
}

static enum kp_status check_section(const struct draft *draft, const char *header,
                                    const struct key *keys, struct kp_error *error)
{
    for (; keys->name != NULL; keys++) {
        if (keys->required && find_stand(draft, header, keys->name) == NULL) {
            return kp_fail(error, KP_USAGE,
                           "[%s] %s is in none of the files; is a public.ini missing from the "
                           "command line?",
                           header, keys->name);
        }
    }
    return KP_OK;
}

static enum kp_status check_complete(const struct draft *draft, struct kp_error *error)
{
    enum kp_status status = KP_OK;
    if ((status = check_section(draft, "agreement", agreement_keys, error)) != KP_OK ||
        (status = check_section(draft, "coordinator", coordinator_keys, error)) != KP_OK ||
        (status = check_section(draft, "leader", leader_keys, error)) != KP_OK ||
        (status = check_section(draft, "opening_key", opening_keys, error)) != KP_OK ||
        (draft->agreement->opening_key_count > 1 &&
         (status = check_section(draft, "second_holder", second_holder_keys, error)) != KP_OK)) {
        return status;
    }
    for (uint32_t i = 0; i < draft->agreement->member_count; i++) {
        const struct kp_member *member = &draft->agreement->members[i];
        char header[KP_NAME_MAX + KP_INDICATOR_MAX + 16];
        snprintf(header, sizeof(header), "member %s", member->name);
        status = check_section(draft, header, member_keys, error);
        for (size_t j = 0; status == KP_OK && j < member->indicator_count; j++) {
            if (member->indicators[j].description[0] == '\0') {
                snprintf(header, sizeof(header), "indicator %s %s", member->name,
                         member->indicators[j].code);
                status = check_section(draft, header, indicator_keys, error);
            }
        }
        if (status != KP_OK) {
            return status;
        }
    }
    return KP_OK;
}

static int compare_postcodes(const void *one, const void *other)
{
    return strcmp(one, other);
}

static int compare_members(const void *one, const void *other)
{
    const struct kp_member *left = one;
    const struct kp_member *right = other;
    int order = strcmp(left->oin, right->oin);
    return order != 0 ? order : strcmp(left->name, right->name);
}

static int compare_indicators(const void *one, const void *other)
{
    return strcmp(((const struct kp_indicator *)one)->code,
                  ((const struct kp_indicator *)other)->code);
}

static void finish(struct kp_agreement *agreement)
{
    if (agreement->openings_needed == 0) {
        agreement->openings_needed = agreement->opening_key_count;
    }
    if (agreement->postcode_count > 0) {
        qsort(agreement->postcodes, agreement->postcode_count, sizeof(*agreement->postcodes),
              compare_postcodes);
    }
    qsort(agreement->members, agreement->member_count, sizeof(*agreement->members),
          compare_members);
    for (uint32_t i = 0; i < agreement->member_count; i++) {
        give_to_all(&agreement->members[i]);
        qsort(agreement->members[i].indicators, agreement->members[i].indicator_count,
              sizeof(*agreement->members[i].indicators), compare_indicators);
    }
}

/* An agreement with the defaults, room for all members, and nothing else. */
static struct kp_agreement *new_agreement(void)
{
    struct kp_agreement *agreement = calloc(1, sizeof(*agreement));
    if (agreement == NULL) {
        return NULL;
    }
    agreement->members = calloc(KP_MEMBERS_MAX, sizeof(*agreement->members));
    if (agreement->members == NULL) {
        kp_agreement_free(agreement);
        return NULL;
    }
    agreement->version = 1;
    agreement->key_scheme = KP_KEY_SCHEME_TEXT;
    agreement->key_scheme_version = KP_CANONICAL_VERSION;
    agreement->threshold = 2;
    agreement->opening_key_count = 1;
    return agreement;
}

enum kp_status kp_draft_read(struct kp_agreement **agreement, const char *const *paths,
                             size_t count, struct kp_error *error)
{
    *agreement = NULL;
    struct kp_error own = {0}; /* texts are put together from the error, so there has to be one */
    if (error == NULL) {
        error = &own;
    }
    struct draft draft = {.agreement = new_agreement()};
    if (draft.agreement == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for an agreement");
    }
    enum kp_status status = KP_OK;
    for (size_t i = 0; status == KP_OK && i < count; i++) {
        draft.path = paths[i];
        status = kp_config_walk(paths[i], read_pair, &draft, error);
    }
    if (status == KP_OK) {
        status = check_complete(&draft, error);
    }
    free(draft.stands);
    if (status == KP_OK) {
        status = kp_draft_finish_scheme(draft.agreement, error);
    }
    if (status != KP_OK) {
        kp_agreement_free(draft.agreement);
        return status;
    }
    finish(draft.agreement);
    *agreement = draft.agreement;
    return KP_OK;
}
