/**
 * How much of the machine functions may have. Pure. Weights hold only between those that want the same processor at the
 * same time; what nobody else wants, a function has.
 */

/**
 * The platform has four times as much as all functions together. In version 1, where what is in no group competes with
 * groups thread by thread, 1,024 for each, a group weighs a multiple of that: it stands for many threads.
 */
export const CPU_SHARES = { platform: "16384", functions: "4096" };

/** In version 2, in which processes compete with groups in no place that functions are in. */
export const CPU_WEIGHTS = { platform: "400", functions: "100" };

const WORKERS_MAX = 256;

/**
 * How many processes and threads one function's process may be. Deno has some for each core, and a few dozen more for
 * files and names that it looks up; each worker is at least one more.
 */
export const threadsOfProcess = (cores: number) => WORKERS_MAX + 4 * cores;

/** How many all functions together may be: half of what the system has, so that the platform finds some. */
export const threadsOfAll = (systemMax: number) => Math.max(1, Math.floor(systemMax / 2));

/** How many all functions of one app may be. */
export const threadsOfApp = (systemMax: number) => Math.max(1, Math.floor(systemMax / 4));

/**
 * Where the kernel ends a process for its memory, in bytes. Above what the platform itself looks for four times a
 * second, which leaves a line in the function's log that says how much it had; below what harms others.
 */
export const memoryBytes = (memoryMiB: number) => (Math.ceil(memoryMiB * 1.25) + 64) * 1024 * 1024;
