/** The options of the Deno runtime. */
import type { Network, NetworkIsolation } from "../egress/network.ts";
import type { FaultBoundary } from "../faults/error-boundary.ts";
import type { LogLine } from "../logs/function-logs.ts";

/** The socket at which a process reaches the store of its app. */
export interface StoreSocket {
	readonly path: string;
	/** The group that may connect; undefined for the platform's own user. */
	readonly gid: number | undefined;
	/** The lifetime of the app. */
	readonly app: string;
}

export interface DenoRuntimeOptions {
	/** The path of a native Deno binary, as `findDeno` returns it. */
	binary: string;
	/** The path of the host's `main.js`. Its other modules are in the same folder. */
	hostPath: string;
	/** A private directory that no other process uses. It is created if it does not exist. */
	directory: string;
	/**
	 * Called with each line that a function writes, with the app's lifetime and the function's, and with the
	 * function's name.
	 */
	onLine?: (app: string, lifetime: string, line: LogLine, name: string) => void;
	/** The addresses that functions may reach besides the public internet: `ADDRESS` or `ADDRESS:PORT`. */
	allowNet?: readonly string[];
	/** The time limit of a start. Default: 10,000. */
	startTimeoutMs?: number;
	/** The limit of a function's JavaScript heap. Default: 512. */
	heapMiB?: number;
	/**
	 * The limit of a function's total memory, including buffers. A function that exceeds it is killed. Default:
	 * 1,024.
	 */
	memoryMiB?: number;
	/** The time limit until a response begins, for functions that do not set it. Default: 150,000. */
	responseTimeoutMs?: number;
	/** The interval of the pings to each process. Default: 5,000. */
	pingMs?: number;
	/**
	 * Listens at a path for one connection of a process to the store of its app.
	 * @throws if that is not possible. Without this option, functions have no store
	 */
	openStore?: (socket: StoreSocket) => Promise<void>;
	/** The scheme by which clients reach functions, which request URLs have. Default: http. */
	scheme?: "http" | "https";
	/** The number of spare processes, for functions without special settings. Default: 0. */
	spares?: number;
	/** Handles exceptions that a function's process causes. By default one that logs nothing. */
	faults?: FaultBoundary;
	/** Called once if the platform is root and functions run as root too, because separate users do not work here. */
	onShared?: () => void;
	/** The path of the egress proxy's compiled program. */
	egressProgram: string;
	/**
	 * The networks of functions, opened and closed by the caller, so that several runtimes can share them. Default: the
	 * runtime opens its own. The options below apply to its own only.
	 */
	network?: Network;
	/** The network isolation to try, best first. Default: all. */
	isolationKinds?: readonly NetworkIsolation[];
	/** Called with the reason why a kind of network isolation does not work here. */
	onMissingIsolation?: (wall: NetworkIsolation, why: string) => void;
	/**
	 * Called when a part of the network isolation fails while the platform runs, with a sentence without its
	 * full stop.
	 */
	onFailedIsolation?: (what: string) => void;
	/** Called when the limits of a process could not be applied, or their groups could not be removed. */
	onLimitFailure?: (error: unknown) => void;
}
