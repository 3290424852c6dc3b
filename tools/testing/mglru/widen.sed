# A debugging aid, not for use. The reclaimer that has ended the walk of page tables
# makes the next generation a moment later. If it is preempted in between, or waits
# for the lock, that moment is long; here it lasts aging_delay_ms (0 at first).
/^static bool iterate_mm_list\(/ i\
static int aging_delay_ms;\
core_param(aging_delay_ms, aging_delay_ms, int, 0644);\
\
static void aging_delay(bool last)\
{\
\tif (last && aging_delay_ms)\
\t\tschedule_timeout_uninterruptible(msecs_to_jiffies(aging_delay_ms));\
}\

/^static bool iterate_mm_list\(/,/^}/ s/^\treturn last;/\taging_delay(last);\n&/
/^static bool iterate_mm_list_nowalk\(/,/^}/ s/^\treturn success;/\taging_delay(success);\n&/
