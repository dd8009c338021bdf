#include "proto/agreement.h"
#include "proto/commands/agreement_commands.h"
#include "proto/json.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define HEX_BYTES (2 * 32 + 1)
#define EXPOSURES 3

static const struct {
    const char *word;
    uint32_t bit;
} disclosures[] = {
    {"indicators", KP_DISCLOSE_INDICATORS},
    {"grounds", KP_DISCLOSE_GROUNDS},
    {"observed_on", KP_DISCLOSE_OBSERVED_ON},
};
#define DISCLOSURES (sizeof(disclosures) / sizeof(disclosures[0]))

static const char *category_text(enum kp_category category)
{
    return category == KP_CATEGORY_CARE ? "care" : "enforcement";
}

static const char *role_text(enum kp_role role)
{
    return role == KP_ROLE_ON_REQUEST ? "on request" : "contributes";
}

static const char *hex_text(char out[static HEX_BYTES], const uint8_t bytes[static 32])
{
    return sodium_bin2hex(out, HEX_BYTES, bytes, 32);
}

/* How many addresses so many members together can have had tested with the key of another in all
 * rounds, if they fill their slots with guesses instead of signals. */
static uint64_t exposure(const struct kp_agreement *agreement, uint32_t members)
{
    /* In this version evaluators don't check whose turn a changed point was, so the rotation binds
     * only honest members: every round can bring a whole new list. */
    uint64_t one = (uint64_t)agreement->rounds * agreement->slots;
    uint64_t all = one * members;
    return all < agreement->area_addresses ? all : agreement->area_addresses;
}

/* One, two and all but one of the members; how many of these numbers differ. */
static size_t exposed_to(const struct kp_agreement *agreement, uint32_t members[static EXPOSURES])
{
    members[0] = 1;
    members[1] = 2;
    members[2] = agreement->member_count - 1;
    return members[2] < EXPOSURES ? members[2] : EXPOSURES;
}

/* ---- as text ---- */

/* Who runs the coordinator must not be a party without everybody seeing so. */
static void print_warnings(const struct kp_agreement *agreement)
{
    const char *operator_name = agreement->coordinator_operator;
    if (strcasecmp(operator_name, agreement->leader_employer) == 0) {
        puts("NOTE: the coordinator is operated by the project leader's employer");
    }
    for (uint32_t i = 0; i < agreement->member_count; i++) {
        if (strcasecmp(operator_name, agreement->members[i].title) == 0) {
            printf("NOTE: the coordinator is operated by a member, %s\n",
                   agreement->members[i].name);
        }
    }
}

static void print_area(const struct kp_agreement *agreement)
{
    printf("area                ");
    for (size_t i = 0; i < agreement->postcode_count; i++) {
        printf("%s%s", i > 0 ? " " : "", agreement->postcodes[i]);
    }
    printf("\n                    %" PRIu32 " addresses\n", agreement->area_addresses);
}

static void print_disclosures(const struct kp_agreement *agreement)
{
    printf("a match shows       who");
    for (size_t i = 0; i < DISCLOSURES; i++) {
        if ((agreement->discloses & disclosures[i].bit) != 0) {
            printf(", %s", disclosures[i].word);
        }
    }
    putchar('\n');
}

static void print_interval(uint32_t seconds)
{
    static const struct {
        const char *unit;
        uint32_t seconds;
    } units[] = {{"days", 86400}, {"hours", 3600}, {"minutes", 60}, {"seconds", 1}};
    size_t i = 0;
    while (seconds % units[i].seconds != 0) {
        i++;
    }
    printf("%" PRIu32 " %s", seconds / units[i].seconds, units[i].unit);
}

