#include "proto/findings.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum verdict { HOLDS, OPEN, BROKEN };

static void add(struct kp_findings *findings, const char *rule, enum verdict verdict,
                const char *record, const char *text)
{
    if (findings->count == findings->capacity) {
        size_t capacity = findings->capacity * 2 + 16;
        struct kp_finding *grown = realloc(findings->items, capacity * sizeof(*grown));
        if (grown == NULL) {
            findings->failed = true;
            return;
        }
        findings->items = grown;
        findings->capacity = capacity;
    }
    struct kp_finding *item = &findings->items[findings->count++];
    *item = (struct kp_finding){.rule = rule,
                                .broken = verdict == BROKEN,
                                .open = verdict == OPEN,
                                .record = strdup(record),
                                .text = strdup(text)};
    findings->broken += item->broken;
    findings->failed = findings->failed || item->record == NULL || item->text == NULL;
}

void kp_findings_broken(struct kp_findings *findings, const char *rule, const char *record,
                        const char *format, ...)
{
    char text[KP_ERROR_TEXT];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    add(findings, rule, BROKEN, record, text);
}

void kp_findings_close(struct kp_findings *findings, const char *rule, const char *format, ...)
{
    for (size_t i = 0; i < findings->count; i++) {
        if (strcmp(findings->items[i].rule, rule) == 0) {
            return;
        }
    }
    char text[KP_ERROR_TEXT];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    add(findings, rule, HOLDS, "", text);
}

void kp_findings_open(struct kp_findings *findings, const char *rule, const char *format, ...)
{
    char text[KP_ERROR_TEXT];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    add(findings, rule, OPEN, "", text);
}

void kp_findings_free(struct kp_findings *findings)
{
    for (size_t i = 0; i < findings->count; i++) {
        free(findings->items[i].record);
        free(findings->items[i].text);
    }
    free(findings->items);
    *findings = (struct kp_findings){.count = 0};
}

void kp_findings_print(const struct kp_findings *findings, FILE *out)
{
    for (size_t i = 0; i < findings->count; i++) {
        const struct kp_finding *item = &findings->items[i];
        fprintf(out, "%-7s %-22s %s%s%s\n",
                item->broken ? "BROKEN"
                : item->open ? "open"
                             : "holds",
                item->rule, item->record, item->record[0] != '\0' ? ": " : "", item->text);
    }
}

bool kp_findings_json(const struct kp_findings *findings, cJSON *object)
{
    bool added = cJSON_AddBoolToObject(object, "sound", findings->broken == 0) != NULL;
    cJSON *array = cJSON_AddArrayToObject(object, "rules");
    added = added && array != NULL;
    for (size_t i = 0; added && i < findings->count; i++) {
        const struct kp_finding *item = &findings->items[i];
        cJSON *one = cJSON_CreateObject();
        added = cJSON_AddItemToArray(array, one) &&
                cJSON_AddStringToObject(one, "rule", item->rule) != NULL &&
                cJSON_AddBoolToObject(one, "holds", !item->broken && !item->open) != NULL &&
                cJSON_AddStringToObject(one, "record", item->record) != NULL &&
                cJSON_AddStringToObject(one, "text", item->text) != NULL &&
                cJSON_AddBoolToObject(one, "open", item->open) != NULL;
    }
    return added;
}
