/**
 * The limits that an operator sets with flags of `coffer platform start`. Each limit has one row here. The flag,
 * its text in the help and in docs/commands.md, and the configuration follow from it. `server.ts` passes all
 * limits to each part of the platform, which takes those that it knows by their names.
 */
import { totalmem } from "node:os";

interface Limit {
	readonly flag: string;
	/** The unit of the number, as the help names it. Undefined for a count. */
	readonly unit?: string;
	readonly default: number;
	/** Describes how the default depends on the machine, instead of a number. */
	readonly defaultWords?: string;
	readonly min: number;
	/** The help of the flag, without unit and default. */
	readonly description: string;
}

/**
 * The number of functions that fit into the machine's memory, at 128 MiB each. A function with some packages needs that
 * much.
 */
export function defaultProcessesMax(memoryBytes: number): number {
	return Math.max(8, Math.floor(memoryBytes / (128 * 1024 * 1024)));
}

/** The limits by the names that the configuration and the platform's parts use. */
export const LIMITS = {
	memoryMB: {
		flag: "max-memory",
		unit: "MB",
		default: 2048,
		min: 1,
		description: "most memory that a function.jsonc may request",
	},
	timeoutSeconds: {
		flag: "max-timeout",
		unit: "seconds",
		default: 900,
		min: 1,
		description: "longest timeout of a request that a function.jsonc may set",
	},
	maxBodyMB: {
		flag: "max-body",
		unit: "MB",
		default: 1024,
		min: 1,
		description: "largest request body that a function.jsonc may allow",
	},
	processesMax: {
		flag: "max-processes",
		default: defaultProcessesMax(totalmem()),
		defaultWords: "one for each 128 MiB of memory",
		min: 1,
		description: "most functions that run at the same time; beyond it, the least recently called one stops",
	},
	kvMB: {
		flag: "max-kv",
		unit: "MB",
		default: 256,
		min: 1,
		description: "largest size of the Deno KV store of an app",
	},
	spares: {
		flag: "spare-processes",
		// Enough for two changes at the same time.
		default: 2,
		min: 0,
		description:
			"processes that wait without a function, so that a function starts faster; each needs about 50 MiB",
	},
} as const satisfies Readonly<Record<string, Limit>>;

type LimitName = keyof typeof LIMITS;

/** The value of each limit. */
export type PlatformLimits = Readonly<Record<LimitName, number>>;

/** The highest values that a `function.jsonc` may ask for. */
export type FunctionMaxima = Pick<PlatformLimits, "memoryMB" | "timeoutSeconds" | "maxBodyMB">;

const ROWS = Object.entries(LIMITS) as [LimitName, Limit][];

export const LIMIT_ROWS: readonly Limit[] = ROWS.map(([, row]) => row);

/** The limits by name. @param values by flag; undefined takes the default */
export function limitsOf(values: Readonly<Record<string, unknown>> = {}): PlatformLimits {
	const entries = ROWS.map(([name, row]) => [name, Number(values[row.flag] ?? row.default)] as const);
	return Object.fromEntries(entries) as Record<LimitName, number>;
}

/** The values for a function whose settings name none. A lower limit of the platform replaces a default. */
export function functionDefaults(maxima: FunctionMaxima): FunctionMaxima {
	return {
		memoryMB: Math.min(1024, maxima.memoryMB),
		timeoutSeconds: Math.min(150, maxima.timeoutSeconds),
		maxBodyMB: Math.min(100, maxima.maxBodyMB),
	};
}
