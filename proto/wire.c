#include "proto/wire.h"

#include "proto/batch.h"
#include "proto/protobuf.h"
#include "proto/wire.pb-c.h"

#include <stdlib.h>
#include <string.h>

/* Digests that stand one behind the other, as protobuf fields; likewise. */
static ProtobufCBinaryData *borrow_digests(const struct kp_buffer *digests, size_t *count)
{
    *count = digests->size / KP_DIGEST_BYTES;
    ProtobufCBinaryData *fields = calloc(*count + 1, sizeof(*fields));
    for (size_t i = 0; fields != NULL && i < *count; i++) {
        fields[i] = kp_protobuf_bytes(digests->data + i * KP_DIGEST_BYTES, KP_DIGEST_BYTES);
    }
    return fields;
}

static enum kp_status copy_digests(struct kp_buffer *digests, const ProtobufCBinaryData *fields,
                                   size_t count, struct kp_error *error)
{
    if (count > KP_DOSSIER_PAPERS_MAX) {
        return kp_fail(error, KP_REFUSED, "%zu papers of an agreement; there can't be more than %u",
                       count, KP_DOSSIER_PAPERS_MAX);
    }
    for (size_t i = 0; i < count; i++) {
        if (fields[i].len != KP_DIGEST_BYTES) {
            return kp_fail(error, KP_REFUSED, "a digest of %zu bytes", fields[i].len);
        }
        if (kp_buffer_append(digests, fields[i].data, KP_DIGEST_BYTES) != KP_OK) {
            return kp_fail(error, KP_FAILED, "no memory for digests");
        }
    }
    return KP_OK;
}

/* Requests. */

enum kp_status kp_wire_request_pack(const struct kp_wire_request *request, struct kp_buffer *out,
                                    struct kp_error *error)
{
    Kruispunt__Request packed = KRUISPUNT__REQUEST__INIT;
    Kruispunt__Open open = KRUISPUNT__OPEN__INIT;
    Kruispunt__Put put = KRUISPUNT__PUT__INIT;
    Kruispunt__Fetch fetch = KRUISPUNT__FETCH__INIT;
    Kruispunt__StartRound start = KRUISPUNT__START_ROUND__INIT;
    Kruispunt__WatchRound watch = KRUISPUNT__WATCH_ROUND__INIT;
    Kruispunt__FetchResults results = KRUISPUNT__FETCH_RESULTS__INIT;
    Kruispunt__Share share = KRUISPUNT__SHARE__INIT;
    Kruispunt__PutLetter put_letter = KRUISPUNT__PUT_LETTER__INIT;
    Kruispunt__FetchLetters fetch_letters = KRUISPUNT__FETCH_LETTERS__INIT;
    Kruispunt__FetchVerdicts fetch_verdicts = KRUISPUNT__FETCH_VERDICTS__INIT;
    ProtobufCBinaryData *messages = kp_batch_borrow(&request->messages);
    ProtobufCBinaryData *digests = borrow_digests(&request->digests, &share.n_have);
    if (messages == NULL || digests == NULL) {
        free(messages);
        free(digests);
        return kp_fail(error, KP_FAILED, "no memory for a request");
    }
    switch (request->kind) {
    case KP_REQUEST_OPEN:
        open.version = KP_PROTOCOL_VERSION;
        open.lineage = kp_protobuf_bytes(request->lineage, KP_DIGEST_BYTES);
        packed.body_case = KRUISPUNT__REQUEST__BODY_OPEN;
        packed.open = &open;
        break;
    case KP_REQUEST_PUT:
        put.first = request->sequence;
        put.n_messages = request->messages.count;
        put.messages = messages;
        packed.body_case = KRUISPUNT__REQUEST__BODY_PUT;
        packed.put = &put;
        break;
    case KP_REQUEST_FETCH:
        fetch.mailbox = kp_protobuf_bytes(request->mailbox, KP_MAILBOX_ID_BYTES);
        fetch.acknowledged = request->sequence;
        fetch.wait_ms = request->wait_ms;
        fetch.ahead = request->ahead;
        packed.body_case = KRUISPUNT__REQUEST__BODY_FETCH;
        packed.fetch = &fetch;
        break;
    case KP_REQUEST_START_ROUND:
        start.request = kp_protobuf_bytes(request->request, KP_REQUEST_ID_BYTES);
        packed.body_case = KRUISPUNT__REQUEST__BODY_START_ROUND;
        packed.start_round = &start;
        break;
    case KP_REQUEST_WATCH_ROUND:
        watch.revision = request->revision;
        watch.wait_ms = request->wait_ms;
        packed.body_case = KRUISPUNT__REQUEST__BODY_WATCH_ROUND;
        packed.watch_round = &watch;
        break;
    case KP_REQUEST_FETCH_RESULTS:
        results.round = request->round;
        results.after = kp_protobuf_bytes(request->after, request->after_size);
        packed.body_case = KRUISPUNT__REQUEST__BODY_FETCH_RESULTS;
        packed.fetch_results = &results;
        break;
    case KP_REQUEST_SHARE:
        share.have = digests;
        share.n_papers = request->messages.count;
        share.papers = messages;
        packed.body_case = KRUISPUNT__REQUEST__BODY_SHARE;
        packed.share = &share;
        break;
    case KP_REQUEST_PUT_LETTER:
        put_letter.letter = request->messages.count > 0 ? messages[0] : kp_protobuf_bytes(NULL, 0);
        packed.body_case = KRUISPUNT__REQUEST__BODY_PUT_LETTER;
        packed.put_letter = &put_letter;
        break;
    case KP_REQUEST_FETCH_LETTERS:
        fetch_letters.after = request->sequence;
        fetch_letters.type = request->letter_type;
        fetch_letters.subject =
            kp_protobuf_bytes(request->subject, request->has_subject ? KP_LETTER_SUBJECT_BYTES : 0);
        packed.body_case = KRUISPUNT__REQUEST__BODY_FETCH_LETTERS;
        packed.fetch_letters = &fetch_letters;
        break;
    case KP_REQUEST_FETCH_VERDICTS:
        fetch_verdicts.round = request->round;
        fetch_verdicts.after = kp_protobuf_bytes(request->after, request->after_size);
        packed.body_case = KRUISPUNT__REQUEST__BODY_FETCH_VERDICTS;
        packed.fetch_verdicts = &fetch_verdicts;
        break;
    }
    enum kp_status status = kp_protobuf_pack(&packed.base, out, error);
    free(messages);
    free(digests);
    return status;
}

