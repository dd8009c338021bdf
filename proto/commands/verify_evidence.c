/* What evidence proves, in words. */
#include "proto/commands/verify_proofs.h"

#include "proto/address/shown.h"
#include "proto/party.h"

#include <inttypes.h>
#include <stdio.h>

static void time_text(char out[static KP_AGREEMENT_TIME_TEXT], uint64_t milliseconds)
{
    kp_agreement_time_text(out, milliseconds / 1000);
}

static void date_text(char out[static KP_AGREEMENT_TIME_TEXT], uint32_t date)
{
    (void)snprintf(out, KP_AGREEMENT_TIME_TEXT, "%04u-%02u-%02u", date / 10000, date / 100 % 100,
                   date % 100);
}

static void print_hex(const char *name, const uint8_t *bytes, size_t size)
{
    printf("%s", name);
    for (size_t i = 0; i < size; i++) {
        printf("%02x", bytes[i]);
    }
    printf("\n");
}

static bool has_indicator(const struct kp_evidence_member *of, size_t i)
{
    return (of->indicators[i / 8] >> (i % 8) & 1) != 0;
}

/* ---- text ---- */

static void print_indicators(const struct kp_member *member, const struct kp_evidence_member *of)
{
    for (size_t i = 0; i < member->indicator_count; i++) {
        const struct kp_indicator *indicator = &member->indicators[i];
        if (has_indicator(of, i)) {
            printf("      on indicator    %s: %s\n", indicator->code, indicator->description);
            printf("        from          %s\n", indicator->source);
            printf("        legal ground  %s\n", indicator->legal_ground);
        }
    }
}

static void print_member(const struct kp_evidence_says *says, const struct kp_evidence_member *of)
{
    const struct kp_member *member = &says->agreement->members[of->member - 1];
    uint32_t discloses = says->agreement->discloses;
    char when[KP_AGREEMENT_TIME_TEXT];
    printf("\n    member %u, %s: %s\n", of->member, member->name, member->title);
    printf("      organisation    %s\n", member->oin);
    if ((discloses & KP_DISCLOSE_INDICATORS) != 0) {
        print_indicators(member, of);
    } else {
        printf("      on indicator    fixed, and by this agreement not disclosed\n");
    }
    time_text(when, of->not_later_than);
    printf("      not later than  %s, by what the other members signed\n", when);
    if ((discloses & KP_DISCLOSE_OBSERVED_ON) != 0) {
        date_text(when, of->observed_on);
        printf("      observed on     %s (the latest), as the member registered it\n", when);
    }
    if ((discloses & KP_DISCLOSE_GROUNDS) != 0) {
        print_hex("      grounds         fixed by the digest ", of->grounds, KP_DIGEST_BYTES);
    }
}

static void print_openers(const struct kp_evidence_says *says)
{
    const struct kp_agreement *agreement = says->agreement;
    char when[KP_AGREEMENT_TIME_TEXT];
    printf("\n  opened by\n");
    for (uint32_t i = 0; i < says->agreement->member_count; i++) {
        if ((says->not_shown >> i & 1) != 0) {
            printf(
                "  besides             a record of %s was opened, which this file doesn't show\n",
                says->agreement->members[i].name);
        }
    }
    for (uint32_t i = 0; i < says->opener_count; i++) {
        const struct kp_evidence_opener *opener = &says->openers[i];
        bool leads = opener->party == KP_PARTY_LEADER;
        time_text(when, opener->time);
        printf("    %s (%s, %s), logged as opened at %s\n",
               agreement->opening_keys[opener->holder - 1].holder,
               leads ? "project leader" : "second holder of an opening key",
               leads ? agreement->leader_employer
                     : agreement->opening_keys[opener->holder - 1].employer,
               when);
        printf("      entry %" PRIu64 " of its log, about %" PRIu32 " match%s of this round\n",
               opener->sequence, opener->matches, opener->matches == 1 ? "" : "es");
    }
}

static void print_agreement(const struct kp_evidence_says *says)
{
    const struct kp_agreement *agreement = says->agreement;
    printf("\n  under the agreement\n");
    printf("    project         %s, version %u\n", agreement->project, agreement->version);
    printf("    purpose         %s\n", agreement->purpose);
    printf("    legal basis     %s\n", agreement->legal_basis);
    print_hex("    hash            ", agreement->hash, KP_DIGEST_BYTES);
    print_hex("    first version   ", agreement->lineage, KP_DIGEST_BYTES);
}

void kp_verify_print_evidence(const struct kp_verify_input *input, bool agreement,
                              const struct kp_register *reg)
{
    const struct kp_evidence_says *says = input->evidence;
    char text[KP_SHOWN_TEXT];
    struct kp_error error = {0};
    if (!agreement) {
        printf(
            "\n%s proves nothing: the agreement isn't the one that was told, or isn't in order.\n",
            input->path);
        return;
    }
    if (!kp_verify_evidence_holds(&input->report) ||
        kp_shown_key(text, NULL, says->address_key, NULL) != KP_OK) {
        printf("\n%s proves nothing: not every rule holds.\n", input->path);
        return;
    }
    if (reg != NULL && kp_shown_key(text, reg, says->address_key, &error) != KP_OK) {
        (void)!kp_shown_key(text, NULL, says->address_key, NULL);
        fprintf(stderr, "the address isn't looked up: %s\n", error.text);
    }
    printf("\n%s is valid in full. It proves:\n\n", input->path);
    printf("  address             %s\n", text);
    printf("  matched in          round %" PRIu64 "\n", says->counter);
    printf("  a signal on it had  %u of %u members, where %u are needed\n", says->member_count,
           says->agreement->member_count, says->agreement->threshold);
    for (uint32_t i = 0; i < says->member_count; i++) {
        print_member(says, &says->members[i]);
    }
    print_openers(says);
    print_agreement(says);
    printf("\nEach member had fixed its signal, with a signature, before anybody could know of a "
           "match.\nIt doesn't prove that a signal is true, nor that no other member had one.\n"
           "A time of opening is by the clock of whoever opened.\n");
}

