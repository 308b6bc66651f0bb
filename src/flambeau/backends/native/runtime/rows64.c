/* Softmax, losses of class numbers and reductions of doubles. */
#include "rows.h"

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
