#include "proto/buffer.h"
#include "tests/unit/unit.h"

#include <string.h>

static void impossible_sizes_leave_it_as_it_was(void)
{
    struct kp_buffer buffer = {0};
    CU_ASSERT(kp_buffer_append(&buffer, "abc", 3) == KP_OK);
    CU_ASSERT(kp_buffer_append(&buffer, "abc", SIZE_MAX) == KP_FAILED);
    CU_ASSERT(kp_buffer_extend(&buffer, SIZE_MAX - 1) == NULL);
    CU_ASSERT(kp_buffer_reserve(&buffer, (size_t)PTRDIFF_MAX + 1) == KP_FAILED);
    CU_ASSERT(kp_buffer_set(&buffer, "abc", (size_t)PTRDIFF_MAX + 1) == KP_FAILED);
    CU_ASSERT(buffer.size == 3 && memcmp(buffer.data, "abc", 3) == 0);
    kp_buffer_free(&buffer);
}

static void nothing_is_allowed(void)
{
    struct kp_buffer buffer = {0};
    CU_ASSERT(kp_buffer_append(&buffer, NULL, 0) == KP_OK);
    CU_ASSERT(kp_buffer_set(&buffer, NULL, 0) == KP_OK);
    CU_ASSERT(kp_buffer_reserve(&buffer, 0) == KP_OK);
    CU_ASSERT(buffer.size == 0);
    CU_ASSERT_PTR_NOT_NULL(kp_buffer_extend(&buffer, 0));
    CU_ASSERT(buffer.size == 0);
    kp_buffer_free(&buffer);
    kp_buffer_free(&buffer);
    CU_ASSERT(buffer.data == NULL && buffer.size == 0 && buffer.capacity == 0);
}

static void grows_and_keeps(void)
{
    struct kp_buffer buffer = {0};
    for (unsigned i = 0; i < 5000; i++) {
        uint8_t byte = (uint8_t)i;
        CU_ASSERT(kp_buffer_append(&buffer, &byte, 1) == KP_OK);
    }
    CU_ASSERT_FATAL(buffer.size == 5000);
    for (unsigned i = 0; i < 5000; i++) {
        CU_ASSERT(buffer.data[i] == (uint8_t)i);
    }
    kp_buffer_free(&buffer);
}

static void extension_is_zero_though_used_before(void)
{
    struct kp_buffer buffer = {0};
    CU_ASSERT(kp_buffer_set(&buffer, "secret", 6) == KP_OK);
    CU_ASSERT(kp_buffer_set(&buffer, "s", 1) == KP_OK);
    CU_ASSERT(memcmp(buffer.data, "s\0\0\0\0\0", 6) == 0); /* wiped behind the end */
    uint8_t *added = kp_buffer_extend(&buffer, 5);
    CU_ASSERT_FATAL(added == buffer.data + 1);
    CU_ASSERT(buffer.size == 6 && memcmp(added, "\0\0\0\0\0", 5) == 0);
    kp_buffer_free(&buffer);
}

static const struct unit_test tests[] = {
    {"impossible sizes", impossible_sizes_leave_it_as_it_was},
    {"nothing is allowed", nothing_is_allowed},
    {"grows and keeps", grows_and_keeps},
    {"extension is zero", extension_is_zero_though_used_before},
};

UNIT_MAIN("buffer", tests)
