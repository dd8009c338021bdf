#include "proto/table/decode.h"

#include "crypto/secret.h"
#include "proto/table/table_internal.h"
#include "proto/utf8.h"

#include <string.h>

void kp_decoder_start(struct kp_decoder *decoder, enum kp_encoding encoding)
{
    *decoder = (struct kp_decoder){.encoding = encoding == KP_ENCODING_UTF_16 ? KP_ENCODING_UTF_8
                                                                              : encoding};
}

void kp_decoder_end(struct kp_decoder *decoder)
{
    if (decoder->open) {
        iconv_close(decoder->iconv);
    }
    kp_bulk_free(decoder->room);
    *decoder = (struct kp_decoder){0};
}

static bool is_ascii(const char *bytes, size_t size)
{
    uint64_t all = 0;
    size_t at = 0;
    for (; at + sizeof(all) <= size; at += sizeof(all)) {
        uint64_t eight;
        memcpy(&eight, bytes + at, sizeof(eight));
        all |= eight;
    }
    for (; at < size; at++) {
        all |= (uint64_t)(uint8_t)bytes[at];
    }
    return (all & 0x8080808080808080u) == 0;
}

static bool open_converter(struct kp_decoder *decoder)
{
    bool latin_1 = decoder->encoding == KP_ENCODING_LATIN_1;
    if (!decoder->open) {
        decoder->iconv = iconv_open("UTF-8", latin_1 ? "ISO-8859-1" : "WINDOWS-1252");
        decoder->open = decoder->iconv != (iconv_t)-1;
    }
    if (decoder->room == NULL) {
        decoder->room = kp_bulk_new(KP_TABLE_TEXT_BYTES);
    }
    return decoder->open && decoder->room != NULL;
}

static enum kp_status convert(struct kp_decoder *decoder, const char *bytes, size_t size,
                              const char **text, size_t *text_size, const char **reason)
{
    if (!open_converter(decoder)) {
        return KP_FAILED;
    }
    char *from = (char *)(uintptr_t)bytes; /* iconv's prototype forgot the const */
    char *to = decoder->room;
    size_t left = size;
    size_t room = KP_TABLE_TEXT_BYTES;
    if (iconv(decoder->iconv, &from, &left, &to, &room) == (size_t)-1 || left > 0) {
        iconv(decoder->iconv, NULL, NULL, NULL, NULL);
        *reason = "a character in it that its encoding doesn't have";
        return KP_REFUSED;
    }
    *text = decoder->room;
    *text_size = KP_TABLE_TEXT_BYTES - room;
    return KP_OK;
}

enum kp_status kp_decode_line(struct kp_decoder *decoder, const char *bytes, size_t size,
                              const char **text, size_t *text_size, const char **reason)
{
    *text = bytes;
    *text_size = size;
    if (memchr(bytes, '\0', size) != NULL) {
        *reason = "a NUL byte in it, which is no text";
        return KP_REFUSED;
    }
    if (is_ascii(bytes, size)) {
        return KP_OK;
    }
    bool utf_8 = (decoder->guessed || decoder->encoding == KP_ENCODING_AUTO ||
                  decoder->encoding == KP_ENCODING_UTF_8) &&
                 kp_utf8_valid(bytes, size);
    if (decoder->encoding == KP_ENCODING_AUTO) {
        decoder->encoding = utf_8 ? KP_ENCODING_UTF_8 : KP_ENCODING_WINDOWS_1252;
        decoder->guessed = !utf_8;
    }
    if (decoder->encoding == KP_ENCODING_UTF_8) {
        if (!utf_8) {
            *reason = "not UTF-8 text";
        }
        return utf_8 ? KP_OK : KP_REFUSED;
    }
    if (utf_8) {
        *reason = "UTF-8, in a file that was Windows-1252 until here: say which with --encoding";
        return KP_REFUSED;
    }
    return convert(decoder, bytes, size, text, text_size, reason);
}
