/* Findings of canaries in words. */
#include "coordinator/canary_audit.h"

#include <stdio.h>
#include <string.h>

/* "a, b and c". */
static void names_of(char out[static 1024], const struct kp_agreement *agreement, uint32_t members)
{
    size_t size = 0;
    uint32_t left = (uint32_t)__builtin_popcount(members);
    out[0] = '\0';
    for (uint32_t i = 0; i < agreement->member_count && size < 900; i++) {
        if ((members >> i & 1) == 0) {
            continue;
        }
        left--;
        int added = snprintf(out + size, 1024 - size, "%s%s", agreement->members[i].name,
                             left > 1    ? ", "
                             : left == 1 ? " and "
                                         : "");
        size += added > 0 ? (size_t)added : 0;
    }
}

void kp_canary_finding_text(char text[static KP_CANARY_FINDING_TEXT],
                            const struct kp_agreement *agreement,
                            const struct kp_canary_finding *finding)
{
    static const char *const words[KP_CANARY_STATES] = {
        [KP_CANARY_FOUND] = "is in the results",
        [KP_CANARY_MISSING] = "is missing: all of them submitted it, and the coordinator didn't "
                              "give it",
        [KP_CANARY_INCOMPLETE] =
            "isn't in the results, but not everything came that was submitted, "
            "by the doing of the coordinator or of",
        [KP_CANARY_NO_NOTICE] = "can't be checked: no notice came, by the doing of the coordinator "
                                "or of",
        [KP_CANARY_NOT_TRUE] = "can't be checked: it wasn't submitted as they agreed by",
        [KP_CANARY_DIFFERENT] = "can't be checked: they name different ones; not the coordinator's "
                                "doing, but that of one of",
    };
    char group[1024], named[1024];
    names_of(group, agreement, finding->members);
    names_of(named, agreement, finding->named);
    (void)snprintf(text, KP_CANARY_FINDING_TEXT, "canary %u of %.450s %s%s%.450s",
                   finding->number + 1, group, words[finding->state],
                   finding->named != 0 ? " " : "", named);
}
