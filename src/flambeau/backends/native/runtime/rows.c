/* Softmax, losses of class numbers and reductions, for float and double. */
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
#undef T
#undef V
#undef M
#undef LANES
#undef F
#undef V_
#undef EXP
#undef LOG

#define T double
#define V dvec
#define M lvec
#define LANES FL_WIDTH64
#define F(name) name##_f64
#define V_(name) dvec_##name
#define EXP fl_exp
#define LOG fl_log
#include "rows_template.h"
#include "softmax_template.h"
#include "reductions_template.h"
#include "classes_template.h"
