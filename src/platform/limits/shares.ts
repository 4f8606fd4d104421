/**
 * The shares of the machine that functions may use. Pure. Weights apply only between processes that want the same
 * processor at the same time. A function may use all processor time that no other process needs.
 */

/**
 * The weights in version 1. The platform weighs four times as much as all functions together. A thread outside of all
 * groups competes with the groups, with a weight of 1,024. A group stands for many threads, so it weighs a multiple.
 *
 * A process that starts weighs a quarter of one that serves: its start needs a hundred milliseconds of processor time, and
 * requests to other functions would wait for it. The processes without an app weigh as much together.
 */
export const CPU_SHARES = { platform: "16384", functions: "4096", starting: "256", serving: "1024" };

/** The weights in version 2. There, single processes do not compete with the groups of functions. */
export const CPU_WEIGHTS = { platform: "400", functions: "100", starting: "25", serving: "100" };

const WORKERS_MAX = 256;

/**
 * The maximum number of processes and threads of a function's process. Deno has some threads for each core, and a few
 * dozen for files and names. Each worker needs at least one more.
 */
export const threadsOfProcess = (cores: number) => WORKERS_MAX + 4 * cores;

/** The maximum of all functions together: half of the system's maximum, so that some are left for the platform. */
export const threadsOfAll = (systemMax: number) => Math.max(1, Math.floor(systemMax / 2));

/** The maximum of all functions of an app. */
export const threadsOfApp = (systemMax: number) => Math.max(1, Math.floor(systemMax / 4));

/**
 * The memory at which the kernel ends a process, in bytes. It is above the limit that the platform itself checks four
 * times a second, because the platform's message in the function's log is more exact. The kernel's limit ends a process
 * that grows too fast for these checks.
 */
export const memoryBytes = (memoryMiB: number) => (Math.ceil(memoryMiB * 1.25) + 64) * 1024 * 1024;
