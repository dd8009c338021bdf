#include "proto/commands/agreement_reading.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ID_BYTES 256
#define NUMBER_BYTES 24
#define DAY_SECONDS 86400u

/* A reading while it is made. */
struct making {
    struct kp_reading *reading;
    char prefix[ID_BYTES]; /* of the ids of what stands in this section */
    unsigned depth;
    bool failed;
};

/* ---- lines ---- */

static struct kp_line *new_line(struct making *making, enum kp_line_kind kind, enum kp_word label)
{
    struct kp_reading *reading = making->reading;
    if (reading->count == reading->capacity) {
        size_t capacity = reading->capacity * 2 + 64;
        struct kp_line *grown = realloc(reading->lines, capacity * sizeof(*grown));
        if (grown == NULL) {
            making->failed = true;
            return NULL;
        }
        reading->lines = grown;
        reading->capacity = capacity;
    }
    struct kp_line *line = &reading->lines[reading->count++];
    *line = (struct kp_line){.kind = kind, .depth = making->depth, .label = label};
    return line;
}

static char *copy(struct making *making, const char *text)
{
    char *copied = strdup(text);
    making->failed = making->failed || copied == NULL;
    return copied;
}

/* value and raw become the line's. */
static void add_line(struct making *making, enum kp_line_kind kind, enum kp_word label,
                     const char *id, char *value, char *raw)
{
    char whole[2 * ID_BYTES];
    struct kp_line *line = new_line(making, kind, label);
    if (line == NULL || value == NULL) {
        making->failed = true;
        free(value);
        free(raw);
        return;
    }
    snprintf(whole, sizeof(whole), "%s%s", making->prefix, id);
    line->id = copy(making, whole);
    line->value = value;
    line->raw = raw;
}

static void heading(struct making *making, unsigned depth, enum kp_word label, const char *text)
{
    making->depth = depth;
    struct kp_line *line = new_line(making, KP_LINE_HEADING, label);
    if (line != NULL && text != NULL) {
        line->value = copy(making, text);
    }
    making->depth = depth + 1;
}

static const char *word(const struct making *making, enum kp_word which)
{
    return kp_word(making->reading->language, which);
}

static void text(struct making *making, enum kp_word label, const char *id, const char *value)
{
    bool missing = value[0] == '\0';
    add_line(making, KP_LINE_VALUE, label, id,
             copy(making, missing ? word(making, KP_WORD_MISSING) : value),
             missing ? copy(making, "") : NULL);
}

/* A word with fills, and what stands for it in a draft; NULL: no key of its own. */
static void filled(struct making *making, enum kp_word label, const char *id, enum kp_word value,
                   const char *one, const char *two, const char *raw)
{
    const char *const fills[KP_WORD_FILLS] = {one, two};
    add_line(making, KP_LINE_VALUE, label, id,
             kp_word_fill(making->reading->language, value, fills),
             raw != NULL ? copy(making, raw) : NULL);
}

static const char *digits(char out[static NUMBER_BYTES], uint64_t number)
{
    snprintf(out, NUMBER_BYTES, "%" PRIu64, number);
    return out;
}

static void number(struct making *making, enum kp_word label, const char *id, enum kp_word value,
                   uint32_t given)
{
    char out[NUMBER_BYTES];
    digits(out, given);
    filled(making, label, id, value, out, NULL, out);
}

static void key(struct making *making, enum kp_word label, const char *id, const uint8_t *bytes,
                size_t size)
{
    char *hex = malloc(2 * size + 1);
    if (hex != NULL) {
        sodium_bin2hex(hex, 2 * size + 1, bytes, size);
    }
    add_line(making, KP_LINE_KEY, label, id, hex, NULL);
}

/* ---- times ---- */

/* "14 days", in the largest unit that fits. */
static void duration(struct making *making, enum kp_word label, const char *id, enum kp_word value,
                     uint64_t seconds, uint64_t raw)
{
    static const struct {
        enum kp_word one;
        enum kp_word more;
        uint32_t seconds;
    } units[] = {{KP_WORD_DAY, KP_WORD_DAYS, DAY_SECONDS},
                 {KP_WORD_HOUR, KP_WORD_HOURS, 3600},
                 {KP_WORD_MINUTE, KP_WORD_MINUTES, 60},
                 {KP_WORD_SECOND, KP_WORD_SECONDS, 1}};
    size_t i = 0;
    while (seconds % units[i].seconds != 0) {
        i++;
    }
    uint64_t count = seconds / units[i].seconds;
    char out[64];
    char raw_text[NUMBER_BYTES];
    snprintf(out, sizeof(out), "%" PRIu64 " %s", count,
             word(making, count == 1 ? units[i].one : units[i].more));
    filled(making, label, id, value, out, NULL, digits(raw_text, raw));
}

