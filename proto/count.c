#include "proto/count.h"

#include "proto/round_message.h"

#include <stddef.h>

static const struct {
    uint64_t below;
    const char *text;
} buckets[KP_BUCKET_MAX] = {
    {10, "fewer than 10"}, {25, "10 to 24"},       {50, "25 to 49"},
    {100, "50 to 99"},     {250, "100 to 249"},    {500, "250 to 499"},
    {1000, "500 to 999"},  {2500, "1000 to 2499"}, {UINT64_MAX, "2500 or more"},
};

uint32_t kp_count_bucket(uint64_t count)
{
    uint32_t bucket = 1;
    while (bucket < KP_BUCKET_MAX && count >= buckets[bucket - 1].below) {
        bucket++;
    }
    return bucket;
}

const char *kp_count_bucket_text(uint32_t bucket)
{
    return bucket >= 1 && bucket <= KP_BUCKET_MAX ? buckets[bucket - 1].text : "none";
}

uint64_t kp_count_canaries(const struct kp_agreement *agreement)
{
    return agreement->canaries == 0
               ? 0
               : agreement->canaries *
                     kp_agreement_combinations(kp_agreement_contributing(agreement),
                                               agreement->threshold);
}

uint32_t kp_count_of(const struct kp_agreement *agreement, uint64_t tags)
{
    uint64_t canaries = kp_count_canaries(agreement);
    return kp_count_bucket(tags > canaries ? tags - canaries : 0);
}
