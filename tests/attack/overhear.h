/* What the attacked program says meanwhile on standard output and error, its log included. */
#ifndef KP_TESTS_OVERHEAR_H
#define KP_TESTS_OVERHEAR_H

#include <stdio.h>

struct overhear {
    FILE *file;
    int kept[2];
};

void overhear_start(struct overhear *overhear);
/* Notes it (attack_told_words). */
void overhear_end(struct overhear *overhear);

#endif
