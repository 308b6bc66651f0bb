/* Sums, variances and extremes, of floats. */
#include "rows.h"
#include "single.h"
#include "rows_template.h"
#include "reductions_template.h"
