/* Softmax, losses of class numbers and reductions of floats. */
#include "rows.h"

#define T float
#define V fvec
#define M ivec
#define LANES FL_WIDTH
#define F(name) name##_f32
#define V_(name) fvec_##name
#define EXP fl_expf
#define LOG fl_logf
#include "rows_template.h"
#include "softmax_template.h"
#include "reductions_template.h"
#include "classes_template.h"
