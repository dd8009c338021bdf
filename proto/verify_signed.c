#include "proto/verify_signed.h"

#include "proto/party.h"
#include "proto/verify_digest.h"
#include "proto/verify_internal.h"

#include <stdio.h>
#include <string.h>

static bool same(const uint8_t *one, const uint8_t *other)
{
    return memcmp(one, other, KP_DIGEST_BYTES) == 0;
}

static void name_of(char out[static KP_RULING_RECORD], const struct kp_verify_signed *it,
                    const char *what, uint32_t member)
{
    (void)snprintf(out, KP_RULING_RECORD, "%s of member %u (%s)", what, member,
                   it->versions->version[0]->members[member - 1].name);
}

/* ---- loading ---- */

enum kp_status kp_verify_signed_header(struct kp_verify_signed *it,
                                       const struct kp_verify_versions *versions,
                                       const struct kp_export_header *header,
                                       enum kp_export_kind kind, struct kp_error *error)
{
    const uint8_t *lineage = kp_verify_lineage(versions);
    memset(it, 0, sizeof(*it));
    if (header->kind != kind || header->has_digest || header->counter == 0) {
        return kp_fail(error, KP_REFUSED, "its header is that of another kind of file");
    }
    if (lineage == NULL || !same(lineage, header->lineage)) {
        return kp_fail(error, KP_REFUSED, "it is of another lineage than the agreement");
    }
    it->versions = versions;
    it->members = versions->version[0]->member_count; /* the same in all of a lineage */
    it->counter = header->counter;
    return KP_OK;
}

static enum kp_status load(struct kp_round_message *message, const struct kp_export_item *item,
                           enum kp_message_type type, struct kp_error *error)
{
    enum kp_status status =
        kp_round_message_unpack(message, item->content.data, item->content.size, error);
    return status == KP_OK && (message->type != type || message->from != item->member ||
                               message->to != KP_PARTY_ALL || message->part != 0)
               ? kp_fail(error, KP_REFUSED, "it is another message than it stands for")
               : status;
}

static enum kp_status load_hello1(struct kp_verify_signed *it,
                                  const struct kp_round_message *message, uint32_t i,
                                  struct kp_error *error)
{
    struct kp_hello1 hello = {0};
    enum kp_status status = kp_hello1_unpack(&hello, &message->body, error);
    if (status == KP_OK && hello.counter != it->counter) {
        status = kp_fail(error, KP_REFUSED, "it is of another round than the file");
    }
    if (status == KP_OK && i == 0) {
        memcpy(it->attempt, message->attempt, KP_ATTEMPT_BYTES);
        it->round_type = (uint64_t)hello.round_type;
    } else if (status == KP_OK && (uint64_t)hello.round_type != it->round_type) {
        status = kp_fail(error, KP_REFUSED, "it is of another type of round than member 1's");
    }
    kp_hello1_free(&hello);
    return status;
}

enum kp_status kp_verify_signed_item(struct kp_verify_signed *it, const struct kp_export_item *item,
                                     struct kp_error *error)
{
    struct kp_round_message message = {0};
    uint32_t i = item->member - 1;
    struct kp_buffer packed = {.data = item->content.data, .size = item->content.size};
    enum kp_status status = KP_REFUSED;
    if (item->member < 1 || item->member > it->members || item->part != 0) {
        return kp_fail(error, KP_REFUSED, "there is no member %u, or it has one part only",
                       item->member);
    }
    if (item->kind == KP_EXPORT_HELLO1) {
        it->hello1[i] = packed;
        status = load(&message, item, KP_MESSAGE_HELLO1, error);
        status = status == KP_OK ? load_hello1(it, &message, i, error) : status;
    } else if (item->kind == KP_EXPORT_HELLO2) {
        it->hello2[i] = packed;
        status = load(&message, item, KP_MESSAGE_HELLO2, error);
        status =
            status == KP_OK ? kp_hello2_unpack(&it->hello2_body[i], &message.body, error) : status;
    } else if (item->kind == KP_EXPORT_READY) {
        it->ready[i] = packed;
        status = load(&message, item, KP_MESSAGE_READY, error);
        status =
            status == KP_OK ? kp_ready_unpack(&it->ready_body[i], &message.body, error) : status;
    }
    kp_round_message_free(&message);
    return status;
}

bool kp_verify_is_twice(const struct kp_verify_export *export, size_t i)
{
    const struct kp_buffer *one = &export->items[i].content;
    for (size_t k = 0; k < i; k++) {
        const struct kp_buffer *other = &export->items[k].content;
        if (export->items[k].kind == KP_EXPORT_PAPER && one->size == other->size &&
            memcmp(one->data, other->data, one->size) == 0) {
            return true;
        }
    }
    return false;
}

