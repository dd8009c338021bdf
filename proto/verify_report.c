/* Verdicts, and files. */
#include "proto/verify_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *kp_verdict_name(enum kp_verdict verdict)
{
    switch (verdict) {
    case KP_VERDICT_UNCHECKED:
        return "not checkable";
    case KP_VERDICT_OK:
        return "ok";
    case KP_VERDICT_BROKEN:
        return "broken";
    }
    return "unknown";
}

void kp_report_start(struct kp_report *report, const struct kp_rule *rules, size_t count)
{
    memset(report, 0, sizeof(*report));
    report->rules = rules;
    report->count = count;
    for (size_t i = 0; i < count; i++) {
        (void)snprintf(report->rulings[i].text, KP_RULING_TEXT, "what it needs is broken");
    }
}

void kp_report_ok(struct kp_report *report, size_t rule)
{
    struct kp_ruling *ruling = &report->rulings[rule];
    if (ruling->verdict != KP_VERDICT_BROKEN && !ruling->left_open) {
        ruling->verdict = KP_VERDICT_OK;
        ruling->text[0] = '\0';
    }
}

void kp_report_broken(struct kp_report *report, size_t rule, const char *record, const char *format,
                      ...)
{
    struct kp_ruling *ruling = &report->rulings[rule];
    if (ruling->verdict == KP_VERDICT_BROKEN) {
        return;
    }
    ruling->verdict = KP_VERDICT_BROKEN;
    (void)snprintf(ruling->record, sizeof(ruling->record), "%s", record);
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(ruling->text, sizeof(ruling->text), format, arguments);
    va_end(arguments);
}

void kp_report_unchecked(struct kp_report *report, size_t rule, const char *format, ...)
{
    struct kp_ruling *ruling = &report->rulings[rule];
    if (ruling->verdict == KP_VERDICT_BROKEN) {
        return;
    }
    ruling->verdict = KP_VERDICT_UNCHECKED;
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(ruling->text, sizeof(ruling->text), format, arguments);
    va_end(arguments);
}

void kp_report_leave_open(struct kp_report *report, size_t rule, const char *why)
{
    kp_report_unchecked(report, rule, "%s", why);
    report->rulings[rule].left_open = true;
}

void kp_report_set(struct kp_report *report, size_t rule, bool holds, const char *record,
                   const char *why)
{
    if (holds) {
        kp_report_ok(report, rule);
    } else {
        kp_report_broken(report, rule, record, "%s", why);
    }
}

bool kp_report_is_ok(const struct kp_report *report, size_t rule)
{
    return report->rulings[rule].verdict == KP_VERDICT_OK;
}

size_t kp_report_count(const struct kp_report *report, enum kp_verdict verdict)
{
    size_t count = 0;
    for (size_t i = 0; i < report->count; i++) {
        count += report->rulings[i].verdict == verdict ? 1 : 0;
    }
    return count;
}

/* ---- a file ---- */

enum kp_status kp_verify_export_read(struct kp_verify_export *export, const char *path,
                                     struct kp_error *error)
{
    struct kp_export_reader *reader = NULL;
    struct kp_export_item item = {0};
    size_t capacity = 0;
    bool end = false;
    memset(export, 0, sizeof(*export));
    enum kp_status status = kp_export_open(&reader, path, &export->header, error);
    while (status == KP_OK && !end) {
        status = kp_export_next(reader, &item, &end, error);
        if (status != KP_OK || end) {
            break;
        }
        if (export->count == capacity) {
            capacity = capacity == 0 ? 64 : 2 * capacity;
            struct kp_export_item *more = realloc(export->items, capacity * sizeof(*more));
            if (more == NULL) {
                status = kp_fail(error, KP_FAILED, "%s: no memory to read it", path);
                break;
            }
            export->items = more;
        }
        export->items[export->count++] = item;
        memset(&item, 0, sizeof(item));
    }
    kp_export_item_free(&item);
    kp_export_reader_free(reader);
    return status;
}

void kp_verify_export_free(struct kp_verify_export *export)
{
    for (size_t i = 0; i < export->count; i++) {
        kp_export_item_free(&export->items[i]);
    }
    free(export->items);
    memset(export, 0, sizeof(*export));
}
