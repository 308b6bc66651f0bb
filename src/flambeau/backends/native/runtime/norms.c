/* Normalisation over rows, batches and groups, for float and double. */
#include "rows.h"

#define T float
#define V fvec
#define LANES FL_WIDTH
#define F(name) name##_f32
#define V_(name) fvec_##name
#define SQRT __builtin_sqrtf
#include "norms_template.h"
#include "batch_norm_template.h"
#undef T
#undef V
#undef LANES
#undef F
#undef V_
#undef SQRT

#define T double
#define V dvec
#define LANES FL_WIDTH64
#define F(name) name##_f64
#define V_(name) dvec_##name
#define SQRT __builtin_sqrt
#include "norms_template.h"
#include "batch_norm_template.h"
