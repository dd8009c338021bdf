/* Targets of what partners write: an address as a text, and names of streets and towns. */
#include "proto/address/spelling.h"
#include "proto/address/number.h"
#include "proto/address/street.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

static void check_span(struct kp_span span, const char *text, size_t size)
{
    FUZZ_CHECK(span.text >= text && span.size <= size);
    FUZZ_CHECK(span.text + span.size <= text + size);
}

static void check_reading(const struct kp_reading *reading, const char *text, size_t size)
{
    check_span(reading->street, text, size);
    check_span(reading->number, text, size);
    check_span(reading->town, text, size);
    FUZZ_CHECK(strlen(reading->postcode) == 0 || strlen(reading->postcode) == 6);
    FUZZ_CHECK(reading->digits == 0 || (reading->digits >= 1000 && reading->digits <= 9999));
    bool number = reading->number.size > 0;
    FUZZ_CHECK(number || reading->id != 0);
    FUZZ_CHECK(!number || (reading->number.text[0] >= '0' && reading->number.text[0] <= '9'));
}

/* Readings lie in the text; none at all has a reason. */
void fuzz_spelling(const uint8_t *bytes, size_t size)
{
    static struct kp_spelling spelling;
    char folded[KP_FOLDED_MAX];
    if (size == 0 || kp_fold(folded, (const char *)bytes + 1, size - 1) != KP_RULE_NONE) {
        return;
    }
    struct kp_spelling_known known = {.postcode = (bytes[0] & 1) != 0,
                                      .street = (bytes[0] & 2) != 0,
                                      .town = (bytes[0] & 4) != 0};
    kp_number_tidy(folded);
    kp_spelling_read(&spelling, folded, &known);
    FUZZ_CHECK(spelling.count <= KP_READINGS_MAX);
    FUZZ_CHECK(spelling.count > 0 || spelling.refused != KP_RULE_NONE);
    for (size_t i = 0; i < spelling.count; i++) {
        check_reading(&spelling.reading[i], folded, strlen(folded));
    }
}

static void check_skeleton(size_t size, const char *skeleton)
{
    FUZZ_CHECK(size < KP_STREET_SKELETON && strlen(skeleton) == size);
}

/* Two names, a line each: what is made of them fits; a name agrees with itself; what agrees
 * confirms. */
void fuzz_street(const uint8_t *bytes, size_t size)
{
    char names[2][KP_FOLDED_MAX];
    char skeleton[KP_STREET_SKELETON];
    const uint8_t *end = size == 0 ? NULL : memchr(bytes, '\n', size);
    size_t first = end == NULL ? size : (size_t)(end - bytes);
    size_t second = end == NULL ? 0 : size - first - 1;
    if (kp_fold(names[0], (const char *)bytes, first) != KP_RULE_NONE ||
        kp_fold(names[1], (const char *)bytes + (size - second), second) != KP_RULE_NONE) {
        return;
    }
    for (size_t i = 0; i < 2; i++) {
        size_t exact = kp_street_skeleton(skeleton, sizeof(skeleton), names[i], false);
        check_skeleton(exact, skeleton);
        check_skeleton(kp_street_skeleton(skeleton, sizeof(skeleton), names[i], true), skeleton);
        check_skeleton(kp_town_skeleton(skeleton, sizeof(skeleton), names[i]), skeleton);
        FUZZ_CHECK(exact == 0 || kp_street_agrees(names[i], names[i]));
    }
    FUZZ_CHECK(!kp_street_agrees(names[0], names[1]) || kp_street_confirms(names[0], names[1]));
    char other[KP_STREET_SKELETON];
    (void)kp_town_skeleton(skeleton, sizeof(skeleton), names[0]);
    (void)kp_town_skeleton(other, sizeof(other), names[1]);
    FUZZ_CHECK(!kp_town_agrees(names[0], names[1]) || strcmp(skeleton, other) == 0);
}
