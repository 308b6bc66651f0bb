/* The templates' types and names for double; see rows.h. */
#undef T
#undef V
#undef M
#undef LANES
#undef F
#undef V_
#undef EXP
#undef LOG
#undef SQRT

#define T double
#define V dvec
#define M lvec
#define LANES FL_WIDTH64
#define F(name) name##_f64
#define V_(name) dvec_##name
#define EXP fl_exp
#define LOG fl_log
#define SQRT __builtin_sqrt
