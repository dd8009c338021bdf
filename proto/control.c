#include "proto/control.h"

#include "crypto/secret.h"
#include "proto/control.pb-c.h"
#include "proto/protobuf.h"
#include "proto/utf8.h"

#include <stdlib.h>
#include <string.h>

/* ---- Texts ---- */

/* A text as protobuf wants it for packing, which only reads it. */
static char *borrow_text(const char *text)
{
    union {
        const char *in;
        char *out;
    } cast = {.in = text};
    return cast.out;
}

static enum kp_status copy_text(char *out, size_t capacity, const char *text, const char *name,
                                struct kp_error *error)
{
    size_t size = strlen(text);
    if (size >= capacity) {
        return kp_fail(error, KP_REFUSED, "%s has %zu bytes; %zu is the most", name, size,
                       capacity - 1);
    }
    if (!kp_utf8_is_line(text, size)) {
        return kp_fail(error, KP_REFUSED, "%s is not one line of UTF-8", name);
    }
    memcpy(out, text, size + 1);
    return KP_OK;
}

/* Words for a person, such as what went wrong: cut where they are too long, and with question marks
 * where they aren't one line of UTF-8, for they are wanted all the same. */
static void copy_remark(char out[static KP_ERROR_TEXT], const char *text)
{
    size_t left = strlen(text), used = 0;
    while (left > 0) {
        uint32_t character = 0;
        size_t length = kp_utf8_decode(&character, text, left);
        size_t taken = length == 0 ? 1 : length;
        if (used + taken >= KP_ERROR_TEXT) {
            break;
        }
        if (length == 0 || kp_utf8_is_control(character)) {
            out[used++] = '?';
        } else {
            memcpy(out + used, text, length);
            used += length;
        }
        text += taken;
        left -= taken;
    }
    out[used] = '\0';
}

/* ---- Signals ---- */

struct kp_control_signal *kp_control_signals_add(struct kp_control_signals *signals)
{
    if (signals->count == signals->capacity) {
        size_t capacity = signals->capacity == 0 ? 64 : 2 * signals->capacity;
        struct kp_control_signal *items = calloc(capacity, sizeof(*items));
        if (items == NULL) {
            return NULL;
        }
        if (signals->count > 0) {
            memcpy(items, signals->items, signals->count * sizeof(*items));
            kp_wipe(signals->items, signals->count * sizeof(*items));
        }
        free(signals->items);
        signals->items = items;
        signals->capacity = capacity;
    }
    return &signals->items[signals->count++];
}

void kp_control_signals_free(struct kp_control_signals *signals)
{
    if (signals->items != NULL) {
        kp_wipe(signals->items, signals->count * sizeof(signals->items[0]));
        free(signals->items);
    }
    memset(signals, 0, sizeof(*signals));
}

/* Signals as protobuf fields, borrowed. */
struct packed_signals {
    Kruispunt__Signal *items;
    Kruispunt__Signal **pointers;
};

static void free_packed(struct packed_signals *packed)
{
    free(packed->items);
    free(packed->pointers);
}

static enum kp_status borrow_signals(struct packed_signals *packed,
                                     const struct kp_control_signals *signals,
                                     struct kp_error *error)
{
    packed->items = calloc(signals->count + 1, sizeof(packed->items[0]));
    packed->pointers = calloc(signals->count + 1, sizeof(packed->pointers[0]));
    if (packed->items == NULL || packed->pointers == NULL) {
        free_packed(packed);
        return kp_fail(error, KP_FAILED, "no memory for %zu signals", signals->count);
    }
    for (size_t i = 0; i < signals->count; i++) {
        const struct kp_control_signal *signal = &signals->items[i];
        Kruispunt__Signal *item = &packed->items[i];
        kruispunt__signal__init(item);
        item->address = kp_protobuf_bytes(signal->address, KP_ADDRESS_KEY_BYTES);
        item->indicator = borrow_text(signal->indicator);
        item->grounds = borrow_text(signal->grounds);
        item->observed_on = signal->observed_on;
        item->registered_at = signal->registered_at;
        packed->pointers[i] = item;
    }
    return KP_OK;
}

