/* Softmax and its kin, of doubles. */
#include "rows.h"
#include "double.h"
#include "rows_template.h"
#include "softmax_template.h"
