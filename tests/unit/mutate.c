#include "tests/unit/mutate.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

enum how { CHANGED, DROPPED, TWICE, HOWS };
static const char *const how_names[HOWS] = {"changed", "dropped", "twice"};

struct field {
    uint32_t number;
    uint32_t wire; /* 0: varint; 2: bytes; 5: 4 bytes; 1: 8 bytes */
    size_t begin;  /* of the tag */
    size_t value;  /* of what comes behind tag and length */
    size_t end;
};

static bool read_varint(const uint8_t *bytes, size_t size, size_t *at, uint64_t *out)
{
    *out = 0;
    for (unsigned shift = 0; shift < 64 && *at < size; shift += 7) {
        uint8_t byte = bytes[(*at)++];
        *out |= (uint64_t)(byte & 0x7f) << shift;
        if ((byte & 0x80) == 0) {
            return true;
        }
    }
    return false;
}

static void put_varint(struct kp_buffer *out, uint64_t value)
{
    do {
        uint8_t byte = (uint8_t)((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
        CU_ASSERT_EQUAL_FATAL(kp_buffer_append(out, &byte, 1), KP_OK);
        value >>= 7;
    } while (value > 0);
}

static bool next_field(const uint8_t *bytes, size_t size, size_t *at, struct field *field)
{
    uint64_t tag = 0, length = 0;
    field->begin = *at;
    if (!read_varint(bytes, size, at, &tag) || tag >> 3 == 0 || tag >> 3 > 64) {
        return false;
    }
    field->number = (uint32_t)(tag >> 3);
    field->wire = (uint32_t)(tag & 7);
    field->value = *at;
    if (field->wire == 0) {
        if (!read_varint(bytes, size, at, &length)) {
            return false;
        }
    } else if (field->wire == 2) {
        if (!read_varint(bytes, size, at, &length) || length > size - *at) {
            return false;
        }
        field->value = *at;
        *at += (size_t)length;
    } else if (field->wire == 5 && size - *at >= 4) {
        *at += 4;
    } else if (field->wire == 1 && size - *at >= 8) {
        *at += 8;
    } else {
        return false;
    }
    field->end = *at;
    return true;
}

/* Bytes that are fields from beginning to end may be a message. Random bytes of some length never
 * are in practice, and if they were, more is changed. */
static bool is_message(const uint8_t *bytes, size_t size)
{
    size_t at = 0;
    struct field field;
    while (at < size) {
        if (!next_field(bytes, size, &at, &field)) {
            return false;
        }
    }
    return size > 1;
}

static void append(struct kp_buffer *out, const uint8_t *bytes, size_t size)
{
    CU_ASSERT_EQUAL_FATAL(kp_buffer_append(out, bytes, size), KP_OK);
}

/* The field with another value of the same kind. */
static void put_changed(struct kp_buffer *out, const uint8_t *bytes, const struct field *field)
{
    uint64_t value = 0;
    size_t at = field->value;
    if (field->wire == 0) {
        CU_ASSERT_TRUE_FATAL(read_varint(bytes, field->end, &at, &value));
        append(out, bytes + field->begin, field->value - field->begin);
        put_varint(out, value + 1);
        return;
    }
    size_t first = out->size + (field->value - field->begin);
    append(out, bytes + field->begin, field->end - field->begin);
    if (field->end > field->value) {
        out->data[first + (field->end - field->value) / 2] ^= 1;
    }
}

static void put_bytes(struct kp_buffer *out, const struct field *field,
                      const struct kp_buffer *content)
{
    put_varint(out, (uint64_t)field->number << 3 | 2);
    put_varint(out, content->size);
    append(out, content->data, content->size);
}

/* Counts `*number` down; the change that it reaches zero at is made. */
static bool walk(struct kp_buffer *out, const uint8_t *bytes, size_t size, size_t *number,
                 char what[static MUTATE_TEXT])
{
    size_t at = 0, named = strlen(what);
    struct field field;
    while (at < size && next_field(bytes, size, &at, &field)) {
        out->size = 0;
        append(out, bytes, field.begin);
        (void)snprintf(what + named, MUTATE_TEXT - named, ".%u", field.number);
        if (*number < HOWS) {
            enum how how = (enum how) * number;
            if (how == CHANGED) {
                put_changed(out, bytes, &field);
            }
            for (unsigned k = 0; how == TWICE && k < 2; k++) {
                append(out, bytes + field.begin, field.end - field.begin);
            }
            append(out, bytes + field.end, size - field.end);
            size_t end = strlen(what);
            (void)snprintf(what + end, MUTATE_TEXT - end, " %s", how_names[how]);
            return true;
        }
        *number -= HOWS;
        if (field.wire == 2 && is_message(bytes + field.value, field.end - field.value)) {
            struct kp_buffer inner = {0};
            bool made = walk(&inner, bytes + field.value, field.end - field.value, number, what);
            if (made) {
                put_bytes(out, &field, &inner);
                append(out, bytes + field.end, size - field.end);
            }
            kp_buffer_free(&inner);
            if (made) {
                return true;
            }
        }
    }
    what[named] = '\0';
    return false;
}

bool mutate(struct kp_buffer *out, const uint8_t *bytes, size_t size, size_t number,
            char what[static MUTATE_TEXT])
{
    what[0] = '\0';
    return is_message(bytes, size) && walk(out, bytes, size, &number, what);
}