static enum kp_status copy_signal(struct kp_control_signal *signal, const Kruispunt__Signal *packed,
                                  struct kp_error *error)
{
    enum kp_status status =
        kp_protobuf_copy(signal->address, KP_ADDRESS_KEY_BYTES, &packed->address, "address", error);
    if (status == KP_OK) {
        status = copy_text(signal->indicator, sizeof(signal->indicator), packed->indicator,
                           "indicator", error);
    }
    if (status == KP_OK) {
        status =
            copy_text(signal->grounds, sizeof(signal->grounds), packed->grounds, "grounds", error);
    }
    signal->observed_on = packed->observed_on;
    signal->registered_at = packed->registered_at;
    return status;
}

static enum kp_status copy_signals(struct kp_control_signals *signals, Kruispunt__Signal **packed,
                                   size_t count, size_t most, struct kp_error *error)
{
    if (count > most) {
        return kp_fail(error, KP_REFUSED, "%zu signals at once; %zu is the most", count, most);
    }
    for (size_t i = 0; i < count; i++) {
        struct kp_control_signal *signal = kp_control_signals_add(signals);
        if (signal == NULL) {
            return kp_fail(error, KP_FAILED, "no memory for %zu signals", count);
        }
        enum kp_status status = copy_signal(signal, packed[i], error);
        if (status != KP_OK) {
            (void)kp_fail_in(error, "signal %zu", i + 1);
            return status;
        }
    }
    return KP_OK;
}

static enum kp_status copy_page_key(struct kp_control_page_key *key,
                                    const ProtobufCBinaryData *packed, struct kp_error *error)
{
    if (packed->len > KP_CONTROL_PAGE_KEY_MAX) {
        return kp_fail(error, KP_REFUSED, "a page key of %zu bytes", packed->len);
    }
    key->size = packed->len;
    return kp_protobuf_copy(key->bytes, key->size, packed, "page key", error);
}

/* ---- Requests ---- */

static enum kp_status pack_import(const struct kp_control_request *request,
                                  Kruispunt__ControlRequest *packed, struct kp_buffer *out,
                                  struct kp_error *error)
{
    Kruispunt__ImportRequest import = KRUISPUNT__IMPORT_REQUEST__INIT;
    struct packed_signals signals;
    enum kp_status status = borrow_signals(&signals, &request->signals, error);
    if (status != KP_OK) {
        return status;
    }
    import.n_signals = request->signals.count;
    import.signals = signals.pointers;
    packed->body_case = KRUISPUNT__CONTROL_REQUEST__BODY_IMPORT;
    packed->import = &import;
    status = kp_protobuf_pack(&packed->base, out, error);
    free_packed(&signals);
    return status;
}

enum kp_status kp_control_request_pack(const struct kp_control_request *request,
                                       struct kp_buffer *out, struct kp_error *error)
{
    Kruispunt__ControlRequest packed = KRUISPUNT__CONTROL_REQUEST__INIT;
    Kruispunt__StatusRequest status = KRUISPUNT__STATUS_REQUEST__INIT;
    Kruispunt__SignalsRequest signals = KRUISPUNT__SIGNALS_REQUEST__INIT;
    switch (request->kind) {
    case KP_CONTROL_STATUS:
        packed.body_case = KRUISPUNT__CONTROL_REQUEST__BODY_STATUS;
        packed.status = &status;
        break;
    case KP_CONTROL_IMPORT:
        return pack_import(request, &packed, out, error);
    case KP_CONTROL_SIGNALS:
        signals.after = kp_protobuf_bytes(request->after.bytes, request->after.size);
        packed.body_case = KRUISPUNT__CONTROL_REQUEST__BODY_SIGNALS;
        packed.signals = &signals;
        break;
    }
    return kp_protobuf_pack(&packed.base, out, error);
}

