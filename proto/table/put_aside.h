/* The rows of a table whose address isn't resolved, in a file of their own, so that a person can
 * mend them: CSV for a spreadsheet (';', UTF-8 with a mark) with the columns of the table, and
 * behind them kruispunt_line, kruispunt_verdict, kruispunt_rule, kruispunt_why and
 * kruispunt_candidates. When it is mended it can be imported as it is: nobody reads those columns.
 */
#ifndef KP_PROTO_TABLE_PUT_ASIDE_H
#define KP_PROTO_TABLE_PUT_ASIDE_H

#include "proto/address/resolve.h"
#include "proto/error.h"
#include "proto/table/table.h"

#include <stdint.h>

struct kp_put_aside;
struct kp_register;

/* Makes the file, of mode 0600; never replaces one (KP_REFUSED). reg says what candidates are
 * called, and outlives it; NULL: by their ids only. The caller closes it. */
KP_MUST_USE enum kp_status kp_put_aside_open(struct kp_put_aside **out, const char *path,
                                             const struct kp_register *reg, struct kp_error *error);
/* KP_FAILED: the disk is full, or so; or the register can't be read. */
KP_MUST_USE enum kp_status kp_put_aside_row(struct kp_put_aside *aside,
                                            const struct kp_table *table,
                                            const struct kp_table_row *row,
                                            const struct kp_address_result *result,
                                            struct kp_error *error);
/* How many rows were put there. */
uint64_t kp_put_aside_count(const struct kp_put_aside *aside);
/* On disk when KP_OK; a file without rows is removed. NULL is allowed; frees it in any case. */
KP_MUST_USE enum kp_status kp_put_aside_close(struct kp_put_aside *aside, struct kp_error *error);

#endif