enum kp_status kp_verify_items(const struct kp_verify_export *export, kp_verify_take *take,
                               void *into, char name[static KP_RULING_RECORD],
                               struct kp_error *error)
{
    uint8_t before[KP_EVIDENCE_KEY_BYTES] = {0}, key[KP_EVIDENCE_KEY_BYTES];
    enum kp_status status = KP_OK;
    for (size_t i = 0; status == KP_OK && i < export->count; i++) {
        const struct kp_export_item *item = &export->items[i];
        kp_evidence_key(key, item->kind, item->member, item->part);
        status = memcmp(key, before, sizeof(key)) > 0
                     ? take(into, export, i, error)
                     : kp_fail(error, KP_REFUSED, "it doesn't stand in its order");
        memcpy(before, key, sizeof(key));
        (void)snprintf(name, KP_RULING_RECORD, "item %zu, %s (member %u, part %u)", i + 1,
                       kp_evidence_name(item->kind), item->member, item->part);
    }
    return status;
}

/* ---- which version ---- */

static const char *missing_of(const struct kp_verify_signed *it, uint32_t i)
{
    if (it->hello1[i].size == 0) {
        return "HELLO 1";
    }
    if (it->hello2[i].size == 0) {
        return "HELLO 2";
    }
    return it->ready[i].size == 0 ? "READY" : NULL;
}

static bool is_whole(const struct kp_verify_signed *it, struct kp_report *report)
{
    char name[KP_RULING_RECORD];
    for (uint32_t i = 0; i < it->members; i++) {
        const char *what = missing_of(it, i);
        if (what != NULL) {
            name_of(name, it, what, i + 1);
            kp_report_broken(report, KP_SIGNED_FORM, name, "it is missing");
            return false;
        }
    }
    return true;
}

/* No START is in the file: the round id tells under which version the round was. */
static bool find_version(struct kp_verify_signed *it, struct kp_report *report)
{
    for (size_t i = 0; i < it->versions->count; i++) {
        const struct kp_agreement *version = it->versions->version[i];
        if (version->member_count != it->members ||
            (it->versions->count > 1 && !same(version->lineage, kp_verify_lineage(it->versions)))) {
            continue;
        }
        kp_verify_round_id(it->round_id, version, it->round_type, it->counter, it->hello1,
                           it->hello2);
        if (same(it->round_id, it->ready_body[0].round_id)) {
            it->agreement = version;
            kp_report_ok(report, KP_SIGNED_AGREEMENT);
            return true;
        }
    }
    kp_report_broken(report, KP_SIGNED_AGREEMENT, "READY",
                     "its round id isn't that of these hellos under any version that is given");
    return false;
}

/* ---- rules ---- */

/* Whether it is of this attempt, and signed by its member. */
static bool is_signed(const struct kp_verify_signed *it, const struct kp_buffer *packed, uint32_t i)
{
    struct kp_round_message message;
    bool holds = kp_round_message_unpack(&message, packed->data, packed->size, NULL) == KP_OK &&
                 memcmp(message.attempt, it->attempt, KP_ATTEMPT_BYTES) == 0 &&
                 kp_verify_message_signature(&message, it->agreement->lineage,
                                             it->agreement->members[i].identity_key) == KP_OK;
    kp_round_message_free(&message);
    return holds;
}

static void check_hellos(const struct kp_verify_signed *it, struct kp_report *report, uint32_t i,
                         const uint8_t hellos[static KP_DIGEST_BYTES])
{
    const struct kp_hello2 *hello2 = &it->hello2_body[i];
    static const char of_another[] =
        "the signature isn't the member's, or it is of another attempt";
    char name[KP_RULING_RECORD];
    name_of(name, it, "HELLO 1", i + 1);
    kp_report_set(report, KP_SIGNED_HELLO1, is_signed(it, &it->hello1[i], i), name, of_another);
    kp_report_set(report, KP_SIGNED_HELLO1,
                  it->round_type ==
                      (uint64_t)kp_agreement_round_type(it->agreement, (uint32_t)it->counter),
                  name, "it is of another type of round than the agreement has here");
    name_of(name, it, "HELLO 2", i + 1);
    kp_report_set(report, KP_SIGNED_HELLO2, is_signed(it, &it->hello2[i], i), name, of_another);
    kp_report_set(report, KP_SIGNED_HELLO2,
                  hello2->counter == it->counter && hello2->seen_count == it->members &&
                      same(hello2->hellos, hellos),
                  name, "it is of another round, or names other first hellos");
    kp_report_set(report, KP_SIGNED_TERM,
                  hello2->time / 1000 >= it->agreement->start &&
                      hello2->time / 1000 < it->agreement->end,
                  name, "it is dated outside the agreement's term");
}

