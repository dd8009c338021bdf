#include "proto/table/put_aside.h"

#include "crypto/secret.h"
#include "proto/address/register.h"
#include "proto/address/shown.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define OURS "kruispunt_"

struct kp_put_aside {
    char path[KP_PATH_MAX];
    FILE *file;
    const struct kp_register *reg;
    uint64_t count;
};

static enum kp_status cannot(const struct kp_put_aside *aside, struct kp_error *error)
{
    return kp_fail(error, KP_FAILED, "%s: can't be written: %s", aside->path, strerror(errno));
}

enum kp_status kp_put_aside_open(struct kp_put_aside **out, const char *path,
                                 const struct kp_register *reg, struct kp_error *error)
{
    struct kp_put_aside *aside = calloc(1, sizeof(*aside));
    *out = NULL;
    if (aside == NULL) {
        return kp_fail(error, KP_FAILED, "no memory");
    }
    int size = snprintf(aside->path, sizeof(aside->path), "%s", path);
    aside->reg = reg;
    int fd = size < (int)sizeof(aside->path)
                 ? open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600)
                 : -1;
    aside->file = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (aside->file == NULL) {
        enum kp_status status =
            errno == EEXIST
                ? kp_fail(error, KP_REFUSED,
                          "%s: is there already; rows that are put aside go into a "
                          "file that isn't",
                          path)
                : kp_fail(error, KP_USAGE, "%s: can't be made: %s", path,
                          size < (int)sizeof(aside->path) ? strerror(errno) : "too long a path");
        if (fd >= 0) {
            close(fd);
        }
        free(aside);
        return status;
    }
    *out = aside;
    return KP_OK;
}

/* --- Fields --------------------------------------------------------------------------------------
 */

/* What stands within quotes. */
static void put_inside(FILE *file, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '"') {
            fputc('"', file);
        }
        fputc(*text, file);
    }
}

/* What a spreadsheet would take for a formula that does something: it may come from anybody. */
static bool is_formula(const char *text)
{
    text += strspn(text, " \t\r\n"); /* which it leaves away */
    return text[0] == '=' || text[0] == '@' ||
           ((text[0] == '+' || text[0] == '-') && strpbrk(text, "(|!") != NULL);
}

static void put_field(FILE *file, const char *text)
{
    bool quoted = strpbrk(text, ";\"\r\n\t,") != NULL;
    if (quoted) {
        fputc('"', file);
    }
    if (is_formula(text)) {
        fputc('\'', file);
    }
    put_inside(file, text);
    if (quoted) {
        fputc('"', file);
    }
}

/* Of the table; those of ours are from a file that was put aside before. */
static void put_fields(FILE *file, const struct kp_table_row *header,
                       const struct kp_table_row *row)
{
    for (size_t i = 0; i < row->count && i < header->count; i++) {
        if (strncasecmp(header->field[i], OURS, sizeof(OURS) - 1) != 0) {
            put_field(file, row->field[i]);
            fputc(';', file);
        }
    }
}

static enum kp_status put_candidate(const struct kp_put_aside *aside, uint64_t id,
                                    struct kp_error *error)
{
    char text[KP_SHOWN_CANDIDATE_TEXT];
    enum kp_status status = kp_shown_candidate(text, aside->reg, id, error);
    put_inside(aside->file, status == KP_OK ? text : "");
    kp_wipe(text, sizeof(text));
    return status;
}

static enum kp_status put_candidates(const struct kp_put_aside *aside,
                                     const struct kp_address_result *result, struct kp_error *error)
{
    size_t there = result->candidate_count < KP_ADDRESS_CANDIDATES_MAX ? result->candidate_count
                                                                       : KP_ADDRESS_CANDIDATES_MAX;
    for (size_t i = 0; i < there; i++) {
        fputs(i > 0 ? " | " : "\"", aside->file);
        enum kp_status status = put_candidate(aside, result->candidates[i], error);
        if (status != KP_OK) {
            return status;
        }
    }
    if (result->candidate_count > there) {
        fprintf(aside->file, " | and %zu more", result->candidate_count - there);
    }
    fputs(there > 0 ? "\"\n" : "\n", aside->file);
    return KP_OK;
}

/* --- Use -----------------------------------------------------------------------------------------
 */

enum kp_status kp_put_aside_row(struct kp_put_aside *aside, const struct kp_table *table,
                                const struct kp_table_row *row,
                                const struct kp_address_result *result, struct kp_error *error)
{
    const struct kp_table_row *header = kp_table_header(table);
    FILE *file = aside->file;
    if (aside->count++ == 0) {
        fputs("\xef\xbb\xbf", file);
        put_fields(file, header, header);
        fputs(OURS "line;" OURS "verdict;" OURS "rule;" OURS "why;" OURS "candidates\n", file);
    }
    put_fields(file, header, row);
    fprintf(file, "%" PRIu64 ";%s;%s;", row->line, kp_address_verdict_name(result->verdict),
            kp_address_rule_name(result->rule));
    put_field(file, kp_address_rule_text(result->verdict, result->rule));
    fputc(';', file);
    enum kp_status status = put_candidates(aside, result, error);
    if (status == KP_OK && ferror(file)) {
        status = cannot(aside, error);
    }
    return status;
}

uint64_t kp_put_aside_count(const struct kp_put_aside *aside)
{
    return aside->count;
}

enum kp_status kp_put_aside_close(struct kp_put_aside *aside, struct kp_error *error)
{
    enum kp_status status = KP_OK;
    if (aside == NULL) {
        return KP_OK;
    }
    if (aside->count == 0) {
        (void)unlink(aside->path);
        (void)fclose(aside->file);
    } else {
        bool written = fflush(aside->file) == 0 && fsync(fileno(aside->file)) == 0;
        int why = errno;
        written = fclose(aside->file) == 0 && written;
        errno = why;
        status = written ? KP_OK : cannot(aside, error);
    }
    kp_wipe(aside, sizeof(*aside));
    free(aside);
    return status;
}
