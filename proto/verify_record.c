/* Entries, shares and tags. */
#include "proto/verify_record.h"

#include "proto/verify_digest.h"

#include <string.h>

/* ---- trees ---- */

/* The largest power of two that is smaller than count; count is at least 2. */
static size_t left_part(size_t count)
{
    size_t k = 1;
    while (2 * k < count) {
        k = 2 * k;
    }
    return k;
}

/* Section 2.1.3 of RFC 9162 by its recursion, as `subtree` in proto/verify_digest.c is for roots.
 */
/* `start`: the leaf's hash, or the root of a chunk. */
static bool climb(uint8_t out[static KP_DIGEST_BYTES], const uint8_t start[static KP_DIGEST_BYTES],
                  size_t count, size_t index, const uint8_t *path, size_t digests)
{
    uint8_t below[KP_DIGEST_BYTES];
    struct kp_hash state;
    if (count == 1) {
        memcpy(out, start, KP_DIGEST_BYTES);
        return digests == 0;
    }
    size_t k = left_part(count);
    bool left = index < k;
    if (digests == 0 ||
        !climb(below, start, left ? k : count - k, left ? index : index - k, path, digests - 1)) {
        return false;
    }
    const uint8_t *sibling = path + (digests - 1) * KP_DIGEST_BYTES;
    uint8_t children[2][KP_DIGEST_BYTES];
    memcpy(children[0], left ? below : sibling, KP_DIGEST_BYTES);
    memcpy(children[1], left ? sibling : below, KP_DIGEST_BYTES);
    kp_hash_start(&state, "Kruispunt-v1 merkle node");
    kp_hash_field(&state, children, sizeof(children));
    kp_hash_digest(&state, out);
    return true;
}

/* The tree over what is a node already. */
static void root_of_nodes(uint8_t out[static KP_DIGEST_BYTES], const uint8_t *nodes, size_t count)
{
    struct kp_hash state;
    uint8_t children[2][KP_DIGEST_BYTES];
    if (count == 1) {
        memcpy(out, nodes, KP_DIGEST_BYTES);
        return;
    }
    size_t k = left_part(count);
    root_of_nodes(children[0], nodes, k);
    root_of_nodes(children[1], nodes + k * KP_DIGEST_BYTES, count - k);
    kp_hash_start(&state, "Kruispunt-v1 merkle node");
    kp_hash_field(&state, children, sizeof(children));
    kp_hash_digest(&state, out);
}

bool kp_verify_chunk_path(const uint8_t root[static KP_DIGEST_BYTES],
                          const uint8_t chunk_root[static KP_DIGEST_BYTES], size_t count,
                          size_t index, const struct kp_buffer *path)
{
    uint8_t reached[KP_DIGEST_BYTES];
    return index < count && path->size % KP_DIGEST_BYTES == 0 &&
           climb(reached, chunk_root, count, index, path->data, path->size / KP_DIGEST_BYTES) &&
           memcmp(reached, root, sizeof(reached)) == 0;
}

bool kp_verify_path(const uint8_t root[static KP_DIGEST_BYTES],
                    const uint8_t leaf[static KP_DIGEST_BYTES], size_t count, size_t index,
                    const struct kp_buffer *path)
{
    uint8_t start[KP_DIGEST_BYTES];
    kp_verify_merkle_root(start, leaf, 1);
    return kp_verify_chunk_path(root, start, count, index, path);
}

size_t kp_verify_path_length(size_t count, size_t index)
{
    if (count <= 1) {
        return 0;
    }
    size_t k = left_part(count);
    return 1 + (index < k ? kp_verify_path_length(k, index)
                          : kp_verify_path_length(count - k, index - k));
}

/* ---- entries ---- */

#define PLAIN_FIXED 148 /* section 10.7: up to the blinding of the point */
#define INNER_MORE 112  /* E, proof, mac */
#define OUTER_MORE 40   /* nonce, mac */