static enum kp_status copy_request(struct kp_control_request *request,
                                   const Kruispunt__ControlRequest *packed, struct kp_error *error)
{
    switch (packed->body_case) {
    case KRUISPUNT__CONTROL_REQUEST__BODY_STATUS:
        request->kind = KP_CONTROL_STATUS;
        return KP_OK;
    case KRUISPUNT__CONTROL_REQUEST__BODY_IMPORT:
        request->kind = KP_CONTROL_IMPORT;
        if (packed->import->n_signals == 0) {
            return kp_fail(error, KP_REFUSED, "an import of nothing");
        }
        return copy_signals(&request->signals, packed->import->signals, packed->import->n_signals,
                            KP_IMPORT_BATCH, error);
    case KRUISPUNT__CONTROL_REQUEST__BODY_SIGNALS:
        request->kind = KP_CONTROL_SIGNALS;
        return copy_page_key(&request->after, &packed->signals->after, error);
    default:
        return kp_fail(error, KP_REFUSED, "a control request without content");
    }
}

enum kp_status kp_control_request_unpack(struct kp_control_request *request, const uint8_t *bytes,
                                         size_t size, struct kp_error *error)
{
    memset(request, 0, sizeof(*request));
    Kruispunt__ControlRequest *packed = (Kruispunt__ControlRequest *)kp_protobuf_unpack(
        &kruispunt__control_request__descriptor, "control request", bytes, size, error);
    if (packed == NULL) {
        return KP_REFUSED;
    }
    enum kp_status status = copy_request(request, packed, error);
    protobuf_c_message_free_unpacked(&packed->base, NULL);
    return status;
}

void kp_control_request_free(struct kp_control_request *request)
{
    kp_control_signals_free(&request->signals);
}

/* ---- ImportDone ---- */

enum kp_status kp_import_done_refuse(struct kp_import_done *done, uint32_t number,
                                     const char *reason)
{
    struct kp_refused_signal *refused =
        realloc(done->refused, (done->refused_count + 1) * sizeof(*refused));
    if (refused == NULL) {
        return KP_FAILED;
    }
    done->refused = refused;
    struct kp_refused_signal *last = &refused[done->refused_count++];
    memset(last, 0, sizeof(*last));
    last->number = number;
    memcpy(last->reason, reason, strnlen(reason, sizeof(last->reason) - 1));
    return KP_OK;
}

static enum kp_status pack_import_done(const struct kp_import_done *done,
                                       Kruispunt__ControlResponse *packed, struct kp_buffer *out,
                                       struct kp_error *error)
{
    Kruispunt__ImportDone import = KRUISPUNT__IMPORT_DONE__INIT;
    import.added = done->added;
    import.known = done->known;
    import.unregistered_indicator = done->unregistered_indicator;
    import.outside_area = done->outside_area;
    Kruispunt__RefusedSignal *items = calloc(done->refused_count + 1, sizeof(*items));
    import.refused = calloc(done->refused_count + 1, sizeof(import.refused[0]));
    enum kp_status status = KP_OK;
    if (items == NULL || import.refused == NULL) {
        status = kp_fail(error, KP_FAILED, "no memory for an answer");
    }
    for (size_t i = 0; status == KP_OK && i < done->refused_count; i++) {
        kruispunt__refused_signal__init(&items[i]);
        items[i].number = done->refused[i].number;
        items[i].reason = borrow_text(done->refused[i].reason);
        import.refused[import.n_refused++] = &items[i];
    }
    if (status == KP_OK) {
        packed->body_case = KRUISPUNT__CONTROL_RESPONSE__BODY_IMPORT_DONE;
        packed->import_done = &import;
        status = kp_protobuf_pack(&packed->base, out, error);
    }
    free(items);
    free(import.refused);
    return status;
}

