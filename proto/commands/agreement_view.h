/* A whole agreement for a reader, with what follows from it: notices and exposure. */
#ifndef KP_PROTO_COMMANDS_AGREEMENT_VIEW_H
#define KP_PROTO_COMMANDS_AGREEMENT_VIEW_H

#include "proto/commands/agreement_beside.h"
#include "proto/commands/agreement_reading.h"
#include "proto/exposure.h"
#include "proto/json.h"

#include <stdio.h>

struct kp_view {
    const struct kp_agreement *agreement; /* borrowed, as the others are */
    const struct kp_beside *beside;
    struct kp_exposures exposures;
    enum kp_language language;
};

/* own: number of the reader's organisation, or 0 for the member for which it is worst. */
KP_MUST_USE enum kp_status kp_view_make(struct kp_view *view, const struct kp_agreement *agreement,
                                        const struct kp_beside *beside, uint32_t own,
                                        enum kp_language language, struct kp_error *error);
/* All of it, as text in 80 columns. */
KP_MUST_USE enum kp_status kp_view_print(const struct kp_view *view, FILE *out,
                                         struct kp_error *error);
/* The same in a JSON object; adds to one that is there. false: no memory. */
KP_MUST_USE bool kp_view_json(const struct kp_view *view, cJSON *object);
/* Only what follows from it: operator_is_member, operator_is_employer, exposure, exposure_counts.
 */
KP_MUST_USE bool kp_view_json_notices(const struct kp_view *view, cJSON *object);

/* Only the odds of being found out. false: no memory. */
KP_MUST_USE bool kp_view_print_odds(const struct kp_view *view, FILE *out);
KP_MUST_USE bool kp_view_json_odds(const struct kp_view *view, cJSON *object);
/* The probability that a coordinator is caught that leaves out one match of a group, blindly, of
 * which `real` are no canaries. */
double kp_view_canary_odds(const struct kp_agreement *agreement, uint32_t real);
/* A word with fills, wrapped. false: no memory. */
KP_MUST_USE bool kp_view_print_filled(const struct kp_view *view, FILE *out, unsigned indent,
                                      enum kp_word word,
                                      const char *const fills[static KP_WORD_FILLS]);

#endif