/* Section 9.7: what all READYs must have in common. */
static bool ready_agrees(const struct kp_verify_signed *it, uint32_t i)
{
    const struct kp_ready *ready = &it->ready_body[i], *first = &it->ready_body[0];
    bool agrees = same(ready->lineage, it->agreement->lineage) && ready->counter == it->counter &&
                  same(ready->round_id, it->round_id) && same(ready->g_digest, first->g_digest) &&
                  ready->list_count == it->members &&
                  ready->entries == kp_agreement_member_slots(it->agreement, i + 1);
    for (uint32_t k = 0; agrees && k < it->members; k++) {
        agrees = same(ready->lists[k].points_root, first->lists[k].points_root) &&
                 ready->lists[k].charged == first->lists[k].charged;
    }
    return agrees;
}

static void check_ready(const struct kp_verify_signed *it, struct kp_report *report, uint32_t i)
{
    const struct kp_ready *ready = &it->ready_body[i];
    char name[KP_RULING_RECORD];
    name_of(name, it, "READY", i + 1);
    kp_report_set(report, KP_SIGNED_READY, is_signed(it, &it->ready[i], i), name,
                  "the signature isn't the member's, or it is of another attempt");
    kp_report_set(report, KP_SIGNED_READY, ready_agrees(it, i), name,
                  "it says something else than these hellos, or than the READY of member 1");
    kp_report_set(report, KP_SIGNED_TERM, ready->time / 1000 < it->agreement->end, name,
                  "it is dated outside the agreement's term");
    for (uint32_t j = 0; j < it->members; j++) {
        kp_report_set(report, KP_SIGNED_TIMES,
                      ready->time + KP_CLOCK_SKEW_MS >= it->hello2_body[j].time, name,
                      "it is dated before a HELLO 2, which it comes after");
    }
}

/* As round.accepted: at the time of each HELLO 2, a quarter of an hour given to clocks. */
static void check_accepted(const struct kp_verify_signed *it, struct kp_report *report)
{
    uint64_t skew = KP_CLOCK_SKEW_MS / 1000;
    char name[KP_RULING_RECORD];
    if (it->versions->decision_count == 0) {
        kp_report_unchecked(report, KP_SIGNED_ACCEPTED,
                            "no decisions are given beside the agreement");
        return;
    }
    for (uint32_t i = 0; i < it->members; i++) {
        uint64_t then = it->hello2_body[i].time / 1000;
        uint32_t stopped =
            kp_verify_stopped(it->versions, it->agreement, then > skew ? then - skew : 0);
        name_of(name, it, "decision", i + 1);
        kp_report_set(report, KP_SIGNED_ACCEPTED,
                      kp_verify_accepted(it->versions, it->agreement, i + 1,
                                         kp_verify_counts(it->agreement, it->counter), then + skew),
                      name, "its officer hadn't accepted this version");
        if (stopped != 0 && stopped <= it->members) {
            name_of(name, it, "decision", stopped);
            kp_report_broken(report, KP_SIGNED_ACCEPTED, name,
                             "its officer had refused or revoked before");
        }
    }
}

bool kp_verify_signed_check(struct kp_verify_signed *it, struct kp_report *report)
{
    uint8_t hellos[KP_DIGEST_BYTES];
    if (!is_whole(it, report) || !find_version(it, report)) {
        return false;
    }
    kp_verify_hellos(hellos, it->agreement->lineage, it->hello1, it->members);
    for (uint32_t i = 0; i < it->members; i++) {
        check_hellos(it, report, i, hellos);
        check_ready(it, report, i);
    }
    check_accepted(it, report);
    return true;
}

/* ---- what others ask ---- */

uint64_t kp_verify_not_later(const struct kp_verify_signed *it, uint32_t member)
{
    uint64_t latest = 0;
    for (uint32_t i = 0; i < it->members; i++) {
        if (i + 1 != member && it->ready_body[i].time > latest) {
            latest = it->ready_body[i].time;
        }
    }
    return latest;
}

struct kp_verify_place kp_verify_place_of(const struct kp_verify_signed *it, uint32_t member)
{
    struct kp_verify_place place = {
        .agreement = it->agreement, .round_type = it->round_type, .member = member};
    memcpy(place.round_id, it->round_id, KP_DIGEST_BYTES);
    return place;
}
