#include "node/signal_marks.h"
#include "tests/unit/unit.h"

#include <string.h>

static const uint8_t key[KP_CONTROL_MARK_KEY_BYTES] = {7};

static struct kp_signal sample(void)
{
    struct kp_signal signal = {.observed_on = 20250101, .purpose = 1, .valid_until = 20260101};
    memset(signal.address, 'a', sizeof(signal.address));
    strcpy(signal.indicator, "AB");
    strcpy(signal.grounds, "C");
    return signal;
}

/* Every field counts, and where one ends; not when it was registered. */
static void marks(void)
{
    uint8_t one[KP_CONTROL_MARK_BYTES], other[KP_CONTROL_MARK_BYTES];
    struct kp_signal changed[8];
    for (size_t i = 0; i < 8; i++) {
        changed[i] = sample();
    }
    changed[0].address[15] ^= 1;
    strcpy(changed[1].indicator, "AC");
    strcpy(changed[2].grounds, "");
    strcpy(changed[3].indicator, "A");
    strcpy(changed[3].grounds, "BC");
    changed[4].observed_on++;
    changed[5].purpose = 2;
    changed[6].valid_until = 0;
    changed[7].registered_at = 5;
    struct kp_signal signal = sample();
    kp_signal_mark(one, key, &signal);
    for (size_t i = 0; i < 8; i++) {
        kp_signal_mark(other, key, &changed[i]);
        CU_ASSERT_EQUAL(memcmp(one, other, sizeof(one)) == 0, i == 7);
    }
    static const uint8_t next[KP_CONTROL_MARK_KEY_BYTES] = {8};
    kp_signal_mark(other, next, &signal);
    CU_ASSERT(memcmp(one, other, sizeof(one)) != 0);
}

/* Many more than there is room for at first. */
static void sets(void)
{
    struct kp_signal_marks set = {0};
    struct kp_signal signal = sample();
    uint8_t mark[KP_CONTROL_MARK_BYTES];
    bool added = false;
    kp_signal_mark(mark, key, &signal);
    CU_ASSERT_FALSE(kp_signal_marks_has(&set, mark));
    for (uint32_t turn = 0; turn < 2; turn++) {
        for (uint32_t i = 0; i < 20000; i++) {
            signal.observed_on = i;
            kp_signal_mark(mark, key, &signal);
            CU_ASSERT_FATAL(kp_signal_marks_add(&set, mark, &added, NULL) == KP_OK);
            CU_ASSERT_EQUAL(added, turn == 0);
        }
    }
    CU_ASSERT_EQUAL(set.count, 20000);
    for (uint32_t i = 0; i < 40000; i++) {
        signal.observed_on = i;
        kp_signal_mark(mark, key, &signal);
        CU_ASSERT_EQUAL(kp_signal_marks_has(&set, mark), i < 20000);
    }
    kp_signal_marks_free(&set);
    CU_ASSERT_FALSE(kp_signal_marks_has(&set, mark));
}

static const struct unit_test tests[] = {
    {"marks", marks},
    {"sets of them", sets},
};

UNIT_MAIN("signal marks", tests)
