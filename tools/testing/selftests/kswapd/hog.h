/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Shared by hog.c, which decides how much to take, and hog_memory.c, which takes it.
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
	bool written;			/* false: mapped and only read */
	size_t holes;			/* offset of the first hole; 0: none */
	size_t swapped;			/* bytes at the start that are swapped out */
	unsigned long long huge;	/* reserved huge pages */
	size_t size;
	size_t taken;
	size_t page;
	unsigned long long slack;	/* pages of the excess left free */
	void *hot;			/* mapped hot file, or NULL */
	unsigned char *cached;		/* mincore() of the hot file */
};

/* hog_memory.c */
void hog_map(struct hog *hog, struct worker *worker);
void hog_take(struct hog *hog, unsigned long long pages);
void hog_make_holes(struct hog *hog, unsigned long long pages);
void hog_release(struct hog *hog);

#endif