/* "1 July 2027, 00:00:00 UTC (2027-07-01T00:00:00Z)"; the caller frees. */
static char *moment_text(const struct making *making, enum kp_word value, uint64_t seconds,
                         uint64_t shown)
{
    time_t when = (time_t)shown;
    struct tm parts = {0};
    char day[NUMBER_BYTES];
    char year[NUMBER_BYTES];
    char hours[NUMBER_BYTES];
    char raw[KP_AGREEMENT_TIME_TEXT];
    if (gmtime_r(&when, &parts) == NULL) {
        return NULL;
    }
    digits(day, (uint64_t)parts.tm_mday);
    digits(year, (uint64_t)parts.tm_year + 1900);
    strftime(hours, sizeof(hours), "%H:%M:%S", &parts);
    kp_agreement_time_text(raw, seconds);
    const char *month = kp_word_month(making->reading->language, (unsigned)parts.tm_mon + 1);
    const char *const fills[KP_WORD_FILLS] = {day, month, year,
                                              value == KP_WORD_LAST_DAY ? raw : hours, raw};
    return kp_word_fill(making->reading->language, value, fills);
}

static void moment(struct making *making, enum kp_word label, const char *id, uint64_t seconds,
                   bool ends)
{
    char raw[KP_AGREEMENT_TIME_TEXT];
    kp_agreement_time_text(raw, seconds);
    if (ends && seconds % DAY_SECONDS == 0) {
        add_line(making, KP_LINE_VALUE, label, id,
                 moment_text(making, KP_WORD_LAST_DAY, seconds, seconds - DAY_SECONDS),
                 copy(making, raw));
        return;
    }
    char *at = moment_text(making, KP_WORD_MOMENT, seconds, seconds);
    if (ends && at != NULL) {
        filled(making, label, id, KP_WORD_BEFORE_MOMENT, at, NULL, raw);
        free(at);
        return;
    }
    add_line(making, KP_LINE_VALUE, label, id, at, copy(making, raw));
}

/* ---- words of enumerations ---- */

const char *kp_reading_role(enum kp_role role)
{
    return role == KP_ROLE_ON_REQUEST ? "on request" : "contributes";
}

const char *kp_reading_category(enum kp_category category)
{
    return category == KP_CATEGORY_CARE ? "care" : "enforcement";
}

static const struct {
    const char *name;
    uint32_t bit;
    enum kp_word word;
} disclosures[] = {
    {"indicators", KP_DISCLOSE_INDICATORS, KP_WORD_SHOWS_INDICATORS},
    {"grounds", KP_DISCLOSE_GROUNDS, KP_WORD_SHOWS_GROUNDS},
    {"observed_on", KP_DISCLOSE_OBSERVED_ON, KP_WORD_SHOWS_OBSERVED_ON},
};

const char *kp_reading_disclosure(size_t index, uint32_t *bit)
{
    if (index >= sizeof(disclosures) / sizeof(disclosures[0])) {
        return NULL;
    }
    *bit = disclosures[index].bit;
    return disclosures[index].name;
}

static void discloses(struct making *making, uint32_t bits)
{
    char value[512];
    char raw[64] = "";
    size_t used = (size_t)snprintf(value, sizeof(value), "%s", word(making, KP_WORD_WHO));
    size_t raw_used = 0;
    for (size_t i = 0; i < sizeof(disclosures) / sizeof(disclosures[0]); i++) {
        if ((bits & disclosures[i].bit) != 0) {
            used += (size_t)snprintf(value + used, sizeof(value) - used, "; %s",
                                     word(making, disclosures[i].word));
            raw_used += (size_t)snprintf(raw + raw_used, sizeof(raw) - raw_used, "%s%s",
                                         raw_used > 0 ? " " : "", disclosures[i].name);
        }
    }
    add_line(making, KP_LINE_VALUE, KP_WORD_DISCLOSES, "discloses", copy(making, value),
             copy(making, raw_used > 0 ? raw : "nothing"));
}

