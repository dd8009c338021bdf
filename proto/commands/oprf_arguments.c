#include "proto/commands/oprf_arguments.h"

#include "proto/file.h"

#include <stdlib.h>
#include <string.h>

enum kp_status kp_oprf_read_mode(struct kp_oprf_reader *reader, enum kp_oprf_mode *mode,
                                 const char *value)
{
    if (strcmp(value, "oprf") == 0) {
        *mode = KP_OPRF_MODE_OPRF;
        return KP_OK;
    }
    if (strcmp(value, "voprf") == 0) {
        *mode = KP_OPRF_MODE_VOPRF;
        return KP_OK;
    }
    return kp_fail(reader->error, KP_USAGE, "--mode must be oprf or voprf");
}

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static enum kp_status read_file(struct kp_oprf_reader *reader, const char *option, const char *path,
                                struct kp_buffer *text)
{
    if (strcmp(path, "-") == 0) {
        if (reader->standard_input != NULL) {
            return kp_fail(reader->error, KP_USAGE,
                           "--%s and --%s can't both come from standard input; put one in a file "
                           "(--%s @PATH)",
                           reader->standard_input, option, option);
        }
        reader->standard_input = option;
    }
    enum kp_status status = kp_file_read(path, KP_OPRF_VALUE_BYTES_MAX, text, reader->error);
    if (status != KP_OK) {
        return kp_fail_in(reader->error, "--%s", option);
    }
    while (text->size > 0 && is_space(text->data[text->size - 1])) {
        text->size--;
    }
    size_t front = 0;
    while (front < text->size && is_space(text->data[front])) {
        front++;
    }
    if (front > 0) {
        memmove(text->data, text->data + front, text->size - front);
        text->size -= front;
    }
    return KP_OK;
}

/* The option's text, from wherever it comes. */
static enum kp_status read_text(struct kp_oprf_reader *reader, const char *option,
                                const char *value, struct kp_buffer *text)
{
    if (value[0] == '@') {
        return read_file(reader, option, value + 1, text);
    }
    if (strcmp(value, "-") == 0) {
        return read_file(reader, option, value, text);
    }
    if (kp_buffer_set(text, value, strlen(value)) != KP_OK) {
        return kp_fail(reader->error, KP_FAILED, "--%s: no memory to read it", option);
    }
    return KP_OK;
}

/* 0 to 15; 16: no lower-case hex digit. */
static unsigned digit(uint8_t c)
{
    return c >= '0' && c <= '9' ? c - (unsigned)'0' : c >= 'a' && c <= 'f' ? c - 'a' + 10u : 16u;
}

static enum kp_status append_hex(struct kp_oprf_reader *reader, const char *option,
                                 const uint8_t *text, size_t size, struct kp_buffer *out)
{
    uint8_t *place = kp_buffer_extend(out, size / 2);
    if (place == NULL) {
        return kp_fail(reader->error, KP_FAILED, "--%s: no memory to read it", option);
    }
    unsigned bad = (unsigned)size & 1;
    for (size_t i = 0; i < size / 2; i++) {
        unsigned high = digit(text[2 * i]);
        unsigned low = digit(text[2 * i + 1]);
        bad |= (high | low) >> 4;
        place[i] = (uint8_t)(high << 4 | low);
    }
    if (bad != 0) {
        return kp_fail(reader->error, KP_USAGE,
                       "--%s is not hex: pairs of the digits 0-9 and a-f (small letters) are "
                       "expected",
                       option);
    }
    return KP_OK;
}

/* Calls append_hex for each part between commas; sizes gets those of the decoded parts. */
static enum kp_status split(struct kp_oprf_reader *reader, const char *option,
                            const struct kp_buffer *text, struct kp_buffer *out, size_t *sizes)
{
    size_t begin = 0;
    for (size_t end = 0, index = 0; end <= text->size; end++) {
        if (end < text->size && text->data[end] != ',') {
            continue;
        }
        const uint8_t *part = text->size > 0 ? text->data + begin : (const uint8_t *)"";
        enum kp_status status = append_hex(reader, option, part, end - begin, out);
        if (status != KP_OK) {
            return status;
        }
        sizes[index++] = (end - begin) / 2;
        begin = end + 1;
    }
    return KP_OK;
}

/* Room for as many items as the text has between its commas. */
static enum kp_status count_items(struct kp_oprf_reader *reader, const char *option,
                                  const struct kp_buffer *text, struct kp_oprf_inputs *out)
{
    size_t count = 1;
    for (size_t i = 0; i < text->size; i++) {
        count += text->data[i] == ',';
    }
    if (count > KP_OPRF_ELEMENTS_MAX) {
        return kp_fail(reader->error, KP_USAGE, "--%s has %zu items; %u is the most", option, count,
                       KP_OPRF_ELEMENTS_MAX);
    }
    out->sizes = calloc(count, sizeof(*out->sizes));
    if (out->sizes == NULL) {
        return kp_fail(reader->error, KP_FAILED, "--%s: no memory to read it", option);
    }
    out->count = count;
    return KP_OK;
}

