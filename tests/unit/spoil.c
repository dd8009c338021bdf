#include "tests/unit/spoil.h"

#include "node/release_chunks.h"
#include "proto/record.h"
#include "proto/transcript.h"

#include <stdlib.h>
#include <string.h>

/* Also a part of a daemon (tests/e2e/spoiling_node.c), which has no test to fail. */
#define MUST(condition)                                                                            \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

const char *spoil_name(enum spoil spoil)
{
    static const char *const names[SPOILS] = {"nothing", "leaf",  "entry",    "share",
                                              "path",    "twice", "unsorted", "record"};
    return names[spoil];
}

static uint8_t *entry_at(struct kp_release *release, uint32_t at)
{
    return release->entries.data + (size_t)at * release->entry_size;
}

static void swap(struct kp_release *release, uint32_t at)
{
    uint8_t kept[KP_ENTRY_MAX];
    memcpy(kept, entry_at(release, at), release->entry_size);
    memcpy(entry_at(release, at), entry_at(release, at + 1), release->entry_size);
    memcpy(entry_at(release, at + 1), kept, release->entry_size);
}

/* The same READY, over the entries as they are now. */
static void sign_again(struct kp_release *release, const struct kp_agreement *agreement,
                       const uint8_t identity_secret[static KP_SIGN_SECRET_BYTES])
{
    struct kp_round_message message;
    struct kp_ready ready;
    struct kp_merkle_stream stream;
    MUST(kp_round_message_unpack(&message, release->own_ready.data, release->own_ready.size,
                                 NULL) == KP_OK);
    MUST(kp_ready_unpack(&ready, &message.body, NULL) == KP_OK);
    kp_merkle_stream_start(&stream);
    for (uint32_t i = 0; i < release->slots; i++) {
        uint8_t leaf[KP_DIGEST_BYTES];
        kp_entry_leaf_in(leaf, agreement, release->own,
                         kp_agreement_round_type(agreement, (uint32_t)release->counter),
                         entry_at(release, i));
        kp_merkle_stream_add(&stream, leaf);
    }
    kp_merkle_stream_root(&stream, ready.entries_root);
    MUST(kp_ready_pack(&ready, &message.body, NULL) == KP_OK);
    kp_round_message_sign(&message, agreement->lineage, identity_secret);
    MUST(kp_round_message_pack(&message, &release->own_ready, NULL) == KP_OK);
    kp_round_message_free(&message);
}

/* A daemon has its chunks in its store: they are spoilt in memory, and put back. */
static void load(struct kp_release *release, enum kp_release_kind kind, struct kp_buffer *all)
{
    struct kp_buffer chunk = {0};
    for (uint32_t i = 0; i < kp_release_chunks(release, kind); i++) {
        MUST(kp_release_chunk(release, kind, i, &chunk, NULL) == KP_OK);
        MUST(kp_buffer_append(all, chunk.data, chunk.size) == KP_OK);
    }
    kp_buffer_free(&chunk);
}

static void put_back(struct kp_release *release, enum kp_release_kind kind, struct kp_buffer *all,
                     size_t most)
{
    uint32_t number = 0;
    for (size_t at = 0; at < all->size; at += most) {
        size_t left = all->size - at;
        MUST(release->content->put(release->content->context, kind, number++, all->data + at,
                                   left < most ? left : most, NULL) == KP_OK);
    }
    kp_buffer_free(all);
}

static void spoil_in_memory(struct kp_release *release, const struct kp_agreement *agreement,
                            const uint8_t identity_secret[static KP_SIGN_SECRET_BYTES],
                            enum spoil spoil, uint32_t at);

void spoil_release(struct kp_release *release, const struct kp_agreement *agreement,
                   const uint8_t identity_secret[static KP_SIGN_SECRET_BYTES], enum spoil spoil,
                   uint32_t at)
{
    if (release->content == NULL) {
        spoil_in_memory(release, agreement, identity_secret, spoil, at);
        return;
    }
    load(release, KP_RELEASE_LEAVES, &release->leaves);
    load(release, KP_RELEASE_ENTRIES, &release->entries);
    spoil_in_memory(release, agreement, identity_secret, spoil, at);
    put_back(release, KP_RELEASE_LEAVES, &release->leaves,
             (size_t)KP_CHUNK_LEAVES * KP_DIGEST_BYTES);
    put_back(release, KP_RELEASE_ENTRIES, &release->entries,
             (size_t)KP_CHUNK_ENTRIES * release->entry_size);
    kp_release_free_top(&release->leaf_top);
    kp_release_free_top(&release->entry_top);
}

static void spoil_in_memory(struct kp_release *release, const struct kp_agreement *agreement,
                            const uint8_t identity_secret[static KP_SIGN_SECRET_BYTES],
                            enum spoil spoil, uint32_t at)
{
    MUST(release->slots > at + 1);
    switch (spoil) {
    case SPOIL_LEAF:
        release->leaves.data[at * KP_DIGEST_BYTES] ^= 1;
        return;
    case SPOIL_ENTRY:
        entry_at(release, at)[release->entry_size - 1] ^= 1;
        return;
    case SPOIL_SHARE:
        entry_at(release, at)[KP_DIGEST_BYTES] ^= 1;
        break;
    case SPOIL_PATH:
        entry_at(release, at)[KP_DIGEST_BYTES + KP_SCALAR_BYTES] ^= 1;
        break;
    case SPOIL_TWICE:
        memcpy(entry_at(release, at + 1), entry_at(release, at), release->entry_size);
        break;
    case SPOIL_UNSORTED:
        swap(release, at);
        break;
    case SPOIL_RECORD:
        for (uint32_t i = at; i < release->slots; i++) {
            entry_at(release, i)[release->entry_size - 1] ^= 1;
        }
        break;
    case SPOIL_NOTHING:
    case SPOILS:
        return;
    }
    sign_again(release, agreement, identity_secret);
}
