/**
 * How much of the machine functions may have. Pure. Weights hold only between those that want the same processor at the
 * same time; what nobody else wants, a function has.
 */

/**
 * What the group of all functions weighs in version 1: as much as one thread of the platform, or of any other program
 * that is in no group. Less, and every other program of the machine would take the processor from functions.
 */
export const FUNCTIONS_SHARES = "1024";

/** In version 2 a group weighs 100 unless told; the platform's own has four times as much as all functions together. */
export const FUNCTIONS_WEIGHT = "100";
export const PLATFORM_WEIGHT = "400";

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
