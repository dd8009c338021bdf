/* Entries and records: fixed layouts, and what depends on the agreement. */
#include "proto/address.h"
#include "proto/record.h"
#include "tests/unit/fixture.h"
#include "tests/unit/unit.h"

#include <sodium.h>
#include <string.h>

static struct fixture fixture;

static void start(uint32_t members, uint32_t hides)
{
    fixture_make(&fixture,
                 &(struct fixture_settings){.members = members, .slots = 4, .hides = hides});
}

/* Length (2 bytes), then the field: lineage, type, address. */
static void element_inputs(void)
{
    uint8_t lineage[KP_DIGEST_BYTES], address[KP_ADDRESS_KEY_BYTES];
    uint8_t input[KP_ELEMENT_INPUT_BYTES], expected[KP_ELEMENT_INPUT_BYTES] = {0, 32};
    randombytes_buf(lineage, sizeof(lineage));
    fixture_address(address, 77);
    memcpy(expected + 2, lineage, 32);
    expected[35] = 1;
    expected[36] = KP_ELEMENT_SIGNAL;
    expected[38] = 16;
    memcpy(expected + 39, address, 16);
    kp_element_input(input, lineage, address);
    CU_ASSERT_EQUAL(memcmp(input, expected, sizeof(input)), 0);
    CU_ASSERT_EQUAL(sizeof(input), 55);
}

/* Only a key that begins as a canary's does gives an element of that type; no address's key does.
 */
static void type_follows_from_the_key(void)
{
    uint8_t lineage[KP_DIGEST_BYTES] = {4}, key[KP_ADDRESS_KEY_BYTES];
    uint8_t input[KP_ELEMENT_INPUT_BYTES];
    fixture_address(key, 77);
    CU_ASSERT(!kp_key_is_canary(key));
    for (unsigned first = 0; first < 256; first++) {
        struct kp_address address;
        key[0] = (uint8_t)first;
        kp_element_input(input, lineage, key);
        CU_ASSERT_EQUAL(input[36], first == 1 ? KP_ELEMENT_CANARY : KP_ELEMENT_SIGNAL);
        CU_ASSERT_EQUAL(kp_key_is_canary(key), first == 1);
        CU_ASSERT(first != 1 || kp_address_of_key(&address, key) == KP_REFUSED);
        CU_ASSERT_EQUAL(memcmp(input + 39, key, sizeof(key)), 0);
    }
}

static struct kp_record make_record(void)
{
    struct kp_record record;
    memset(&record, 0, sizeof(record));
    record.leaf.index = 0x01020304;
    fixture_address(record.leaf.address, 12);
    randombytes_buf(record.leaf.indicators, sizeof(record.leaf.indicators));
    randombytes_buf(record.leaf.grounds, sizeof(record.leaf.grounds));
    record.leaf.observed_on = 20261231;
    randombytes_buf(record.leaf.point, sizeof(record.leaf.point));
    randombytes_buf(record.leaf.blinding, sizeof(record.leaf.blinding));
    randombytes_buf(record.y, sizeof(record.y));
    randombytes_buf(record.g, sizeof(record.g));
    return record;
}

static void check_round_trip(uint32_t hides)
{
    struct kp_record record = make_record(), back;
    uint8_t plain[KP_RECORD_PLAIN_MAX + 1], digest[KP_DIGEST_BYTES], again[KP_DIGEST_BYTES];
    start(3, hides);
    const struct kp_agreement *agreement = fixture.agreement;
    size_t size = kp_record_plain_size(agreement);
    CU_ASSERT_FATAL(size <= KP_RECORD_PLAIN_MAX);
    memset(plain, 0xa5, sizeof(plain));
    kp_record_pack(plain, agreement, &record);
    CU_ASSERT_EQUAL(plain[size], 0xa5); /* exactly as many bytes */
    memset(&back, 0xff, sizeof(back));
    kp_record_unpack(&back, agreement, plain);
    CU_ASSERT_EQUAL(memcmp(back.leaf.address, record.leaf.address, 16), 0);
    CU_ASSERT_EQUAL(back.leaf.index, record.leaf.index);
    CU_ASSERT_EQUAL(memcmp(back.leaf.point, record.leaf.point, 32), 0);
    CU_ASSERT_EQUAL(memcmp(back.y, record.y, 32), 0);
    CU_ASSERT_EQUAL(memcmp(back.g, record.g, 32), 0);
    /* Whether a field is disclosed or not, the leaf's digest follows. */
    kp_leaf_digest(digest, agreement->lineage, &record.leaf);
    kp_leaf_digest_of_commitments(again, agreement->lineage, back.leaf.index,
                                  &back.commitments[0][0]);
    CU_ASSERT_EQUAL(memcmp(digest, again, sizeof(digest)), 0);
    bool indicators = (hides & KP_DISCLOSE_INDICATORS) == 0;
    bool grounds = (hides & KP_DISCLOSE_GROUNDS) == 0;
    bool observed = (hides & KP_DISCLOSE_OBSERVED_ON) == 0;
    CU_ASSERT_EQUAL(memcmp(back.leaf.indicators, record.leaf.indicators, 32) == 0, indicators);
    CU_ASSERT_EQUAL(sodium_is_zero(back.leaf.indicators, 32), !indicators);
    CU_ASSERT_EQUAL(memcmp(back.leaf.grounds, record.leaf.grounds, 32) == 0, grounds);
    CU_ASSERT_EQUAL(sodium_is_zero(back.leaf.grounds, 32), !grounds);
    CU_ASSERT_EQUAL(back.leaf.observed_on, observed ? 20261231 : 0);
    CU_ASSERT_EQUAL(sodium_is_zero(back.leaf.blinding[KP_LEAF_GROUNDS], 16), !grounds);
    fixture_free(&fixture);
}

