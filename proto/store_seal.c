#include "crypto/secret.h"
#include "proto/store_internal.h"

#include <string.h>

#define SUBKEY_BYTES 32

static void derive(uint8_t subkey[static SUBKEY_BYTES], const uint8_t key[static 32],
                   const char *purpose, const char *name)
{
    static const char label[] = "Kruispunt-v1 store";
    crypto_generichash_state state;
    crypto_generichash_init(&state, key, 32, SUBKEY_BYTES);
    crypto_generichash_update(&state, (const uint8_t *)label, sizeof(label)); /* with its NUL */
    crypto_generichash_update(&state, (const uint8_t *)purpose, strlen(purpose) + 1);
    crypto_generichash_update(&state, (const uint8_t *)name, strlen(name) + 1);
    crypto_generichash_final(&state, subkey, SUBKEY_BYTES);
    kp_wipe(&state, sizeof(state));
}

enum kp_status kp_store_derive_keys(struct kp_store *store, const uint8_t key[static 32],
                                    struct kp_error *error)
{
    store->keys = kp_secret_new((store->table_count + 2) * SUBKEY_BYTES);
    if (store->keys == NULL) {
        return kp_fail(error, KP_FAILED, "%s: no locked memory for its keys", store->path);
    }
    uint8_t *at = store->keys;
    for (size_t i = 0; i < store->table_count; i++, at += SUBKEY_BYTES) {
        derive(at, key, "table", store->tables[i].name);
        store->tables[i].key = at;
    }
    derive(at, key, "meta", KP_STORE_META_TABLE);
    store->meta.key = at;
    at += SUBKEY_BYTES;
    derive(at, key, "blind", "");
    store->blind_key = at;
    return KP_OK;
}

#define AD_MAX (1 + KP_STORE_TABLE_NAME_MAX + KP_STORE_KEY_MAX)

/* What is authenticated with a value: the table's name (its length first) and the record's key. */
static size_t associate(uint8_t ad[static AD_MAX], const struct kp_store_table *table,
                        const void *key, size_t key_size)
{
    size_t name_size = strlen(table->name);
    ad[0] = (uint8_t)name_size;
    memcpy(ad + 1, table->name, name_size);
    memcpy(ad + 1 + name_size, key, key_size);
    return 1 + name_size + key_size;
}

void kp_store_seal(uint8_t *sealed, const struct kp_store_table *table, const void *key,
                   size_t key_size, const void *value, size_t value_size)
{
    uint8_t ad[AD_MAX];
    size_t ad_size = associate(ad, table, key, key_size);
    randombytes_buf(sealed, KP_STORE_NONCE_BYTES);
    crypto_aead_xchacha20poly1305_ietf_encrypt(sealed + KP_STORE_NONCE_BYTES, NULL, value,
                                               value_size, ad, ad_size, NULL, sealed, table->key);
}

enum kp_status kp_store_unseal(struct kp_buffer *value, const struct kp_store_table *table,
                               const void *key, size_t key_size, const MDB_val *sealed)
{
    if (sealed->mv_size < KP_STORE_SEAL_BYTES) {
        return KP_REFUSED;
    }
    uint8_t ad[AD_MAX];
    size_t ad_size = associate(ad, table, key, key_size);
    size_t size = sealed->mv_size - KP_STORE_SEAL_BYTES;
    /* One byte at least, so that an empty value has a place too. */
    if (kp_buffer_set(value, NULL, 0) != KP_OK || kp_buffer_extend(value, size) == NULL) {
        return KP_FAILED;
    }
    const uint8_t *nonce = sealed->mv_data;
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(
            value->data, NULL, NULL, nonce + KP_STORE_NONCE_BYTES, size + KP_STORE_MAC_BYTES, ad,
            ad_size, nonce, table->key) != 0) {
        kp_buffer_free(value);
        return KP_REFUSED;
    }
    return KP_OK;
}

enum kp_status kp_store_unseal_fail(const struct kp_store *store,
                                    const struct kp_store_table *table, enum kp_status status,
                                    struct kp_error *error)
{
    return kp_fail(error, status,
                   status == KP_REFUSED
                       ? "%s: a record of table %s is not authentic: the database was changed "
                         "from outside or is damaged"
                       : "%s: no memory for a record of table %s",
                   store->path, table->name);
}

void kp_store_blind_key(const struct kp_store *store, uint8_t blind[static KP_STORE_BLIND_BYTES],
                        const void *personal, size_t size)
{
    crypto_generichash(blind, KP_STORE_BLIND_BYTES, personal, size, store->blind_key, SUBKEY_BYTES);
}