/* ---- sections ---- */

static void add_identity(struct making *making, const struct kp_agreement *agreement)
{
    char out[NUMBER_BYTES];
    heading(making, 0, KP_WORD_AGREEMENT, agreement->project);
    text(making, KP_WORD_PROJECT, "project", agreement->project);
    text(making, KP_WORD_VERSION, "version", digits(out, agreement->version));
    key(making, KP_WORD_HASH, "hash", agreement->hash, sizeof(agreement->hash));
    if (agreement->version > 1) {
        key(making, KP_WORD_PREVIOUS, "previous", agreement->previous, sizeof(agreement->previous));
        key(making, KP_WORD_LINEAGE, "lineage", agreement->lineage, sizeof(agreement->lineage));
    }
}

static void add_purposes(struct making *making, const struct kp_agreement *agreement)
{
    heading(making, 0, KP_WORD_PURPOSES, NULL);
    text(making, KP_WORD_PURPOSE, "purpose", agreement->purpose);
    text(making, KP_WORD_LEGAL_BASIS, "legal_basis", agreement->legal_basis);
    filled(making, KP_WORD_CATEGORY, "category",
           agreement->category == KP_CATEGORY_CARE ? KP_WORD_CARE : KP_WORD_ENFORCEMENT, NULL, NULL,
           kp_reading_category(agreement->category));
    text(making, KP_WORD_CONTROLLERS, "controllers", agreement->controllers);
}

static void add_area(struct making *making, const struct kp_agreement *agreement)
{
    heading(making, 0, KP_WORD_AREA, NULL);
    char *postcodes = calloc(agreement->postcode_count + 1, sizeof(agreement->postcodes[0]) + 1);
    char *at = postcodes;
    for (size_t i = 0; postcodes != NULL && i < agreement->postcode_count; i++) {
        at = stpcpy(stpcpy(at, i > 0 ? " " : ""), agreement->postcodes[i]);
    }
    add_line(making, KP_LINE_VALUE, KP_WORD_POSTCODES, "postcodes", postcodes, NULL);
    number(making, KP_WORD_ADDRESSES, "addresses", KP_WORD_ADDRESSES_ARE,
           agreement->area_addresses);
}

static void add_term(struct making *making, const struct kp_agreement *agreement)
{
    heading(making, 0, KP_WORD_TERM, NULL);
    moment(making, KP_WORD_START, "start", agreement->start, false);
    moment(making, KP_WORD_END, "end", agreement->end, true);
    if (agreement->retention_days == 0) {
        text(making, KP_WORD_RETENTION, "retention_days", "");
    } else {
        duration(making, KP_WORD_RETENTION, "retention_days", KP_WORD_RETENTION_IS,
                 (uint64_t)agreement->retention_days * DAY_SECONDS, agreement->retention_days);
    }
}

/* How addresses are compared. */
static void add_scheme(struct making *making, const struct kp_agreement *agreement)
{
    bool bag = agreement->key_scheme == KP_KEY_SCHEME_BAG;
    char version[NUMBER_BYTES];
    char scheme[KP_KEY_SCHEME_NAME];
    char date[KP_REGISTER_DATE_TEXT];
    digits(version, agreement->key_scheme_version);
    kp_agreement_scheme_text(scheme, agreement);
    filled(making, KP_WORD_KEY_SCHEME, "key_scheme", bag ? KP_WORD_BAG_2 : KP_WORD_TEXT_2, version,
           NULL, scheme);
    if (bag) {
        kp_agreement_date_text(date, agreement->register_date);
        filled(making, KP_WORD_REGISTER, "register_date", KP_WORD_REGISTER_IS, date, NULL, date);
        key(making, KP_WORD_REGISTER_HASH, "register_hash", agreement->register_hash,
            sizeof(agreement->register_hash));
    }
    key(making, KP_WORD_WORDS_HASH, "words_hash", agreement->words_hash,
        sizeof(agreement->words_hash));
}

