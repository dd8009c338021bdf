#include "crypto/verdict.h"

bool kp_verdict(int bad)
{
    return bad != 0;
}
