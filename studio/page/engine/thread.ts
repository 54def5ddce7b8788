/** A thread of the CPU engine, as a file of the page: threads start from one of their own. */
import "@videoms/core/thread";
