/* Normalisation over batches and groups, of doubles. */
#include "rows.h"
#include "double.h"
#include "rows_sums.h"
#include "batch_norm_template.h"
