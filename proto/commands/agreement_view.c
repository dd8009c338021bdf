#include "proto/commands/agreement_view.h"

#include "proto/commands/agreement_layout.h"
#include "proto/operator.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define NUMBER_BYTES 16
#define HEX_BYTES (2 * KP_DIGEST_BYTES + 1)
#define NOTICE_INDENT 4

enum kp_status kp_view_make(struct kp_view *view, const struct kp_agreement *agreement,
                            const struct kp_beside *beside, uint32_t own, enum kp_language language,
                            struct kp_error *error)
{
    *view = (struct kp_view){.agreement = agreement, .beside = beside, .language = language};
    const struct kp_agreement *others[KP_AGREEMENTS_BESIDE_MAX];
    for (size_t i = 0; i < beside->count; i++) {
        others[i] = beside->agreements[i];
    }
    return kp_exposure_of(&view->exposures, agreement, own, others, beside->count, error);
}

bool kp_view_print_filled(const struct kp_view *view, FILE *out, unsigned indent, enum kp_word word,
                          const char *const fills[static KP_WORD_FILLS])
{
    char *text = kp_word_fill(view->language, word, fills);
    if (text != NULL) {
        fprintf(out, "%*s", (int)indent, "");
        kp_layout_wrap(out, text, indent, indent + NOTICE_INDENT);
    }
    free(text);
    return text != NULL;
}

/* Two holders of one organisation are no four eyes. */
static bool print_second_holder(const struct kp_view *view, FILE *out)
{
    const struct kp_agreement *agreement = view->agreement;
    const char *const fills[KP_WORD_FILLS] = {agreement->opening_keys[1].employer};
    bool printed = true;
    if (kp_second_holder_is_leader(agreement)) {
        printed = kp_view_print_filled(view, out, 0, KP_WORD_HOLDER_IS_LEADER, fills) && printed;
    }
    if (kp_second_holder_is_operator(agreement)) {
        printed = kp_view_print_filled(view, out, 0, KP_WORD_HOLDER_IS_OPERATOR, fills) && printed;
    }
    for (uint32_t i = 1; i <= agreement->member_count; i++) {
        const struct kp_member *member = &agreement->members[i - 1];
        const char *const names[KP_WORD_FILLS] = {member->title, member->name};
        if (kp_second_holder_is_member(agreement, i)) {
            printed =
                kp_view_print_filled(view, out, 0, KP_WORD_HOLDER_IS_MEMBER, names) && printed;
        }
    }
    return printed;
}

/* Who runs the coordinator must not be a party without everybody seeing so. */
static bool print_notices(const struct kp_view *view, const struct kp_reading *reading, FILE *out)
{
    const struct kp_agreement *agreement = view->agreement;
    const char *const nothing[KP_WORD_FILLS] = {NULL};
    bool printed =
        !agreement->test || kp_view_print_filled(view, out, 0, KP_WORD_TEST_MODE, nothing);
    for (uint32_t i = 1; i <= agreement->member_count; i++) {
        const struct kp_member *member = &agreement->members[i - 1];
        const char *const fills[KP_WORD_FILLS] = {member->title, member->name};
        if (kp_operator_is_member(agreement, i)) {
            printed =
                kp_view_print_filled(view, out, 0, KP_WORD_OPERATOR_IS_MEMBER, fills) && printed;
        }
    }
    if (kp_operator_is_employer(agreement)) {
        const char *const fills[KP_WORD_FILLS] = {agreement->leader_employer};
        printed =
            kp_view_print_filled(view, out, 0, KP_WORD_OPERATOR_IS_EMPLOYER, fills) && printed;
    }
    printed = print_second_holder(view, out) && printed;
    bool complete = kp_agreement_check_complete(agreement, NULL) == KP_OK;
    for (size_t i = 0; i < reading->count && !complete; i++) {
        const struct kp_line *line = &reading->lines[i];
        if (line->kind == KP_LINE_VALUE && line->raw != NULL && line->raw[0] == '\0') {
            const char *const fills[KP_WORD_FILLS] = {kp_word(view->language, line->label),
                                                      line->id};
            return kp_view_print_filled(view, out, 0, KP_WORD_NOT_COMPLETE, fills) && printed;
        }
    }
    return printed;
}