static enum kp_status copy_fetch_letters(struct kp_wire_request *request,
                                         const Kruispunt__FetchLetters *packed,
                                         struct kp_error *error)
{
    request->kind = KP_REQUEST_FETCH_LETTERS;
    request->sequence = packed->after;
    request->letter_type = packed->type;
    if (packed->type >= KP_LETTER_TYPES) {
        return kp_fail(error, KP_REFUSED, "letters of type %u, which there isn't", packed->type);
    }
    request->has_subject = packed->subject.len > 0;
    return request->has_subject ? kp_protobuf_copy(request->subject, KP_LETTER_SUBJECT_BYTES,
                                                   &packed->subject, "subject", error)
                                : KP_OK;
}

static enum kp_status copy_after(struct kp_wire_request *request, const ProtobufCBinaryData *after,
                                 struct kp_error *error)
{
    if (after->len > KP_RESULT_KEY_MAX) {
        return kp_fail(error, KP_REFUSED, "a results key of %zu bytes", after->len);
    }
    request->after_size = after->len;
    return kp_protobuf_copy(request->after, after->len, after, "results key", error);
}

static enum kp_status copy_request(struct kp_wire_request *request,
                                   const Kruispunt__Request *packed, struct kp_error *error)
{
    switch (packed->body_case) {
    case KRUISPUNT__REQUEST__BODY_OPEN:
        request->kind = KP_REQUEST_OPEN;
        if (packed->open->version != KP_PROTOCOL_VERSION) {
            return kp_fail(error, KP_REFUSED, "protocol version %u; this program speaks %u",
                           packed->open->version, (unsigned)KP_PROTOCOL_VERSION);
        }
        return kp_protobuf_copy(request->lineage, KP_DIGEST_BYTES, &packed->open->lineage,
                                "lineage", error);
    case KRUISPUNT__REQUEST__BODY_PUT:
        request->kind = KP_REQUEST_PUT;
        request->sequence = packed->put->first;
        if (packed->put->first == 0 || packed->put->n_messages == 0) {
            return kp_fail(error, KP_REFUSED, "nothing put, or with sequence number 0");
        }
        return kp_batch_take(&request->messages, packed->put->messages, packed->put->n_messages,
                             error);
    case KRUISPUNT__REQUEST__BODY_FETCH:
        request->kind = KP_REQUEST_FETCH;
        request->sequence = packed->fetch->acknowledged;
        request->wait_ms = packed->fetch->wait_ms;
        request->ahead = packed->fetch->ahead;
        return kp_protobuf_copy(request->mailbox, KP_MAILBOX_ID_BYTES, &packed->fetch->mailbox,
                                "mailbox", error);
    case KRUISPUNT__REQUEST__BODY_START_ROUND:
        request->kind = KP_REQUEST_START_ROUND;
        return kp_protobuf_copy(request->request, KP_REQUEST_ID_BYTES,
                                &packed->start_round->request, "request id", error);
    case KRUISPUNT__REQUEST__BODY_WATCH_ROUND:
        request->kind = KP_REQUEST_WATCH_ROUND;
        request->revision = packed->watch_round->revision;
        request->wait_ms = packed->watch_round->wait_ms;
        return KP_OK;
    case KRUISPUNT__REQUEST__BODY_FETCH_RESULTS:
        request->kind = KP_REQUEST_FETCH_RESULTS;
        request->round = packed->fetch_results->round;
        return copy_after(request, &packed->fetch_results->after, error);
    case KRUISPUNT__REQUEST__BODY_SHARE: {
        request->kind = KP_REQUEST_SHARE;
        enum kp_status status =
            copy_digests(&request->digests, packed->share->have, packed->share->n_have, error);
        return status != KP_OK ? status
                               : kp_batch_take(&request->messages, packed->share->papers,
                                               packed->share->n_papers, error);
    }
    case KRUISPUNT__REQUEST__BODY_PUT_LETTER:
        request->kind = KP_REQUEST_PUT_LETTER;
        return kp_batch_take(&request->messages, &packed->put_letter->letter, 1, error);
    case KRUISPUNT__REQUEST__BODY_FETCH_LETTERS:
        return copy_fetch_letters(request, packed->fetch_letters, error);
    case KRUISPUNT__REQUEST__BODY_FETCH_VERDICTS:
        request->kind = KP_REQUEST_FETCH_VERDICTS;
        request->round = packed->fetch_verdicts->round;
        return copy_after(request, &packed->fetch_verdicts->after, error);
    default:
        return kp_fail(error, KP_REFUSED, "a request without content");
    }
}

