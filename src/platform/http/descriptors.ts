/**
 * Divides the process's file descriptors. Each connection takes one, and a request to a function takes a second one.
 * The reserve is for the platform itself: store, logs, builds and starts of functions must work while clients have as
 * many connections as possible.
 */
import { readFileSync } from "node:fs";

/** Limits of one listener. */
export interface ConnectionLimits {
	/** The most connections. */
	readonly max: number;
	/** The most connections of one peer that is not on loopback. */
	readonly perPeerMax: number;
}

/** Limits of the gateway for connections to functions. */
export interface FunctionLimits {
	/** The most connections to all functions together. */
	readonly connectionsMax: number;
	/** The most connections to one function for requests. Further requests wait for one of them. */
	readonly perFunctionConnectionsMax: number;
	/** The most requests and upgraded connections of one function, in progress or waiting. */
	readonly perFunctionMax: number;
}

export interface DescriptorBudget {
	readonly gateway: ConnectionLimits;
	readonly control: ConnectionLimits;
	readonly functions: FunctionLimits;
	/** The descriptors that are reserved for the platform itself. */
	readonly reserve: number;
}

/** For the store, the listeners, Node itself, and builds. */
const RESERVE_BASE = 96;
/** For two pipes, a control socket, a pipe that reports reads, and a log file that is being written. */
const RESERVE_PER_PROCESS = 5;
/** With more connections than this, memory runs out first. */
const CONNECTIONS_MAX = 20_000;
const CONTROL_SHARE = 1 / 8;
const CONTROL_MAX = 2_000;
/** Used if the system does not report a limit. */
const UNKNOWN_LIMIT = 4_096;

/**
 * The most files that this process may open. Node raises the soft limit to the hard one when it starts, so
 * the limit cannot be raised here.
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
 * Divides the descriptors.
 * @param limit the most files that the process may open
 * @param processesMax the most functions that run at the same time
 */
export function budgetOf(limit: number, processesMax: number): DescriptorBudget {
	// If the limit is too low for both, clients and the platform get half of it each.
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
