/**
 * The port behind which functions' processes are held to a share of the machine. Three drivers: control groups of
 * version 2 (`cgroup2.ts`) and of version 1 (`cgroup1.ts`), and a lower priority where there are none (`priority.ts`).
 */

/** What a driver can bound, beside what `rlimits.ts` bounds for each process by itself. */
export const RESOURCES = ["processor", "processes", "memory"] as const;
export type Resource = (typeof RESOURCES)[number];

/** Whose a process is. */
export interface ProcessOwner {
	readonly app: string;
	/** What the process may have of memory in all. */
	readonly memoryMiB: number;
	/** Told in one line why the system ended the process, where it was for a limit. */
	readonly onExceeded: (why: string) => void;
}

/** One process, with all of its threads and all that it starts. */
export interface LimitedProcess {
	/** Resolves once the limits hold for the process; never rejects. No code of a function may run in it before. */
	readonly applied: Promise<void>;
	/** Counts the process to its app from now on: what an app has is shared by all of its processes. Called once at most. */
	assign(owner: ProcessOwner): void;
	/** Says that the process serves. */
	startedServing(): void;
	/** After the end of the process: ends what it left running, removes what was made for it. Never rejects. */
	remove(): Promise<void>;
}

export interface Limits {
	/** As the platform's log names it. */
	readonly driver: "cgroup v2" | "cgroup v1" | "priority";
	/** What it bounds. */
	readonly bounded: ReadonlySet<Resource>;
	/**
	 * Takes a process in that was just spawned. Never throws: what fails is told to `onFailure`.
	 * @param pid -1 where it could not be spawned
	 * @param app whose it will be; undefined where that is not known yet
	 */
	add(pid: number, app: string | undefined): LimitedProcess;
	/** Ends every member, and removes everything that was made. */
	close(): Promise<void>;
}

export interface LimitsOptions {
	/** The platform's own directory, which no other running platform has: what an earlier one left behind is known by it. */
	readonly directory: string;
	/** Told when a process cannot be taken in, or what was made for it cannot be removed. It runs on, with a lower priority. */
	readonly onFailure: (error: unknown) => void;
}