enum kp_status kp_wire_request_unpack(struct kp_wire_request *request, const uint8_t *bytes,
                                      size_t size, struct kp_error *error)
{
    memset(request, 0, sizeof(*request));
    Kruispunt__Request *packed = (Kruispunt__Request *)kp_protobuf_unpack(
        &kruispunt__request__descriptor, "request", bytes, size, error);
    if (packed == NULL) {
        return KP_REFUSED;
    }
    enum kp_status status = copy_request(request, packed, error);
    if (status == KP_OK && request->wait_ms > KP_WIRE_WAIT_MS_MAX) {
        request->wait_ms = KP_WIRE_WAIT_MS_MAX;
    }
    protobuf_c_message_free_unpacked(&packed->base, NULL);
    return status;
}

void kp_wire_request_free(struct kp_wire_request *request)
{
    kp_batch_free(&request->messages);
    kp_buffer_free(&request->digests);
}

/* The state of a round, as it is shown. */

struct packed_state {
    Kruispunt__RoundState state;
    Kruispunt__MemberState members[KP_MEMBERS_MAX];
    Kruispunt__MemberState *pointers[KP_MEMBERS_MAX];
};

static void borrow_state(struct packed_state *packed, const struct kp_round_state *state)
{
    kruispunt__round_state__init(&packed->state);
    packed->state.revision = state->revision;
    packed->state.round = state->round;
    packed->state.phase = (uint32_t)state->phase;
    packed->state.error = kp_protobuf_text(state->error);
    packed->state.matches = state->matches;
    packed->state.faults = state->faults;
    packed->state.bucket = state->bucket;
    packed->state.deadline = state->deadline;
    packed->state.n_members = state->member_count;
    packed->state.members = packed->pointers;
    for (uint32_t i = 0; i < state->member_count; i++) {
        const struct kp_member_state *member = &state->members[i];
        kruispunt__member_state__init(&packed->members[i]);
        packed->members[i].name = kp_protobuf_text(member->name);
        packed->members[i].phase = (uint32_t)member->phase;
        packed->members[i].done = member->done;
        packed->members[i].total = member->total;
        packed->members[i].seen = member->seen;
        packed->pointers[i] = &packed->members[i];
    }
}