static bool print_counted(const struct kp_view *view, FILE *out)
{
    const char *const nothing[KP_WORD_FILLS] = {NULL};
    bool any = false;
    bool printed = true;
    for (size_t i = 0; i < view->beside->count; i++) {
        const struct kp_agreement *other = view->beside->agreements[i];
        if (!view->exposures.counted[i]) {
            continue;
        }
        if (!any) {
            printed = kp_view_print_filled(view, out, 2, KP_WORD_COUNTED, nothing) && printed;
        }
        any = true;
        char version[NUMBER_BYTES];
        char hash[HEX_BYTES];
        snprintf(version, sizeof(version), "%" PRIu32, other->version);
        sodium_bin2hex(hash, sizeof(hash), other->hash, sizeof(other->hash));
        const char *const fills[KP_WORD_FILLS] = {other->project, version, hash};
        printed = kp_view_print_filled(view, out, 4, KP_WORD_COUNTED_ONE, fills) && printed;
    }
    return any ? printed : kp_view_print_filled(view, out, 2, KP_WORD_COUNTED_ALONE, nothing);
}

/* Numbers only, so this one sentence needs no wrapping. */
static bool print_exposure(const struct kp_view *view, const struct kp_exposure *exposure,
                           FILE *out)
{
    char numbers[4][NUMBER_BYTES];
    const uint32_t given[4] = {exposure->addresses, view->agreement->area_addresses,
                               exposure->percent, exposure->partners};
    for (size_t i = 0; i < 4; i++) {
        snprintf(numbers[i], sizeof(numbers[i]), "%" PRIu32, given[i]);
    }
    const char *const who[KP_WORD_FILLS] = {numbers[3]};
    const char *const fills[KP_WORD_FILLS] = {numbers[0], numbers[1], numbers[2]};
    bool printed = kp_view_print_filled(
        view, out, 2, exposure->partners == 1 ? KP_WORD_ONE_WORKS : KP_WORD_MORE_WORK, who);
    char *text = kp_word_fill(view->language, KP_WORD_THEY_TEST, fills);
    if (text != NULL) {
        fprintf(out, "    %s\n", text);
    }
    free(text);
    return printed && text != NULL;
}

static bool print_exposures(const struct kp_view *view, FILE *out)
{
    const char *const nothing[KP_WORD_FILLS] = {NULL};
    kp_layout_heading(out, kp_word(view->language, KP_WORD_EXPOSURE), NULL, 0);
    bool printed = kp_view_print_filled(view, out, 2, KP_WORD_EXPOSURE_ABOUT, nothing);
    for (size_t i = 0; i < view->exposures.count; i++) {
        printed = print_exposure(view, &view->exposures.exposure[i], out) && printed;
    }
    return print_counted(view, out) && printed;
}

enum kp_status kp_view_print(const struct kp_view *view, FILE *out, struct kp_error *error)
{
    struct kp_reading reading = {0};
    enum kp_status status = kp_reading_make(&reading, view->agreement, view->language, error);
    bool printed = status == KP_OK && print_notices(view, &reading, out);
    for (size_t i = 0; printed && i < reading.count; i++) {
        if (reading.lines[i].kind == KP_LINE_EXPOSURE) {
            printed = print_exposures(view, out);
        } else if (reading.lines[i].kind == KP_LINE_ODDS) {
            printed = kp_view_print_odds(view, out);
        } else {
            kp_layout_line(out, &reading.lines[i], view->language);
        }
    }
    kp_reading_free(&reading);
    if (status == KP_OK && !printed) {
        status = kp_fail(error, KP_FAILED, "no memory to show an agreement");
    }
    return status;
}
