/* Normalisation of floats over rows, batches and groups. */
#include "rows.h"

#define T float
#define V fvec
#define LANES FL_WIDTH
#define F(name) name##_f32
#define V_(name) fvec_##name
#define SQRT __builtin_sqrtf
#include "norms_template.h"
#include "batch_norm_template.h"