enum kp_status kp_oprf_read_inputs(struct kp_oprf_reader *reader, const char *option,
                                   const char *value, struct kp_oprf_inputs *out)
{
    struct kp_buffer text = {0};
    enum kp_status status = KP_OK;
    if ((status = read_text(reader, option, value, &text)) == KP_OK &&
        (status = count_items(reader, option, &text, out)) == KP_OK) {
        status = split(reader, option, &text, &out->bytes, out->sizes);
    }
    for (size_t i = 0; status == KP_OK && i < out->count; i++) {
        if (out->sizes[i] > KP_OPRF_INPUT_MAX) {
            status =
                kp_fail(reader->error, KP_USAGE, "--%s: item %zu has %zu bytes; %d is the most",
                        option, i + 1, out->sizes[i], KP_OPRF_INPUT_MAX);
        }
    }
    kp_buffer_free(&text);
    return status;
}

void kp_oprf_inputs_free(struct kp_oprf_inputs *inputs)
{
    kp_buffer_free(&inputs->bytes);
    free(inputs->sizes);
    *inputs = (struct kp_oprf_inputs){0};
}

enum kp_status kp_oprf_read_list(struct kp_oprf_reader *reader, const char *option,
                                 const char *value, size_t item_size, struct kp_oprf_list *out)
{
    struct kp_oprf_inputs items = {0};
    enum kp_status status = kp_oprf_read_inputs(reader, option, value, &items);
    for (size_t i = 0; status == KP_OK && i < items.count; i++) {
        if (items.sizes[i] != item_size) {
            status = kp_fail(reader->error, KP_USAGE,
                             "--%s: item %zu has %zu hex digits; it must have %zu", option, i + 1,
                             2 * items.sizes[i], 2 * item_size);
        }
    }
    if (status == KP_OK) {
        out->items = items.bytes;
        out->count = items.count;
        items.bytes = (struct kp_buffer){0};
    }
    kp_oprf_inputs_free(&items);
    return status;
}

enum kp_status kp_oprf_read_bytes(struct kp_oprf_reader *reader, const char *option,
                                  const char *value, struct kp_buffer *out)
{
    struct kp_oprf_inputs items = {0};
    enum kp_status status = kp_oprf_read_inputs(reader, option, value, &items);
    if (status == KP_OK && items.count != 1) {
        status =
            kp_fail(reader->error, KP_USAGE, "--%s takes one value, not %zu", option, items.count);
    }
    if (status == KP_OK) {
        *out = items.bytes;
        items.bytes = (struct kp_buffer){0};
    }
    kp_oprf_inputs_free(&items);
    return status;
}

enum kp_status kp_oprf_read_hex(struct kp_oprf_reader *reader, const char *option,
                                const char *value, uint8_t *out, size_t size)
{
    struct kp_buffer bytes = {0};
    enum kp_status status = kp_oprf_read_bytes(reader, option, value, &bytes);
    if (status == KP_OK && bytes.size != size) {
        status = kp_fail(reader->error, KP_USAGE, "--%s has %zu hex digits; it must have %zu",
                         option, 2 * bytes.size, 2 * size);
    }
    if (status == KP_OK) {
        memcpy(out, bytes.data, size);
    }
    kp_buffer_free(&bytes);
    return status;
}

enum kp_status kp_oprf_check_counts(struct kp_oprf_reader *reader, const char *option, size_t count,
                                    const char *other, size_t other_count)
{
    if (count == other_count) {
        return KP_OK;
    }
    return kp_fail(reader->error, KP_USAGE, "--%s has %zu items and --%s %zu; they belong together",
                   option, count, other, other_count);
}

bool kp_oprf_add_array(cJSON *object, const char *name, const uint8_t *items, size_t size,
                       size_t count)
{
    cJSON *array = cJSON_AddArrayToObject(object, name);
    bool added = array != NULL;
    for (size_t i = 0; added && i < count; i++) {
        added = kp_json_append_hex(array, items + i * size, size);
    }
    return added;
}

bool kp_oprf_add_one_or_more(cJSON *object, const char *name, const uint8_t *items, size_t size,
                             size_t count)
{
    return count == 1 ? kp_json_add_hex(object, name, items, size)
                      : kp_oprf_add_array(object, name, items, size, count);
}
