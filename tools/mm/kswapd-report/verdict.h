/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Verdicts, diagnoses and advice.
 */
#ifndef KSWAPD_REPORT_VERDICT_H
#define KSWAPD_REPORT_VERDICT_H

#include "model.h"

/* In ascending order of severity; the worst node decides. */
enum verdict {
	HEALTHY,	/* kswapd did not give up */
	UNKNOWN,	/* the trace cannot tell */
	RECOVERED,	/* it gave up, and the node is not hopeless at the end */
	GAVE_UP,	/* it gave up; the trace does not show the end */
	GIVEN_UP,	/* the node is hopeless at the end */
	SUSPECTED,	/* a runaway, if the node was not balanced */
	RUNAWAY,
};

enum verdict verdict_of(const struct model *m, const struct node *node);
enum verdict verdict_of_all(const struct model *m);
/* The same while events still arrive: old runaways are over. */
enum verdict verdict_now(const struct model *m, const struct node *node);
const char *verdict_name(enum verdict v);
/* For a column of a table */
const char *verdict_brief(enum verdict v);
const char *verdict_code(enum verdict v);

/* Is the verdict one of a list, such as "given-up,unknown"? */
enum { FAIL_GIVEN_UP = 1, FAIL_RUNAWAY = 2, FAIL_SUSPECTED = 4, FAIL_UNKNOWN = 8 };
/* 0 if a word of the list is unknown */
unsigned int fail_list(const char *list);
bool fails_on(const struct model *m, unsigned int list);

/* One or two sentences on the state of the node, and the advice. Free the strings. */
char *diagnosis(const struct model *m, const struct node *node);
char *advice(const struct model *m, const struct node *node);
char *words_now(const struct model *m, const struct node *node, bool advice);
/* The same as codes, which stay if the sentences change. */
const char *diagnosis_code(const struct model *m, const struct node *node);
const char *advice_code(const struct model *m, const struct node *node);

struct sentence {
	const char *code, *text;
};

/* Limits of this trace, and how to record a better one; NULL at the end. */
const struct sentence *cannot_tell(const struct model *m, int i);

#endif