static void print_rounds(const struct kp_agreement *agreement)
{
    printf("threshold           shown when at least %" PRIu32 " members have the address\n",
           agreement->threshold);
    printf("rounds              at most %" PRIu32 ", at least ", agreement->rounds);
    print_interval(agreement->interval_seconds);
    printf(" apart\n");
    printf("slots               %" PRIu32 " of each member, of which %" PRIu32
           " may change each round\n",
           agreement->slots, agreement->rotation);
    uint32_t members[EXPOSURES];
    size_t count = exposed_to(agreement, members);
    for (size_t i = 0; i < count; i++) {
        uint64_t addresses = exposure(agreement, members[i]);
        printf("%-20s%" PRIu32 " of the members can have tested, in all rounds, at most %" PRIu64
               " addresses (%" PRIu64 "%% of the area)\n",
               i == 0 ? "exposure" : "", members[i], addresses,
               (addresses * 100 + agreement->area_addresses - 1) / agreement->area_addresses);
    }
}

static void print_parties(const struct kp_agreement *agreement)
{
    char hex[HEX_BYTES];
    printf("\ncoordinator\n  operator          %s\n", agreement->coordinator_operator);
    printf("  tls_fingerprint   %s\n", hex_text(hex, agreement->coordinator_tls_fingerprint));
    printf("\nproject leader\n  name              %s\n", agreement->leader_name);
    printf("  employer          %s\n", agreement->leader_employer);
    printf("  tls_fingerprint   %s\n", hex_text(hex, agreement->leader_tls_fingerprint));
    printf("\nopening keys        %" PRIu32 " needed\n", agreement->openings_needed);
    for (uint32_t i = 0; i < agreement->opening_key_count; i++) {
        printf("  holder            %s\n", agreement->opening_keys[i].holder);
        printf("  key               %s\n", hex_text(hex, agreement->opening_keys[i].key));
    }
}

static void print_member(const struct kp_member *member, uint32_t number)
{
    char hex[HEX_BYTES];
    printf("\nmember %" PRIu32 "            %s\n", number, member->name);
    printf("  title             %s\n", member->title);
    printf("  oin               %s\n", member->oin);
    printf("  role              %s\n", role_text(member->role));
    printf("  dpia              %s\n", member->dpia);
    printf("  dpo               %s\n", member->dpo);
    printf("  identity_key      %s\n", hex_text(hex, member->identity_key));
    printf("  box_key           %s\n", hex_text(hex, member->box_key));
    printf("  tls_fingerprint   %s\n", hex_text(hex, member->tls_fingerprint));
    for (size_t i = 0; i < member->indicator_count; i++) {
        const struct kp_indicator *indicator = &member->indicators[i];
        printf("  indicator         %s: %s\n", indicator->code, indicator->description);
        if (indicator->source[0] != '\0') {
            printf("    source          %s\n", indicator->source);
        }
        if (indicator->legal_ground[0] != '\0') {
            printf("    legal_ground    %s\n", indicator->legal_ground);
        }
    }
}

static void print_text(const struct kp_agreement *agreement)
{
    char hex[HEX_BYTES];
    char start[KP_AGREEMENT_TIME_TEXT];
    char end[KP_AGREEMENT_TIME_TEXT];
    kp_agreement_time_text(start, agreement->start);
    kp_agreement_time_text(end, agreement->end);
    print_warnings(agreement);
    printf("agreement           %s\n", hex_text(hex, agreement->hash));
    printf("lineage             %s, version %" PRIu32 "\n", hex_text(hex, agreement->lineage),
           agreement->version);
    printf("project             %s\n", agreement->project);
    printf("purpose             %s\n", agreement->purpose);
    printf("legal_basis         %s\n", agreement->legal_basis);
    printf("category            %s\n", category_text(agreement->category));
    print_area(agreement);
    printf("term                from %s until %s\n", start, end);
    printf("retention           %" PRIu32 " days after the end\n", agreement->retention_days);
    printf("key_scheme          text-%" PRIu32 "\n", agreement->key_scheme_version);
    print_rounds(agreement);
    print_disclosures(agreement);
    print_parties(agreement);
    for (uint32_t i = 0; i < agreement->member_count; i++) {
        print_member(&agreement->members[i], i + 1);
    }
}

