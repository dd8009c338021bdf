/* Prints the tags of the release that waits in a node's database, one a line in hex: what nobody
 * but the node may know before every member has signed READY.
 *
 * usage: release_tags STORE_FOLDER STORE_KEY AGREEMENT MEMBER
 *
 * STORE_FOLDER: a copy, for the node's own is in use. Exit status 0, or 1 with a message. */
#include "crypto/secret.h"
#include "node/database.h"
#include "node/release_chunks.h"
#include "node/release_store.h"
#include "proto/agreement.h"
#include "proto/key_file.h"

#include <sodium.h>
#include <stdio.h>

static enum kp_status print_tags(const struct kp_release *release, struct kp_error *error)
{
    struct kp_buffer chunk = {0};
    enum kp_status status = KP_OK;
    for (uint32_t number = 0;
         status == KP_OK && number < kp_release_chunks(release, KP_RELEASE_ENTRIES); number++) {
        status = kp_release_chunk(release, KP_RELEASE_ENTRIES, number, &chunk, error);
        for (size_t at = 0; status == KP_OK && at < chunk.size; at += release->entry_size) {
            char hex[2 * KP_DIGEST_BYTES + 1];
            puts(sodium_bin2hex(hex, sizeof(hex), chunk.data + at, KP_DIGEST_BYTES));
        }
    }
    kp_buffer_free(&chunk);
    return status;
}

static enum kp_status run(char **argv, struct kp_error *error)
{
    struct kp_agreement *agreement = NULL;
    struct kp_store *store = NULL;
    struct kp_txn *txn = NULL;
    struct kp_release *release = NULL;
    struct kp_release_content *content = NULL;
    uint8_t *key = NULL;
    enum kp_status status = KP_OK;
    if ((status = kp_agreement_read(&agreement, argv[3], NULL, error)) == KP_OK &&
        (status = kp_key_read(argv[2], KP_KEY_STORE, &key, error)) == KP_OK &&
        (status = kp_node_database_open(&store, argv[1], key, error)) == KP_OK &&
        (status = kp_release_store_new(&content, store, error)) == KP_OK &&
        (status = kp_store_begin(store, false, &txn, error)) == KP_OK) {
        status =
            kp_release_store_load(txn, content, agreement,
                                  kp_agreement_member_by_name(agreement, argv[4]), &release, error);
    }
    if (status == KP_OK) {
        status = release != NULL ? print_tags(release, error)
                                 : kp_fail(error, KP_REFUSED, "no release waits in there");
    }
    kp_release_free(release);
    kp_release_store_free(content);
    kp_store_abort(txn);
    kp_store_close(store);
    kp_secret_free(key);
    kp_agreement_free(agreement);
    return status;
}

int main(int argc, char **argv)
{
    struct kp_error error = {0};
    if (argc != 5) {
        fputs("usage: release_tags STORE_FOLDER STORE_KEY AGREEMENT MEMBER\n", stderr);
        return 2;
    }
    if (kp_crypto_start() != KP_OK || run(argv, &error) != KP_OK) {
        fprintf(stderr, "release_tags: %s\n", error.text);
        return 1;
    }
    return 0;
}