static enum kp_status copy_state(struct kp_round_state *state, const Kruispunt__RoundState *packed,
                                 struct kp_error *error)
{
    if (packed->n_members > KP_MEMBERS_MAX || packed->phase >= KP_PHASES) {
        return kp_fail(error, KP_REFUSED, "the state of a round with %zu members in phase %u",
                       packed->n_members, packed->phase);
    }
    state->revision = packed->revision;
    state->round = packed->round;
    state->phase = (enum kp_phase)packed->phase;
    kp_protobuf_copy_remark(state->error, sizeof(state->error), packed->error);
    state->matches = packed->matches;
    state->faults = packed->faults;
    state->bucket = packed->bucket;
    state->deadline = packed->deadline;
    state->member_count = (uint32_t)packed->n_members;
    for (size_t i = 0; i < packed->n_members; i++) {
        const Kruispunt__MemberState *from = packed->members[i];
        if (from->phase >= KP_PHASES) {
            return kp_fail(error, KP_REFUSED, "a member in phase %u", from->phase);
        }
        struct kp_member_state *to = &state->members[i];
        kp_protobuf_copy_remark(to->name, sizeof(to->name), from->name);
        to->phase = (enum kp_phase)from->phase;
        to->done = from->done;
        to->total = from->total;
        to->seen = from->seen;
    }
    return KP_OK;
}

/* Results and verdicts: keys and values alternate in the batch. */

static enum kp_status pack_results(const struct kp_wire_response *response,
                                   Kruispunt__Response *packed, struct kp_buffer *out,
                                   struct kp_error *error)
{
    size_t count = response->messages.count / 2;
    Kruispunt__ResultItem *items = calloc(count + 1, sizeof(*items));
    Kruispunt__ResultItem **pointers = calloc(count + 1, sizeof(*pointers));
    enum kp_status status = KP_OK;
    if (items == NULL || pointers == NULL) {
        status = kp_fail(error, KP_FAILED, "no memory for results");
    } else {
        for (size_t i = 0; i < count; i++) {
            const struct kp_buffer *key = &response->messages.items[2 * i];
            const struct kp_buffer *value = &response->messages.items[2 * i + 1];
            kruispunt__result_item__init(&items[i]);
            items[i].key = kp_protobuf_bytes(key->data, key->size);
            items[i].value = kp_protobuf_bytes(value->data, value->size);
            pointers[i] = &items[i];
        }
        Kruispunt__Results results = KRUISPUNT__RESULTS__INIT;
        Kruispunt__Verdicts verdicts = KRUISPUNT__VERDICTS__INIT;
        results.round = response->round;
        results.n_items = verdicts.n_items = count;
        results.items = verdicts.items = pointers;
        results.end = verdicts.end = response->end;
        if (response->kind == KP_RESPONSE_RESULTS) {
            packed->body_case = KRUISPUNT__RESPONSE__BODY_RESULTS;
            packed->results = &results;
        } else {
            packed->body_case = KRUISPUNT__RESPONSE__BODY_VERDICTS;
            packed->verdicts = &verdicts;
        }
        status = kp_protobuf_pack(&packed->base, out, error);
    }
    free(items);
    free(pointers);
    return status;
}