/* ---- JSON ---- */

static bool add_indicators(cJSON *object, const struct kp_member *member,
                           const struct kp_evidence_member *of)
{
    cJSON *array = cJSON_AddArrayToObject(object, "indicators");
    bool added = array != NULL;
    for (size_t i = 0; added && i < member->indicator_count; i++) {
        const struct kp_indicator *indicator = &member->indicators[i];
        if (has_indicator(of, i)) {
            cJSON *one = cJSON_CreateObject();
            added = cJSON_AddItemToArray(array, one) &&
                    cJSON_AddStringToObject(one, "code", indicator->code) != NULL &&
                    cJSON_AddStringToObject(one, "description", indicator->description) != NULL &&
                    cJSON_AddStringToObject(one, "source", indicator->source) != NULL &&
                    cJSON_AddStringToObject(one, "legal_ground", indicator->legal_ground) != NULL;
        }
    }
    return added;
}

static bool add_member(cJSON *array, const struct kp_evidence_says *says,
                       const struct kp_evidence_member *of)
{
    const struct kp_member *member = &says->agreement->members[of->member - 1];
    uint32_t discloses = says->agreement->discloses;
    cJSON *one = cJSON_CreateObject();
    char when[KP_AGREEMENT_TIME_TEXT];
    time_text(when, of->not_later_than);
    bool added = cJSON_AddItemToArray(array, one) &&
                 cJSON_AddNumberToObject(one, "member", of->member) != NULL &&
                 cJSON_AddStringToObject(one, "name", member->name) != NULL &&
                 cJSON_AddStringToObject(one, "title", member->title) != NULL &&
                 cJSON_AddStringToObject(one, "oin", member->oin) != NULL &&
                 cJSON_AddStringToObject(one, "not_later_than", when) != NULL;
    if (added && (discloses & KP_DISCLOSE_INDICATORS) != 0) {
        added = add_indicators(one, member, of);
    }
    if (added && (discloses & KP_DISCLOSE_OBSERVED_ON) != 0) {
        date_text(when, of->observed_on);
        added = cJSON_AddStringToObject(one, "observed_on", when) != NULL;
    }
    return added && ((discloses & KP_DISCLOSE_GROUNDS) == 0 ||
                     kp_json_add_hex(one, "grounds", of->grounds, KP_DIGEST_BYTES));
}

static bool add_opener(cJSON *array, const struct kp_evidence_says *says,
                       const struct kp_evidence_opener *opener)
{
    cJSON *one = cJSON_CreateObject();
    char when[KP_AGREEMENT_TIME_TEXT];
    time_text(when, opener->time);
    return cJSON_AddItemToArray(array, one) &&
           cJSON_AddStringToObject(
               one, "holder", says->agreement->opening_keys[opener->holder - 1].holder) != NULL &&
           cJSON_AddNumberToObject(one, "party", opener->party) != NULL &&
           cJSON_AddStringToObject(one, "logged_at", when) != NULL &&
           cJSON_AddNumberToObject(one, "log_entry", (double)opener->sequence) != NULL &&
           cJSON_AddNumberToObject(one, "matches", opener->matches) != NULL;
}

bool kp_verify_evidence_json(const struct kp_verify_input *input, bool agreement,
                             const struct kp_register *reg, cJSON *object)
{
    const struct kp_evidence_says *says = input->evidence;
    if (!agreement || !kp_verify_evidence_holds(&input->report)) {
        return cJSON_AddNullToObject(object, "proves") != NULL;
    }
    cJSON *proves = cJSON_AddObjectToObject(object, "proves");
    bool added = proves != NULL &&
                 kp_shown_add(proves, "address", reg, says->address_key, NULL) == KP_OK &&
                 kp_json_add_hex(proves, "agreement", says->agreement->hash, KP_DIGEST_BYTES) &&
                 cJSON_AddNumberToObject(proves, "version", says->agreement->version) != NULL &&
                 cJSON_AddStringToObject(proves, "project", says->agreement->project) != NULL &&
                 cJSON_AddNumberToObject(proves, "round", (double)says->counter) != NULL &&
                 kp_json_add_hex(proves, "round_id", says->round_id, KP_DIGEST_BYTES) &&
                 kp_json_add_hex(proves, "tag", says->tag, KP_DIGEST_BYTES);
    cJSON *members = cJSON_AddArrayToObject(proves, "members");
    added = added && members != NULL;
    for (uint32_t i = 0; added && i < says->member_count; i++) {
        added = add_member(members, says, &says->members[i]);
    }
    cJSON *openers = cJSON_AddArrayToObject(proves, "opened_by");
    added = added && openers != NULL;
    for (uint32_t i = 0; added && i < says->opener_count; i++) {
        added = add_opener(openers, says, &says->openers[i]);
    }
    return added;
}
