/* Softmax, reductions and norms of float64. */
#include "checks.h"

#define SHAPE "of %lld x %lld x %lld, %d bytes each"
#define SHAPE_OF (long long)outer, (long long)n, (long long)inner, (int)sizeof(T)
#define T double
#define F(name) name##_f64
#define TOLERANCE 2e-13
#include "rows_template.h"

void check_rows64(void) { check_all_f64(); }
