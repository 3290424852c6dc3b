/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The hog, between what decides how much it takes and what it takes.
 */
#ifndef KSWAPD_HOG_H
#define KSWAPD_HOG_H

#include "run.h"

struct hog {
	const struct run *run;
	struct slot *slot;
	struct text text;
	int fd;
	char *mem;
	bool written;			/* by it; else it is only read */
	size_t holes;			/* where the first of them is; 0: none */
	size_t swapped;			/* of its beginning, into a full swap */
	unsigned long long huge;	/* pages of the pool that it has */
	size_t size;
	size_t taken;
	size_t page;
	unsigned long long slack;	/* pages that it leaves of the excess */
	void *hot;			/* the hot file; NULL: there is none */
	unsigned char *cached;		/* of each of its pages: is it? */
};

/* hog_memory.c */
void hog_map(struct hog *hog, struct worker *worker);
void hog_take(struct hog *hog, unsigned long long pages);
void hog_make_holes(struct hog *hog, unsigned long long pages);
void hog_release(struct hog *hog);

#endif
