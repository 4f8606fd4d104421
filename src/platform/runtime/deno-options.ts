/** What the Deno driver is opened with. */
import type { Wall } from "../egress/network.ts";
import type { FaultBoundary } from "../faults/error-boundary.ts";
import type { LogLine } from "../logs/function-logs.ts";

export interface DenoRuntimeOptions {
	/** A native Deno binary, as `findDeno` returns it. */
	binary: string;
	/** The host's `main.ts`, with its sibling files beside it. */
	hostPath: string;
	/** A private directory that no other process uses; made where it is missing. */
	directory: string;
	/** Called with each line that a function writes, with the app's life and the function's. */
	onLine?: (app: string, name: string, line: LogLine) => void;
	/** What functions may reach besides the public internet: `ADDRESS` or `ADDRESS:PORT`. */
	allowNet?: readonly string[];
	/** How long a function may take until it serves. 10,000 unless told. */
	startTimeoutMs?: number;
	/** The bound of a function's JavaScript heap. 512 unless told. */
	heapMiB?: number;
	/** What a function may have of memory in all, buffers included; it is killed past that. 1,024 unless told. */
	memoryMiB?: number;
	/** How long a function that says nothing may take to begin an answer. 150,000 unless told. */
	responseTimeoutMs?: number;
	/** How often each process is asked whether it is there. 5,000 unless told. */
	pingMs?: number;
	/** How many processes wait ready-made for functions that ask for nothing special. None unless told. */
	spares?: number;
	/** Where exceptions end that a function's process causes. One that logs nothing unless told. */
	faults?: FaultBoundary;
	/** Told once where the platform is root and functions run as root all the same, since nothing else works here. */
	onShared?: () => void;
	/** The file that the egress proxy is built to. */
	egressProgram: string;
	/** Which walls around the network to try, best first; all unless told. */
	walls?: readonly Wall[];
	/** Told why a wall around the network does not work here. */
	onMissingWall?: (wall: Wall, why: string) => void;
	/** Told when a part of that wall has fallen, as a sentence without its full stop. */
	onFallenWall?: (what: string) => void;
	/** Told when a process could not be held to its share of the machine, or what was made for that could not be removed. */
	onLimitFailure?: (error: unknown) => void;
}
