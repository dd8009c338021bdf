#include "proto/address/street.h"
#include "proto/address/street_tokens.h"
#include "proto/address/street_words.h"

#include <string.h>

static size_t exact(char *out, size_t size, const char *name)
{
    size_t written = 0;
    for (; *name != '\0'; name++) {
        if (!kp_street_is_letter(*name)) {
            continue;
        }
        if (written + 1 >= size) {
            return 0;
        }
        out[written++] = *name;
    }
    out[written] = '\0';
    return written;
}

struct writer {
    char *out;
    size_t size, written;
    bool full;
};

static void put(struct writer *writer, const char *text, size_t size)
{
    if (size >= writer->size - writer->written) {
        writer->full = true;
        return;
    }
    memcpy(writer->out + writer->written, text, size);
    writer->written += size;
}

/* The row that the word is, or NULL. Abbreviations need none: they have the same initial. */
static const struct kp_street_word *row_of(const char *word, size_t size)
{
    for (size_t i = 0; i < kp_street_word_count; i++) {
        if (kp_street_is_form(word, size, &kp_street_words[i].form[0])) {
            return &kp_street_words[i];
        }
    }
    return NULL;
}

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

/* A word in front: its initial; a number or an ordinal as number. */
static void put_front(struct writer *writer, const char *word, size_t size)
{
    const struct kp_street_word *row = row_of(word, size);
    unsigned ordinal = kp_street_ordinal(word, size);
    if (ordinal != 0) {
        put(writer, word, ordinal < 10 ? 1 : 2);
    } else if (is_digit(word[0])) {
        put(writer, word, size);
    } else if (row != NULL) {
        put(writer, row->form[1].text, is_digit(row->form[1].text[0]) ? row->form[1].size : 1);
    } else {
        put(writer, word, 1);
    }
}

/* The last word: an ending or a side gets its first abbreviation. */
static void put_last(struct writer *writer, const char *word, size_t size)
{
    for (size_t i = 0; i < kp_street_word_count; i++) {
        const struct kp_street_word *row = &kp_street_words[i];
        bool ending = row->kind == KP_STREET_ENDING;
        if (!ending && row->kind != KP_STREET_SIDE) {
            continue;
        }
        for (size_t j = 0; j < KP_STREET_FORMS && row->form[j].size > 0; j++) {
            const struct kp_street_form *form = &row->form[j];
            if (kp_street_is_form(word, size, form) ||
                (ending && kp_street_ends_with(word, size, form))) {
                put(writer, word, size - form->size);
                put(writer, row->form[1].text, row->form[1].size);
                return;
            }
        }
    }
    put(writer, word, size);
}

static size_t short_form_of(char *out, size_t size, const char *name)
{
    struct kp_street_tokens tokens;
    struct writer writer = {out, size, 0, size == 0};
    if (size == 0 || !kp_street_tokens(&tokens, name)) {
        return 0;
    }
    for (size_t i = 0; i + 1 < tokens.count; i++) {
        put_front(&writer, kp_street_token(&tokens, i), kp_street_token_size(&tokens, i));
    }
    put_last(&writer, kp_street_token(&tokens, tokens.count - 1),
             kp_street_token_size(&tokens, tokens.count - 1));
    if (writer.full) {
        return 0;
    }
    out[writer.written] = '\0';
    return writer.written;
}

size_t kp_street_skeleton(char *out, size_t size, const char *folded_name, bool short_form)
{
    size_t written = size == 0    ? 0
                     : short_form ? short_form_of(out, size, folded_name)
                                  : exact(out, size, folded_name);
    if (written == 0 && size != 0) {
        out[0] = '\0';
    }
    return written;
}
