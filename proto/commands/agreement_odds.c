/* What canaries and audits find when somebody cheats, in figures. */
#include "proto/commands/agreement_layout.h"
#include "proto/commands/agreement_view.h"
#include "proto/slot_picks.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define NUMBER_BYTES 16

static const uint32_t matches[] = {1, 10, 100};
static const uint32_t percents[] = {1, 5, 10, 25};
#define MATCHES (sizeof(matches) / sizeof(matches[0]))
#define PERCENTS (sizeof(percents) / sizeof(percents[0]))

double kp_view_canary_odds(const struct kp_agreement *agreement, uint32_t real)
{
    return (double)agreement->canaries / ((double)agreement->canaries + real);
}

static double audit_odds(const struct kp_agreement *agreement, uint32_t percent)
{
    return kp_slot_odds(agreement->slots, kp_slot_share(agreement->slots, percent),
                        agreement->audit_slots);
}

static const char *digits(char out[static NUMBER_BYTES], uint32_t number)
{
    (void)snprintf(out, NUMBER_BYTES, "%" PRIu32, number);
    return out;
}

static bool print_one(const struct kp_view *view, FILE *out, enum kp_word word, uint32_t of,
                      double odds)
{
    char number[NUMBER_BYTES], percent[NUMBER_BYTES];
    (void)snprintf(percent, sizeof(percent), "%.1f", 100 * odds);
    char *comma = strchr(percent, '.');
    if (view->language == KP_LANGUAGE_NL && comma != NULL) {
        *comma = ',';
    }
    const char *const fills[KP_WORD_FILLS] = {digits(number, of), percent};
    return kp_view_print_filled(view, out, 4, word, fills);
}

static bool print_canaries(const struct kp_view *view, FILE *out)
{
    char threshold[NUMBER_BYTES], canaries[NUMBER_BYTES];
    const char *const fills[KP_WORD_FILLS] = {digits(threshold, view->agreement->threshold),
                                              digits(canaries, view->agreement->canaries)};
    bool printed = kp_view_print_filled(view, out, 2, KP_WORD_CANARY_ODDS_ABOUT, fills);
    for (size_t i = 0; printed && i < MATCHES; i++) {
        printed = print_one(view, out, KP_WORD_CANARY_ODDS, matches[i],
                            kp_view_canary_odds(view->agreement, matches[i]));
    }
    return printed && kp_view_print_filled(view, out, 2, KP_WORD_CANARY_ODDS_NOT, fills);
}

static bool print_audits(const struct kp_view *view, FILE *out)
{
    char picks[NUMBER_BYTES], slots[NUMBER_BYTES];
    const char *const fills[KP_WORD_FILLS] = {digits(picks, view->agreement->audit_slots),
                                              digits(slots, view->agreement->slots)};
    bool printed = kp_view_print_filled(view, out, 2, KP_WORD_AUDIT_ODDS_ABOUT, fills);
    for (size_t i = 0; printed && i < PERCENTS; i++) {
        printed = print_one(view, out, KP_WORD_AUDIT_ODDS, percents[i],
                            audit_odds(view->agreement, percents[i]));
    }
    return printed;
}

bool kp_view_print_odds(const struct kp_view *view, FILE *out)
{
    const struct kp_agreement *agreement = view->agreement;
    const char *const nothing[KP_WORD_FILLS] = {NULL};
    bool printed = true;
    kp_layout_heading(out, kp_word(view->language, KP_WORD_ODDS), NULL, 0);
    if (agreement->canaries == 0 && agreement->audit_slots == 0) {
        printed = kp_view_print_filled(view, out, 2, KP_WORD_NO_ODDS, nothing);
    }
    if (printed && agreement->canaries > 0) {
        printed = print_canaries(view, out);
    }
    if (printed && agreement->audit_slots > 0) {
        printed = print_audits(view, out);
    }
    if (printed && agreement->count_first != 0) {
        printed = kp_view_print_filled(view, out, 2, KP_WORD_COUNT_ODDS_ABOUT, nothing);
    }
    return printed;
}

static bool add_odds(cJSON *array, const char *name, uint32_t of, double odds)
{
    cJSON *item = cJSON_CreateObject();
    return cJSON_AddItemToArray(array, item) && cJSON_AddNumberToObject(item, name, of) != NULL &&
           cJSON_AddNumberToObject(item, "probability", odds) != NULL;
}

bool kp_view_json_odds(const struct kp_view *view, cJSON *object)
{
    const struct kp_agreement *agreement = view->agreement;
    cJSON *canaries = cJSON_AddArrayToObject(object, "canary_odds");
    cJSON *audits = cJSON_AddArrayToObject(object, "audit_odds");
    bool added = canaries != NULL && audits != NULL;
    for (size_t i = 0; added && agreement->canaries > 0 && i < MATCHES; i++) {
        added =
            add_odds(canaries, "matches", matches[i], kp_view_canary_odds(agreement, matches[i]));
    }
    for (size_t i = 0; added && agreement->audit_slots > 0 && i < PERCENTS; i++) {
        added = add_odds(audits, "percent", percents[i], audit_odds(agreement, percents[i]));
    }
    return added;
}
