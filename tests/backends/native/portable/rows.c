/* Softmax, reductions and norms of float32. */
#include "checks.h"

#define SHAPE "of %lld x %lld x %lld, %d bytes each"
#define SHAPE_OF (long long)outer, (long long)n, (long long)inner, (int)sizeof(T)
#define T float
#define F(name) name##_f32
#define TOLERANCE 4e-6
#include "rows_template.h"

void check_rows(void) { check_all_f32(); }