static void records(void)
{
    for (uint32_t hides = 0; hides < 8; hides++) {
        check_round_trip(hides);
    }
}

/* What isn't disclosed doesn't stand in the record, in no form but the commitment. */
static void hidden_values(void)
{
    struct kp_record record = make_record();
    uint8_t plain[KP_RECORD_PLAIN_MAX];
    start(2, 7);
    size_t size = kp_record_plain_size(fixture.agreement);
    kp_record_pack(plain, fixture.agreement, &record);
    CU_ASSERT_PTR_NULL(memmem(plain, size, record.leaf.indicators, 8));
    CU_ASSERT_PTR_NULL(memmem(plain, size, record.leaf.grounds, 8));
    CU_ASSERT_PTR_NULL(memmem(plain, size, record.leaf.blinding[KP_LEAF_OBSERVED_ON], 8));
    fixture_free(&fixture);
}

/* Every byte of a record is bound by the leaf, or is y or g. */
static void every_byte_counts(void)
{
    struct kp_record record = make_record(), back;
    uint8_t plain[KP_RECORD_PLAIN_MAX], good[KP_DIGEST_BYTES], other[KP_DIGEST_BYTES];
    for (uint32_t hides = 0; hides < 8; hides += 7) {
        start(2, hides);
        const struct kp_agreement *agreement = fixture.agreement;
        kp_record_pack(plain, agreement, &record);
        kp_leaf_digest(good, agreement->lineage, &record.leaf);
        for (size_t at = 0; at < kp_record_plain_size(agreement); at++) {
            plain[at] ^= 1;
            kp_record_unpack(&back, agreement, plain);
            kp_leaf_digest_of_commitments(other, agreement->lineage, back.leaf.index,
                                          &back.commitments[0][0]);
            bool y_or_g = at >= 16 && at < 80;
            CU_ASSERT_EQUAL(memcmp(good, other, sizeof(good)) == 0, y_or_g);
            CU_ASSERT_EQUAL(memcmp(back.y, record.y, 32) != 0 || memcmp(back.g, record.g, 32) != 0,
                            y_or_g);
            plain[at] ^= 1;
        }
        fixture_free(&fixture);
    }
}

static void sizes(void)
{
    for (uint32_t members = 2; members <= 32; members++) {
        start(members, members % 8);
        const struct kp_agreement *agreement = fixture.agreement;
        CU_ASSERT_EQUAL(kp_record_inner_size(agreement),
                        kp_record_plain_size(agreement) + KP_SEAL_INNER_OVERHEAD);
        CU_ASSERT_EQUAL(kp_record_size(agreement),
                        kp_record_inner_size(agreement) + KP_SEAL_OUTER_OVERHEAD);
        for (uint32_t member = 1; member <= members; member++) {
            size_t path = kp_entry_path_size(agreement, member);
            CU_ASSERT(path <= (size_t)KP_SHARE_PATH_MAX * KP_DIGEST_BYTES);
            CU_ASSERT_EQUAL(path, kp_merkle_path_length(member - 1, members) * KP_DIGEST_BYTES);
            CU_ASSERT_EQUAL(kp_entry_size(agreement, member),
                            64 + path + kp_record_size(agreement));
            CU_ASSERT(kp_entry_size(agreement, member) <= KP_ENTRY_MAX);
            CU_ASSERT((uint64_t)kp_entry_size(agreement, member) * KP_CHUNK_ENTRIES + 4096 <
                      KP_WIRE_MESSAGE_MAX);
            const uint8_t *entry = fixture.bytes.data; /* any address will do */
            struct kp_entry_view view = kp_entry_at(agreement, member, entry);
            CU_ASSERT_PTR_EQUAL(view.tag, entry);
            CU_ASSERT_PTR_EQUAL(view.share, entry + 32);
            CU_ASSERT_PTR_EQUAL(view.path, entry + 64);
            CU_ASSERT_PTR_EQUAL(view.record, entry + 64 + path);
        }
        fixture_free(&fixture);
    }
}

/* Every byte of an entry is under READY's root. */
static void entry_leaves(void)
{
    uint8_t entry[KP_ENTRY_MAX], good[KP_DIGEST_BYTES], other[KP_DIGEST_BYTES];
    start(5, 0);
    const struct kp_agreement *agreement = fixture.agreement;
    randombytes_buf(entry, sizeof(entry));
    kp_entry_leaf(good, agreement, 3, entry);
    CU_ASSERT_FATAL(kp_entry_path_size(agreement, 3) > 0);
    for (size_t at = 0; at < kp_entry_size(agreement, 3); at++) {
        entry[at] ^= 1;
        kp_entry_leaf(other, agreement, 3, entry);
        CU_ASSERT_NOT_EQUAL(memcmp(good, other, sizeof(good)), 0);
        entry[at] ^= 1;
    }
    fixture_free(&fixture);
}

static const struct unit_test TESTS[] = {
    {"element inputs", element_inputs},
    {"type follows from the key", type_follows_from_the_key},
    {"records", records},
    {"hidden values", hidden_values},
    {"every byte counts", every_byte_counts},
    {"sizes", sizes},
    {"entry leaves", entry_leaves},
};

UNIT_MAIN("record", TESTS)