static void add_rounds(struct making *making, const struct kp_agreement *agreement)
{
    heading(making, 0, KP_WORD_ROUNDS_SECTION, NULL);
    number(making, KP_WORD_THRESHOLD, "threshold", KP_WORD_THRESHOLD_IS, agreement->threshold);
    discloses(making, agreement->discloses);
    number(making, KP_WORD_SLOTS, "slots", KP_WORD_SLOTS_ARE, agreement->slots);
    number(making, KP_WORD_ROTATION, "rotation", KP_WORD_ROTATION_IS, agreement->rotation);
    number(making, KP_WORD_ROUNDS, "rounds", KP_WORD_ROUNDS_ARE, agreement->rounds);
    duration(making, KP_WORD_INTERVAL, "interval", KP_WORD_INTERVAL_IS, agreement->interval_seconds,
             agreement->interval_seconds);
    add_scheme(making, agreement);
    number(making, KP_WORD_CANARIES, "canaries",
           agreement->canaries > 0 ? KP_WORD_CANARIES_ARE : KP_WORD_NO_CANARIES,
           agreement->canaries);
    number(making, KP_WORD_AUDIT_SLOTS, "audit_slots",
           agreement->audit_slots > 0 ? KP_WORD_AUDIT_SLOTS_ARE : KP_WORD_NO_AUDIT_SLOTS,
           agreement->audit_slots);
    filled(making, KP_WORD_COUNT_FIRST, "count_first",
           agreement->count_first != 0 ? KP_WORD_COUNTS_FIRST : KP_WORD_COUNTS_NOT, NULL, NULL,
           agreement->count_first != 0 ? "yes" : "no");
}

static void add_opening(struct making *making, const struct kp_agreement *agreement)
{
    char needed[NUMBER_BYTES];
    char all[NUMBER_BYTES];
    digits(needed, agreement->openings_needed);
    heading(making, 0, KP_WORD_OPENING, NULL);
    filled(making, KP_WORD_OPENINGS_NEEDED, "openings_needed", KP_WORD_OPENINGS_ARE, needed,
           digits(all, agreement->opening_key_count), needed);
    filled(making, KP_WORD_WHO_READS, "who_reads",
           agreement->opening_key_count > 1 ? KP_WORD_BOTH_READ : KP_WORD_ONE_READS,
           agreement->opening_keys[0].holder, agreement->opening_keys[1].holder, NULL);
    for (uint32_t i = 0; i < agreement->opening_key_count; i++) {
        const struct kp_opening_key *opening = &agreement->opening_keys[i];
        snprintf(making->prefix, sizeof(making->prefix), "opening_keys.%" PRIu32 ".", i + 1);
        heading(making, 1, KP_WORD_OPENING_KEY, digits(all, i + 1));
        text(making, KP_WORD_HOLDER, "holder", opening->holder);
        key(making, KP_WORD_PUBLIC_KEY, "key", opening->key, sizeof(opening->key));
        key(making, KP_WORD_PROOF, "proof", opening->proof, sizeof(opening->proof));
        if (i > 0) {
            text(making, KP_WORD_EMPLOYER, "employer", opening->employer);
            text(making, KP_WORD_EMPLOYER_OIN, "employer_oin", opening->employer_oin);
            key(making, KP_WORD_IDENTITY_KEY, "identity_key", opening->identity_key, 32);
            key(making, KP_WORD_BOX_KEY, "box_key", opening->box_key, 32);
            key(making, KP_WORD_TLS_FINGERPRINT, "tls_fingerprint", opening->tls_fingerprint, 32);
        }
    }
    making->prefix[0] = '\0';
}

static void add_parties(struct making *making, const struct kp_agreement *agreement)
{
    heading(making, 0, KP_WORD_COORDINATOR, NULL);
    text(making, KP_WORD_OPERATOR, "coordinator.operator", agreement->coordinator_operator);
    text(making, KP_WORD_OPERATOR_OIN, "coordinator.operator_oin", agreement->coordinator_oin);
    key(making, KP_WORD_IDENTITY_KEY, "coordinator.identity_key",
        agreement->coordinator_identity_key, 32);
    key(making, KP_WORD_TLS_FINGERPRINT, "coordinator.tls_fingerprint",
        agreement->coordinator_tls_fingerprint, 32);
    heading(making, 0, KP_WORD_LEADER, NULL);
    text(making, KP_WORD_LEADER_NAME, "leader.name", agreement->leader_name);
    text(making, KP_WORD_EMPLOYER, "leader.employer", agreement->leader_employer);
    text(making, KP_WORD_EMPLOYER_OIN, "leader.employer_oin", agreement->leader_oin);
    key(making, KP_WORD_IDENTITY_KEY, "leader.identity_key", agreement->leader_identity_key, 32);
    key(making, KP_WORD_BOX_KEY, "leader.box_key", agreement->leader_box_key, 32);
    key(making, KP_WORD_TLS_FINGERPRINT, "leader.tls_fingerprint",
        agreement->leader_tls_fingerprint, 32);
}