/* ---- as JSON ---- */

static bool add_text(cJSON *object, const char *name, const char *text)
{
    return cJSON_AddStringToObject(object, name, text) != NULL;
}

static bool add_number(cJSON *object, const char *name, uint64_t number)
{
    return cJSON_AddNumberToObject(object, name, (double)number) != NULL;
}

static bool add_strings(cJSON *object, const struct kp_agreement *agreement)
{
    cJSON *postcodes = cJSON_AddArrayToObject(object, "postcodes");
    bool added = postcodes != NULL;
    for (size_t i = 0; added && i < agreement->postcode_count; i++) {
        added = cJSON_AddItemToArray(postcodes, cJSON_CreateString(agreement->postcodes[i]));
    }
    cJSON *discloses = cJSON_AddArrayToObject(object, "discloses");
    added = added && discloses != NULL;
    for (size_t i = 0; added && i < DISCLOSURES; i++) {
        if ((agreement->discloses & disclosures[i].bit) != 0) {
            added = cJSON_AddItemToArray(discloses, cJSON_CreateString(disclosures[i].word));
        }
    }
    return added;
}

static bool add_numbers(cJSON *object, const struct kp_agreement *agreement)
{
    char start[KP_AGREEMENT_TIME_TEXT];
    char end[KP_AGREEMENT_TIME_TEXT];
    kp_agreement_time_text(start, agreement->start);
    kp_agreement_time_text(end, agreement->end);
    return add_number(object, "addresses", agreement->area_addresses) &&
           add_text(object, "key_scheme", "text-1") &&
           add_number(object, "threshold", agreement->threshold) &&
           add_number(object, "slots", agreement->slots) &&
           add_number(object, "rotation", agreement->rotation) &&
           add_number(object, "rounds", agreement->rounds) &&
           add_number(object, "interval", agreement->interval_seconds) &&
           add_number(object, "openings_needed", agreement->openings_needed) &&
           add_text(object, "start", start) && add_text(object, "end", end) &&
           add_number(object, "retention_days", agreement->retention_days);
}

static bool add_exposure(cJSON *object, const struct kp_agreement *agreement)
{
    uint32_t members[EXPOSURES];
    size_t count = exposed_to(agreement, members);
    cJSON *array = cJSON_AddArrayToObject(object, "exposure");
    bool added = array != NULL;
    for (size_t i = 0; added && i < count; i++) {
        cJSON *item = cJSON_CreateObject();
        added = cJSON_AddItemToArray(array, item) && add_number(item, "members", members[i]) &&
                add_number(item, "addresses", exposure(agreement, members[i]));
    }
    return added;
}

static bool add_parties(cJSON *object, const struct kp_agreement *agreement)
{
    cJSON *coordinator = cJSON_AddObjectToObject(object, "coordinator");
    cJSON *leader = cJSON_AddObjectToObject(object, "leader");
    cJSON *keys = cJSON_AddArrayToObject(object, "opening_keys");
    bool added = coordinator != NULL && leader != NULL && keys != NULL &&
                 add_text(coordinator, "operator", agreement->coordinator_operator) &&
                 kp_json_add_hex(coordinator, "tls_fingerprint",
                                 agreement->coordinator_tls_fingerprint, 32) &&
                 add_text(leader, "name", agreement->leader_name) &&
                 add_text(leader, "employer", agreement->leader_employer) &&
                 kp_json_add_hex(leader, "tls_fingerprint", agreement->leader_tls_fingerprint, 32);
    for (uint32_t i = 0; added && i < agreement->opening_key_count; i++) {
        const struct kp_opening_key *key = &agreement->opening_keys[i];
        cJSON *item = cJSON_CreateObject();
        added = cJSON_AddItemToArray(keys, item) && add_text(item, "holder", key->holder) &&
                kp_json_add_hex(item, "key", key->key, sizeof(key->key)) &&
                kp_json_add_hex(item, "proof", key->proof, sizeof(key->proof));
    }
    return added;
}