static enum kp_status copy_import_done(struct kp_import_done *done,
                                       const Kruispunt__ImportDone *packed, struct kp_error *error)
{
    done->added = packed->added;
    done->known = packed->known;
    done->unregistered_indicator = packed->unregistered_indicator;
    done->outside_area = packed->outside_area;
    if (packed->n_refused > KP_IMPORT_BATCH) {
        return kp_fail(error, KP_REFUSED, "%zu signals refused at once", packed->n_refused);
    }
    for (size_t i = 0; i < packed->n_refused; i++) {
        char reason[KP_ERROR_TEXT];
        copy_remark(reason, packed->refused[i]->reason);
        if (kp_import_done_refuse(done, packed->refused[i]->number, reason) != KP_OK) {
            return kp_fail(error, KP_FAILED, "no memory for an answer");
        }
    }
    return KP_OK;
}

/* ---- Node status ---- */

static enum kp_status pack_node_status(const struct kp_node_status *node,
                                       Kruispunt__ControlResponse *packed, struct kp_buffer *out,
                                       struct kp_error *error)
{
    Kruispunt__NodeStatus status;
    kruispunt__node_status__init(&status);
    status.name = borrow_text(node->name);
    status.agreement = kp_protobuf_bytes(node->agreement, KP_DIGEST_BYTES);
    status.project = borrow_text(node->project);
    status.connected = node->connected;
    status.link_error = borrow_text(node->link_error);
    status.signals = node->signals;
    status.addresses = node->addresses;
    status.eligible = node->eligible;
    status.slots = node->slots;
    status.slots_used = node->slots_used;
    status.waiting = node->waiting;
    status.unregistered_indicator = node->unregistered_indicator;
    status.outside_area = node->outside_area;
    status.counter = node->counter;
    status.rounds = node->rounds;
    status.phase = (uint32_t)node->phase;
    status.done = node->done;
    status.total = node->total;
    status.last_error = borrow_text(node->last_error);
    packed->body_case = KRUISPUNT__CONTROL_RESPONSE__BODY_NODE_STATUS;
    packed->node_status = &status;
    return kp_protobuf_pack(&packed->base, out, error);
}

static enum kp_status copy_phase(enum kp_phase *phase, uint32_t packed, struct kp_error *error)
{
    if (packed >= KP_PHASES) {
        return kp_fail(error, KP_REFUSED, "unknown phase %u", packed);
    }
    *phase = (enum kp_phase)packed;
    return KP_OK;
}

static enum kp_status copy_node_status(struct kp_node_status *node,
                                       const Kruispunt__NodeStatus *packed, struct kp_error *error)
{
    enum kp_status status = KP_OK;
    node->connected = packed->connected;
    node->signals = packed->signals;
    node->addresses = packed->addresses;
    node->eligible = packed->eligible;
    node->slots = packed->slots;
    node->slots_used = packed->slots_used;
    node->waiting = packed->waiting;
    node->unregistered_indicator = packed->unregistered_indicator;
    node->outside_area = packed->outside_area;
    node->counter = packed->counter;
    node->rounds = packed->rounds;
    node->done = packed->done;
    node->total = packed->total;
    copy_remark(node->link_error, packed->link_error);
    copy_remark(node->last_error, packed->last_error);
    if ((status = copy_text(node->name, sizeof(node->name), packed->name, "name", error)) !=
            KP_OK ||
        (status = copy_text(node->project, sizeof(node->project), packed->project, "project",
                            error)) != KP_OK ||
        (status = copy_phase(&node->phase, packed->phase, error)) != KP_OK) {
        return status;
    }
    return kp_protobuf_copy(node->agreement, KP_DIGEST_BYTES, &packed->agreement, "agreement",
                            error);
}

/* ---- Coordinator status ---- */

