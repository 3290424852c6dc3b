# For debugging only. The reclaimer that ends the walk of page tables creates the next
# generation shortly after. If this reclaimer is preempted between the two steps, or waits
# for the lock, the gap is long. Here the gap lasts aging_delay_ms (default 0).
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