static bool add_indicators(cJSON *object, const struct kp_member *member)
{
    cJSON *array = cJSON_AddArrayToObject(object, "indicators");
    bool added = array != NULL;
    for (size_t i = 0; added && i < member->indicator_count; i++) {
        const struct kp_indicator *indicator = &member->indicators[i];
        cJSON *item = cJSON_CreateObject();
        added = cJSON_AddItemToArray(array, item) && add_text(item, "code", indicator->code) &&
                add_text(item, "description", indicator->description) &&
                add_text(item, "source", indicator->source) &&
                add_text(item, "legal_ground", indicator->legal_ground);
    }
    return added;
}

static bool add_members(cJSON *object, const struct kp_agreement *agreement)
{
    cJSON *array = cJSON_AddArrayToObject(object, "members");
    bool added = array != NULL;
    for (uint32_t i = 0; added && i < agreement->member_count; i++) {
        const struct kp_member *member = &agreement->members[i];
        cJSON *item = cJSON_CreateObject();
        added = cJSON_AddItemToArray(array, item) && add_number(item, "number", i + 1) &&
                add_text(item, "name", member->name) && add_text(item, "title", member->title) &&
                add_text(item, "oin", member->oin) &&
                add_text(item, "role", role_text(member->role)) &&
                add_text(item, "dpia", member->dpia) && add_text(item, "dpo", member->dpo) &&
                kp_json_add_hex(item, "identity_key", member->identity_key, 32) &&
                kp_json_add_hex(item, "box_key", member->box_key, 32) &&
                kp_json_add_hex(item, "tls_fingerprint", member->tls_fingerprint, 32) &&
                add_indicators(item, member);
    }
    return added;
}

static enum kp_status print_json(const struct kp_agreement *agreement, struct kp_error *error)
{
    cJSON *object = cJSON_CreateObject();
    bool complete =
        kp_json_add_hex(object, "hash", agreement->hash, sizeof(agreement->hash)) &&
        kp_json_add_hex(object, "lineage", agreement->lineage, sizeof(agreement->lineage)) &&
        add_number(object, "version", agreement->version) &&
        add_text(object, "project", agreement->project) &&
        add_text(object, "purpose", agreement->purpose) &&
        add_text(object, "legal_basis", agreement->legal_basis) &&
        add_text(object, "category", category_text(agreement->category)) &&
        add_strings(object, agreement) && add_numbers(object, agreement) &&
        add_exposure(object, agreement) && add_parties(object, agreement) &&
        add_members(object, agreement);
    return kp_json_print(object, complete, error);
}

/* ---- the command ---- */

static int run(int argc, char **argv)
{
    const char *path = NULL;
    bool json = false;
    bool help = false;
    struct kp_error error = {0};
    const struct kp_option options[] = {{.name = "json", .flag = &json}};
    if (kp_command_parse(&kp_command_agreement_show, argc, argv, options, 1, &path, 1, 1, NULL,
                         &help, &error) != KP_OK) {
        return kp_command_fail(&kp_command_agreement_show, &error);
    }
    if (help) {
        return KP_EXIT_DONE;
    }
    struct kp_agreement *agreement = NULL;
    enum kp_status status = kp_agreement_read(&agreement, path, NULL, &error);
    if (status == KP_OK && json) {
        status = print_json(agreement, &error);
    } else if (status == KP_OK) {
        print_text(agreement);
    }
    kp_agreement_free(agreement);
    return status == KP_OK ? KP_EXIT_DONE : kp_command_fail(&kp_command_agreement_show, &error);
}

const struct kp_command kp_command_agreement_show = {
    .name = "show",
    .summary = "print an agreement for a reader, with its hash",
    .usage =
        "usage: kruispunt agreement show [--json] FILE\n"
        "\n"
        "Checks the agreement as a node does and prints all of it, with its hash. FILE may be -\n"
        "for standard input.\n",
    .run = run,
};
