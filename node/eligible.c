#include "node/eligible.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

int kp_eligible_indicator(const struct kp_member *member, const char *code)
{
    for (size_t i = 0; i < member->indicator_count; i++) {
        if (strcmp(member->indicators[i].code, code) == 0) {
            return (int)i;
        }
    }
    return -1;
}

enum kp_eligible_verdict kp_eligible_signal(const struct kp_agreement *agreement, uint32_t own,
                                            uint32_t today, const struct kp_signal *signal)
{
    if (kp_eligible_indicator(&agreement->members[own - 1], signal->indicator) < 0) {
        return KP_ELIGIBLE_NO_INDICATOR;
    }
    if (signal->purpose != 0 && signal->purpose != (uint8_t)agreement->category) {
        return KP_ELIGIBLE_OTHER_PURPOSE;
    }
    return signal->valid_until != 0 && signal->valid_until < today ? KP_ELIGIBLE_PAST_DATE
                                                                   : KP_ELIGIBLE;
}

uint32_t kp_eligible_today(uint64_t unix_seconds)
{
    const time_t seconds = (time_t)unix_seconds;
    struct tm day = {0};
    if (gmtime_r(&seconds, &day) == NULL) {
        return UINT32_MAX; /* a clock beyond all years: nothing with a last day counts */
    }
    return ((uint32_t)day.tm_year + 1900) * 10000 + ((uint32_t)day.tm_mon + 1) * 100 +
           (uint32_t)day.tm_mday;
}

/* What an eligible signal adds to its address. */
static void take(struct kp_eligible *eligible, int indicator, const struct kp_signal *signal)
{
    eligible->indicators[indicator / 8] |= (uint8_t)(1u << (indicator % 8));
    if (signal->observed_on > eligible->observed_on) {
        eligible->observed_on = signal->observed_on;
    }
    if (!eligible->any || signal->registered_at < eligible->registered_at) {
        eligible->registered_at = signal->registered_at;
    }
    eligible->any = true;
}

/* Takes the signals that count out of all, in their order, for the digest over their grounds. */
static void merge(struct kp_eligible *eligible, const struct kp_agreement *agreement, uint32_t own,
                  uint32_t today, const struct kp_signals_on_address *all,
                  struct kp_signals_on_address *counted)
{
    for (size_t i = 0; i < all->count; i++) {
        const struct kp_signal *signal = &all->signals[i].signal;
        switch (kp_eligible_signal(agreement, own, today, signal)) {
        case KP_ELIGIBLE_NO_INDICATOR:
            eligible->without_indicator++;
            break;
        case KP_ELIGIBLE_OTHER_PURPOSE:
            eligible->other_purpose++;
            break;
        case KP_ELIGIBLE_PAST_DATE:
            eligible->past_date++;
            break;
        case KP_ELIGIBLE:
            take(eligible, kp_eligible_indicator(&agreement->members[own - 1], signal->indicator),
                 signal);
            counted->signals[counted->count++] = all->signals[i];
            break;
        }
    }
}

enum kp_status kp_eligible_merge(struct kp_eligible *eligible, const struct kp_agreement *agreement,
                                 uint32_t own, uint32_t today,
                                 const struct kp_signals_on_address *signals,
                                 struct kp_error *error)
{
    memset(eligible, 0, sizeof(*eligible));
    if (!kp_agreement_area_has(agreement, signals->address)) {
        eligible->outside = signals->count;
        return KP_OK;
    }
    struct kp_signals_on_address counted = {0};
    counted.signals = calloc(signals->count, sizeof(counted.signals[0]));
    if (counted.signals == NULL && signals->count > 0) {
        return kp_fail(error, KP_FAILED, "no memory for the signals on an address");
    }
    merge(eligible, agreement, own, today, signals, &counted);
    if (eligible->any) {
        kp_signals_grounds_digest(eligible->grounds, &counted);
    }
    kp_signals_on_address_free(&counted);
    return KP_OK;
}
