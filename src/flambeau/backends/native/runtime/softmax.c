/* Softmax and its kin, of floats. */
#include "rows.h"
#include "single.h"
#include "rows_template.h"
#include "softmax_template.h"
