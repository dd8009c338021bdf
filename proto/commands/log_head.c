#include "proto/commands/record_commands.h"

#include "proto/agreement.h"
#include "proto/audit_log.h"
#include "proto/export_fetch.h"
#include "proto/json.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>

void kp_party_text(char text[static KP_PARTY_TEXT], uint32_t party)
{
    const char *name = party == KP_PARTY_COORDINATOR ? "coordinator"
                       : party == KP_PARTY_LEADER    ? "project leader"
                       : party == KP_PARTY_OPENER    ? "second holder"
                                                     : NULL;
    if (name != NULL) {
        (void)snprintf(text, KP_PARTY_TEXT, "%s", name);
    } else {
        (void)snprintf(text, KP_PARTY_TEXT, "member %" PRIu32, party);
    }
}

struct head {
    bool test_mode;
    struct kp_export_header header;
    struct kp_export_item item; /* the packed last entry */
    struct kp_audit_entry entry;
    struct kp_audit_head head;
};

static enum kp_status take_last(struct head *head, const struct kp_export_page *page,
                                struct kp_error *error)
{
    head->header = page->header;
    if (page->items.count != 1) {
        return kp_fail(error, KP_REFUSED, "nothing is logged yet");
    }
    const struct kp_buffer *packed = &page->items.items[0];
    enum kp_status status = kp_export_item_unpack(&head->item, packed->data, packed->size, error);
    if (status == KP_OK) {
        status = kp_audit_entry_unpack(&head->entry, head->item.content.data,
                                       head->item.content.size, error);
    }
    if (status == KP_OK && kp_audit_entry_hash(head->head.hash, &head->entry) != KP_OK) {
        status = kp_fail(error, KP_FAILED, "no memory for a log entry");
    }
    head->head.sequence = head->entry.sequence;
    return status;
}

static void print_text(const struct head *head)
{
    char party[KP_PARTY_TEXT], time[KP_AGREEMENT_TIME_TEXT];
    char lineage[2 * KP_DIGEST_BYTES + 1], hash[2 * KP_DIGEST_BYTES + 1];
    kp_party_text(party, head->header.party);
    kp_agreement_time_text(time, head->entry.time / 1000);
    sodium_bin2hex(lineage, sizeof(lineage), head->header.lineage, KP_DIGEST_BYTES);
    sodium_bin2hex(hash, sizeof(hash), head->head.hash, KP_DIGEST_BYTES);
    if (head->test_mode) {
        printf("%s\n", KP_TEST_MODE_TEXT);
    }
    printf("log of: %s\nlineage: %s\nlast entry: %" PRIu64 ", %s\nhash: %s\n", party, lineage,
           head->head.sequence, time, hash);
}

static enum kp_status print_json(const struct head *head, struct kp_error *error)
{
    char party[KP_PARTY_TEXT], time[KP_AGREEMENT_TIME_TEXT];
    cJSON *object = cJSON_CreateObject();
    kp_party_text(party, head->header.party);
    kp_agreement_time_text(time, head->entry.time / 1000);
    bool complete =
        (!head->test_mode || cJSON_AddBoolToObject(object, "test_mode", true) != NULL) &&
        cJSON_AddStringToObject(object, "party", party) != NULL &&
        kp_json_add_hex(object, "lineage", head->header.lineage, KP_DIGEST_BYTES) &&
        cJSON_AddNumberToObject(object, "sequence", (double)head->head.sequence) != NULL &&
        kp_json_add_hex(object, "hash", head->head.hash, KP_DIGEST_BYTES) &&
        cJSON_AddStringToObject(object, "time", time) != NULL &&
        kp_json_add_hex(object, "entry", head->item.content.data, head->item.content.size);
    return kp_json_print(object, complete, error);
}

static enum kp_status show(const char *config, bool json, struct kp_error *error)
{
    const struct kp_export_request asked = {.kind = KP_EXPORT_LOG, .last = true};
    struct kp_export_source source;
    struct kp_export_page page = {0};
    struct head head = {0};
    enum kp_status status = kp_export_source_read(&source, config, error);
    if (status == KP_OK) {
        status = kp_export_ask(&source, &asked, &page, error);
    }
    if (status == KP_OK) {
        head.test_mode = source.subject.test_mode;
        status = take_last(&head, &page, error);
        kp_batch_free(&page.items);
    }
    if (status == KP_OK && json) {
        status = print_json(&head, error);
    } else if (status == KP_OK) {
        print_text(&head);
    }
    kp_export_item_free(&head.item);
    return status;
}

static int run(int argc, char **argv)
{
    const char *config = NULL;
    bool json = false, help = false;
    const struct kp_option options[] = {{"config", &config, NULL, true},
                                        {"json", NULL, &json, false}};
    struct kp_error error = {0};
    enum kp_status status = kp_command_parse(&kp_command_log_head, argc, argv, options, 2, NULL, 0,
                                             0, NULL, &help, &error);
    if (status == KP_OK && help) {
        return KP_EXIT_DONE;
    }
    if (status == KP_OK) {
        status = show(config, json, &error);
    }
    return status == KP_OK ? KP_EXIT_DONE : kp_command_fail(&kp_command_log_head, &error);
}

const struct kp_command kp_command_log_head = {
    .name = "head",
    .summary = "show the last entry of a program's signed log, to deposit elsewhere",
    .usage =
        "usage: kruispunt log head --config FILE.ini [--json]\n"
        "\n"
        "Shows number, time and hash of the last entry in the signed log of a node, a coordinator\n"
        "or a project leader. Give them to somebody who keeps them, such as the data protection\n"
        "officer: a log that is cut off or rewritten later no longer has this entry. With --json\n"
        "also the entry itself, which is signed. Exit status 3: the daemon isn't running.\n",
    .run = run,
};

static const struct kp_command *const commands[] = {&kp_command_log_head, NULL};

const struct kp_command_group kp_log_commands = {.name = "log", .commands = commands};