static enum kp_status copy_items(struct kp_wire_response *response,
                                 Kruispunt__ResultItem *const *items, size_t count,
                                 struct kp_error *error)
{
    if (count > KP_WIRE_BATCH_MESSAGES) {
        return kp_fail(error, KP_REFUSED, "%zu results at once", count);
    }
    for (size_t i = 0; i < count; i++) {
        const Kruispunt__ResultItem *item = items[i];
        if (item->key.len > KP_RESULT_KEY_MAX) {
            return kp_fail(error, KP_REFUSED, "a results key of %zu bytes", item->key.len);
        }
        if (kp_batch_add(&response->messages, item->key.data, item->key.len) != KP_OK ||
            kp_batch_add(&response->messages, item->value.data, item->value.len) != KP_OK) {
            return kp_fail(error, KP_FAILED, "no memory for results");
        }
    }
    return KP_OK;
}

/* Letters, each with its number. */

static enum kp_status pack_letters(const struct kp_wire_response *response,
                                   Kruispunt__Response *packed, struct kp_buffer *out,
                                   struct kp_error *error)
{
    size_t count = response->messages.count;
    Kruispunt__NumberedLetter *letters = calloc(count + 1, sizeof(*letters));
    Kruispunt__NumberedLetter **pointers = calloc(count + 1, sizeof(*pointers));
    Kruispunt__Letters all = KRUISPUNT__LETTERS__INIT;
    enum kp_status status = KP_OK;
    if (letters == NULL || pointers == NULL || count > KP_WIRE_BATCH_MESSAGES) {
        status = kp_fail(error, KP_FAILED, "no memory for letters");
    } else {
        for (size_t i = 0; i < count; i++) {
            const struct kp_buffer *letter = &response->messages.items[i];
            kruispunt__numbered_letter__init(&letters[i]);
            letters[i].number = response->numbers[i];
            letters[i].letter = kp_protobuf_bytes(letter->data, letter->size);
            pointers[i] = &letters[i];
        }
        all.n_letters = count;
        all.letters = pointers;
        all.more = !response->end;
        packed->body_case = KRUISPUNT__RESPONSE__BODY_LETTERS;
        packed->letters = &all;
        status = kp_protobuf_pack(&packed->base, out, error);
    }
    free(letters);
    free(pointers);
    return status;
}

/* Numbers rise, so that whoever asks for what comes after the last one comes to an end. */
static enum kp_status copy_letters(struct kp_wire_response *response,
                                   const Kruispunt__Letters *packed, struct kp_error *error)
{
    enum kp_status status = KP_OK;
    uint64_t before = 0;
    response->kind = KP_RESPONSE_LETTERS;
    response->end = !packed->more;
    if (packed->n_letters > KP_WIRE_BATCH_MESSAGES) {
        return kp_fail(error, KP_REFUSED, "%zu letters at once; at most %u are allowed",
                       packed->n_letters, KP_WIRE_BATCH_MESSAGES);
    }
    if (packed->more && packed->n_letters == 0) {
        return kp_fail(error, KP_REFUSED, "there are more letters, but none is given");
    }
    for (size_t i = 0; status == KP_OK && i < packed->n_letters; i++) {
        const Kruispunt__NumberedLetter *letter = packed->letters[i];
        if (letter->number <= before || letter->letter.len > KP_WIRE_MESSAGE_MAX) {
            return kp_fail(error, KP_REFUSED, "letters out of order, or too long");
        }
        before = letter->number;
        response->numbers[i] = letter->number;
        if (kp_batch_add(&response->messages, letter->letter.data, letter->letter.len) != KP_OK) {
            status = kp_fail(error, KP_FAILED, "no memory for letters");
        }
    }
    return status;
}

/* Responses. */

static enum kp_status pack_delivery(const struct kp_wire_response *response,
                                    Kruispunt__Response *packed, struct kp_buffer *out,
                                    struct kp_error *error)
{
    ProtobufCBinaryData *messages = kp_batch_borrow(&response->messages);
    if (messages == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for a response");
    }
    Kruispunt__Delivery delivery = KRUISPUNT__DELIVERY__INIT;
    delivery.first = response->sequence;
    delivery.n_messages = response->messages.count;
    delivery.messages = messages;
    packed->body_case = KRUISPUNT__RESPONSE__BODY_DELIVERY;
    packed->delivery = &delivery;
    enum kp_status status = kp_protobuf_pack(&packed->base, out, error);
    free(messages);
    return status;
}

