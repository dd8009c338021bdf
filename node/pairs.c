#include "node/pairs.h"

#include "crypto/secret.h"
#include "proto/key_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum kp_status kp_pairs_path(char path[static KP_PATH_MAX], const char *folder, const char *from,
                             const char *to, struct kp_error *error)
{
    /* No member's name has a plus sign in it, so a file name says one thing only. */
    int length = snprintf(path, KP_PATH_MAX, "%s/%s+%s.key", folder, from, to);
    if (length < 0 || (size_t)length >= KP_PATH_MAX) {
        return kp_fail(error, KP_USAGE, "%.100s: the path is too long", folder);
    }
    return KP_OK;
}

/* *part stays NULL when there is no such file. */
static enum kp_status read_part(uint8_t **part, const char *folder, const char *from,
                                const char *to, struct kp_error *error)
{
    char path[KP_PATH_MAX];
    *part = NULL;
    enum kp_status status = kp_pairs_path(path, folder, from, to, error);
    if (status != KP_OK) {
        return status;
    }
    if (access(path, F_OK) != 0) {
        return errno == ENOENT
                   ? KP_OK
                   : kp_fail(error, KP_FAILED, "%s: can't be read: %s", path, strerror(errno));
    }
    return kp_key_read(path, KP_KEY_PAIR, part, error);
}

/* Both parts go in, in the order of the members' numbers, so both sides get the same. */
static void combine(uint8_t secret[static KP_PRESHARED_BYTES], const struct kp_agreement *agreement,
                    uint32_t own, uint32_t peer, const uint8_t *from_own, const uint8_t *from_peer)
{
    struct kp_hash hash;
    kp_hash_start(&hash, "Kruispunt-v1 preshared pair secret");
    kp_hash_field(&hash, agreement->lineage, KP_DIGEST_BYTES);
    kp_hash_number(&hash, own < peer ? own : peer);
    kp_hash_number(&hash, own < peer ? peer : own);
    kp_hash_field(&hash, own < peer ? from_own : from_peer, KP_KEY_BYTES);
    kp_hash_field(&hash, own < peer ? from_peer : from_own, KP_KEY_BYTES);
    kp_hash_digest(&hash, secret);
}

static enum kp_status read_pair(struct kp_pairs *pairs, enum kp_pair_state *state,
                                const char *folder, const struct kp_agreement *agreement,
                                uint32_t own, uint32_t peer, struct kp_error *error)
{
    const char *own_name = agreement->members[own - 1].name;
    const char *peer_name = agreement->members[peer - 1].name;
    uint8_t *from_own = NULL, *from_peer = NULL;
    enum kp_status status = read_part(&from_own, folder, own_name, peer_name, error);
    if (status == KP_OK) {
        status = read_part(&from_peer, folder, peer_name, own_name, error);
    }
    if (status == KP_OK) {
        *state = from_own != NULL && from_peer != NULL ? KP_PAIR_BOTH
                 : from_own != NULL                    ? KP_PAIR_OWN_FILE
                 : from_peer != NULL                   ? KP_PAIR_PEER_FILE
                                                       : KP_PAIR_NONE;
        if (*state == KP_PAIR_BOTH) {
            combine(pairs->secret[peer - 1], agreement, own, peer, from_own, from_peer);
            pairs->mask |= 1u << (peer - 1);
        }
    }
    kp_secret_free(from_own);
    kp_secret_free(from_peer);
    return status;
}

enum kp_status kp_pairs_read(struct kp_pairs **out, enum kp_pair_state states[KP_MEMBERS_MAX],
                             const char *folder, const struct kp_agreement *agreement, uint32_t own,
                             struct kp_error *error)
{
    *out = NULL;
    struct kp_pairs *pairs = kp_secret_new(sizeof(*pairs));
    if (pairs == NULL) {
        return kp_fail(error, KP_FAILED, "no locked memory for the pairs' secrets (see ulimit -l)");
    }
    enum kp_status status = KP_OK;
    for (uint32_t peer = 1; status == KP_OK && peer <= agreement->member_count; peer++) {
        enum kp_pair_state state = KP_PAIR_NONE;
        if (peer != own && folder[0] != '\0') {
            status = read_pair(pairs, &state, folder, agreement, own, peer, error);
        }
        if (states != NULL) {
            states[peer - 1] = state;
        }
    }
    if (status != KP_OK) {
        kp_secret_free(pairs);
        return status;
    }
    *out = pairs;
    return KP_OK;
}

enum kp_status kp_pairs_draw(const char *folder, const char *own, const char *peer,
                             struct kp_error *error)
{
    char path[KP_PATH_MAX];
    enum kp_status status = kp_pairs_path(path, folder, own, peer, error);
    if (status != KP_OK) {
        return status;
    }
    uint8_t *secret = kp_secret_new(KP_KEY_BYTES);
    if (secret == NULL) {
        return kp_fail(error, KP_FAILED, "no locked memory for a secret (see ulimit -l)");
    }
    randombytes_buf(secret, KP_KEY_BYTES);
    status = kp_key_write(path, KP_KEY_PAIR, secret, error);
    kp_secret_free(secret);
    return status;
}

void kp_pairs_check_text(char text[static KP_PAIR_CHECK_TEXT],
                         const uint8_t secret[static KP_PRESHARED_BYTES])
{
    uint8_t digest[KP_DIGEST_BYTES];
    struct kp_hash hash;
    kp_hash_start(&hash, "Kruispunt-v1 check of a pair secret");
    kp_hash_field(&hash, secret, KP_PRESHARED_BYTES);
    kp_hash_digest(&hash, digest);
    (void)snprintf(text, KP_PAIR_CHECK_TEXT, "%02x%x-%02x", digest[0], digest[1] >> 4, digest[2]);
}
