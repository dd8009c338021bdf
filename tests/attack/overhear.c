#include "tests/attack/overhear.h"

#include "tests/attack/attack.h"

#include <CUnit/CUnit.h>
#include <unistd.h>

void overhear_start(struct overhear *overhear)
{
    fflush(stdout);
    overhear->file = tmpfile();
    CU_ASSERT_PTR_NOT_NULL_FATAL(overhear->file);
    int file = fileno(overhear->file);
    overhear->kept[0] = dup(STDOUT_FILENO);
    overhear->kept[1] = dup(STDERR_FILENO);
    CU_ASSERT_FATAL(dup2(file, STDOUT_FILENO) >= 0 && dup2(file, STDERR_FILENO) >= 0);
}

void overhear_end(struct overhear *overhear)
{
    char said[4096];
    fflush(stdout);
    CU_ASSERT_FATAL(dup2(overhear->kept[0], STDOUT_FILENO) >= 0 &&
                    dup2(overhear->kept[1], STDERR_FILENO) >= 0);
    close(overhear->kept[0]);
    close(overhear->kept[1]);
    rewind(overhear->file);
    while (fgets(said, sizeof(said), overhear->file) != NULL) {
        attack_told_words(said);
    }
    fclose(overhear->file);
}
