/**
 * How the process's file descriptors are shared out. Every connection takes one, and a request to a function a second
 * one. What is left when all bounds are reached belongs to the platform itself: the store, logs, builds, and starts of
 * functions, which must work while clients hold everything that they can get.
 */
import { readFileSync } from "node:fs";

/** Bounds of one listener. */
export interface ConnectionLimits {
	/** Connections in all. */
	readonly max: number;
	/** Connections of one peer that is not on loopback. */
	readonly perPeerMax: number;
}

/** Bounds of the gateway towards functions. */
export interface FunctionLimits {
	/** Connections to all functions together. */
	readonly connectionsMax: number;
	/** Connections to one function that are used by turns. Further requests to it wait. */
	readonly perFunctionConnectionsMax: number;
	/** Requests and upgraded connections of one function, under way or waiting. */
	readonly perFunctionMax: number;
}

export interface DescriptorBudget {
	readonly gateway: ConnectionLimits;
	readonly control: ConnectionLimits;
	readonly functions: FunctionLimits;
	/** Kept free for the platform itself. */
	readonly reserve: number;
}

/** The store, the listeners, the runtime of Node, and builds. */
const RESERVE_BASE = 96;
/** Two pipes, a control socket, an account of reads, and a log file that is being written. */
const RESERVE_PER_PROCESS = 5;
/** Past that, memory is what runs out. */
const CONNECTIONS_MAX = 20_000;
const CONTROL_SHARE = 1 / 8;
const CONTROL_MAX = 2_000;
/** Where the system does not tell. */
const UNKNOWN_LIMIT = 4_096;

/**
 * The bound on this process's open files. Node raises the soft limit to the hard one when it starts, so that there is
 * nothing left to raise here.
 */
export function descriptorLimit(): number {
	try {
		const [, soft = ""] =
			/^Max open files\s+(\d+|unlimited)/m.exec(readFileSync("/proc/self/limits", "latin1")) ?? [];
		if (soft === "unlimited") return Number.MAX_SAFE_INTEGER;
		return Number(soft) || UNKNOWN_LIMIT;
	} catch {
		return UNKNOWN_LIMIT;
	}
}

/**
 * Shares out so many descriptors.
 * @param limit how many files the process may have open
 * @param processesMax how many functions may run at once
 */
export function budgetOf(limit: number, processesMax: number): DescriptorBudget {
	// Where the limit is too low for both, clients and the platform get half of it each.
	const reserve = Math.min(Math.floor(limit / 2), RESERVE_BASE + RESERVE_PER_PROCESS * processesMax);
	const left = limit - reserve;
	const control = Math.max(8, Math.min(CONTROL_MAX, Math.floor(left * CONTROL_SHARE)));
	// Each connection of the gateway may need one to a function.
	const gateway = Math.max(8, Math.min(CONNECTIONS_MAX, Math.floor((left - control) / 2)));
	return {
		gateway: { max: gateway, perPeerMax: Math.ceil(gateway / 2) },
		control: { max: control, perPeerMax: Math.ceil(control / 2) },
		functions: {
			connectionsMax: gateway,
			perFunctionConnectionsMax: Math.ceil(gateway / 4),
			perFunctionMax: Math.ceil(gateway / 2),
		},
		reserve,
	};
}
