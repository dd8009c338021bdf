#include "proto/commands/keygen_files.h"

#include "crypto/pair.h"
#include "crypto/schnorr.h"
#include "crypto/secret.h"
#include "crypto/sign.h"
#include "proto/agreement.h"
#include "proto/file.h"
#include "proto/key_file.h"
#include "proto/limits.h"
#include "proto/tls.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEX_BYTES(size) (2 * (size) + 1)

/* All secrets of a party, in locked memory. */
struct secrets {
    uint8_t identity[KP_SIGN_SEED_BYTES];
    uint8_t signing[KP_SIGN_SECRET_BYTES];
    uint8_t box[KP_PAIR_SECRET_BYTES];
    uint8_t store[KP_KEY_BYTES];
    uint8_t opening[KP_SCALAR_BYTES];
};

struct publics {
    uint8_t identity[KP_SIGN_PUBLIC_BYTES];
    uint8_t box[KP_PAIR_PUBLIC_BYTES];
    uint8_t opening[KP_POINT_BYTES];
    uint8_t proof[KP_SCHNORR_BYTES];
};

/* Files are made in a folder of their own inside `out` and then linked into it, which never
 * replaces anything, so whatever has to be taken back is known to be ours. */
struct making {
    struct kp_keygen *keygen;
    struct secrets *secrets;
    struct publics publics;
    bool made_out;
    char work[KP_PATH_MAX];
    struct kp_error *error;
};

const char *kp_keygen_role_name(enum kp_keygen_role role)
{
    static const char *const names[] = {"node", "coordinator", "leader", "opener", "officer"};
    return names[role];
}

const char *const *kp_keygen_files(enum kp_keygen_role role)
{
    static const char *const node[] = {"identity.key", "box.key",    "store.key", "tls.key",
                                       "tls.csr",      "public.ini", NULL};
    static const char *const coordinator[] = {"identity.key", "store.key",  "tls.key",
                                              "tls.csr",      "public.ini", NULL};
    static const char *const leader[] = {"identity.key", "opening.key", "box.key",    "store.key",
                                         "tls.key",      "tls.csr",     "public.ini", NULL};
    static const char *const officer[] = {"officer.key", "public.ini", NULL};
    static const char *const *const files[] = {
        [KP_KEYGEN_NODE] = node,       [KP_KEYGEN_COORDINATOR] = coordinator,
        [KP_KEYGEN_LEADER] = leader,   [KP_KEYGEN_OPENER] = leader,
        [KP_KEYGEN_OFFICER] = officer,
    };
    return files[role];
}

/* folder/name; folders are checked once to leave room for the names. */
static const char *path_in(char out[static KP_PATH_MAX], const char *folder, const char *name)
{
    snprintf(out, KP_PATH_MAX, "%.900s/%.100s", folder, name);
    return out;
}

static bool opens(enum kp_keygen_role role)
{
    return role == KP_KEYGEN_LEADER || role == KP_KEYGEN_OPENER;
}

/* ---- keys ---- */

static enum kp_status draw_keys(struct making *making)
{
    struct secrets *secrets = making->secrets;
    struct publics *publics = &making->publics;
    randombytes_buf(secrets->identity, sizeof(secrets->identity));
    randombytes_buf(secrets->store, sizeof(secrets->store));
    kp_sign_keypair(publics->identity, secrets->signing, secrets->identity);
    kp_pair_keypair(publics->box, secrets->box);
    kp_scalar_random(secrets->opening);
    if (kp_points_multiply_base(publics->opening, secrets->opening, 1) != KP_OK) {
        return kp_fail(making->error, KP_FAILED, "the opening key can't be made");
    }
    if (opens(making->keygen->role)) {
        uint8_t context[KP_DIGEST_BYTES];
        kp_agreement_opening_context(context, making->keygen->project, making->keygen->holder,
                                     publics->opening);
        kp_schnorr_prove(publics->proof, secrets->opening, publics->opening, context);
    }
    return KP_OK;
}

static enum kp_status write_key(struct making *making, const char *name, enum kp_key_kind kind,
                                const uint8_t *secret)
{
    char path[KP_PATH_MAX];
    return kp_key_write(path_in(path, making->work, name), kind, secret, making->error);
}

static enum kp_status write_keys(struct making *making)
{
    const struct secrets *secrets = making->secrets;
    enum kp_keygen_role role = making->keygen->role;
    if (role == KP_KEYGEN_OFFICER) {
        return write_key(making, "officer.key", KP_KEY_OFFICER, secrets->identity);
    }
    enum kp_status status = write_key(making, "identity.key", KP_KEY_IDENTITY, secrets->identity);
    if (status == KP_OK && (role == KP_KEYGEN_NODE || opens(role))) {
        status = write_key(making, "box.key", KP_KEY_BOX, secrets->box);
    }
    if (status == KP_OK) {
        status = write_key(making, "store.key", KP_KEY_STORE, secrets->store);
    }
    if (status == KP_OK && opens(role)) {
        status = write_key(making, "opening.key", KP_KEY_OPENING, secrets->opening);
    }
    return status;
}

