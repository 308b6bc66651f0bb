/* Sums, variances and extremes, of doubles. */
#include "rows.h"
#include "double.h"
#include "rows_template.h"
#include "reductions_template.h"