static enum kp_status pack_shared(const struct kp_wire_response *response,
                                  Kruispunt__Response *packed, struct kp_buffer *out,
                                  struct kp_error *error)
{
    Kruispunt__Shared shared = KRUISPUNT__SHARED__INIT;
    shared.papers = kp_batch_borrow(&response->messages);
    shared.n_papers = response->messages.count;
    shared.want = borrow_digests(&response->digests, &shared.n_want);
    enum kp_status status = KP_OK;
    if (shared.papers == NULL || shared.want == NULL) {
        status = kp_fail(error, KP_FAILED, "no memory for a response");
    } else {
        packed->body_case = KRUISPUNT__RESPONSE__BODY_SHARED;
        packed->shared = &shared;
        status = kp_protobuf_pack(&packed->base, out, error);
    }
    free(shared.papers);
    free(shared.want);
    return status;
}

enum kp_status kp_wire_response_pack(const struct kp_wire_response *response, struct kp_buffer *out,
                                     struct kp_error *error)
{
    Kruispunt__Response packed = KRUISPUNT__RESPONSE__INIT;
    Kruispunt__Refusal refusal;
    kruispunt__refusal__init(&refusal);
    Kruispunt__Opened opened = KRUISPUNT__OPENED__INIT;
    Kruispunt__PutDone put_done = KRUISPUNT__PUT_DONE__INIT;
    Kruispunt__RoundStarted started = KRUISPUNT__ROUND_STARTED__INIT;
    Kruispunt__LetterPut letter_put = KRUISPUNT__LETTER_PUT__INIT;
    struct packed_state state;
    switch (response->kind) {
    case KP_RESPONSE_REFUSAL:
        refusal.status = (uint32_t)response->status;
        refusal.text = kp_protobuf_text(response->text);
        packed.body_case = KRUISPUNT__RESPONSE__BODY_REFUSAL;
        packed.refusal = &refusal;
        break;
    case KP_RESPONSE_OPENED:
        opened.mailbox = kp_protobuf_bytes(response->mailbox, KP_MAILBOX_ID_BYTES);
        opened.last_put = response->sequence;
        opened.time = response->time;
        opened.member = response->member;
        opened.receipt = kp_protobuf_bytes(response->receipt.data, response->receipt.size);
        packed.body_case = KRUISPUNT__RESPONSE__BODY_OPENED;
        packed.opened = &opened;
        break;
    case KP_RESPONSE_PUT_DONE:
        put_done.last_put = response->sequence;
        put_done.receipt = kp_protobuf_bytes(response->receipt.data, response->receipt.size);
        packed.body_case = KRUISPUNT__RESPONSE__BODY_PUT_DONE;
        packed.put_done = &put_done;
        break;
    case KP_RESPONSE_DELIVERY:
        return pack_delivery(response, &packed, out, error);
    case KP_RESPONSE_ROUND_STARTED:
        started.round = response->round;
        packed.body_case = KRUISPUNT__RESPONSE__BODY_ROUND_STARTED;
        packed.round_started = &started;
        break;
    case KP_RESPONSE_ROUND_STATE:
        borrow_state(&state, &response->state);
        packed.body_case = KRUISPUNT__RESPONSE__BODY_ROUND_STATE;
        packed.round_state = &state.state;
        break;
    case KP_RESPONSE_RESULTS:
    case KP_RESPONSE_VERDICTS:
        return pack_results(response, &packed, out, error);
    case KP_RESPONSE_SHARED:
        return pack_shared(response, &packed, out, error);
    case KP_RESPONSE_LETTER_PUT:
        packed.body_case = KRUISPUNT__RESPONSE__BODY_LETTER_PUT;
        packed.letter_put = &letter_put;
        break;
    case KP_RESPONSE_LETTERS:
        return pack_letters(response, &packed, out, error);
    }
    return kp_protobuf_pack(&packed.base, out, error);
}

