#include "proto/address/register_walk.h"

#include "proto/address/register_internal.h"

struct walk {
    const struct kp_register *reg;
    const struct kp_register_walker *walker;
    uint32_t street_number;
    bool street_known;
    struct kp_register_street street; /* the last one: neighbours often have one */
};

static enum kp_status give_pair(struct walk *walk, const uint8_t *at,
                                const struct kp_register_entry *entry, struct kp_error *error)
{
    struct kp_register_pair pair = {.id = entry->id,
                                    .object = entry->object,
                                    .house_number = (uint32_t)kp_get_number(at + 6, 4),
                                    .side = entry->side,
                                    .letter = {entry->letter},
                                    .street = walk->street.name,
                                    .town = walk->street.town};
    if (!walk->street_known || walk->street_number != entry->street) {
        enum kp_status status = kp_register_street(walk->reg, entry->street, &walk->street, error);
        if (status != KP_OK) {
            return status;
        }
        walk->street_number = entry->street;
        walk->street_known = true;
    }
    if (at[0] != 0) {
        memcpy(pair.postcode, at, KP_REGISTER_PLACE);
    }
    memcpy(pair.addition, entry->addition, sizeof(entry->addition));
    return walk->walker->pair(walk->walker->context, &pair, error);
}

/* The number's entries at its place. */
static enum kp_status give_number(struct walk *walk, uint64_t id, const uint8_t *at,
                                  struct kp_error *error)
{
    MDB_val value;
    size_t given = 0;
    enum kp_status status = KP_OK;
    int code = kp_register_get(walk->reg, KP_REGISTER_NUMBERS, at, KP_REGISTER_AT, &value);
    if (code != 0) {
        return kp_register_read_fail(walk->reg, code, error);
    }
    for (size_t done = 0; status == KP_OK && done + KP_REGISTER_ENTRY <= value.mv_size;
         done += KP_REGISTER_ENTRY) {
        struct kp_register_entry entry;
        kp_register_entry_unpack(&entry, (const uint8_t *)value.mv_data + done);
        if (entry.id == id) {
            status = give_pair(walk, at, &entry, error);
            given++;
        }
    }
    return status == KP_OK && given == 0 ? kp_register_damaged(walk->reg, error) : status;
}

static enum kp_status give_all(struct walk *walk, MDB_cursor *cursor, uint64_t total,
                               struct kp_error *error)
{
    const struct kp_register_progress *progress = walk->walker->progress;
    MDB_val key, value;
    enum kp_status status = KP_OK;
    int code = mdb_cursor_get(cursor, &key, &value, MDB_FIRST);
    for (uint64_t done = 0; status == KP_OK && code == 0; done++) {
        if (key.mv_size != 8 || (value.mv_size != 0 && value.mv_size != KP_REGISTER_AT)) {
            return kp_register_damaged(walk->reg, error);
        }
        uint64_t id = kp_get_number(key.mv_data, 8);
        status = value.mv_size == 0 ? walk->walker->withdrawn(walk->walker->context, id, error)
                                    : give_number(walk, id, value.mv_data, error);
        if (progress != NULL && done % 65536 == 0) {
            progress->at(progress->context, "numbers", done, total);
        }
        code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
    }
    return status != KP_OK || code == MDB_NOTFOUND ? status
                                                   : kp_register_read_fail(walk->reg, code, error);
}

enum kp_status kp_register_walk(const struct kp_register *reg,
                                const struct kp_register_walker *walker, struct kp_error *error)
{
    struct walk walk = {.reg = reg, .walker = walker};
    MDB_cursor *cursor = NULL;
    int code = mdb_cursor_open(reg->txn, reg->tables[KP_REGISTER_IDS], &cursor);
    if (code != 0) {
        return kp_register_read_fail(reg, code, error);
    }
    enum kp_status status = give_all(&walk, cursor, reg->info.pairs + reg->info.withdrawn, error);
    mdb_cursor_close(cursor);
    return status;
}
