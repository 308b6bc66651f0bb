/* Normalisation of rows, of doubles. */
#include "rows.h"
#include "double.h"
#include "norms_template.h"