static void add_indicators(struct making *making, const struct kp_member *member)
{
    for (size_t i = 0; i < member->indicator_count; i++) {
        const struct kp_indicator *indicator = &member->indicators[i];
        snprintf(making->prefix, sizeof(making->prefix), "members.%s.indicators.%s.", member->name,
                 indicator->code);
        heading(making, 2, KP_WORD_INDICATOR, indicator->code);
        text(making, KP_WORD_DESCRIPTION, "description", indicator->description);
        text(making, KP_WORD_SOURCE, "source", indicator->source);
        text(making, KP_WORD_LEGAL_GROUND, "legal_ground", indicator->legal_ground);
    }
}

static void add_member(struct making *making, const struct kp_member *member, uint32_t place)
{
    char out[NUMBER_BYTES];
    char title[KP_TITLE_MAX + NUMBER_BYTES + 4];
    digits(out, place);
    snprintf(title, sizeof(title), "%s: %s", out, member->title);
    snprintf(making->prefix, sizeof(making->prefix), "members.%s.", member->name);
    heading(making, 1, KP_WORD_PARTNER, title);
    text(making, KP_WORD_NUMBER, "number", out);
    text(making, KP_WORD_TITLE, "title", member->title);
    text(making, KP_WORD_NAME, "name", member->name);
    text(making, KP_WORD_OIN, "oin", member->oin);
    filled(making, KP_WORD_ROLE, "role",
           member->role == KP_ROLE_ON_REQUEST ? KP_WORD_ON_REQUEST : KP_WORD_CONTRIBUTES, NULL,
           NULL, kp_reading_role(member->role));
    text(making, KP_WORD_DPIA, "dpia", member->dpia);
    text(making, KP_WORD_DPO, "dpo", member->dpo);
    text(making, KP_WORD_OFFICER, "officer", member->officer);
    key(making, KP_WORD_OFFICER_KEY, "officer_key", member->officer_key, 32);
    key(making, KP_WORD_IDENTITY_KEY, "identity_key", member->identity_key, 32);
    key(making, KP_WORD_BOX_KEY, "box_key", member->box_key, 32);
    key(making, KP_WORD_TLS_FINGERPRINT, "tls_fingerprint", member->tls_fingerprint, 32);
    add_indicators(making, member);
    making->prefix[0] = '\0';
}

/* ---- the whole ---- */

enum kp_status kp_reading_make(struct kp_reading *reading, const struct kp_agreement *agreement,
                               enum kp_language language, struct kp_error *error)
{
    *reading = (struct kp_reading){.language = language};
    struct making making = {.reading = reading};
    add_identity(&making, agreement);
    add_purposes(&making, agreement);
    add_area(&making, agreement);
    add_term(&making, agreement);
    add_rounds(&making, agreement);
    making.depth = 0;
    (void)new_line(&making, KP_LINE_EXPOSURE, KP_WORD_EXPOSURE);
    (void)new_line(&making, KP_LINE_ODDS, KP_WORD_ODDS);
    add_opening(&making, agreement);
    add_parties(&making, agreement);
    heading(&making, 0, KP_WORD_PARTNERS, NULL);
    for (uint32_t i = 0; i < agreement->member_count; i++) {
        add_member(&making, &agreement->members[i], i + 1);
    }
    return making.failed ? kp_fail(error, KP_FAILED, "no memory to show an agreement") : KP_OK;
}

void kp_reading_free(struct kp_reading *reading)
{
    for (size_t i = 0; i < reading->count; i++) {
        free(reading->lines[i].id);
        free(reading->lines[i].value);
        free(reading->lines[i].raw);
    }
    free(reading->lines);
    *reading = (struct kp_reading){.count = 0};
}
