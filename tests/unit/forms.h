/* Another form of the same message: protobuf has many for one content, and only one is taken. */
#ifndef KP_TESTS_FORMS_H
#define KP_TESTS_FORMS_H

#include "proto/buffer.h"

#include <CUnit/CUnit.h>
#include <string.h>

enum form {
    FORM_TWICE,  /* the first field once more at the end */
    FORM_ORDER,  /* the first field behind the others */
    FORM_PADDED, /* the first field's number or length in one byte more than it needs */
    FORMS,
};

/* The first field's number and its length or value take one byte each. */
static inline void form_make(enum form form, const struct kp_buffer *packed, struct kp_buffer *out)
{
    const uint8_t *bytes = packed->data;
    CU_ASSERT_FATAL(packed->size > 2 && bytes[0] < 0x80 && bytes[1] < 0x80);
    size_t first = (bytes[0] & 7) == 2 ? 2u + bytes[1] : 2;
    CU_ASSERT_FATAL(packed->size >= first);
    out->size = 0;
    if (form == FORM_PADDED) {
        const uint8_t padded[] = {bytes[0], bytes[1] | 0x80, 0};
        CU_ASSERT_EQUAL(kp_buffer_append(out, padded, sizeof(padded)), KP_OK);
        CU_ASSERT_EQUAL(kp_buffer_append(out, bytes + 2, packed->size - 2), KP_OK);
        return;
    }
    if (form == FORM_TWICE) {
        CU_ASSERT_EQUAL(kp_buffer_append(out, bytes, first), KP_OK);
    }
    CU_ASSERT_EQUAL(kp_buffer_append(out, bytes + first, packed->size - first), KP_OK);
    CU_ASSERT_EQUAL(kp_buffer_append(out, bytes, first), KP_OK);
}

#endif
