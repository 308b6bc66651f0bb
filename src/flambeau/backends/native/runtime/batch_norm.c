/* Normalisation over batches and groups, of floats. */
#include "rows.h"
#include "single.h"
#include "rows_sums.h"
#include "batch_norm_template.h"