static enum kp_status pack_coordinator_status(const struct kp_coordinator_status *coordinator,
                                              Kruispunt__ControlResponse *packed,
                                              struct kp_buffer *out, struct kp_error *error)
{
    Kruispunt__CoordinatorStatus status;
    kruispunt__coordinator_status__init(&status);
    Kruispunt__MailboxStatus items[KP_MEMBERS_MAX];
    Kruispunt__MailboxStatus *pointers[KP_MEMBERS_MAX];
    for (uint32_t i = 0; i < coordinator->mailbox_count; i++) {
        kruispunt__mailbox_status__init(&items[i]);
        items[i].name = borrow_text(coordinator->mailboxes[i].name);
        items[i].waiting = coordinator->mailboxes[i].waiting;
        items[i].seen = coordinator->mailboxes[i].seen;
        pointers[i] = &items[i];
    }
    status.agreement = kp_protobuf_bytes(coordinator->agreement, KP_DIGEST_BYTES);
    status.project = borrow_text(coordinator->project);
    status.round = coordinator->round;
    status.phase = (uint32_t)coordinator->phase;
    status.last_error = borrow_text(coordinator->last_error);
    status.n_mailboxes = coordinator->mailbox_count;
    status.mailboxes = pointers;
    packed->body_case = KRUISPUNT__CONTROL_RESPONSE__BODY_COORDINATOR_STATUS;
    packed->coordinator_status = &status;
    return kp_protobuf_pack(&packed->base, out, error);
}

static enum kp_status copy_mailboxes(struct kp_coordinator_status *coordinator,
                                     const Kruispunt__CoordinatorStatus *packed,
                                     struct kp_error *error)
{
    if (packed->n_mailboxes > KP_MEMBERS_MAX) {
        return kp_fail(error, KP_REFUSED, "%zu mailboxes", packed->n_mailboxes);
    }
    for (size_t i = 0; i < packed->n_mailboxes; i++) {
        struct kp_mailbox_status *mailbox = &coordinator->mailboxes[i];
        enum kp_status status = copy_text(mailbox->name, sizeof(mailbox->name),
                                          packed->mailboxes[i]->name, "name", error);
        if (status != KP_OK) {
            return status;
        }
        mailbox->waiting = packed->mailboxes[i]->waiting;
        mailbox->seen = packed->mailboxes[i]->seen;
        coordinator->mailbox_count++;
    }
    return KP_OK;
}

static enum kp_status copy_coordinator_status(struct kp_coordinator_status *coordinator,
                                              const Kruispunt__CoordinatorStatus *packed,
                                              struct kp_error *error)
{
    enum kp_status status = KP_OK;
    coordinator->round = packed->round;
    copy_remark(coordinator->last_error, packed->last_error);
    if ((status = copy_text(coordinator->project, sizeof(coordinator->project), packed->project,
                            "project", error)) != KP_OK ||
        (status = copy_phase(&coordinator->phase, packed->phase, error)) != KP_OK ||
        (status = copy_mailboxes(coordinator, packed, error)) != KP_OK) {
        return status;
    }
    return kp_protobuf_copy(coordinator->agreement, KP_DIGEST_BYTES, &packed->agreement,
                            "agreement", error);
}

/* ---- Responses ---- */

static enum kp_status pack_refusal(const struct kp_error *refusal,
                                   Kruispunt__ControlResponse *packed, struct kp_buffer *out,
                                   struct kp_error *error)
{
    Kruispunt__ControlRefusal body;
    kruispunt__control_refusal__init(&body);
    body.status = (uint32_t)refusal->status;
    body.text = borrow_text(refusal->text);
    packed->body_case = KRUISPUNT__CONTROL_RESPONSE__BODY_REFUSAL;
    packed->refusal = &body;
    return kp_protobuf_pack(&packed->base, out, error);
}

static enum kp_status pack_page(const struct kp_control_response *response,
                                Kruispunt__ControlResponse *packed, struct kp_buffer *out,
                                struct kp_error *error)
{
    Kruispunt__SignalsPage page = KRUISPUNT__SIGNALS_PAGE__INIT;
    struct packed_signals signals;
    enum kp_status status = borrow_signals(&signals, &response->signals, error);
    if (status != KP_OK) {
        return status;
    }
    page.n_signals = response->signals.count;
    page.signals = signals.pointers;
    page.next = kp_protobuf_bytes(response->next.bytes, response->next.size);
    packed->body_case = KRUISPUNT__CONTROL_RESPONSE__BODY_SIGNALS;
    packed->signals = &page;
    status = kp_protobuf_pack(&packed->base, out, error);
    free_packed(&signals);
    return status;
}

