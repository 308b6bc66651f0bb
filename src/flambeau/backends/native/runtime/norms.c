/* Normalisation of rows, of floats. */
#include "rows.h"
#include "single.h"
#include "norms_template.h"
