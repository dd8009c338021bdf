/* Prints the points of the slots of a kind in a file of `node audit-slots --out`, in hex, one a
 * line: those whose scalar a test then looks for in a process (key_search).
 *
 * usage: audit_points FILE KIND     KIND: 1 signal, 2 canary, 3 withdrawn, 4 padding */
#include "proto/export.h"
#include "proto/proof.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

static int print(const struct kp_export_item *item, enum kp_pick_kind kind)
{
    struct kp_pick pick;
    char hex[2 * KP_POINT_BYTES + 1];
    if (item->kind != KP_EXPORT_PICK) {
        return 0;
    }
    enum kp_status status = kp_pick_unpack(&pick, item->content.data, item->content.size, NULL);
    if (status == KP_OK && pick.kind == kind) {
        puts(sodium_bin2hex(hex, sizeof(hex), pick.leaf.point, KP_POINT_BYTES));
    }
    kp_pick_free(&pick);
    return status == KP_OK ? 0 : 2;
}

int main(int argc, char **argv)
{
    struct kp_export_reader *reader = NULL;
    struct kp_export_header header;
    struct kp_export_item item = {0};
    bool end = false;
    int result = 0;
    if (argc != 3 || kp_export_open(&reader, argv[1], &header, NULL) != KP_OK) {
        fputs("usage: audit_points FILE KIND\n", stderr);
        return 2;
    }
    while (result == 0 && !end) {
        if (kp_export_next(reader, &item, &end, NULL) != KP_OK) {
            result = 2;
        } else if (!end) {
            result = print(&item, (enum kp_pick_kind)atoi(argv[2]));
        }
    }
    kp_export_item_free(&item);
    kp_export_reader_free(reader);
    return result;
}
