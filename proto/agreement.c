#include "proto/agreement.h"

#include "proto/file.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DAY_SECONDS 86400u

void kp_agreement_free(struct kp_agreement *agreement)
{
    if (agreement == NULL) {
        return;
    }
    for (uint32_t i = 0; agreement->members != NULL && i < agreement->member_count; i++) {
        free(agreement->members[i].indicators);
    }
    free(agreement->members);
    free(agreement->postcodes);
    free(agreement);
}

enum kp_status kp_agreement_read(struct kp_agreement **agreement, const char *path,
                                 const uint8_t *pinned, struct kp_error *error)
{
    struct kp_buffer bytes = {0};
    *agreement = NULL;
    enum kp_status status = kp_file_read(path, KP_AGREEMENT_BYTES_MAX, &bytes, error);
    if (status == KP_OK) {
        status = kp_agreement_parse(agreement, bytes.data, bytes.size, error);
        if (status != KP_OK) {
            status = kp_fail_in(error, "%s", path);
        }
    }
    kp_buffer_free(&bytes);
    if (status == KP_OK && pinned != NULL &&
        memcmp(pinned, (*agreement)->hash, KP_DIGEST_BYTES) != 0) {
        kp_agreement_free(*agreement);
        *agreement = NULL;
        return kp_fail(error, KP_REFUSED,
                       "%s: is another agreement than the one whose hash the configuration gives; "
                       "compare what was agreed with what kruispunt agreement show prints",
                       path);
    }
    return status;
}

void kp_agreement_opening_context(uint8_t context[static KP_DIGEST_BYTES], const char *project,
                                  const char *holder, const uint8_t key[static KP_POINT_BYTES])
{
    struct kp_hash hash;
    kp_hash_start(&hash, "Kruispunt-v1 opening key possession");
    kp_hash_field(&hash, project, strlen(project));
    kp_hash_field(&hash, holder, strlen(holder));
    kp_hash_field(&hash, key, KP_POINT_BYTES);
    kp_hash_digest(&hash, context);
}

uint32_t kp_agreement_member_by_fingerprint(const struct kp_agreement *agreement,
                                            const uint8_t fingerprint[static 32])
{
    for (uint32_t i = 0; i < agreement->member_count; i++) {
        if (memcmp(agreement->members[i].tls_fingerprint, fingerprint, 32) == 0) {
            return i + 1;
        }
    }
    return 0;
}

uint32_t kp_agreement_member_by_name(const struct kp_agreement *agreement, const char *name)
{
    for (uint32_t i = 0; i < agreement->member_count; i++) {
        if (strcmp(agreement->members[i].name, name) == 0) {
            return i + 1;
        }
    }
    return 0;
}

void kp_agreement_time_text(char out[static KP_AGREEMENT_TIME_TEXT], uint64_t seconds)
{
    time_t when = (time_t)seconds;
    struct tm parts;
    if (gmtime_r(&when, &parts) == NULL ||
        strftime(out, KP_AGREEMENT_TIME_TEXT, "%Y-%m-%dT%H:%M:%SZ", &parts) == 0) {
        out[0] = '\0';
    }
}

enum kp_status kp_agreement_check_term(const struct kp_agreement *agreement, uint64_t now,
                                       struct kp_error *error)
{
    char when[KP_AGREEMENT_TIME_TEXT];
    if (now < agreement->start) {
        kp_agreement_time_text(when, agreement->start);
        return kp_fail(error, KP_REFUSED,
                       "the agreement's term begins at %s; nothing may be processed before", when);
    }
    if (now >= agreement->end) {
        kp_agreement_time_text(when, agreement->end);
        return kp_fail(error, KP_REFUSED,
                       "the agreement's term ended at %s; going on takes a new agreement of all",
                       when);
    }
    return KP_OK;
}

enum kp_status kp_agreement_check_interval(const struct kp_agreement *agreement, uint64_t released,
                                           uint64_t now, struct kp_error *error)
{
    uint64_t least = (uint64_t)agreement->interval_seconds * 1000;
    if (released == 0 || now >= released + least ||
        (released > now && released - now > KP_CLOCK_SKEW_MS)) {
        return KP_OK;
    }
    char when[KP_AGREEMENT_TIME_TEXT];
    kp_agreement_time_text(when, (released + least + 999) / 1000);
    return kp_fail(error, KP_REFUSED,
                   "rounds are at least %" PRIu32 " seconds apart; the next may begin at %s",
                   agreement->interval_seconds, when);
}

/* The area is sorted: "1234" stands before "1234AB" and for all of its letters. */
static bool has_postcode(const struct kp_agreement *agreement, const char *postcode)
{
    size_t low = 0, high = agreement->postcode_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(agreement->postcodes[middle], postcode);
        if (order == 0) {
            return true;
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return false;
}

bool kp_agreement_area_has(const struct kp_agreement *agreement,
                           const uint8_t address[static KP_ADDRESS_KEY_BYTES])
{
    char digits[5];
    struct kp_address parts;
    if (kp_key_check(agreement->key_scheme, address) != KP_OK) {
        return false;
    }
    kp_key_area(digits, address);
    return (digits[0] != '\0' && has_postcode(agreement, digits)) ||
           (kp_address_of_key(&parts, address) == KP_OK && has_postcode(agreement, parts.postcode));
}

bool kp_agreement_retention_is_over(const struct kp_agreement *agreement, uint64_t now)
{
    return now >= agreement->end &&
           now - agreement->end >= (uint64_t)agreement->retention_days * DAY_SECONDS;
}