static enum kp_status write_certificate_request(struct making *making)
{
    char key[KP_PATH_MAX];
    char request[KP_PATH_MAX];
    struct kp_keygen *keygen = making->keygen;
    if (keygen->role == KP_KEYGEN_OFFICER) {
        return KP_OK; /* a person, who connects to nothing */
    }
    return kp_tls_request(path_in(key, making->work, "tls.key"),
                          path_in(request, making->work, "tls.csr"), keygen->name, keygen->oin,
                          keygen->host, keygen->tls_fingerprint, making->error);
}

/* ---- public.ini ---- */

static int node_text(char *text, size_t size, const struct making *making, const char *identity,
                     const char *fingerprint)
{
    char box[HEX_BYTES(KP_PAIR_PUBLIC_BYTES)];
    sodium_bin2hex(box, sizeof(box), making->publics.box, sizeof(making->publics.box));
    return snprintf(text, size,
                    "[member %s]\n"
                    "oin = %s\n"
                    "identity_key = %s\n"
                    "box_key = %s\n"
                    "tls_fingerprint = %s\n",
                    making->keygen->name, making->keygen->oin, identity, box, fingerprint);
}

static int coordinator_text(char *text, size_t size, const struct making *making,
                            const char *identity, const char *fingerprint)
{
    return snprintf(text, size,
                    "# coordinator %s\n"
                    "[coordinator]\n"
                    "operator_oin = %s\n"
                    "identity_key = %s\n"
                    "tls_fingerprint = %s\n",
                    making->keygen->name, making->keygen->oin, identity, fingerprint);
}

/* The rest of the member's section is in the public.ini of its node. */
static int officer_text(char *text, size_t size, const struct making *making, const char *identity)
{
    return snprintf(text, size,
                    "# organisation %s\n"
                    "[member %s]\n"
                    "officer = %s\n"
                    "officer_key = %s\n",
                    making->keygen->oin, making->keygen->name, making->keygen->holder, identity);
}

/* What both who open have: identity_key to the end of [leader] or [second_holder], and holder, key,
 * proof of an opening key. */
struct opener_texts {
    char keys[512];
    char opening[KP_TITLE_MAX + 512];
};

static bool opener_texts(struct opener_texts *texts, const struct making *making,
                         const char *identity, const char *fingerprint)
{
    char box[HEX_BYTES(KP_PAIR_PUBLIC_BYTES)];
    char key[HEX_BYTES(KP_POINT_BYTES)];
    char proof[HEX_BYTES(KP_SCHNORR_BYTES)];
    sodium_bin2hex(box, sizeof(box), making->publics.box, sizeof(making->publics.box));
    sodium_bin2hex(key, sizeof(key), making->publics.opening, sizeof(making->publics.opening));
    sodium_bin2hex(proof, sizeof(proof), making->publics.proof, sizeof(making->publics.proof));
    int keys = snprintf(texts->keys, sizeof(texts->keys),
                        "identity_key = %s\n"
                        "box_key = %s\n"
                        "tls_fingerprint = %s\n",
                        identity, box, fingerprint);
    int opening = snprintf(texts->opening, sizeof(texts->opening),
                           "holder = %s\n"
                           "key = %s\n"
                           "proof = %s\n",
                           making->keygen->holder, key, proof);
    return keys > 0 && (size_t)keys < sizeof(texts->keys) && opening > 0 &&
           (size_t)opening < sizeof(texts->opening);
}

static int leader_text(char *text, size_t size, const struct making *making,
                       const struct opener_texts *texts)
{
    return snprintf(text, size,
                    "# project %s\n"
                    "[leader]\n"
                    "name = %s\n"
                    "employer_oin = %s\n"
                    "%s"
                    "\n"
                    "[opening_key]\n"
                    "%s",
                    making->keygen->project, making->keygen->name, making->keygen->oin, texts->keys,
                    texts->opening);
}

static int opener_text(char *text, size_t size, const struct making *making,
                       const struct opener_texts *texts)
{
    return snprintf(text, size,
                    "# project %s, second holder %s\n"
                    "[second_holder]\n"
                    "employer_oin = %s\n"
                    "%s%s",
                    making->keygen->project, making->keygen->name, making->keygen->oin,
                    texts->opening, texts->keys);
}

