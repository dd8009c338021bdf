#include "proto/commands/agreement_compare.h"

#include "proto/commands/agreement_layout.h"

#include <stdlib.h>
#include <string.h>

static const char *raw_of(const struct kp_line *line)
{
    return line->raw != NULL ? line->raw : line->value;
}

static bool is_field(const struct kp_line *line)
{
    return line->id != NULL && strcmp(line->id, "hash") != 0;
}

static int compare_ids(const void *one, const void *other)
{
    const struct kp_line *const *left = one;
    const struct kp_line *const *right = other;
    return strcmp((*left)->id, (*right)->id);
}

/* The fields of a reading, sorted by id. */
struct sorted {
    const struct kp_line **lines;
    size_t count;
};

static bool sort_fields(struct sorted *sorted, const struct kp_reading *reading)
{
    sorted->count = 0;
    sorted->lines = calloc(reading->count + 1, sizeof(const struct kp_line *));
    for (size_t i = 0; sorted->lines != NULL && i < reading->count; i++) {
        if (is_field(&reading->lines[i])) {
            sorted->lines[sorted->count++] = &reading->lines[i];
        }
    }
    if (sorted->lines != NULL) {
        qsort(sorted->lines, sorted->count, sizeof(const struct kp_line *), compare_ids);
    }
    return sorted->lines != NULL;
}

static const struct kp_line *find(const struct sorted *sorted, const struct kp_line *line)
{
    const struct kp_line **found =
        bsearch(&line, sorted->lines, sorted->count, sizeof(const struct kp_line *), compare_ids);
    return found != NULL ? *found : NULL;
}

static void add(struct kp_comparison *comparison, const struct kp_line *before,
                const struct kp_line *after)
{
    if (before == NULL || after == NULL || strcmp(raw_of(before), raw_of(after)) != 0) {
        comparison->differences[comparison->count++] = (struct kp_difference){before, after};
    }
}

static bool find_differences(struct kp_comparison *comparison)
{
    const struct kp_reading *readings = comparison->readings;
    struct sorted sorted[2] = {{NULL, 0}, {NULL, 0}};
    bool made = sort_fields(&sorted[0], &readings[0]) && sort_fields(&sorted[1], &readings[1]);
    comparison->differences =
        made ? calloc(readings[0].count + readings[1].count + 1, sizeof(struct kp_difference))
             : NULL;
    made = comparison->differences != NULL;
    for (size_t i = 0; made && i < readings[1].count; i++) {
        const struct kp_line *line = &readings[1].lines[i];
        if (is_field(line)) {
            add(comparison, find(&sorted[0], line), line);
        }
    }
    for (size_t i = 0; made && i < readings[0].count; i++) {
        const struct kp_line *line = &readings[0].lines[i];
        if (is_field(line) && find(&sorted[1], line) == NULL) {
            add(comparison, line, NULL);
        }
    }
    free(sorted[0].lines);
    free(sorted[1].lines);
    return made;
}

enum kp_status kp_comparison_make(struct kp_comparison *comparison,
                                  const struct kp_agreement *before,
                                  const struct kp_agreement *after, enum kp_language language,
                                  struct kp_error *error)
{
    *comparison = (struct kp_comparison){.count = 0};
    enum kp_status status = KP_OK;
    if ((status = kp_reading_make(&comparison->readings[0], before, language, error)) != KP_OK ||
        (status = kp_reading_make(&comparison->readings[1], after, language, error)) != KP_OK) {
        return status;
    }
    return find_differences(comparison)
               ? KP_OK
               : kp_fail(error, KP_FAILED, "no memory to compare agreements");
}

void kp_comparison_free(struct kp_comparison *comparison)
{
    kp_reading_free(&comparison->readings[0]);
    kp_reading_free(&comparison->readings[1]);
    free(comparison->differences);
    *comparison = (struct kp_comparison){.count = 0};
}

/* ---- as text ---- */

static void print_side(FILE *out, enum kp_language language, enum kp_word label, const char *text)
{
    struct kp_line line = {.kind = KP_LINE_VALUE, .depth = 2, .label = label};
    line.value = strdup(text);
    if (line.value != NULL) {
        kp_layout_line(out, &line, language);
    }
    free(line.value);
}

/* Whether `word`, which has `size` bytes, is one of the words of text. */
static bool has_word(const char *text, const char *word, size_t size)
{
    while (*text != '\0') {
        size_t length = strcspn(text, " ");
        if (length == size && memcmp(text, word, size) == 0) {
            return true;
        }
        text += length;
        text += strspn(text, " ");
    }
    return false;
}

/* The words of text that `other` doesn't have. Areas are long and change little. */
static void print_words(FILE *out, enum kp_language language, enum kp_word label, const char *text,
                        const char *other)
{
    char *left = calloc(strlen(text) + 1, 1);
    char *at = left;
    while (left != NULL && *text != '\0') {
        size_t length = strcspn(text, " ");
        if (!has_word(other, text, length)) {
            at = at > left ? stpcpy(at, " ") : at;
            memcpy(at, text, length);
            at += length;
        }
        text += length;
        text += strspn(text, " ");
    }
    if (left != NULL && left[0] != '\0') {
        print_side(out, language, label, left);
    }
    free(left);
}

static void print_one(const struct kp_difference *difference, enum kp_language language, FILE *out)
{
    const struct kp_line *before = difference->before;
    const struct kp_line *after = difference->after;
    const struct kp_line *any = after != NULL ? after : before;
    fprintf(out, "\n  %s\n  ", kp_word(language, any->label));
    kp_layout_wrap(out, any->id, 2, 24);
    if (before != NULL && after != NULL && strcmp(any->id, "postcodes") == 0) {
        print_words(out, language, KP_WORD_ADDED, after->value, before->value);
        print_words(out, language, KP_WORD_REMOVED, before->value, after->value);
        return;
    }
    if (before != NULL) {
        print_side(out, language, after != NULL ? KP_WORD_BEFORE : KP_WORD_REMOVED, before->value);
    }
    if (after != NULL) {
        print_side(out, language, before != NULL ? KP_WORD_AFTER : KP_WORD_ADDED, after->value);
    }
}

void kp_comparison_print(const struct kp_comparison *comparison, FILE *out)
{
    enum kp_language language = comparison->readings[0].language;
    if (comparison->count == 0) {
        fprintf(out, "%s\n", kp_word(language, KP_WORD_SAME));
    }
    for (size_t i = 0; i < comparison->count; i++) {
        print_one(&comparison->differences[i], language, out);
    }
}

/* ---- as JSON ---- */

static bool add_side(cJSON *object, const char *name, const struct kp_line *line)
{
    return line == NULL ? cJSON_AddNullToObject(object, name) != NULL
                        : cJSON_AddStringToObject(object, name, raw_of(line)) != NULL;
}

bool kp_comparison_json(const struct kp_comparison *comparison, cJSON *object, const char *name)
{
    cJSON *array = cJSON_AddArrayToObject(object, name);
    bool added = array != NULL;
    for (size_t i = 0; added && i < comparison->count; i++) {
        const struct kp_difference *difference = &comparison->differences[i];
        const struct kp_line *any =
            difference->after != NULL ? difference->after : difference->before;
        cJSON *item = cJSON_CreateObject();
        added = cJSON_AddItemToArray(array, item) &&
                cJSON_AddStringToObject(item, "field", any->id) != NULL &&
                add_side(item, "before", difference->before) &&
                add_side(item, "after", difference->after);
    }
    return added;
}
