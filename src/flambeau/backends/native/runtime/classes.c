/* Losses of class numbers, for float and double. */
#include "rows.h"
#include "single.h"
#include "classes_template.h"
#include "double.h"
#include "classes_template.h"