static enum kp_status write_public(struct making *making)
{
    char identity[HEX_BYTES(KP_SIGN_PUBLIC_BYTES)];
    char fingerprint[HEX_BYTES(32)];
    struct opener_texts texts;
    char text[4096];
    char path[KP_PATH_MAX];
    sodium_bin2hex(identity, sizeof(identity), making->publics.identity,
                   sizeof(making->publics.identity));
    sodium_bin2hex(fingerprint, sizeof(fingerprint), making->keygen->tls_fingerprint, 32);
    int length = -1;
    switch (making->keygen->role) {
    case KP_KEYGEN_NODE:
        length = node_text(text, sizeof(text), making, identity, fingerprint);
        break;
    case KP_KEYGEN_COORDINATOR:
        length = coordinator_text(text, sizeof(text), making, identity, fingerprint);
        break;
    case KP_KEYGEN_LEADER:
    case KP_KEYGEN_OPENER:
        if (opener_texts(&texts, making, identity, fingerprint)) {
            length = making->keygen->role == KP_KEYGEN_LEADER
                         ? leader_text(text, sizeof(text), making, &texts)
                         : opener_text(text, sizeof(text), making, &texts);
        }
        break;
    case KP_KEYGEN_OFFICER:
        length = officer_text(text, sizeof(text), making, identity);
        break;
    }
    if (length < 0 || (size_t)length >= sizeof(text)) {
        return kp_fail(making->error, KP_FAILED, "public.ini gets too long");
    }
    return kp_file_create(path_in(path, making->work, "public.ini"), 0644, text, (size_t)length,
                          making->error);
}

/* ---- folders ---- */

static enum kp_status refuse_existing(const struct making *making)
{
    for (const char *const *name = kp_keygen_files(making->keygen->role); *name != NULL; name++) {
        char path[KP_PATH_MAX];
        struct stat info;
        if (lstat(path_in(path, making->keygen->out, *name), &info) == 0) {
            return kp_fail(making->error, KP_REFUSED,
                           "%s: is there already and is not replaced; give another --out, or move "
                           "the old keys away",
                           path);
        }
    }
    return KP_OK;
}

static enum kp_status make_folders(struct making *making)
{
    const char *out = making->keygen->out;
    if (out[0] == '\0' || strlen(out) > KP_PATH_MAX - 200) {
        return kp_fail(making->error, KP_USAGE, "--out must be a folder's path of 1 to %u bytes",
                       KP_PATH_MAX - 200);
    }
    making->made_out = mkdir(out, 0700) == 0;
    if (!making->made_out && errno != EEXIST) {
        return kp_fail(making->error, KP_USAGE, "%s: can't be made: %s", out, strerror(errno));
    }
    enum kp_status status = refuse_existing(making);
    if (status != KP_OK) {
        return status;
    }
    path_in(making->work, out, ".keygen-XXXXXX");
    if (mkdtemp(making->work) == NULL) {
        making->work[0] = '\0';
        return kp_fail(making->error, KP_FAILED, "%s: can't be written: %s", out, strerror(errno));
    }
    return KP_OK;
}

static enum kp_status sync_folder(const char *path, struct kp_error *error)
{
    int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool synced = folder >= 0 && fsync(folder) == 0;
    enum kp_status status =
        synced ? KP_OK
               : kp_fail(error, KP_FAILED, "%s: can't be synced: %s", path, strerror(errno));
    if (folder >= 0) {
        close(folder);
    }
    return status;
}

static enum kp_status link_all(struct making *making)
{
    const char *const *names = kp_keygen_files(making->keygen->role);
    char from[KP_PATH_MAX];
    char to[KP_PATH_MAX];
    enum kp_status status = KP_OK;
    size_t linked = 0;
    while (status == KP_OK && names[linked] != NULL) {
        if (link(path_in(from, making->work, names[linked]),
                 path_in(to, making->keygen->out, names[linked])) == 0) {
            linked++;
        } else {
            status = kp_fail(making->error, errno == EEXIST ? KP_REFUSED : KP_FAILED,
                             "%s: can't be made: %s", to, strerror(errno));
        }
    }
    if (status == KP_OK) {
        status = sync_folder(making->keygen->out, making->error);
    }
    while (status != KP_OK && linked > 0) {
        unlink(path_in(to, making->keygen->out, names[--linked]));
    }
    return status;
}

static void remove_work(const struct making *making, bool failed)
{
    const char *const *names = kp_keygen_files(making->keygen->role);
    for (; making->work[0] != '\0' && *names != NULL; names++) {
        char path[KP_PATH_MAX];
        unlink(path_in(path, making->work, *names));
    }
    if (making->work[0] != '\0') {
        rmdir(making->work);
    }
    if (failed && making->made_out) {
        rmdir(making->keygen->out);
    }
}

enum kp_status kp_keygen_make(struct kp_keygen *keygen, struct kp_error *error)
{
    struct making making = {.keygen = keygen, .error = error};
    making.secrets = kp_secret_new(sizeof(*making.secrets));
    if (making.secrets == NULL) {
        return kp_fail(error, KP_FAILED, "no locked memory for keys; raise `ulimit -l`");
    }
    enum kp_status status = KP_OK;
    if ((status = draw_keys(&making)) == KP_OK && (status = make_folders(&making)) == KP_OK &&
        (status = write_keys(&making)) == KP_OK &&
        (status = write_certificate_request(&making)) == KP_OK &&
        (status = write_public(&making)) == KP_OK) {
        status = link_all(&making);
    }
    kp_secret_free(making.secrets);
    remove_work(&making, status != KP_OK);
    return status;
}