static size_t record_bytes(const struct kp_agreement *agreement)
{
    size_t plain = PLAIN_FIXED;
    plain += (agreement->discloses & 1) != 0 ? 32 + 16 : 32;
    plain += (agreement->discloses & 2) != 0 ? 32 + 16 : 32;
    plain += (agreement->discloses & 4) != 0 ? 4 + 16 : 32;
    return plain + INNER_MORE + OUTER_MORE;
}

size_t kp_verify_entry_size(const struct kp_agreement *agreement, uint32_t member)
{
    return 64 + kp_verify_path_length(agreement->member_count, member - 1) * KP_DIGEST_BYTES +
           record_bytes(agreement);
}

bool kp_verify_entry_split(struct kp_verify_entry *entry, const struct kp_agreement *agreement,
                           uint32_t member, const struct kp_buffer *bytes)
{
    if (member < 1 || member > agreement->member_count) {
        return false;
    }
    size_t path = kp_verify_path_length(agreement->member_count, member - 1) * KP_DIGEST_BYTES;
    size_t record = record_bytes(agreement);
    if (bytes->size != 64 + path + record) {
        return false;
    }
    entry->tag = bytes->data;
    entry->share = bytes->data + 32;
    entry->path = (struct kp_buffer){.data = bytes->data + 64, .size = path};
    entry->record = (struct kp_buffer){.data = bytes->data + 64 + path, .size = record};
    return true;
}

void kp_verify_entry_leaf(uint8_t leaf[static KP_DIGEST_BYTES], const struct kp_verify_entry *entry)
{
    struct kp_hash state;
    kp_hash_start(&state, "Kruispunt-v1 entry");
    kp_hash_field(&state, entry->tag, 32);
    kp_hash_field(&state, entry->share, 32);
    kp_hash_field(&state, entry->path.data, entry->path.size);
    kp_hash_field(&state, entry->record.data, entry->record.size);
    kp_hash_digest(&state, leaf);
}

void kp_verify_tag_leaf(uint8_t leaf[static KP_DIGEST_BYTES],
                        const uint8_t tag[static KP_DIGEST_BYTES])
{
    struct kp_hash state;
    kp_hash_start(&state, "Kruispunt-v1 entry");
    kp_hash_field(&state, tag, 32);
    kp_hash_field(&state, NULL, 0);
    kp_hash_field(&state, NULL, 0);
    kp_hash_field(&state, NULL, 0);
    kp_hash_digest(&state, leaf);
}

/* ---- shares ---- */

/* A tag's lowest nodes are shares, hashed once. */
static void share_node(uint8_t node[static KP_DIGEST_BYTES], const struct kp_verify_place *place,
                       uint32_t member, const uint8_t share[static KP_SCALAR_BYTES])
{
    struct kp_hash state;
    uint8_t field[65];
    memcpy(field, place->round_id, 32);
    field[32] = (uint8_t)member;
    memcpy(field + 33, share, 32);
    kp_hash_start(&state, "Kruispunt-v1 share");
    kp_hash_field(&state, field, sizeof(field));
    kp_hash_digest(&state, node);
}

bool kp_verify_share(const struct kp_verify_place *place, const struct kp_verify_entry *entry)
{
    uint8_t node[KP_DIGEST_BYTES];
    share_node(node, place, place->member, entry->share);
    return kp_scalar_check(entry->share) == KP_OK &&
           kp_verify_chunk_path(entry->tag, node, place->agreement->member_count, place->member - 1,
                                &entry->path);
}

static void number(uint8_t scalar[static KP_SCALAR_BYTES], uint32_t value)
{
    memset(scalar, 0, KP_SCALAR_BYTES);
    scalar[0] = (uint8_t)value; /* a member's, so one byte is enough */
}

/* f(at) from `count` points of f: the sum of share_i times the product of (at - x_j) / (x_i - x_j).
 */
