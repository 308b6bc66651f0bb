/* Normalisation of doubles over rows, batches and groups. */
#include "rows.h"

#define T double
#define V dvec
#define LANES FL_WIDTH64
#define F(name) name##_f64
#define V_(name) dvec_##name
#define SQRT __builtin_sqrt
#include "norms_template.h"
#include "batch_norm_template.h"