static enum kp_status copy_response(struct kp_wire_response *response,
                                    const Kruispunt__Response *packed, struct kp_error *error)
{
    switch (packed->body_case) {
    case KRUISPUNT__RESPONSE__BODY_REFUSAL:
        response->kind = KP_RESPONSE_REFUSAL;
        if (packed->refusal->status == KP_OK || packed->refusal->status > KP_USAGE) {
            return kp_fail(error, KP_REFUSED, "a refusal of unknown kind");
        }
        response->status = (enum kp_status)packed->refusal->status;
        kp_protobuf_copy_remark(response->text, sizeof(response->text), packed->refusal->text);
        return KP_OK;
    case KRUISPUNT__RESPONSE__BODY_OPENED:
        response->kind = KP_RESPONSE_OPENED;
        response->sequence = packed->opened->last_put;
        response->time = packed->opened->time;
        response->member = packed->opened->member;
        if (response->member == 0 ||
            (response->member > KP_MEMBERS_MAX && response->member != KP_PARTY_LEADER &&
             response->member != KP_PARTY_OPENER)) {
            return kp_fail(error, KP_REFUSED, "opened as member %u, which can't be",
                           response->member);
        }
        if (kp_buffer_set(&response->receipt, packed->opened->receipt.data,
                          packed->opened->receipt.len) != KP_OK) {
            return kp_fail(error, KP_FAILED, "no memory for a receipt");
        }
        return kp_protobuf_copy(response->mailbox, KP_MAILBOX_ID_BYTES, &packed->opened->mailbox,
                                "mailbox", error);
    case KRUISPUNT__RESPONSE__BODY_PUT_DONE:
        response->kind = KP_RESPONSE_PUT_DONE;
        response->sequence = packed->put_done->last_put;
        return kp_buffer_set(&response->receipt, packed->put_done->receipt.data,
                             packed->put_done->receipt.len) == KP_OK
                   ? KP_OK
                   : kp_fail(error, KP_FAILED, "no memory for a receipt");
    case KRUISPUNT__RESPONSE__BODY_DELIVERY:
        response->kind = KP_RESPONSE_DELIVERY;
        response->sequence = packed->delivery->first;
        return kp_batch_take(&response->messages, packed->delivery->messages,
                             packed->delivery->n_messages, error);
    case KRUISPUNT__RESPONSE__BODY_ROUND_STARTED:
        response->kind = KP_RESPONSE_ROUND_STARTED;
        response->round = packed->round_started->round;
        return KP_OK;
    case KRUISPUNT__RESPONSE__BODY_ROUND_STATE:
        response->kind = KP_RESPONSE_ROUND_STATE;
        return copy_state(&response->state, packed->round_state, error);
    case KRUISPUNT__RESPONSE__BODY_RESULTS:
        response->kind = KP_RESPONSE_RESULTS;
        response->round = packed->results->round;
        response->end = packed->results->end;
        return copy_items(response, packed->results->items, packed->results->n_items, error);
    case KRUISPUNT__RESPONSE__BODY_VERDICTS:
        response->kind = KP_RESPONSE_VERDICTS;
        response->end = packed->verdicts->end;
        return copy_items(response, packed->verdicts->items, packed->verdicts->n_items, error);
    case KRUISPUNT__RESPONSE__BODY_SHARED: {
        response->kind = KP_RESPONSE_SHARED;
        enum kp_status status =
            copy_digests(&response->digests, packed->shared->want, packed->shared->n_want, error);
        return status != KP_OK ? status
                               : kp_batch_take(&response->messages, packed->shared->papers,
                                               packed->shared->n_papers, error);
    }
    case KRUISPUNT__RESPONSE__BODY_LETTER_PUT:
        response->kind = KP_RESPONSE_LETTER_PUT;
        return KP_OK;
    case KRUISPUNT__RESPONSE__BODY_LETTERS:
        return copy_letters(response, packed->letters, error);
    default:
        return kp_fail(error, KP_REFUSED, "a response without content");
    }
}

enum kp_status kp_wire_response_unpack(struct kp_wire_response *response, const uint8_t *bytes,
                                       size_t size, struct kp_error *error)
{
    memset(response, 0, sizeof(*response));
    Kruispunt__Response *packed = (Kruispunt__Response *)kp_protobuf_unpack(
        &kruispunt__response__descriptor, "response", bytes, size, error);
    if (packed == NULL) {
        return KP_REFUSED;
    }
    enum kp_status status = copy_response(response, packed, error);
    protobuf_c_message_free_unpacked(&packed->base, NULL);
    return status;
}

void kp_wire_response_free(struct kp_wire_response *response)
{
    kp_batch_free(&response->messages);
    kp_buffer_free(&response->receipt);
    kp_buffer_free(&response->digests);
}