static void interpolate_at(uint8_t out[static KP_SCALAR_BYTES], uint32_t at,
                           const uint32_t *members, const uint8_t (*shares)[KP_SCALAR_BYTES],
                           uint32_t count)
{
    memset(out, 0, KP_SCALAR_BYTES);
    for (uint32_t i = 0; i < count; i++) {
        uint8_t term[KP_SCALAR_BYTES], under[KP_SCALAR_BYTES], x[KP_SCALAR_BYTES],
            own[KP_SCALAR_BYTES], here[KP_SCALAR_BYTES], part[KP_SCALAR_BYTES];
        memcpy(term, shares[i], KP_SCALAR_BYTES);
        number(under, 1);
        number(own, members[i]);
        number(here, at);
        for (uint32_t j = 0; j < count; j++) {
            if (j != i) {
                number(x, members[j]);
                crypto_core_ristretto255_scalar_sub(part, here, x);
                crypto_core_ristretto255_scalar_mul(term, term, part);
                crypto_core_ristretto255_scalar_sub(part, own, x);
                crypto_core_ristretto255_scalar_mul(under, under, part);
            }
        }
        (void)crypto_core_ristretto255_scalar_invert(under, under); /* members are distinct */
        crypto_core_ristretto255_scalar_mul(term, term, under);
        crypto_core_ristretto255_scalar_add(out, out, term);
    }
}

void kp_verify_interpolate(uint8_t secret[static KP_SCALAR_BYTES], const uint32_t *members,
                           const uint8_t (*shares)[KP_SCALAR_BYTES], uint32_t count)
{
    interpolate_at(secret, 0, members, shares, count);
}

bool kp_verify_tag_of_shares(const struct kp_verify_place *place,
                             const uint8_t tag[static KP_DIGEST_BYTES], const uint32_t *members,
                             const uint8_t (*shares)[KP_SCALAR_BYTES], uint32_t count)
{
    uint8_t nodes[KP_MEMBERS_MAX][KP_DIGEST_BYTES], root[KP_DIGEST_BYTES];
    uint32_t threshold = place->agreement->threshold;
    if (count < threshold) {
        return false;
    }
    for (uint32_t i = 0; i < place->agreement->member_count; i++) {
        uint8_t share[KP_SCALAR_BYTES];
        interpolate_at(share, i + 1, members, shares, threshold);
        for (uint32_t k = 0; k < count; k++) {
            if (members[k] == i + 1 && memcmp(shares[k], share, sizeof(share)) != 0) {
                return false;
            }
        }
        share_node(nodes[i], place, i + 1, share);
    }
    root_of_nodes(root, nodes[0], place->agreement->member_count);
    return memcmp(root, tag, sizeof(root)) == 0;
}

/* ---- from the address to tag and share ---- */

static uint8_t *put(uint8_t *at, const void *field, uint8_t size)
{
    at[0] = 0;
    at[1] = size;
    memcpy(at + 2, field, size);
    return at + 2 + size;
}

void kp_verify_element(uint8_t x[static KP_VERIFY_ELEMENT_BYTES],
                       const struct kp_agreement *agreement,
                       const uint8_t key[static KP_ADDRESS_KEY_BYTES])
{
    static const uint8_t signal = 1, canary = 2;
    (void)put(put(put(x, agreement->lineage, 32), key[0] == 1 ? &canary : &signal, 1), key, 16);
}

void kp_verify_output(uint8_t out[static KP_WIDE_BYTES], const struct kp_agreement *agreement,
                      const uint8_t key[static KP_ADDRESS_KEY_BYTES],
                      const uint8_t y[static KP_POINT_BYTES])
{
    static const uint8_t sizes[] = {0, KP_VERIFY_ELEMENT_BYTES, 0, KP_POINT_BYTES};
    uint8_t x[KP_VERIFY_ELEMENT_BYTES];
    crypto_hash_sha512_state state;
    kp_verify_element(x, agreement, key);
    crypto_hash_sha512_init(&state);
    crypto_hash_sha512_update(&state, sizes, 2);
    crypto_hash_sha512_update(&state, x, sizeof(x));
    crypto_hash_sha512_update(&state, sizes + 2, 2);
    crypto_hash_sha512_update(&state, y, KP_POINT_BYTES);
    crypto_hash_sha512_update(&state, (const uint8_t *)"Finalize", 8);
    crypto_hash_sha512_final(&state, out);
}

