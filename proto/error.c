#include "proto/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A text that didn't fit ends in "..." instead of in half a word (or half a UTF-8 character). */
static void mark_cut(char text[static KP_ERROR_TEXT], int length)
{
    if (length < 0) {
        text[0] = '\0';
        return;
    }
    if ((size_t)length < KP_ERROR_TEXT) {
        return;
    }
    size_t end = KP_ERROR_TEXT - sizeof("...");
    while (end > 0 && ((unsigned char)text[end] & 0xc0) == 0x80) {
        end--;
    }
    memcpy(text + end, "...", sizeof("..."));
}

enum kp_status kp_fail(struct kp_error *error, enum kp_status status, const char *format, ...)
{
    if (error != NULL) {
        int saved = errno;
        /* Formatted apart, because an argument may be the text that is there. */
        char text[KP_ERROR_TEXT];
        va_list arguments;
        va_start(arguments, format);
        mark_cut(text, vsnprintf(text, sizeof(text), format, arguments));
        va_end(arguments);
        memcpy(error->text, text, sizeof(text));
        error->status = status;
        errno = saved;
    }
    return status;
}

enum kp_status kp_fail_in(struct kp_error *error, const char *format, ...)
{
    if (error == NULL) {
        return KP_FAILED; /* the status is not known; better wrong than KP_OK */
    }
    int saved = errno;
    char context[KP_ERROR_TEXT];
    va_list arguments;
    va_start(arguments, format);
    mark_cut(context, vsnprintf(context, sizeof(context), format, arguments));
    va_end(arguments);
    char text[KP_ERROR_TEXT];
    int length = snprintf(text, sizeof(text), "%s: %s", context, error->text);
    mark_cut(text, length);
    memcpy(error->text, text, sizeof(text));
    errno = saved;
    return error->status;
}