enum kp_status kp_control_response_pack(const struct kp_control_response *response,
                                        struct kp_buffer *out, struct kp_error *error)
{
    Kruispunt__ControlResponse packed = KRUISPUNT__CONTROL_RESPONSE__INIT;
    switch (response->kind) {
    case KP_CONTROL_REFUSAL:
        return pack_refusal(&response->refusal, &packed, out, error);
    case KP_CONTROL_NODE_STATUS:
        return pack_node_status(&response->node, &packed, out, error);
    case KP_CONTROL_IMPORT_DONE:
        return pack_import_done(&response->import, &packed, out, error);
    case KP_CONTROL_SIGNALS_PAGE:
        return pack_page(response, &packed, out, error);
    case KP_CONTROL_COORDINATOR_STATUS:
        return pack_coordinator_status(&response->coordinator, &packed, out, error);
    }
    return kp_fail(error, KP_FAILED, "a control response without a kind");
}

static enum kp_status copy_refusal(struct kp_error *refusal,
                                   const Kruispunt__ControlRefusal *packed, struct kp_error *error)
{
    if (packed->status == KP_OK || packed->status > KP_USAGE) {
        return kp_fail(error, KP_REFUSED, "a refusal with status %u", packed->status);
    }
    refusal->status = (enum kp_status)packed->status;
    copy_remark(refusal->text, packed->text);
    return KP_OK;
}

static enum kp_status copy_response(struct kp_control_response *response,
                                    const Kruispunt__ControlResponse *packed,
                                    struct kp_error *error)
{
    switch (packed->body_case) {
    case KRUISPUNT__CONTROL_RESPONSE__BODY_REFUSAL:
        response->kind = KP_CONTROL_REFUSAL;
        return copy_refusal(&response->refusal, packed->refusal, error);
    case KRUISPUNT__CONTROL_RESPONSE__BODY_NODE_STATUS:
        response->kind = KP_CONTROL_NODE_STATUS;
        return copy_node_status(&response->node, packed->node_status, error);
    case KRUISPUNT__CONTROL_RESPONSE__BODY_IMPORT_DONE:
        response->kind = KP_CONTROL_IMPORT_DONE;
        return copy_import_done(&response->import, packed->import_done, error);
    case KRUISPUNT__CONTROL_RESPONSE__BODY_SIGNALS: {
        response->kind = KP_CONTROL_SIGNALS_PAGE;
        enum kp_status status = copy_page_key(&response->next, &packed->signals->next, error);
        return status != KP_OK ? status
                               : copy_signals(&response->signals, packed->signals->signals,
                                              packed->signals->n_signals, KP_CONTROL_PAGE, error);
    }
    case KRUISPUNT__CONTROL_RESPONSE__BODY_COORDINATOR_STATUS:
        response->kind = KP_CONTROL_COORDINATOR_STATUS;
        return copy_coordinator_status(&response->coordinator, packed->coordinator_status, error);
    default:
        return kp_fail(error, KP_REFUSED, "a control response without content");
    }
}

enum kp_status kp_control_response_unpack(struct kp_control_response *response,
                                          const uint8_t *bytes, size_t size, struct kp_error *error)
{
    memset(response, 0, sizeof(*response));
    Kruispunt__ControlResponse *packed = (Kruispunt__ControlResponse *)kp_protobuf_unpack(
        &kruispunt__control_response__descriptor, "control response", bytes, size, error);
    if (packed == NULL) {
        return KP_REFUSED;
    }
    enum kp_status status = copy_response(response, packed, error);
    protobuf_c_message_free_unpacked(&packed->base, NULL);
    return status;
}

void kp_control_response_free(struct kp_control_response *response)
{
    kp_control_signals_free(&response->signals);
    free(response->import.refused);
    response->import.refused = NULL;
    response->import.refused_count = 0;
}