/* f(x), power by power. */
static void value_at(uint8_t out[static KP_SCALAR_BYTES],
                     const uint8_t (*coefficients)[KP_SCALAR_BYTES], uint32_t count, uint32_t x)
{
    uint8_t power[KP_SCALAR_BYTES], at[KP_SCALAR_BYTES], term[KP_SCALAR_BYTES];
    number(power, 1);
    number(at, x);
    memset(out, 0, KP_SCALAR_BYTES);
    for (uint32_t i = 0; i < count; i++) {
        crypto_core_ristretto255_scalar_mul(term, coefficients[i], power);
        crypto_core_ristretto255_scalar_add(out, out, term);
        crypto_core_ristretto255_scalar_mul(power, power, at);
    }
}

bool kp_verify_tag(const struct kp_verify_content *content, const struct kp_verify_place *place,
                   const struct kp_verify_entry *entry)
{
    uint8_t output[KP_WIDE_BYTES];
    kp_verify_output(output, place->agreement, content->address, content->y);
    return kp_verify_tag_of_output(output, content->g, place, entry);
}

bool kp_verify_tag_of_output(const uint8_t output[static KP_WIDE_BYTES],
                             const uint8_t g[static KP_DIGEST_BYTES],
                             const struct kp_verify_place *place,
                             const struct kp_verify_entry *entry)
{
    const struct kp_agreement *agreement = place->agreement;
    uint8_t terms[KP_DIGEST_BYTES], wide[KP_WIDE_BYTES];
    uint8_t coefficients[KP_MEMBERS_MAX][KP_SCALAR_BYTES], share[KP_SCALAR_BYTES];
    uint8_t nodes[KP_MEMBERS_MAX][KP_DIGEST_BYTES], root[KP_DIGEST_BYTES];
    struct kp_hash state;
    kp_hash_start(&state, "Kruispunt-v1 share terms");
    kp_hash_field(&state, place->round_id, KP_DIGEST_BYTES);
    kp_hash_number(&state, place->round_type);
    kp_hash_field(&state, g, KP_DIGEST_BYTES);
    kp_hash_number(&state, agreement->threshold);
    kp_hash_number(&state, agreement->member_count);
    kp_hash_digest(&state, terms);
    for (uint32_t i = 0; i < agreement->threshold; i++) {
        kp_hash_start(&state, "Kruispunt-v1 shares");
        kp_hash_field(&state, terms, sizeof(terms));
        kp_hash_field(&state, output, KP_WIDE_BYTES);
        kp_hash_number(&state, i);
        kp_hash_wide(&state, wide);
        crypto_core_ristretto255_scalar_reduce(coefficients[i], wide);
    }
    bool same = entry->share == NULL; /* a round of counts has none */
    for (uint32_t i = 1; i <= agreement->member_count; i++) {
        value_at(share, (const uint8_t(*)[KP_SCALAR_BYTES])coefficients, agreement->threshold, i);
        share_node(nodes[i - 1], place, i, share);
        same = same || (i == place->member && memcmp(share, entry->share, sizeof(share)) == 0);
    }
    root_of_nodes(root, nodes[0], agreement->member_count);
    return same && memcmp(root, entry->tag, sizeof(root)) == 0;
}

bool kp_verify_address(const struct kp_agreement *agreement,
                       const uint8_t key[static KP_ADDRESS_KEY_BYTES])
{
    return kp_key_check(agreement->key_scheme, key) == KP_OK;
}

bool kp_verify_area(const struct kp_agreement *agreement,
                    const uint8_t key[static KP_ADDRESS_KEY_BYTES])
{
    char postcode[7] = "";
    if (!kp_verify_address(agreement, key)) {
        return false;
    }
    if (agreement->key_scheme == KP_KEY_SCHEME_BAG) {
        kp_key_area(postcode, key);
    } else {
        memcpy(postcode, key, sizeof(postcode) - 1);
    }
    for (size_t i = 0; i < agreement->postcode_count; i++) {
        const char *in = agreement->postcodes[i];
        if (strncmp(postcode, in, strlen(in)) == 0) {
            return true;
        }
    }
    return false;
}
